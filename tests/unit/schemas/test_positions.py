import json

import pytest

from schemas.positions import Path, Place, Syntax, positions

REGISTRY = """\
# agencies of the test nation
instance = "VN-test"
name = {vi = "Xã", en = "Commune"}

[[agency]]
id = "a100001"
name.vi = "Bộ"

[[agency.system]]
id = "population"

[[agency]]
id = "a100002"
aliases = [
  {scheme = "QD20", code = "G01"},
  {scheme = "TAX", code = "0100"},
]
[agency.limits]
"a.b" = 1
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("instance",), (2, 12)),
        (("name", "en"), (3, 25)),
        (("agency", 0), (5, 3)),
        (("agency", 0, "id"), (6, 6)),
        (("agency", 0, "name", "vi"), (7, 11)),
        (("agency", 0, "system", 0, "id"), (10, 6)),
        (("agency", 1), (12, 3)),
        (("agency", 1, "aliases", 1, "code"), (16, 27)),
        (("agency", 1, "limits", "a.b"), (19, 9)),
        (("agency", 1, "limits"), (18, 2)),
    ],
)
def test_toml_value_places(path: Path, place: tuple[int, int]):
    assert positions(REGISTRY.encode(), "toml").at(path) == place


def test_a_missing_key_points_at_its_table():
    found = positions(REGISTRY.encode(), "toml")
    assert found.at(("agency", 1, "kind")) == (12, 3)
    assert found.at(("nothing", "here")) == (1, 1)


def test_a_key_has_its_own_place():
    found = positions(REGISTRY.encode(), "toml")
    assert found.key_at(("agency", 0, "name", "vi")) == (7, 1)
    assert found.key_at(("agency", 1, "aliases", 0, "scheme")) == (15, 4)


def test_columns_count_characters_not_bytes():
    assert positions('n = {vi = "Đặng Thị Ẩn", en = 1}'.encode(), "toml").at(("n", "en")) == (1, 31)
    assert positions('{"tên": "Đặng", "b": 2}'.encode(), "json").at(("b",)) == (1, 22)


def test_json_places():
    data = b'{\n  "a": [1, {"b": 2}],\n  "c\\u0041": null\n}'
    found = positions(data, "json")
    assert found.at(("a", 1, "b")) == (2, 18)
    assert found.at(("cA",)) == (3, 14)
    assert found.at(("a", 7)) == (2, 8)
    assert found.syntax_errors == ()


def test_every_broken_line_is_reported():
    errors = positions(b"a = = 1\nb = 2\nc = [1,\n", "toml").syntax_errors
    assert errors[0].line == 1
    assert errors[0].column == 5
    assert len(errors) >= 2
    assert {error.rule for error in errors} == {"toml-syntax"}


@pytest.mark.parametrize(
    ("data", "syntax", "rule", "place"),
    [
        (b"a = 1\na = 2\n", "toml", "toml-syntax", (2, 6)),
        (b"a = [", "toml", "toml-syntax", (1, 6)),
        (b'{"a": 1,\n "a": 2}', "json", "json-repeated-member", (2, 2)),
        (b'{"a": NaN}', "json", "json-syntax", (1, 1)),
        (b"", "json", "json-syntax", (1, 1)),
        (b"x = 1\ny = '\xff'\n", "toml", "not-utf-8", (2, 6)),
        (b"[" * 5000 + b"]" * 5000, "json", "too-deep", (1, 65)),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "toml", "too-deep", (1, 69)),
        (b"[" * 100_000, "json", "too-deep", (1, 65)),
        (b"a = " + b"[" * 100_000, "toml", "too-deep", (1, 69)),
        (b"a." * 100 + b"a = 1", "toml", "too-deep", (1, 1)),
        (b"[" + b"a." * 100 + b"a]", "toml", "too-deep", (1, 2)),
    ],
)
def test_rules_of_syntax(data: bytes, syntax: Syntax, rule: str, place: tuple[int, int]):
    first = positions(data, syntax).syntax_errors[0]
    assert first.rule == rule
    assert Place(first.line, first.column) == place


def test_no_error_for_what_the_reference_parser_takes():
    assert positions(json.dumps({"a": [{}, [], "x\ny"]}).encode(), "json").syntax_errors == ()
    assert positions(b"", "toml").syntax_errors == ()
    assert positions(b"a = 1\r\n[b]\r\nc = 1979-05-27T07:32:00Z\r\n", "toml").syntax_errors == ()


def test_brackets_inside_strings_and_comments_do_not_nest():
    many = "[" * 200
    toml = f'# {many}\na = "{many}"\nb = \'{many}\'\nc = """\n{many}\n"""\nd = \'\'\'\n{many}"\n\'\'\'\n'
    assert positions(toml.encode(), "toml").syntax_errors == ()
    assert positions(json.dumps({"a": many, "b\\": many + '"'}).encode(), "json").syntax_errors == ()
