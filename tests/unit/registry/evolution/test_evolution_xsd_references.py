"""XSD in several documents: includes, imports, redefinitions and chameleons, by name from what is handed in."""

from __future__ import annotations

import pytest
from xsd_pairs import compared, element, read, root, schema, sequence, typed

from registry.evolution.port import SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Unknown
from schemas.xml import parse

TARGET = 'targetNamespace="urn:t" xmlns="urn:t" elementFormDefault="qualified"'
OTHER = 'targetNamespace="urn:o" xmlns:o="urn:o"'
CODE = (
    '<xs:simpleType name="Code"><xs:restriction base="xs:string"><xs:maxLength value="{}"/></xs:restriction>'
    "</xs:simpleType>"
)
USE = '<xs:include schemaLocation="code.xsd"/><xs:element name="r" type="Code"/>'
IMPORT = '<xs:import namespace="urn:o" schemaLocation="o.xsd"/><xs:element name="r" type="o:Code" xmlns:o="urn:o"/>'
TWICE = (
    '<xs:import namespace="urn:o" schemaLocation="o.xsd"/><xs:import namespace="urn:o" schemaLocation="p.xsd"/>'
    '<xs:element name="r"><xs:complexType><xs:sequence xmlns:o="urn:o">'
    '<xs:element name="a" type="o:Code"/><xs:element name="b" type="o:Other"/>'
    "</xs:sequence></xs:complexType></xs:element>"
)
REDEFINE = (
    '<xs:redefine schemaLocation="code.xsd"><xs:simpleType name="Code"><xs:restriction base="Code">'
    '<xs:minLength value="2"/></xs:restriction></xs:simpleType></xs:redefine><xs:element name="r" type="Code"/>'
)
GROUPS = (
    '<xs:redefine schemaLocation="g.xsd"><xs:group name="g"><xs:sequence><xs:group ref="g"/>'
    '<xs:element name="b" type="xs:int"/></xs:sequence></xs:group></xs:redefine>'
    '<xs:element name="r"><xs:complexType><xs:group ref="g"/></xs:complexType></xs:element>'
)
GROUP = '<xs:group name="g"><xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence></xs:group>'

CASES = [
    ("include", schema(USE), {"code.xsd": schema(CODE)}),
    ("include in a namespace", schema(USE, TARGET), {"code.xsd": schema(CODE, TARGET)}),
    ("chameleon", schema(USE, TARGET), {"code.xsd": schema(CODE)}),
    ("import", schema(IMPORT), {"o.xsd": schema(CODE, OTHER)}),
    ("address", schema(USE.replace("code.xsd", "https://a/b/code.xsd")), {"https://a/b/code.xsd": schema(CODE)}),
    ("redefine", schema(REDEFINE), {"code.xsd": schema(CODE)}),
    (
        "import twice",
        schema(TWICE),
        {"o.xsd": schema(CODE, OTHER), "p.xsd": schema(CODE.replace('"Code"', '"Other"'), OTHER)},
    ),
    (
        "through another",
        schema(USE.replace("code.xsd", "../all.xsd")),
        {"../all.xsd": schema('<xs:include schemaLocation="code.xsd"/>'), "code.xsd": schema(CODE)},
    ),
]


@pytest.mark.parametrize(("main", "files"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_references_say_counts(main: str, files: dict[str, str]):
    short, long = ({name: text.replace("{}", size) for name, text in files.items()} for size in ("5", "9"))
    one, other = read(main, short), read(main, long)
    assert compared(one, other) == Compatible()
    verdict = compared(other, one)
    assert isinstance(verdict, Incompatible)
    assert verdict.findings[0].rule == "length-narrowed"
    assert verdict.findings[0].writer.document in {*files, ""}
    assert verdict.witness is not None
    witness = parse(verdict.witness.text.encode())
    assert other.validator is not None
    assert one.validator is not None
    assert not other.validator.violations(witness)
    assert one.validator.violations(witness)


def test_a_redefined_group_holds_its_original():
    redefined = read(schema(GROUPS), {"g.xsd": schema(GROUP)})
    plain = read(root(sequence(element("a", kind="xs:int"), element("b", kind="xs:int"))))
    assert compared(redefined, plain) == Compatible()
    assert compared(plain, redefined) == Compatible()


def test_places_name_the_document_and_the_line():
    main = schema("\n" + USE)
    long, short = ({"code.xsd": schema("\n\n" + CODE.replace("{}", size))} for size in ("9", "5"))
    verdict = compared(read(main, long), read(main, short))
    assert isinstance(verdict, Incompatible)
    place = verdict.findings[0].reader
    assert (place.pointer, place.line, place.document) == ("/xs:schema/xs:simpleType", 3, "code.xsd")


REFUSED = [
    (USE, {}, "reference-unknown"),
    (USE.replace("code.xsd", "/etc/passwd"), {"code.xsd": schema(CODE)}, "reference-unknown"),
    (USE, {"code.xsd": "<a/>"}, "not-a-schema"),
    (USE, {"code.xsd": "no"}, "not-xml"),
    (USE, {"code.xsd": schema(CODE.replace("{}", "1"), OTHER)}, "namespace-mismatch"),
    (IMPORT, {"o.xsd": schema("")}, "namespace-mismatch"),
    (USE, {"code.xsd": schema("")}, "name-unknown"),
    (REDEFINE, {"code.xsd": schema("")}, "name-unknown"),
    (USE + CODE.replace("{}", "1"), {"code.xsd": schema(CODE.replace("{}", "2"))}, "declared-twice"),
    ("<xs:include/>", {}, "not-a-schema"),
]


@pytest.mark.parametrize(("main", "files", "rule"), REFUSED)
def test_a_reference_that_is_wrong_is_refused_at_its_place(main: str, files: dict[str, str], rule: str):
    with pytest.raises(SchemaError) as caught:
        read(schema(main), files)
    assert caught.value.rule == rule


def test_documents_that_include_one_another_end():
    files = {
        "a.xsd": schema('<xs:include schemaLocation="b.xsd"/>'),
        "b.xsd": schema('<xs:include schemaLocation="a.xsd"/>'),
    }
    found = read(schema('<xs:include schemaLocation="a.xsd"/><xs:element name="r" type="xs:int"/>'), files)
    assert compared(found, found) == Compatible()


def test_a_document_that_redefines_itself_ends():
    inner = '<xs:simpleType name="Code"><xs:restriction base="Code"/></xs:simpleType>'
    again = f'<xs:redefine schemaLocation="a.xsd">{inner}</xs:redefine>'
    main = schema(again + '<xs:element name="r" type="Code"/>')
    long, short = (read(main, {"a.xsd": schema(again + CODE.replace("{}", size))}) for size in ("9", "5"))
    assert compared(short, long) == Compatible()
    assert isinstance(compared(long, short), Incompatible)


NEWER = [
    root(sequence(element("a")) + '<xs:assert test="a"/>'),
    root('<xs:all><xs:element name="a" maxOccurs="2"/></xs:all>'),
    typed("xs:dateTimeStamp"),
    schema('<xs:element name="r" vc:minVersion="1.1" xmlns:vc="http://www.w3.org/2007/XMLSchema-versioning"/>'),
    schema('<xs:override schemaLocation="c.xsd"/>'),
    schema('<xs:element name="r" type="xs:int"><xs:alternative test="@a" type="xs:int"/></xs:element>'),
]


@pytest.mark.parametrize("text", NEWER)
def test_xsd_1_1_is_kept_and_not_compared(text: str):
    newer, plain = read(text, {"c.xsd": schema("")}), read(typed("xs:int"))
    assert compared(newer, read(text.replace('="r"', "='r'"), {"c.xsd": schema("")})) == Compatible()
    for writer, reader in ((newer, plain), (plain, newer)):
        verdict = compared(writer, reader)
        assert isinstance(verdict, Unknown)
        assert verdict.rule == "xsd-1.1"
    assert newer.canonical
