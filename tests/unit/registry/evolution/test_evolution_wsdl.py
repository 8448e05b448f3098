from pathlib import Path

import pytest

from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.formats import format_of
from registry.evolution.port import FormatName, Policy, SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Unknown, Verdict
from registry.evolution.wsdl.format import WsdlFormat

WSDL = WsdlFormat()
REQUEST = '<xs:element name="a" type="xs:string"/>'
ANSWER = '<xs:element name="c" type="xs:int"/>'


def wsdl(
    request: str = REQUEST,
    answer: str = ANSWER,
    operations: str = '<operation name="Ask"><input message="t:Ask"/><output message="t:Told"/></operation>',
    bound: str = '<operation name="Ask"><s:operation soapAction=""/><input><s:body use="literal"/></input></operation>',
    address: str = "http://a.invalid/",
    more: str = "",
) -> str:
    return f"""<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:q="urn:q" xmlns:r="urn:r" xmlns:t="urn:t" targetNamespace="urn:t">
 <types>
  <xs:schema targetNamespace="urn:q"><xs:element name="Q"><xs:complexType><xs:sequence>{request}</xs:sequence>
   </xs:complexType></xs:element></xs:schema>
  <xs:schema targetNamespace="urn:r"><xs:import namespace="urn:q"/><xs:element name="R"><xs:complexType><xs:sequence>
   {answer}</xs:sequence></xs:complexType></xs:element></xs:schema>
 </types>
 <message name="Ask"><part name="p" element="q:Q"/></message>
 <message name="Told"><part name="p" element="r:R"/></message>
 <portType name="P">{operations}</portType>
 <binding name="B" type="t:P"><s:binding style="document" transport="http"/>{bound}</binding>
 <service name="S"><port name="P" binding="t:B"><s:address location="{address}"/></port></service>
 {more}
</definitions>"""


def compared(writer: str, reader: str, steps: int = limits.COMPARE_STEPS) -> Verdict:
    one, other = (WSDL.parse(text, {}, Budget(limits.PARSE_STEPS)) for text in (writer, reader))
    return WSDL.included(one, other, Policy(), Budget(steps))


OPTIONAL = '<xs:element name="b" type="xs:string" minOccurs="0"/>'
SECOND = (
    '<operation name="Ask"><input message="t:Ask"/><output message="t:Told"/></operation>'
    '<operation name="More"><input message="t:Ask"/></operation>'
)


@pytest.mark.parametrize(
    ("writer", "reader", "cautions"),
    [
        (wsdl(), wsdl(), []),
        (wsdl(), wsdl().replace(" <types>", "<!-- words --><documentation>x</documentation><types>"), []),
        (wsdl(), wsdl(operations=SECOND), []),
        (
            wsdl(request='<xs:element name="Họ" type="xs:int"/>'),
            wsdl(request='<xs:element name="Họ" type="xs:long"/>'),
            [],
        ),
        (wsdl(), wsdl(request=REQUEST + OPTIONAL), []),
        (wsdl(answer=ANSWER + OPTIONAL), wsdl(), []),
        (wsdl(), wsdl(address="http://b.invalid/"), ["address-changed"]),
    ],
)
def test_what_serves_older_clients(writer: str, reader: str, cautions: list[str]) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Compatible), verdict
    assert [one.rule for one in verdict.cautions] == cautions


@pytest.mark.parametrize(
    ("writer", "reader", "rule", "has_witness"),
    [
        (wsdl(operations=SECOND), wsdl(), "operation-removed", False),
        (wsdl(operations=SECOND).replace("urn:", "urn"), wsdl().replace("urn:", "urn"), "operation-removed", False),
        (wsdl(request=REQUEST + OPTIONAL), wsdl(), "request-narrowed", True),
        (wsdl(), wsdl(answer=ANSWER + OPTIONAL), "response-widened", True),
    ],
)
def test_what_does_not_serve_them(writer: str, reader: str, rule: str, has_witness: bool) -> None:  # noqa: FBT001 - a row
    verdict = compared(writer, reader)

    assert isinstance(verdict, Incompatible)
    assert verdict.findings[0].rule == rule
    assert (verdict.witness is not None) is has_witness
    if verdict.witness is not None:
        assert verdict.witness.media_type == "application/xml"


HEADER = '<message name="Header"><part name="h" element="q:Q"/></message>'
TYPED = '<message name="Typed"><part name="p" type="xs:string"/></message>'
TYPED_OPERATION = '<operation name="Ask"><input message="t:Typed"/></operation>'


@pytest.mark.parametrize(
    ("writer", "reader", "rule"),
    [
        (wsdl(), wsdl(operations='<operation name="Ask"><input message="t:Ask"/></operation>'), "message-changed"),
        (wsdl(), wsdl(bound='<operation name="Ask"><s:operation soapAction="urn:x"/></operation>'), "binding-changed"),
        (wsdl(), wsdl().replace('style="document"', 'style="rpc"'), "binding-changed"),
        (wsdl(more=HEADER), wsdl(more=HEADER.replace("q:Q", "r:R")), "message-changed"),
        (
            wsdl(request='<xs:element name="a"/>', answer=OPTIONAL),
            wsdl(request='<xs:element name="a"/>', answer=""),
            "types-undecided",
        ),
        (wsdl(), wsdl().replace('port name="P"', 'port name="Other"'), "port-removed"),
        (
            wsdl(operations=TYPED_OPERATION, more=TYPED),
            wsdl(operations=TYPED_OPERATION, more=TYPED, request=REQUEST + OPTIONAL),
            "types-undecided",
        ),
    ],
)
def test_what_is_not_compared_is_unknown(writer: str, reader: str, rule: str) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Unknown)
    assert verdict.rule == rule


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("", "not-xml", None),
        ("<!DOCTYPE a><a/>", "not-xml", None),
        ("<definitions/>", "not-wsdl", 1),
        ("\ud800", "not-xml", None),
        ("x" * (limits.TEXT + 1), "too-long", None),
        (wsdl(more='<import namespace="urn:x" location="x.wsdl"/>'), "reference-unknown", 14),
        (wsdl(operations="<operation/>"), "name-missing", 11),
        (wsdl(operations='<operation name="A"><input message="t:No"/></operation>'), "name-unknown", 11),
        (wsdl(operations='<operation name="A"><input message="z:No"/></operation>'), "name-unknown", 11),
        (wsdl(operations=SECOND + SECOND + SECOND), "name-twice", 11),
        (wsdl(more='<message name="Ask"/>'), "name-twice", 14),
        (wsdl(more='<portType name="P"/>'), "name-twice", 14),
        (wsdl(more='<binding name="B" type="t:P"/>'), "name-twice", 14),
        (wsdl(more='<binding name="C" type="t:No"/>'), "name-unknown", 14),
        (wsdl(more='<service name="Z"><port name="P" binding="t:No"/></service>'), "name-unknown", 14),
        (wsdl(more='<service name="S"><port name="P" binding="t:B"/></service>'), "name-twice", 14),
        (wsdl(request='<xs:element name="a" type="q:No"/>'), "name-unknown", None),
    ],
)
def test_what_is_no_description_is_refused_with_its_line(text: str, rule: str, line: int | None) -> None:
    with pytest.raises(SchemaError) as refused:
        WSDL.parse(text, {}, Budget(limits.PARSE_STEPS))

    assert refused.value.rule == rule
    if line is not None:
        assert refused.value.place.line == line


def test_a_mistake_in_an_embedded_schema_has_its_place_in_the_description() -> None:
    text = wsdl(answer='\n<xs:element name="c" type="r:No"/>')
    with pytest.raises(SchemaError) as refused:
        WSDL.parse(text, {}, Budget(limits.PARSE_STEPS))

    place = refused.value.place
    assert 'type="r:No"' in text.splitlines()[(place.line or 0) - 1]
    assert place.document == ""
    assert place.pointer.startswith("/*/*[1]/xs:schema[2]/")


def test_a_real_description_with_files_beside_it_is_read() -> None:
    folder = Path(__file__).parents[3] / "lib" / "peer_wsdl"
    text = (folder / "population.wsdl").read_text(encoding="utf-8")
    references = {f"xsd/{path.name}": path.read_text(encoding="utf-8") for path in (folder / "xsd").iterdir()}
    parsed = WSDL.parse(text, references, Budget(limits.PARSE_STEPS))
    wider = text.replace('name="ConThu" type="xs:int"', 'name="ConThu" type="xs:long"')
    other = WSDL.parse(wider, references, Budget(limits.PARSE_STEPS))

    assert isinstance(WSDL.included(parsed, parsed, Policy(), Budget(1000)), Compatible)
    assert isinstance(WSDL.included(other, parsed, Policy(), Budget(100_000)), Compatible)
    verdict = WSDL.included(parsed, other, Policy(), Budget(100_000))
    assert isinstance(verdict, Incompatible)
    assert verdict.findings[0].rule == "response-widened"


def test_imported_descriptions_count() -> None:
    whole = wsdl(operations="")
    main = (
        '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t" targetNamespace="urn:main">'
        '<import namespace="urn:t" location="a.wsdl"/>'
        '<portType name="M"><operation name="Ask"><input message="t:Ask"/></operation></portType></definitions>'
    )
    parsed = WSDL.parse(main, {"a.wsdl": whole}, Budget(limits.PARSE_STEPS))

    assert set(parsed.side.description.operations) == {"{urn:main}M/Ask"}
    changed = WSDL.parse(main, {"a.wsdl": whole.replace("xs:string", "xs:int")}, Budget(limits.PARSE_STEPS))
    assert isinstance(WSDL.included(parsed, changed, Policy(), Budget(100_000)), Incompatible)


def test_a_spent_budget_is_unknown_or_a_refusal() -> None:
    verdict = compared(wsdl(), wsdl(request=REQUEST + OPTIONAL), steps=5)

    assert isinstance(verdict, Unknown)
    with pytest.raises(SchemaError) as refused:
        WSDL.parse(wsdl(), {}, Budget(3))
    assert refused.value.rule == "budget-spent"


def test_every_format_is_found_by_its_name() -> None:
    assert [format_of(name).name for name in FormatName] == list(FormatName)
    assert format_of(FormatName.WSDL) is format_of(FormatName.WSDL)


def test_embedded_schemas_of_one_namespace_and_of_none_are_read_together() -> None:
    more = (
        '<types><xs:schema targetNamespace="urn:q"><xs:complexType name="T"><xs:sequence><xs:element name="x" '
        'type="xs:int"/></xs:sequence></xs:complexType></xs:schema>'
        '<xs:schema><xs:import namespace="urn:q"/></xs:schema></types>'
    )
    narrow, wide = (
        wsdl(request='<xs:element name="a" type="q:T"/>', more=text)
        for text in (more, more.replace("xs:int", "xs:long"))
    )

    assert isinstance(compared(narrow, wide), Compatible)
    verdict = compared(wide, narrow)
    assert isinstance(verdict, Incompatible)
    assert verdict.findings[0].rule == "request-narrowed"
