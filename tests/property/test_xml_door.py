"""For all bytes: the XML door gives an element that reads the same again, or an XmlError, and nothing else."""

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from schemas.xml import Element, XmlError, XmlLimits, parse

RULES = {
    "too-large", "empty", "encoding", "declaration", "doctype", "malformed", "too-deep", "too-many-elements",
    "too-many-attributes", "attribute-too-long", "too-many-namespaces", "name-too-long",
}  # fmt: skip
PIECES = st.sampled_from(
    [b"<a>", b"</a>", b"<a/>", b"<a b='1'/>", b"text", b"<!-- c -->", b"<?p i?>", b"<![CDATA[x]]>", b"&amp;", b"&x;",
     b"<!DOCTYPE a>", b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"<?xml version='1.0'?>", b"\xef\xbb\xbf", b"\n", b"\x00",
     b"<a xmlns='u'>", b"]]>", b"<", b"'", "Đ".encode(), b"\xff"]
)  # fmt: skip
SMALL = XmlLimits(max_bytes=2000, max_depth=5, max_elements=12, max_attributes=2, max_namespaces=3)


def attempt(data: bytes) -> Element | XmlError:
    try:
        return parse(data, SMALL)
    except XmlError as error:
        return error


@given(st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=12).map(b"".join)))
@example(b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>")
def test_every_input_is_an_element_or_a_named_refusal(data: bytes):
    root = attempt(data)
    if isinstance(root, XmlError):
        assert root.rule in RULES
        assert root.line >= 0
        assert root.__cause__ is None
        return
    assert root.getroottree().docinfo.internalDTD is None
    assert not any(isinstance(node, etree._Entity) for node in root.iter())
    again = etree.tostring(root)
    assert etree.tostring(parse(again)) == again


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=50))
def test_text_comes_back_as_it_was(text: str):
    root = etree.Element("a", b=text)
    root.text = text
    read = parse(etree.tostring(root, encoding="utf-8"))
    assert (read.text or "", read.get("b")) == (text, text)


@given(st.integers(1, 12), st.integers(1, 5))
def test_limits_are_exact(elements: int, depth: int):
    assert parse(b"<a>" + b"<b/>" * (elements - 1) + b"</a>", SMALL) is not None
    assert parse(b"<a>" * depth + b"</a>" * depth, SMALL) is not None
