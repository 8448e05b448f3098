"""Every rule of the authored folder: broken once, told once, at the very place, in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import registry_folder

from registry.authored.compiling import check
from registry.authored.texts import RULES
from registry.mistakes import Mistake, RegistryError
from registry.snapshot import compile as compile_folder

Files = dict[str, bytes]


def edited(family: str, old: str, new: str) -> Files:
    """The sample folder with one edit in a family's file; the edit must really change it."""
    files = registry_folder.folder()
    name = "instance.toml" if family == "instance" else f"{family}/all.toml"
    if family.startswith("schemas/"):
        name = family
    before = files[name].decode()
    after = before.replace(old, new, 1)
    assert before != after
    return {**files, name: after.encode()}


def shown(files: Files, mistake: Mistake) -> str:
    """What stands at the mistake's place, to the end of its line."""
    lines = files.get(mistake.file, b"").decode().split("\n")
    return lines[mistake.line - 1][mistake.column - 1 :] if mistake.line <= len(lines) else ""


# family, what stands there, what is written instead → the rule, and the text at the place that is told
CASES = [
    ("instance", 'operator = "a100000"', 'operator = "a999999"', "unknown-agency", '"a999999"'),
    ("instance", 'operator = "a100000"\n', "", "missing-key", "instance"),
    ("instance", "VN-test", "vn", "bad-form", '"vn"'),
    ("instance", "operator", "opperator", "unknown-key", "opperator"),
    ("instance", 'instance = "VN-test"', "instance = ", "toml-syntax", ""),
    ("agencies", 'kind = "operator"', 'kind = "shop"', "not-one-of", '"shop"'),
    ("agencies", "security_level = 4", "security_level = 6", "out-of-range", "6"),
    ("agencies", "security_level = 4", 'security_level = "4"', "wrong-type", '"4"'),
    ("agencies", "valid_from = 2020-01-01", "valid_from = 2020-01-01T08:00:00", "bad-date", "2020-01-01T"),
    ("agencies", "valid_from = 2020-01-01", "valid_from = 1845-01-01", "bad-date", "1845"),
    ("agencies", 'id = "a100001"', 'id = "a100000"', "duplicate", '"a100000"'),
    ("agencies", 'id = "population"', 'id = "Population"', "bad-form", '"Population"'),
    ("agencies", 'parent = "a200001"', 'parent = "a200009"', "unknown-agency", '"a200009"'),
    ("agencies", 'hosted_by = "a200001"', 'hosted_by = "a200009"', "unknown-agency", '"a200009"'),
    ("agencies", "valid_to = 2025-07-01", "valid_to = 2019-07-01", "dates-reversed", "2019-07-01"),
    ("agencies", "valid_to = 2025-07-01\n", "", "successor-without-end", '"a200003"'),
    ("agencies", "valid_to = 2025-07-01", "valid_to = 2025-06-01", "successor-not-valid", '"a200003"'),
    ("agencies", 'successors = ["a200003"]', 'successors = ["a200002"]', "circle", '["a200002"]'),
    ("agencies", 'kind = "province"', 'kind = "province"\nparent = "a200003"', "circle", '"'),
    ("agencies", 'code = "H56.20"', 'code = "H56.14"', "alias-overlap", '"H56.14"'),
    ("agencies", 'code = "H56.20"', 'code = "56.H20"', "alias-form", '"56.H20"'),
    ("codelists", 'code = "female"', 'code = "male"', "duplicate", '"male"'),
    ("codelists", 'code = "audit"', 'code = "review"', "unknown-code", '"audit"'),
    ("dictionary", 'codelist = "sex"\n', "", "codelist-needed", "term]]"),
    ("dictionary", 'codelist = "sex"', 'codelist = "gender"', "unknown-codelist", '"gender"'),
    ("dictionary", 'id = "person.sex"', 'id = "sex"', "bad-form", '"sex"'),
    ("dictionary", 'id = "person.sex"', 'id = "person.gender"', "unknown-term", '"person.sex"'),
    (
        "services",
        'id = "a100001/population/person"',
        'id = "a100001/people/person"',
        "unknown-system",
        '"a100001/people',
    ),
    ("services", 'id = "a100001/population/person"', 'id = "a100009/population/person"', "unknown-agency", '"a100009'),
    ("services", 'question = "person.question@1"\n', "", "schema-needed", "service.operation]]"),
    ("services", '"person.answer@1"', '"person.answer@2"', "unknown-schema", '"person.answer@2"'),
    ("services", 'purposes = ["dossier"]', 'purposes = ["leisure"]', "unknown-code", '"leisure"'),
    ("services", 'basis = "278/2025/NĐ-CP"', 'basis = "1/1900"', "unknown-code", '"1/1900"'),
    ("services", 'name = "verify"', 'name = "read"', "duplicate", '"read"'),
    ("services", "timeout_ms = 5000", "timeout_ms = 0", "out-of-range", "0"),
    ("evidence", 'operation = "read"', 'operation = "list"', "unknown-operation", '"list"'),
    ("evidence", "a100001/population/person", "a100001/population/family", "unknown-service", '"a100001'),
    ("evidence", '"person.residence", ', '"marriage.date", ', "term-not-in-answer", '"marriage.date"'),
    ("evidence", '"person.residence", ', '"person.house", ', "unknown-term", '"person.house"'),
    ("evidence", 'name = "$subject.name"', 'title = "$subject.name"', "question-field", '"$subject.name"'),
    ("evidence", ', name = "$subject.name"', "", "question-incomplete", "{ number"),
    ("evidence", '"$subject.name"', '"$subject.alias"', "not-one-of", '"$subject.alias"'),
    ("evidence", 'pointer = "/exists"', 'pointer = "exists"', "bad-form", '"exists"'),
    ("evidence", 'pointer = "/exists"', 'pointer = "/exists/0"', "condition-nowhere", '"/exists/0"'),
    ("agreements", 'consumer = "a200003"', 'consumer = "a200009"', "unknown-agency", '"a200009"'),
    ("agreements", 'consumer_system = "one-stop"', 'consumer_system = "back"', "unknown-system", '"back"'),
    ("agreements", "a100001/population/person", "a100001/population/family", "unknown-service", '"a100001'),
    ("agreements", '["read"]', '["list"]', "operation-not-offered", '"list"'),
    ("agreements", '"person.birth", ', '"marriage.date", ', "term-not-offered", '"marriage.date"'),
    ("agreements", '"person.birth", ', '"person.born", ', "unknown-term", '"person.born"'),
    ("agreements", '["dossier"]', '["leisure"]', "unknown-code", '"leisure"'),
    ("agreements", '["1.001193"]', '["1.999999"]', "unknown-procedure", '"1.999999"'),
    (
        "agreements",
        'operations = ["read"]',
        'operations = ["verify"]\nassurance = "low"',
        "term-not-offered",
        '"person.',
    ),
    ("agreements", "count = 1000", "count = 0", "out-of-range", "0"),
    ("agreements", 'per = "day"', 'per = "week"', "not-one-of", '"week"'),
    ("agreements", "valid_to = 2027-01-01", "valid_to = 2025-01-01", "dates-reversed", "2025-01-01"),
    (
        "agreements",
        'opaque_reason = "Bản quét trước 2016 chưa có cấu trúc"',
        "",
        "opaque-reason-needed",
        "agreement]]",
    ),
    (
        "agreements",
        'purposes = ["audit"]',
        'purposes = ["audit"]\nterms = ["person.sex"]',
        "terms-of-opaque",
        '["person.sex"]',
    ),
    ("agreements", "quota =", 'opaque_reason = "x"\nquota =', "opaque-reason-idle", '"x"'),
    ("agreements", 'terms = ["marriage.exists", "marriage.date"]\n', "", "terms-needed", "agreement]]"),
    ("agreements", "quota =", 'assurance = "low"\nquota =', "assurance-too-low", '"low"'),
    ("agreements", 'id = "ag-0002"', 'id = "ag-0001"', "duplicate", '"ag-0001"'),
    ("procedures", 'subject = "mother"', 'subject = "aunt"', "unknown-role", '"aunt"'),
    ("procedures", 'role_present = "father"', 'role_present = "uncle"', "unknown-role", '"uncle"'),
    ("procedures", 'new_roles = ["child"]', 'new_roles = ["baby"]', "unknown-role", '"baby"'),
    ("procedures", 'new_roles = ["child"]', 'new_roles = ["mother"]', "new-role-asked", '"mother"'),
    ("procedures", '["residence"]', '["home"]', "unknown-evidence", '"home"'),
    (
        "procedures",
        'papers = ["KQ.G01.000001"]',
        "citizen_only = true",
        "citizen-only-list",
        "procedure.requirement.list]]",
    ),
    ("procedures", 'id = "declaration"', 'id = "notice-of-birth"', "duplicate", '"notice-of-birth"'),
    ("procedures", "new_roles", 'role_schemes = { mother = "business" }\nnew_roles', "scheme-mismatch", '"residence"'),
    ("procedures", 'code = "1.001193"', 'code = "TS_lop1"', "bad-form", '"TS_lop1"'),
    ("forms", 'procedure = "1.001193"', 'procedure = "1.999999"', "unknown-procedure", '"1.999999"'),
    ("forms", 'of = "mother"', 'of = "aunt"', "unknown-role", '"aunt"'),
    ("forms", 'of = "mother"\n', "", "missing-key", "form.field]]"),
    ("forms", 'term = "person.number"', 'term = "person.id"', "unknown-term", '"person.id"'),
    ("forms", 'name = "child-name"', 'name = "mother-number"', "duplicate", '"mother-number"'),
    ("forms", 'id = "birth-bad"', 'id = "birth"', "duplicate", "1"),
]


@pytest.mark.parametrize(
    ("family", "old", "new", "rule", "place"), CASES, ids=[f"{c[0]}-{c[3]}-{n}" for n, c in enumerate(CASES)]
)
def test_each_rule_is_told_at_its_place(family: str, old: str, new: str, rule: str, place: str):
    files = edited(family, old, new)
    found = [mistake for mistake in check(files) if mistake.rule == rule]
    assert found, [str(mistake) for mistake in check(files)]
    assert any(shown(files, mistake).startswith(place) for mistake in found), [
        (str(mistake), shown(files, mistake)) for mistake in found
    ]


def schema(change: Callable[[dict[str, object]], object]) -> Files:
    name = "schemas/person.answer/1.json"
    files = registry_folder.folder()
    document = json.loads(files[name])
    change(document)
    return {**files, name: json.dumps(document, indent=2).encode()}


SCHEMA_CASES = [
    (lambda d: d["properties"].update(note={"type": "string"}), "unbound", '"note"'),
    (lambda d: d["properties"].update(note=True), "unbound", '"note"'),
    (lambda d: d["properties"].update(note={"type": "object"}), "unbound", '"note"'),
    (lambda d: d["properties"].update(note={"type": "array"}), "unbound", '"note"'),
    (lambda d: d["properties"]["name"].update({"x-term": 5}), "unbound", '"x-term"'),
    (lambda d: d.update(additionalProperties=True), "open-object", '"additionalProperties"'),
    (lambda d: d.update(patternProperties={}), "shape-keyword", '"patternProperties"'),
    (lambda d: d.update(anyOf=[{"properties": {}}]), "shape-keyword", "{"),
    (lambda d: d["properties"]["sex"].update(enum=["male", "x"]), "unknown-code", '"x"'),
    (lambda d: d["properties"]["sex"].update({"type": "integer"}), "term-type", '"type"'),
    (lambda d: d["properties"]["name"].update({"x-term": "person.nick"}), "unknown-term", '"person.nick"'),
    (lambda d: d["properties"]["name"].update(items={"x-term": "person.sex"}), "term-inside-term", '"x-term"'),
    (lambda d: d["properties"].update(a={"$ref": "https://example.org/a.json"}), "remote-reference", '"$ref"'),
    (lambda d: d["properties"].update(a={"$ref": "file:///etc/passwd"}), "remote-reference", '"$ref"'),
    (lambda d: d["properties"]["name"].update({"$ref": "other.json"}), "remote-reference", '"$ref"'),
    (lambda d: d["properties"].update(a={"$ref": "#/$defs/nowhere"}), "bad-schema", ""),
    (lambda d: d["properties"]["name"].update({"type": "strin"}), "bad-schema", '"type"'),
    (lambda d: d["properties"]["name"].update(pattern="("), "bad-schema", '"pattern"'),
    (lambda d: d["properties"]["name"].update(pattern="(?=a)b"), "bad-schema", ""),
    (lambda d: d["properties"]["name"].update(format="nonsense"), "bad-schema", '"format"'),
    (lambda d: d.update({"$schema": "http://json-schema.org/draft-07/schema#"}), "schema-dialect", '"$schema"'),
    (lambda d: d["properties"]["name"].update({"$id": "https://example.org/x"}), "schema-dialect", '"$id"'),
    (lambda d: d["properties"]["name"].update({"$dynamicRef": "#x"}), "schema-dialect", '"$dynamicRef"'),
]


@pytest.mark.parametrize(
    ("change", "rule", "place"), SCHEMA_CASES, ids=[f"{c[1]}-{n}" for n, c in enumerate(SCHEMA_CASES)]
)
def test_each_rule_of_schemas_is_told_at_its_place(
    change: Callable[[dict[str, object]], object], rule: str, place: str
):
    files = schema(change)
    found = [mistake for mistake in check(files) if mistake.rule == rule]
    assert found, [str(mistake) for mistake in check(files)]
    assert any(shown(files, mistake).startswith(place) for mistake in found), [
        (str(mistake), shown(files, mistake)) for mistake in found
    ]


@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("agences/all.toml", b"", "unknown-file"),
        ("notes.txt", b"", "unknown-file"),
        ("schemas/person.answer/1.xsd", b"<x/>", "two-schemas"),
        ("schemas/person.answer/1.terms.toml", b"", "unknown-file"),
        ("schemas/Person/1.json", b"{}", "unknown-file"),
        ("agencies/key.toml", b"-----BEGIN PRIVATE KEY-----", "private-key"),
        ("schemas/odd/1.json", b"[]", "wrong-type"),
        ("schemas/odd/1.json", b'{"a": 1, "a": 2}', "json-repeated-member"),
        ("schemas/odd/1.json", b"{", "json-syntax"),
        ("schemas/odd/1.json", b"\xff", "not-utf-8"),
        ("schemas/odd/1.json", b'{"maximum": 1e999}', "bad-schema"),
        ("agencies/more.toml", b"x = " + b"9" * 5000, "toml-syntax"),
        ("schemas/odd/1.json", b"[" * 5000, "too-deep"),
        ("schemas/odd/1.xsd", b"<!DOCTYPE x><x/>", "bad-xsd"),
        ("certificates.toml", b'anchors = ["certificates/none.pem"]', "missing-file"),
        ("certificates.toml", b"anchors = 5", "wrong-type"),
        ("certificates.toml", b"anchors = [5]", "wrong-type"),
        ("certificates.toml", b"[[certificate]]", "missing-key"),
        ("certificates.toml", b"certificate = 3", "wrong-type"),
    ],
)
def test_files_that_do_not_belong_are_told(name: str, data: bytes, rule: str):
    found = check({**registry_folder.folder(), name: data})
    assert rule in {mistake.rule for mistake in found}
    assert all(mistake.file == name for mistake in found)


def test_hidden_files_and_notes_are_left_alone():
    assert check({**registry_folder.folder(), "README.md": b"x", "agencies/.swp": b"x"}) == ()


def test_an_agency_folder_without_an_instance_is_told():
    files = registry_folder.folder()
    del files["instance.toml"]
    assert [mistake.rule for mistake in check(files)] == ["missing-file"]


def test_all_mistakes_of_all_files_are_told_at_once():
    files = {
        **edited("agencies", "security_level = 4", "security_level = 9"),
        "services/all.toml": edited("services", '"person.answer@1"', '"person.answer@9"')["services/all.toml"],
        "forms/all.toml": b"[[form]\n",
    }
    with pytest.raises(RegistryError) as caught:
        compile_folder(files)
    told = {(mistake.file, mistake.rule) for mistake in caught.value.mistakes}
    assert told == {
        ("agencies/all.toml", "out-of-range"),
        ("services/all.toml", "unknown-schema"),
        ("forms/all.toml", "toml-syntax"),
    }
    assert list(caught.value.mistakes) == sorted(caught.value.mistakes)
    assert "services/all.toml:12:10: [unknown-schema]" in str(caught.value)


def test_a_broken_table_is_not_told_again_where_it_is_named():
    # The agency has a wrong level; that services and agreements name it is no mistake of theirs.
    found = check(edited("agencies", "security_level = 5", "security_level = 9"))
    assert [mistake.rule for mistake in found] == ["out-of-range"]


def test_a_file_that_cannot_be_read_is_told_alone():
    found = check({**registry_folder.folder(), "dictionary/all.toml": b"[[term]\n"})
    assert {mistake.file for mistake in found} == {"dictionary/all.toml"}


def test_columns_count_characters_not_bytes():
    files = edited("agencies", 'name = { vi = "Bộ Công an", en =', 'name = { vi = "Bộ Công an", englisch =')
    (unknown,) = [mistake for mistake in check(files) if mistake.rule == "unknown-key"]
    assert shown(files, unknown).startswith("englisch")


def test_two_agreements_never_answer_the_same_question():
    again = registry_folder.AGREEMENTS.split("[[agreement]]")[1].replace("ag-0001", "ag-0009")
    text = registry_folder.AGREEMENTS + "\n[[agreement]]" + again
    (found,) = check(registry_folder.folder(agreements=text))
    assert found.rule == "agreement-overlap"
    assert "ag-0001" in found.message_en
    later = text + "valid_to = 2025-07-02\n"
    assert [mistake.rule for mistake in check(registry_folder.folder(agreements=later))] == ["agreement-overlap"]
    parted = text.replace('quota = { count = 1000, per = "day" }\n', "valid_to = 2026-01-01\n", 1)
    apart = parted[: parted.rindex("valid_from")] + "valid_from = 2026-01-01\n"
    assert check(registry_folder.folder(agreements=apart)) == ()


def test_a_purpose_that_an_operation_does_not_serve_is_told():
    files = edited(
        "agreements", 'operations = ["read"]\npurposes = ["dossier"]', 'operations = ["verify"]\npurposes = ["audit"]'
    )
    assert "purpose-not-offered" in {mistake.rule for mistake in check(files)}


def test_an_opaque_service_is_no_evidence():
    evidence = registry_folder.EVIDENCE.replace("civil-status/marriage", "civil-status/scans").replace(
        "extract", "fetch"
    )
    assert "opaque-evidence" in {mistake.rule for mistake in check(registry_folder.folder(evidence=evidence))}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_each_rule_is_worded_in_both_languages_with_the_same_parameters(rule: str):
    vi, en = RULES[rule]
    assert vi
    assert en
    assert vi != en
    assert parameters(vi) == parameters(en)


def parameters(text: str) -> set[str]:
    return {part.partition("}")[0] for part in text.split("{")[1:]}


def test_no_rule_is_without_a_case():
    """A rule that nothing can break is a rule that nobody keeps."""
    cases = {case[3] for case in CASES} | {case[1] for case in SCHEMA_CASES}
    elsewhere = {
        "unknown-file", "missing-file", "private-key", "two-schemas", "bad-xsd", "agreement-overlap",
        "purpose-not-offered", "opaque-evidence", "bad-value", "not-a-certificate", "certificate-twice",
        "field-not-in-xsd", "condition-in-xml", "breaks-agreements", "version-rewritten",
        "xroad-member", "xroad-subsystem", "xroad-not-spoken", "xroad-endpoint", "xroad-reserved",
    }  # fmt: skip
    assert set(RULES) == cases - {"toml-syntax"} | elsewhere
