"""EU DSS reads our trusted list by ETSI's schemas and by its signature, and takes our container by this list alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from dss_kit import java
from office_kit import Office, altered, new_office

from signing.bundle import pem
from signing.trustlist import ServiceKind


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return new_office(tmp_path_factory.mktemp("office"))


def told(office: Office, dss: str, folder: Path, trusted: bytes) -> dict[str, str]:
    """What it says, by the first word of each line."""
    (folder / "list.xml").write_bytes(trusted)
    (folder / "signer.pem").write_bytes(pem(office.signer))
    container = office.container()
    (folder / "sound.asice").write_bytes(container)
    (folder / "touched.asice").write_bytes(altered(container, folder))
    files = [folder / name for name in ("list.xml", "signer.pem", "sound.asice", "touched.asice")]
    return dict(line.partition(" ")[::2] for line in java(dss, "TrustedList", *files).splitlines())


@pytest.mark.timeout(900)
def test_the_list_is_valid_by_etsis_schemas_and_its_signature_holds(office: Office, dss: str, tmp_path: Path):
    said = told(office, dss, tmp_path, office.list(*ServiceKind))
    assert (said["schema-2.1.1"], said["schema-2.3.1"]) == ("0 []", "0 []")
    assert said["signature"] == "TOTAL_PASSED null"
    assert said["services"] == "3 certificates 3"
    assert said["sound.asice"].split()[1] == "TOTAL_PASSED", said
    assert said["touched.asice"].split()[1:] == ["TOTAL_FAILED", "HASH_FAILURE"]


@pytest.mark.timeout(900)
def test_an_altered_list_is_no_trust(office: Office, dss: str, tmp_path: Path):
    whole = office.list(*ServiceKind)
    said = told(office, dss, tmp_path, whole.replace(b"Test bus", b"Best bus", 1))
    assert said["signature"].startswith("TOTAL_FAILED")
    said = told(office, dss, tmp_path, whole.replace(b"TSLSequenceNumber", b"TSLSequenceNummer"))
    assert said["schema-2.1.1"] != "0 []"
    assert said["schema-2.3.1"] != "0 []"
