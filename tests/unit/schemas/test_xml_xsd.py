"""Judging XML by schemas that never reach outside, with values masked."""

import pytest

from schemas.xml import MAX_VIOLATIONS, Violation, XmlError, compile_xsd, parse

HEAD = (
    b"<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns='urn:n' "
    b"targetNamespace='urn:n' elementFormDefault='qualified'>"
)
MAIN = (
    HEAD
    + b"""
<xs:include schemaLocation='parts/number.xsd'/>
<xs:element name='person'><xs:complexType><xs:sequence>
  <xs:element name='number' type='number' maxOccurs='unbounded'/>
</xs:sequence><xs:attribute name='age' type='xs:int'/></xs:complexType></xs:element></xs:schema>"""
)
NUMBER = (
    HEAD
    + b"<xs:include schemaLocation='../base.xsd'/>"
    + b"<xs:simpleType name='number'>"
    + b"<xs:restriction base='digits'><xs:length value='12'/></xs:restriction></xs:simpleType></xs:schema>"
)
BASE = (
    HEAD
    + b"<xs:simpleType name='digits'>"
    + b"<xs:restriction base='xs:string'><xs:pattern value='[0-9]+'/></xs:restriction></xs:simpleType></xs:schema>"
)
FILES = {"main.xsd": MAIN, "parts/number.xsd": NUMBER, "base.xsd": BASE}


def test_obedient_xml_has_no_violation():
    schema = compile_xsd("main.xsd", FILES)
    assert schema.violations(parse(b"<person xmlns='urn:n'><number>096099000001</number></person>")) == []


def test_violations_name_rule_path_and_line_but_no_value():
    schema = compile_xsd("main.xsd", FILES)
    found = schema.violations(
        parse(b"<person xmlns='urn:n' age='old'>\n<number>1</number>\n<number>09x</number></person>")
    )
    assert Violation("cvc-length-valid", "/person/number[1]", 2) in found
    assert Violation("cvc-pattern-valid", "/person/number[2]", 3) in found
    assert Violation("cvc-datatype-valid-1-2-1", "/person", 1) in found
    assert "09x" not in repr(found)
    assert "old" not in repr(found)


def test_a_name_the_schema_does_not_know_may_be_a_value_too():
    schema = compile_xsd("main.xsd", FILES)
    (found,) = schema.violations(parse(b"<person xmlns='urn:n'><n096099000001/></person>"))
    assert found == Violation("element-content", "/person/*", 1)
    assert "096099000001" not in repr(found)


def test_an_unknown_root_is_refused_and_masked():
    (found,) = compile_xsd("main.xsd", FILES).violations(parse(b"<nguyen/>"))
    assert (found.rule, found.path) == ("cvc-elt-1", "/*")


def test_the_list_of_violations_is_bounded():
    body = b"<person xmlns='urn:n'>" + b"<number>x</number>" * 500 + b"</person>"
    assert len(compile_xsd("main.xsd", FILES).violations(parse(body))) == MAX_VIOLATIONS


def test_an_element_inside_a_document_can_be_judged_alone():
    root = parse(b"<w><person xmlns='urn:n'><number>096099000001</number></person></w>")
    assert compile_xsd("main.xsd", FILES).violations(root[0]) == []


def xsd(text: str) -> bytes:
    return HEAD + text.encode() + b"</xs:schema>"


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({}, "external-reference"),
        ({"main.xsd": MAIN}, "external-reference"),
        ({"main.xsd": xsd("<xs:include schemaLocation='http://127.0.0.1:9/a.xsd'/>")}, "external-reference"),
        ({"main.xsd": xsd("<xs:include schemaLocation='file:///etc/passwd'/>")}, "external-reference"),
        ({"main.xsd": xsd("<xs:include schemaLocation='/etc/passwd'/>")}, "external-reference"),
        ({"main.xsd": xsd("<xs:redefine schemaLocation='../../a.xsd'/>")}, "external-reference"),
        (
            {"main.xsd": xsd("<xs:import namespace='urn:o' schemaLocation='http://h/o.xsd'/>")},
            "external-reference",
        ),
        ({"main.xsd": b"<!DOCTYPE x SYSTEM 'http://h/x.dtd'>" + BASE}, "doctype"),
        (
            {
                "main.xsd": xsd("<xs:include schemaLocation='b.xsd'/>"),
                "b.xsd": b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + BASE,
            },
            "doctype",
        ),
        ({"main.xsd": b"<a/>"}, "not-a-schema"),
        ({"main.xsd": xsd("<xs:element name='a' type='nothing'/>")}, "not-a-schema"),
        (
            {
                "main.xsd": xsd(
                    "<xs:complexType name='t'><xs:sequence>"
                    "<xs:element name='a' maxOccurs='999999999'/></xs:sequence></xs:complexType>"
                )
            },
            "occurs-too-many",
        ),
    ],
)
def test_a_schema_reaches_nothing_outside_its_files(files: dict[str, bytes], rule: str):
    with pytest.raises(XmlError) as caught:
        compile_xsd("main.xsd", files)
    assert caught.value.rule == rule
    assert caught.value.__cause__ is None


def test_an_import_that_only_names_a_namespace_is_no_reference():
    compile_xsd("a.xsd", {"a.xsd": xsd("<xs:import namespace='urn:o'/><xs:element name='a'/>")})


def test_a_cycle_of_includes_ends():
    files = {
        "a.xsd": xsd("<xs:include schemaLocation='b.xsd'/><xs:element name='a'/>"),
        "b.xsd": xsd("<xs:include schemaLocation='a.xsd'/><xs:element name='b'/>"),
    }
    assert compile_xsd("a.xsd", files).violations(parse(b"<b xmlns='urn:n'/>")) == []
