"""Subjects written in XSD: bound by a terms file, including files from their own folder only."""

from __future__ import annotations

import registry_folder

from registry.authored.compiling import check
from registry.snapshot import compile as compile_folder
from schemas.xml import parse

XSD = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:include schemaLocation="parts/common.xsd"/>
<xs:element name="Extract"><xs:complexType><xs:sequence>
<xs:element name="Exists" type="xs:boolean"/><xs:element name="Date" type="Day" minOccurs="0"/>
</xs:sequence></xs:complexType></xs:element></xs:schema>"""
COMMON = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:simpleType name="Day"><xs:restriction base="xs:date"/></xs:simpleType></xs:schema>"""
TERMS = b"""[[field]]
path = "Extract/Exists"
term = "marriage.exists"
[[field]]
path = "Extract/Date"
term = "marriage.date"
"""


UNCONDITIONAL = registry_folder.EVIDENCE.replace('satisfied_when = { pointer = "/exists", equals = true }\n', "")


def folder(evidence: str = UNCONDITIONAL, **changed: bytes | None) -> dict[str, bytes]:
    services = registry_folder.SERVICES.replace("marriage.answer@1", "marriage.extract@1")
    files = {
        **registry_folder.folder(services=services, evidence=evidence),
        "schemas/marriage.extract/1.xsd": changed.get("xsd") or XSD,
        "schemas/marriage.extract/parts/common.xsd": COMMON,
    }
    if (terms := changed.get("terms", TERMS)) is not None:
        files["schemas/marriage.extract/1.terms.toml"] = terms
    return files


def rules(files: dict[str, bytes]) -> list[tuple[str, str, int]]:
    return [(mistake.rule, mistake.file.rpartition("/")[2], mistake.line) for mistake in check(files)]


def test_an_xsd_subject_works_from_folder_to_verdict():
    snapshot = compile_folder(folder())
    answer = snapshot.operation("a100002/civil-status/marriage", "extract").answer
    assert answer.terms == {"marriage.exists", "marriage.date"}
    snapshot.warm()
    data = parse(b"<Extract><Exists>true</Exists><Date>2020-01-02</Date></Extract>")
    assert answer.violations(data) == []
    assert [v.rule for v in answer.violations(data, frozenset({"marriage.exists"}))] == ["not-agreed"]


def test_each_mistake_of_an_xsd_subject_is_told():
    assert rules(folder(terms=TERMS.replace(b"Extract/Date", b"Extract/Day"))) == [
        ("field-not-in-xsd", "1.terms.toml", 5)
    ]
    assert rules(folder(terms=TERMS.replace(b"marriage.date", b"marriage.day"))) == [
        ("term-not-offered", "all.toml", 20),
        ("term-not-in-answer", "all.toml", 20),
        ("unknown-term", "1.terms.toml", 6),
    ]
    assert ("missing-file", "1.terms.toml", 1) in rules(folder(terms=None))
    assert ("bad-xsd", "1.xsd", 2) in rules(folder(xsd=XSD.replace(b"parts/common", b"../../instance")))
    assert ("toml-syntax", "1.terms.toml", 1) in rules(folder(terms=b"[[field]"))
    assert ("unknown-key", "1.terms.toml", 1) in rules(folder(terms=b"felt = 1"))


def test_files_are_never_taken_from_another_subject():
    files = folder(xsd=XSD.replace(b"parts/common.xsd", b"../other/1.xsd"))
    files["schemas/other/1.xsd"] = COMMON
    assert [rule for rule, _, _ in rules(files)] == ["bad-xsd"]


def test_a_condition_reads_json_only():
    (found,) = check(folder(evidence=registry_folder.EVIDENCE))
    assert (found.rule, found.file) == ("condition-in-xml", "evidence/all.toml")
