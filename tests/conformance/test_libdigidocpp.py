"""libdigidocpp, a tool of EU grade, takes our containers by our trusted list, offline, and refuses altered twins."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from office_kit import Office, altered, new_office

from signing import batch
from signing.trustlist import ServiceKind
from signing.xades_seal import File

FOUND = importlib.util.find_spec("pydigidoc")
pytestmark = pytest.mark.skipif(FOUND is None, reason="no libdigidocpp here")
JUDGE = Path(__file__).parents[1] / "lib" / "digidoc_judge.py"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("digidoc")
    assert FOUND is not None
    assert FOUND.origin is not None
    shutil.copytree(Path(FOUND.origin).parent / "schema", folder, dirs_exist_ok=True)
    return new_office(folder)


def judged(office: Office, container: bytes, trusted: bytes) -> tuple[bool, str]:
    (office.folder / "list.xml").write_bytes(trusted)
    file, signer = office.folder / "x.asice", office.folder / "signer.der"
    file.write_bytes(container)
    signer.write_bytes(office.signer)
    done = subprocess.run(
        [sys.executable, "-P", str(JUDGE), str(office.folder), str(signer), str(file)],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "HOME": str(office.folder)},
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.returncode == 0, done.stdout


def test_it_takes_our_container_by_our_list(office: Office):
    container = office.container()
    whole = office.list(*ServiceKind)
    assert judged(office, container, whole) == (True, "")
    assert not judged(office, altered(container, office.folder), whole)[0]


def test_it_takes_a_days_signed_list(office: Office):
    listed = batch.write({f"{number:04d}/question/seal.txt": sha256(b"%d" % number).digest() for number in range(512)})
    container = office.container((File(batch.NAME, listed, batch.MEDIA_TYPE),))
    assert judged(office, container, office.list(*ServiceKind)) == (True, "")
    assert not judged(office, altered(container, office.folder), office.list(*ServiceKind))[0]


@pytest.mark.parametrize("missing", list(ServiceKind))
def test_each_service_of_the_list_counts(office: Office, missing: ServiceKind):
    valid, why = judged(office, office.container(), office.list(*(kind for kind in ServiceKind if kind is not missing)))
    # the issuing authority's own entry is enough for it to trust the authority's responder
    assert valid is (missing is ServiceKind.OCSP), why


def test_an_altered_list_is_no_trust(office: Office):
    touched = office.list(*ServiceKind).replace(b"Test bus", b"Best bus", 1)
    assert not judged(office, office.container(), touched)[0]
