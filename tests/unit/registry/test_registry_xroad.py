"""X-Road's identifiers in the registry: what they lead to, and every rule that they can break."""

from __future__ import annotations

import pytest
from xroad_folder import REST, SOAP, xroad_folder

from registry.authored.compiling import check
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_folder
from registry.xroad import XRoadClient

NOW = 1_790_000_000_000
COUNTER = "VN/GOV/H56.20/one-stop"
CIVIL = "VN/GOV/G15/civil-status"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return compile_folder(xroad_folder())


def test_the_sample_has_no_mistake():
    assert check(xroad_folder()) == ()


def test_a_member_is_an_agency_and_a_subsystem_its_system(snapshot: Snapshot):
    book = snapshot.xroad
    assert book.instance(NOW) == "VN"
    assert book.client("VN/GOV/H56.20", NOW) == XRoadClient("a200003")
    assert book.client(COUNTER, NOW) == XRoadClient("a200003", "one-stop")
    assert book.client("VN/GOV/G15/hộ-tịch", NOW) == book.client(CIVIL, NOW) == XRoadClient("a100002", "civil-status")
    before_the_commune = 1_700_000_000_000
    assert book.client(COUNTER, before_the_commune) is None
    assert book.client("VN/GOV/H56.20", before_the_commune) is None


@pytest.mark.parametrize("name", ["", "VN", "VN/GOV", "VN/GOV/H99", "VN/GOV/H56.20/", "H56.20", "a200003", "a/b/c/d/e"])
def test_what_nobody_declared_is_nobody(snapshot: Snapshot, name: str):
    assert snapshot.xroad.client(name, NOW) is None


def test_the_canonical_name_is_the_first(snapshot: Snapshot):
    book = snapshot.xroad
    assert book.canonical("a100002", "civil-status", NOW) == CIVIL
    assert book.canonical("a100002", None, NOW) == "VN/GOV/G15"
    assert book.canonical("a200001", None, NOW) is None
    assert book.canonical("a999999", None, NOW) is None


def test_service_codes_lead_to_services_and_operations(snapshot: Snapshot):
    book = snapshot.xroad
    for subsystem in (CIVIL, "VN/GOV/G15/hộ-tịch"):
        for code in ("scans", "quét"):
            found = book.rest(subsystem, code)
            assert found is not None
            assert found.id == REST
    assert book.rest(CIVIL, "sendLetter.v1") is None
    assert book.rest(COUNTER, "scans") is None
    sent = book.soap(CIVIL, "sendLetter", "v1")
    assert sent is not None
    assert (sent[0].id, sent[1].name) == (SOAP, "send")
    assert book.soap(CIVIL, "sendLetter", None) is None
    assert book.soap(CIVIL, "readLetter", "v1") is None
    assert book.soap(CIVIL, "readLetter", None) is not None
    assert [service.id for service in book.services(CIVIL)] == [SOAP, REST]


def test_descriptions_travel_with_the_service(snapshot: Snapshot):
    service = snapshot.service(SOAP)
    assert service is not None
    assert service.xroad is not None
    assert service.xroad.main == "descriptions/letters.wsdl"
    assert set(service.xroad.files) == {"descriptions/letters.wsdl", "descriptions/letters.xsd"}


def test_all_clients_are_listed_once(snapshot: Snapshot):
    names = [client.identifier for client in snapshot.xroad.clients(NOW)]
    assert names == ["VN/GOV/G22.99", "VN/GOV/G01", "VN/GOV/G15", CIVIL, "VN/GOV/H56.20", COUNTER]


AGENCIES, SERVICES = "agencies/all.toml", "services/all.toml"
ROWS = [
    (AGENCIES, 'code = "VN/GOV/G15"', 'code = "VN/G15"', "alias-form"),
    (AGENCIES, 'code = "VN/GOV/G15"', 'code = "VN/GOV/G16"', "xroad-member"),
    (AGENCIES, "VN/GOV/H56.20/one-stop", "VN/GOV/one-stop", "bad-form"),
    (AGENCIES, "VN/GOV/H56.20/one-stop", "VN/GOV/H56.20/one%20stop", "bad-form"),
    (AGENCIES, "VN/GOV/H56.20/one-stop", "VN/GOV/H56.20/..", "bad-form"),
    (AGENCIES, "VN/GOV/G15/hộ-tịch", "VN/GOV/G15/civil-status", "duplicate"),
    (AGENCIES, "xroad = ['VN/GOV/G15/civil-status', 'VN/GOV/G15/hộ-tịch']", "", "xroad-subsystem"),
    (SERVICES, '"quét"', '"sendLetter.v1"', "duplicate"),
    (SERVICES, 'codes = ["scans", "quét"], ', "", "missing-key"),
    (SERVICES, 'endpoints = ["* /**"]', "", "missing-key"),
    (SERVICES, 'endpoints = ["* /**"]', 'endpoints = ["* /**", "* /**"]', "duplicate"),
    (SERVICES, 'endpoints = ["* /**"]', 'endpoints = ["FETCH /x"]', "bad-form"),
    (SERVICES, 'endpoints = ["* /**"]', 'endpoints = ["GET x"]', "bad-form"),
    (SERVICES, 'endpoints = ["* /**"]', 'endpoints = ["GET /a/**/b"]', "xroad-endpoint"),
    (SERVICES, 'endpoints = ["* /**"]', 'endpoints = ["GET /a*"]', "xroad-endpoint"),
    (SERVICES, 'endpoints = ["* /**"]', 'endpoints = ["GET /a%20b"]', "xroad-endpoint"),
    (SERVICES, '["scans", "quét"]', '["scans", "listMethods"]', "xroad-reserved"),
    (SERVICES, 'xroad = "readLetter"', 'xroad = "getWsdl.v1"', "xroad-reserved"),
    (SERVICES, 'endpoints = ["* /**"]', 'endpoints = ["* /**"]\nxroad = "a"', "xroad-not-spoken"),
    (SERVICES, 'xroad = "readLetter"', "", "missing-key"),
    (SERVICES, 'xroad = "readLetter"', 'xroad = "readLetter"\nendpoints = ["GET /x"]', "xroad-not-spoken"),
    (SERVICES, 'protocol = "soap", ', 'protocol = "soap", codes = ["a"], ', "xroad-not-spoken"),
    (SERVICES, 'protocol = "soap", ', 'protocol = "rpc", ', "not-one-of"),
    (SERVICES, "descriptions/scans.yaml", "descriptions/letters.wsdl", "not-one-of"),
    (SERVICES, "descriptions/scans.yaml", "descriptions/none.yaml", "missing-file"),
    (SERVICES, "descriptions/letters.xsd", "schemas/letters.xsd", "missing-file"),
    (SERVICES, 'name = "extract"', 'name = "extract"\nendpoints = ["GET /x"]', "xroad-not-spoken"),
]


@pytest.mark.parametrize(("file", "old", "new", "rule"), ROWS, ids=[f"{row[3]}-{n}" for n, row in enumerate(ROWS)])
def test_each_rule_is_told(file: str, old: str, new: str, rule: str):
    files = xroad_folder()
    text = files[file].decode()
    assert old in text
    mistakes = check({**files, file: text.replace(old, new, 1).encode()})
    assert rule in {mistake.rule for mistake in mistakes}, [str(mistake) for mistake in mistakes]
