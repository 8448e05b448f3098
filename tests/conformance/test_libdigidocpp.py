"""libdigidocpp, a tool of EU grade, takes our containers by our trusted list, offline, and refuses altered twins."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bus.keystore import open_key
from bus.keystore.development import DevelopmentKeys, make_development_keys
from bus.keystore.pem import certificates_in
from signing import asice, revocation, timestamp, trustlist
from signing.devocsp import DevResponder
from signing.devtsa import DevTimeStamper
from signing.revocation import Evidence
from signing.trustlist import Names, Scheme, Service, ServiceKind
from signing.xades_seal import File

FOUND = importlib.util.find_spec("pydigidoc")
pytestmark = pytest.mark.skipif(FOUND is None, reason="no libdigidocpp here")
JUDGE = Path(__file__).parents[1] / "lib" / "digidoc_judge.py"
AGENCY = "a100001"
FILES = (File("đơn.json", b'{"id":1}', "application/json"), File("b.txt", b"two", "text/plain"))
WHO = Names(vi="Trục thử nghiệm", en="Test bus")
SCHEME = Scheme(WHO, WHO, "1 Phố Mẫu", "Hà Nội", "pki@example.test", "https://example.test/list")


@dataclass
class Office:
    """A development PKI, its list, and a container at level LT."""

    folder: Path
    keys: DevelopmentKeys

    def service(self, kind: ServiceKind) -> Service:
        files = {
            ServiceKind.CA: self.keys.issuing,
            ServiceKind.TSA: self.keys.service_certificate("tsa"),
            ServiceKind.OCSP: self.keys.service_certificate("ocsp"),
        }
        return Service(kind, WHO, certificates_in(files[kind])[0], now() - timedelta(days=3))

    def list(self, *kinds: ServiceKind) -> bytes:
        signer = open_key(self.keys.seal_address(AGENCY))
        services = [self.service(kind) for kind in kinds]
        lifetime = timedelta(days=180)
        pending = trustlist.begin(SCHEME, services, signer.certificate, now(), sequence=1, lifetime=lifetime)
        return pending.complete(signer.sign(pending.to_sign))

    def container(self) -> bytes:
        signer, issuing = open_key(self.keys.seal_address(AGENCY)), certificates_in(self.keys.issuing)[0]
        packet = asice.seal(FILES, signer, now(), issuers=[issuing])
        tsa, ocsp = (
            (self.keys.service_key(name).read_bytes(), self.keys.service_certificate(name).read_bytes())
            for name in ("tsa", "ocsp")
        )
        asked = timestamp.begin(packet.to_timestamp)
        packet = packet.stamped(asked.complete(DevTimeStamper(*tsa).answer(asked.request, now())))
        request = revocation.request_for(signer.certificate, issuing)
        told = DevResponder(*ocsp, self.keys.issuing.read_bytes()).answer(request, {}, now())
        return packet.evidenced(Evidence((told,)), [issuing]).container()

    def judged(self, container: bytes, trusted: bytes) -> tuple[bool, str]:
        (self.folder / "list.xml").write_bytes(trusted)
        file, signer = self.folder / "x.asice", self.folder / "signer.der"
        file.write_bytes(container)
        signer.write_bytes(certificates_in(self.keys.seal_certificate(AGENCY))[0])
        done = subprocess.run(
            [sys.executable, "-P", str(JUDGE), str(self.folder), str(signer), str(file)],
            capture_output=True,
            check=False,
            text=True,
            env={**os.environ, "HOME": str(self.folder)},
        )
        assert done.returncode in {0, 1}, done.stderr
        return done.returncode == 0, done.stdout


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("digidoc")
    assert FOUND is not None
    assert FOUND.origin is not None
    shutil.copytree(Path(FOUND.origin).parent / "schema", folder, dirs_exist_ok=True)
    since = now() - timedelta(days=2)
    keys = make_development_keys(folder / "pki", now=since, agencies=[AGENCY], services="http://127.0.0.1:9")
    return Office(folder, keys)


def altered(container: bytes, folder: Path) -> bytes:
    before, after = folder / "before.zip", folder / "after.zip"
    before.write_bytes(container)
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(after, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info, b"2wo" if info.filename == "b.txt" else data)
    return after.read_bytes()


def test_it_takes_our_container_by_our_list(office: Office):
    container = office.container()
    whole = office.list(*ServiceKind)
    assert office.judged(container, whole) == (True, "")
    assert not office.judged(altered(container, office.folder), whole)[0]


@pytest.mark.parametrize("missing", list(ServiceKind))
def test_each_service_of_the_list_counts(office: Office, missing: ServiceKind):
    valid, why = office.judged(office.container(), office.list(*(kind for kind in ServiceKind if kind is not missing)))
    # the issuing authority's own entry is enough for it to trust the authority's responder
    assert valid is (missing is ServiceKind.OCSP), why


def test_an_altered_list_is_no_trust(office: Office):
    touched = office.list(*ServiceKind).replace(b"Test bus", b"Best bus", 1)
    assert not office.judged(office.container(), touched)[0]
