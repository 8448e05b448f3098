"""Look-ups of the snapshot: agencies over time, certificates, services, agreements, words, forms."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest
import registry_folder

from registry import sections as wire
from registry.authored.compiling import check, sections_of
from registry.model import FOREVER
from registry.sections import SectionError, changed, decode, encode
from registry.snapshot import Snapshot, from_sections
from registry.snapshot import compile as compile_folder

PERSON = "a100001/population/person"
MARRIAGE = "a100002/civil-status/marriage"
COMMUNE = "a200003"


def ms(year: int, month: int, day: int, hour: int = 0) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp() * 1000)


NOW = ms(2026, 3, 1)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return compile_folder(registry_folder.folder(), 7)


def pem(der: bytes) -> bytes:
    body = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def test_the_head_of_the_snapshot(snapshot: Snapshot):
    assert (snapshot.version, snapshot.instance, snapshot.operator) == (7, "VN-test", "a100000")
    assert snapshot.name.en == "Test"
    assert set(snapshot.section_hashes) == set(wire.NAMES)


def test_a_date_means_midnight_at_utc_plus_7(snapshot: Snapshot):
    old, new = snapshot.agency("a200002"), snapshot.agency(COMMUNE)
    turn = ms(2025, 6, 30, 17)
    assert (old.valid_to_ms, new.valid_from_ms) == (turn, turn)
    assert (old.valid(turn - 1), new.valid(turn - 1)) == (True, False)
    assert (old.valid(turn), new.valid(turn)) == (False, True)
    assert new.valid_to_ms == FOREVER


def test_an_agency_is_found_by_id_and_by_code(snapshot: Snapshot):
    assert snapshot.resolve(COMMUNE, NOW).id == COMMUNE
    assert snapshot.resolve("H56.20", NOW).id == COMMUNE
    assert snapshot.resolve("H56.20", ms(2024, 1, 1)) is None
    assert snapshot.resolve("H99", NOW) is None
    assert snapshot.agency(COMMUNE).code(NOW) == "H56.20"
    assert snapshot.agency(COMMUNE).code(NOW, "TAX") is None


def test_the_code_of_a_merged_commune_leads_to_it_and_on_to_its_successor(snapshot: Snapshot):
    old = snapshot.resolve("H56.14", NOW)
    assert old.id == "a200002"
    assert not old.valid(NOW)
    assert [agency.id for agency in snapshot.successors_at(old.id, NOW)] == [COMMUNE]
    assert [agency.id for agency in snapshot.successors_at(old.id, ms(2024, 1, 1))] == ["a200002"]
    assert snapshot.successors_at(COMMUNE, ms(2024, 1, 1)) == ()
    assert snapshot.successors_at("a999999", NOW) == ()


def test_a_code_may_pass_to_another_agency_later():
    agencies = registry_folder.AGENCIES.replace(
        'aliases = [{ scheme = "QD20", code = "H56.14" }]',
        'aliases = [{ scheme = "QD20", code = "H56.14", valid_to = 2025-07-01 }]',
    ).replace(
        '[{ scheme = "QD20", code = "H56.20" }]',
        '[{ scheme = "QD20", code = "H56.20" }, { scheme = "QD20", code = "H56.14" }]',
    )
    snapshot = compile_folder(registry_folder.folder(agencies=agencies))
    assert snapshot.resolve("H56.14", ms(2024, 1, 1)).id == "a200002"
    assert snapshot.resolve("H56.14", NOW).id == COMMUNE


def test_successors_are_followed_through_several_mergers_and_splits():
    agencies = registry_folder.AGENCIES.replace(
        'valid_from = 2025-07-01\nsecurity_level = 3\nhosted_by = "a200001"',
        'valid_from = 2025-07-01\nvalid_to = 2026-01-01\nsuccessors = ["a200001", "a100000"]\nsecurity_level = 3',
    )
    snapshot = compile_folder(registry_folder.folder(agencies=agencies))
    assert [agency.id for agency in snapshot.successors_at("a200002", NOW)] == ["a200001", "a100000"]


def test_a_certificate_is_found_by_its_thumbprint_and_has_its_period():
    first, second = b"\x30\x03\x02\x01\x01", b"\x30\x03\x02\x01\x02"
    files = {
        **registry_folder.folder(),
        "certificates/root.pem": pem(b"\x30\x03\x02\x01\x09"),
        "certificates/a.pem": pem(first),
        "certificates/b.pem": pem(second),
        "certificates.toml": b"""
anchors = ["certificates/root.pem"]
[[certificate]]
agency = "a200003"
use = "seal"
file = "certificates/a.pem"
valid_from = 2025-07-01
valid_to = 2027-07-01
[[certificate]]
agency = "a200003"
use = "link"
file = "certificates/b.pem"
revoked_at = 2026-01-01T08:00:00+07:00
""",
    }
    snapshot = compile_folder(files)
    x5t = base64.urlsafe_b64encode(hashlib.sha256(first).digest()).rstrip(b"=").decode()
    seal = snapshot.certificate(x5t)
    assert (seal.agency, seal.use, seal.der) == (COMMUNE, "seal", first)
    assert (seal.valid(ms(2025, 6, 1)), seal.valid(NOW), seal.valid(ms(2027, 8, 1))) == (False, True, False)
    assert snapshot.certificates_of(COMMUNE, "seal") == (seal,)
    (link,) = snapshot.certificates_of(COMMUNE, "link")
    assert link.revoked_at_ms == ms(2026, 1, 1, 1)
    assert (link.valid(ms(2026, 1, 1)), link.valid(ms(2026, 1, 1, 1))) == (True, False)
    assert snapshot.certificates_of("a100001", "seal") == ()
    assert snapshot.certificate("unknown") is None
    assert snapshot.anchors == (b"\x30\x03\x02\x01\x09",)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "not-a-certificate"),
        (pem(b"\x30\x00") * 2, "not-a-certificate"),
        (pem(b"\x02\x01\x01"), "not-a-certificate"),
        (b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----", "not-a-certificate"),
        (b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "private-key"),
    ],
)
def test_what_is_no_certificate_is_told(data: bytes, rule: str):
    listed = b'anchors = ["certificates/a.pem"]\n[[certificate]]\nagency = "a200003"\nuse = "seal"\n'
    files = {
        **registry_folder.folder(),
        "certificates/a.pem": data,
        "certificates.toml": listed + b'file = "certificates/a.pem"\n',
    }
    assert rule in {mistake.rule for mistake in check(files)}


def test_a_certificate_registered_twice_is_told():
    row = b'[[certificate]]\nagency = "a200003"\nuse = "seal"\nfile = "certificates/%b.pem"\n'
    files = {
        **registry_folder.folder(),
        "certificates/a.pem": pem(b"\x30\x00"),
        "certificates/b.pem": pem(b"\x30\x00"),
        "certificates.toml": row % b"a" + row % b"b",
    }
    (found,) = check(files)
    assert (found.rule, found.line) == ("certificate-twice", 8)


def test_a_service_and_its_operations(snapshot: Snapshot):
    service = snapshot.service(PERSON)
    assert (service.agency, service.system, service.opaque) == ("a100001", "population", False)
    read = service.operation("read")
    assert read is snapshot.operation(PERSON, "read")
    assert (read.assurance, read.timeout_ms, read.safe, read.officer_required) == ("substantial", 5000, True, True)
    assert (read.answer.subject, read.answer.version) == ("person.answer", 1)
    assert snapshot.schema("person.answer@1") is read.answer
    assert service.operation("verify").purposes == {"dossier"}
    assert service.operation("write") is None
    assert snapshot.operation("a1/b/c", "read") is None
    scans = snapshot.operation("a100002/civil-status/scans", "fetch")
    assert (scans.question, scans.answer) == (None, None)


def test_who_holds_a_term(snapshot: Snapshot):
    held = snapshot.holders("person.full-name", "citizen")
    assert [(holder.service.id, holder.operation.name) for holder in held] == [(PERSON, "read"), (PERSON, "verify")]
    assert snapshot.holders("person.full-name", "business") == ()


def test_the_agreement_that_lets_a_question_through(snapshot: Snapshot):
    found = snapshot.agreement_for(COMMUNE, None, PERSON, "read", "dossier", NOW)
    assert found.id == "ag-0001"
    assert found.assurance == "substantial"
    assert (found.quota.count, found.quota.per) == (1000, "day")
    assert snapshot.agreement_for(COMMUNE, "one-stop", PERSON, "read", "dossier", NOW) is found
    for asked in [
        ("a200001", None, PERSON, "read", "dossier", NOW),
        (COMMUNE, None, PERSON, "verify", "dossier", NOW),
        (COMMUNE, None, PERSON, "read", "audit", NOW),
        (COMMUNE, None, PERSON, "read", "dossier", ms(2025, 6, 1)),
    ]:
        assert snapshot.agreement_for(*asked) is None


def test_an_agreement_of_one_system_serves_no_other(snapshot: Snapshot):
    asked = (MARRIAGE, "extract", "dossier", NOW)
    assert snapshot.agreement_for(COMMUNE, "one-stop", *asked).id == "ag-0002"
    assert snapshot.agreement_for(COMMUNE, "back-office", *asked) is None
    assert snapshot.agreement_for(COMMUNE, None, *asked) is None
    assert snapshot.agreement_for(COMMUNE, "one-stop", MARRIAGE, "extract", "dossier", ms(2027, 1, 1)) is None


def test_the_agreement_for_the_very_system_comes_first():
    general = registry_folder.AGREEMENTS.split("[[agreement]]")[2]
    general = general.replace("ag-0002", "ag-0000").replace('consumer_system = "one-stop"\n', "")
    text = registry_folder.AGREEMENTS + "\n[[agreement]]" + general
    snapshot = compile_folder(registry_folder.folder(agreements=text))
    asked = (MARRIAGE, "extract", "dossier", NOW)
    assert snapshot.agreement_for(COMMUNE, "one-stop", *asked).id == "ag-0002"
    assert snapshot.agreement_for(COMMUNE, "back-office", *asked).id == "ag-0000"


def test_a_suspended_agreement_lets_nothing_through_and_can_still_be_named(snapshot: Snapshot):
    scans = "a100002/civil-status/scans"
    assert snapshot.agreement_for(COMMUNE, None, scans, "fetch", "audit", NOW) is None
    (found,) = snapshot.agreements_between(COMMUNE, scans)
    assert (found.state, found.valid(NOW)) == ("suspended", False)
    assert snapshot.agreement("ag-0003") is found


def test_words_procedures_and_forms(snapshot: Snapshot):
    assert snapshot.term("person.number").identifier
    assert snapshot.codelist("sex").codes["male"].vi == "Nam"
    assert snapshot.codelist("sex", 2) is None
    assert snapshot.evidence("hospital-notice").providers == ()
    assert snapshot.procedure("1.001193").role_schemes == {"mother": "citizen", "father": "citizen", "child": "citizen"}
    assert snapshot.form("birth", 1).fields[1].of == "child"
    assert snapshot.form("birth", 2) is None
    assert [form.id for form in snapshot.forms()] == ["birth", "birth-bad"]
    assert [len(all_of) for all_of in (snapshot.agencies(), snapshot.services(), snapshot.terms())] == [6, 3, 8]
    assert [len(all_of) for all_of in (snapshot.agreements(), snapshot.procedures(), snapshot.evidence_types())] == [
        3,
        1,
        3,
    ]


def test_the_newest_version_of_a_code_list_counts():
    newer = (
        registry_folder.CODELISTS
        + registry_folder.CODELISTS[registry_folder.CODELISTS.index('[[codelist]]\nid = "sex"') :]
    )
    newer = "version = 2".join(newer.rsplit("version = 1", 1)).replace('code = "male"\nname', 'code = "male"\nname')
    snapshot = compile_folder(registry_folder.folder(codelists=newer))
    assert snapshot.codelist("sex").version == 2
    assert snapshot.codelist("sex", 1).version == 1


def test_nothing_in_a_snapshot_changes(snapshot: Snapshot):
    with pytest.raises(AttributeError):
        snapshot.agency(COMMUNE).id = "a000000"
    with pytest.raises(FrozenInstanceError):
        snapshot.service(PERSON).id = "x"
    snapshot.warm()
    assert repr(snapshot) == "<Snapshot VN-test version 7>"


def test_equal_content_has_equal_bytes_however_it_is_written():
    files = registry_folder.folder()
    first = encode(sections_of(files))
    tables = files["agencies/all.toml"].split(b"[[agency]]\n")
    moved = {**files, "agencies/all.toml": b"# moved\n[[agency]]\n" + tables[2]}
    moved["agencies/more.toml"] = b"".join(b"[[agency]]\n" + table for table in (*tables[:0:-1][:-2], tables[1]))
    assert encode(sections_of(moved)) == first
    assert encode(decode(first)) == first


def test_only_what_changed_has_a_new_hash():
    before = compile_folder(registry_folder.folder())
    text = registry_folder.AGREEMENTS.replace("count = 1000", "count = 999")
    after = compile_folder(registry_folder.folder(agreements=text), 2)
    assert changed(before.section_hashes, after.section_hashes) == {"agreements"}
    assert changed({}, after.section_hashes) == set(wire.NAMES)


def test_a_section_that_cannot_be_read_is_refused_by_name():
    good = encode(sections_of(registry_folder.folder()))
    for broken in [
        {name: data for name, data in good.items() if name != "agreements"},
        {**good, "agreements": b"{"},
        {**good, "agreements": b'{"format":1}'},
        {**good, "agreements": good["agreements"].replace(b'"format":1', b'"format":2')},
    ]:
        with pytest.raises(SectionError, match="agreements"):
            from_sections(broken, 1)
    schemaless = {**good, "catalogue": good["catalogue"].replace(b'"person.answer"', b'"person.other"')}
    with pytest.raises(SectionError, match=r"person\.answer"):
        from_sections(schemaless, 1)


def test_keys_of_a_newer_publisher_are_ignored():
    good = encode(sections_of(registry_folder.folder()))
    newer = {**good, "agreements": good["agreements"].replace(b'"id":"ag-0001"', b'"new":1,"id":"ag-0001"')}
    assert from_sections(newer, 1).agreement("ag-0001") is not None
