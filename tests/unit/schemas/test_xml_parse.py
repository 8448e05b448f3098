"""What the one XML door lets in and what it refuses."""

import pytest

from schemas.xml import DEFAULT, XmlError, XmlLimits, parse

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "xxxxxxxxxx">'
    b'<!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY d "&c;&c;&c;&c;&c;&c;">]><b>&d;</b>'
)
EXTERNAL = b'<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><b>&x;</b>'


def refusal(data: bytes, limits: XmlLimits = DEFAULT) -> tuple[str, int]:
    with pytest.raises(XmlError) as caught:
        parse(data, limits)
    assert caught.value.__cause__ is None  # the library's own message quotes values
    return caught.value.rule, caught.value.line


def test_reads_a_vietnamese_document_with_its_lines():
    root = parse("<?xml version='1.0' encoding='UTF-8'?>\n<a>\n<b>Nguyễn Thị Đào</b></a>".encode())
    assert root.findtext("b") == "Nguyễn Thị Đào"
    assert root[0].sourceline == 3


def test_a_byte_order_mark_is_no_obstacle():
    assert parse(b"\xef\xbb\xbf<?xml version='1.0'?><a/>").tag == "a"


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        EXTERNAL,
        b"<!DOCTYPE a><a/>",
        b"<!-- x -->\n<!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'><a/>",
        b"<?xml version='1.0'?>\n<?hint <a?><!doctype a><a/>",
        b"\xef\xbb\xbf\n<!DOCTYPE a []><a/>",
    ],
)
def test_no_document_type_at_all(data: bytes):
    assert refusal(data)[0] == "doctype"


def test_a_refused_document_type_names_its_line():
    assert refusal(b"<!-- x -->\n\n<!DOCTYPE a><a/>") == ("doctype", 3)


def test_the_word_doctype_inside_text_is_only_text():
    assert parse(b"<a><![CDATA[<!DOCTYPE a>]]></a>").text == "<!DOCTYPE a>"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ("<a/>".encode("utf-16"), "encoding"),
        ("<a/>".encode("utf-16-be"), "encoding"),
        ("<a/>".encode("utf-32"), "encoding"),
        (b"<?xml version='1.0' encoding='UTF-7'?><a>+ADw-</a>", "encoding"),
        (b"<?xml version='1.0' encoding='utf-16'?><a/>", "encoding"),
        (b"<?xml version='1.0' encoding='windows-1258'?><a/>", "encoding"),
        ("<a>Đ</a>".encode("cp1258"), "encoding"),
        (b"<a>\xc0\xbc</a>", "encoding"),
        (b"<a>\x00</a>", "encoding"),
        (b"<?xml version='1.1'?><a/>", "declaration"),
        (b"<?xml version='1.0' encoding='utf-8' encoding='utf-7'?><a/>", "declaration"),
        (b"", "empty"),
        (b" \n ", "empty"),
    ],
)
def test_one_encoding_only(data: bytes, rule: str):
    assert refusal(data)[0] == rule


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"<a>\n<b></a>", 2),
        (b"<a>&nbsp;</a>", 1),
        (b"<a/><b/>", 1),
        (b" <?xml version='1.0'?><a/>", 1),
        (b"<a b='1' b='2'/>", 1),
        (b"<x:a/>", 1),
        (b"not XML", 1),
        (b"{}", 1),
        (b"<a>\x01</a>", 1),
    ],
)
def test_what_is_not_well_formed_names_its_line(data: bytes, line: int):
    assert refusal(data) == ("malformed", line)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"<a>" * 101 + b"</a>" * 101, "too-deep"),
        (b"<a>" * 5000 + b"</a>" * 5000, "too-deep"),
        (b"<a>" + b"<b/>" * 100_000 + b"</a>", "too-many-elements"),
        (b"<a " + b" ".join(b"n%d='1'" % n for n in range(129)) + b"/>", "too-many-attributes"),
        (b"<a b='" + b"x" * 65_537 + b"'/>", "attribute-too-long"),
        (b"<a " + b" ".join(b"xmlns:n%d='u'" % n for n in range(513)) + b"/>", "too-many-namespaces"),
        (b"<" + b"a" * 2000 + b"/>", "name-too-long"),
        (b"<a " + b"b" * 2000 + b"='1'/>", "name-too-long"),
        (b"<a>" + b"x" * DEFAULT.max_bytes + b"</a>", "too-large"),
    ],
)
def test_limits(data: bytes, rule: str):
    assert refusal(data)[0] == rule


def test_limits_are_the_callers_to_lower():
    assert refusal(b"<a><b/></a>", XmlLimits(max_elements=1)) == ("too-many-elements", 1)


def test_exactly_at_the_limits_is_allowed():
    attributes = b" ".join(b"n%d='1'" % n for n in range(128))
    assert len(parse(b"<a>" * 99 + b"<b " + attributes + b"/>" + b"</a>" * 99)) == 1


def test_a_stray_comment_does_not_cut_a_value_in_two():
    root = parse(b"<id>0960<!-- -->01<?x y?>2<![CDATA[345]]></id>")
    assert root.text == "0960012345"
    assert len(root) == 0


def test_exact_keeps_comments_for_signatures():
    assert len(parse(b"<id>01<!-- -->2</id>", exact=True)) == 1


def test_the_refusal_names_rule_and_line_only():
    with pytest.raises(XmlError, match=r"^XML refused: malformed at line 2$") as caught:
        parse(b"<a>\n<so>012345678901</a>")
    assert "012345678901" not in repr(caught.value)
