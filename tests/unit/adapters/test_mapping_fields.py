"""Field maps: what each key of a declaration does, and that nothing is guessed."""

import pytest

from adapters.mapping import FieldMap, MapError
from adapters.port import DeclarationError


def one(declared: dict[str, object], source: object) -> object:
    return FieldMap.of({"to": "x", **declared}).run(source).get("x", "absent")


@pytest.mark.parametrize(
    ("declared", "source", "expected"),
    [
        ({"from": "a"}, {"a": " Nguyễn "}, "Nguyễn"),
        ({"from": "a.b.c"}, {"a": {"b": {"c": "deep"}}}, "deep"),
        ({"from": "a.1.b"}, {"a": [{"b": "zero"}, {"b": "one"}]}, "one"),
        ({"from": "a.5.b"}, {"a": []}, "absent"),
        ({"from": "a"}, {}, "absent"),
        ({"from": "a"}, {"a": None}, "absent"),
        ({"from": "a"}, {"a": "  "}, "absent"),
        ({"from": "a", "absent": ["N/A", "0"]}, {"a": "N/A"}, "absent"),
        ({"from": ["a", "b"]}, {"b": "second"}, "second"),
        ({"from": ["a", "b"]}, {"a": "", "b": "second"}, "second"),
        ({"from": ["a", "b.c"]}, {"a": "first", "b": "no object, and not looked at"}, "first"),
        ({"from": ["a", "b", "c"], "join": " "}, {"a": "Lê", "b": "", "c": "An"}, "Lê An"),
        ({"from": "a", "parts": ["h", "d", "t"]}, {"a": {"h": "Lê", "d": None, "t": "An"}}, "Lê An"),
        ({"from": "a", "parts": ["h", "t"]}, {"a": {"h": "", "t": "Lê An"}}, "Lê An"),
        ({"from": "a", "parts": ["h", "t"]}, {"a": "Lê An"}, "Lê An"),
        ({"from": "a", "parts": ["h", "t"]}, {"a": {"h": " ", "t": None}}, "absent"),
        ({"constant": "037"}, {}, "037"),
        ({"constant": False}, {}, False),
        ({"from": "a", "as": "integer"}, {"a": "12"}, 12),
        ({"from": "a", "as": "integer"}, {"a": -3}, -3),
        ({"from": "a", "as": "number"}, {"a": "12.50"}, 12.5),
        ({"from": "a", "as": "boolean"}, {"a": "true"}, True),
        ({"from": "a", "as": "boolean"}, {"a": 0}, False),
        ({"from": "a", "as": "code", "codes": {"1": "single", "2": "married"}}, {"a": "2"}, "married"),
        ({"from": "a", "as": "code", "codes": {"1": True}}, {"a": 1}, True),
        ({"from": "a", "as": "date", "forms": ["dd/MM/yyyy"]}, {"a": "31/12/1999"}, "1999-12-31"),
        ({"from": "a", "as": "partial-date", "forms": ["dd/MM/yyyy", "yyyy"]}, {"a": "1950"}, "1950"),
        (
            {"from": "a", "as": "date", "forms": ["yyyy-MM-dd"], "write": "yyyyMMdd"},
            {"a": "1999-12-31"},
            "19991231",
        ),
        (
            {"from": "a", "as": "date", "forms": ["yyyy-MM-dd"], "skip_other_forms": True},
            {"a": "1999"},
            "absent",
        ),
        (
            {"from": ["a", "b"], "as": "date", "forms": ["yyyy-MM-dd"], "skip_other_forms": True},
            {"a": "1999", "b": "1999-12-31"},
            "1999-12-31",
        ),
        (
            {"from": "a", "as": "time", "forms": ["yyyyMMddHHmmss"], "zone": "+07:00"},
            {"a": "20261122063000"},
            "2026-11-21T23:30:00.000Z",
        ),
        ({"from": "d!.nks"}, {"d": '{"nks": "An"}'}, "An"),
        ({"from": "d!.e!.0"}, {"d": '{"e": "[\\"An\\"]"}'}, "An"),
        ({"from": "d!.nks"}, {"d": ""}, "absent"),
        ({"from": "a", "as": "raw"}, {"a": {"k": [1, None]}}, {"k": [1, None]}),
        (
            {"from": "a", "as": "list", "fields": [{"to": "n", "from": "ten"}]},
            {"a": [{"ten": "A"}, {}]},
            [{"n": "A"}, {}],
        ),
        ({"from": "a", "as": "list", "fields": [{"to": "n", "from": "t"}]}, {"a": {"t": "A"}}, [{"n": "A"}]),
    ],
)
def test_what_each_key_does(declared: dict[str, object], source: object, expected: object):
    got = one(declared, source)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("declared", "source", "rule"),
    [
        ({"from": "a", "required": True}, {}, "missing"),
        ({"from": "a"}, {"a": 96199000001}, "not-text"),
        ({"from": "a"}, {"a": True}, "not-text"),
        ({"from": "a"}, {"a": ["x"]}, "not-text"),
        ({"from": "a.b"}, {"a": "plain"}, "not-an-object"),
        ({"from": "a.b"}, {"a": [{"b": "x"}]}, "not-an-object"),
        ({"from": "a"}, ["x"], "not-an-object"),
        ({"from": "a", "as": "integer"}, {"a": "1.5"}, "not-an-integer"),
        ({"from": "a", "as": "integer"}, {"a": 1.5}, "not-an-integer"),
        ({"from": "a", "as": "integer"}, {"a": True}, "not-an-integer"),
        ({"from": "a", "as": "integer"}, {"a": "٣"}, "not-an-integer"),
        ({"from": "a", "as": "number"}, {"a": "1e5"}, "not-a-number"),
        ({"from": "a", "as": "number"}, {"a": "NaN"}, "not-a-number"),
        ({"from": "a", "as": "number"}, {"a": False}, "not-a-number"),
        ({"from": "a", "as": "boolean"}, {"a": "thành công"}, "not-a-boolean"),
        ({"from": "a", "as": "boolean"}, {"a": 2}, "not-a-boolean"),
        ({"from": "a", "as": "boolean"}, {"a": 1.0}, "not-a-boolean"),
        ({"from": "a", "as": "code", "codes": {"1": "x"}}, {"a": "9"}, "unknown-code"),
        ({"from": "a", "as": "code", "codes": {"1": "x"}}, {"a": True}, "not-text"),
        ({"from": "a", "as": "date", "forms": ["dd/MM/yyyy"]}, {"a": "31/02/1999"}, "no-such-date"),
        ({"from": "a", "as": "date", "forms": ["dd/MM/yyyy"]}, {"a": "1999"}, "date-form"),
        ({"from": "d!.a"}, {"d": "{"}, "not-json-text"),
        ({"from": "d!.a"}, {"d": {"a": "x"}}, "not-json-text"),
        ({"from": "a", "parts": ["h"]}, {"a": {"h": 1}}, "not-text"),
        (
            {"from": "a", "as": "list", "max_items": 1, "fields": [{"to": "n", "from": "t"}]},
            {"a": [{}, {}]},
            "too-many-items",
        ),
    ],
)
def test_a_value_of_a_wrong_form_is_an_error_with_rule_and_place(
    declared: dict[str, object], source: object, rule: str
):
    with pytest.raises(MapError) as caught:
        one(declared, source)
    assert (caught.value.rule, caught.value.at) == (rule, "x")
    assert caught.value.__cause__ is None


def test_an_error_inside_a_list_names_the_inner_place():
    people = FieldMap.of({"to": "p", "from": "a", "as": "list", "fields": [{"to": "n", "from": "t"}]})
    with pytest.raises(MapError, match=r"^not-text at p\[\]\.n$"):
        people.run({"a": [{"t": 5}]})


def test_targets_build_nested_objects():
    names = FieldMap.of({"to": "name.full", "from": "f"}, {"to": "name.given", "from": "g"}, {"to": "z", "from": "z"})
    assert names.run({"f": "Lê An", "g": "An"}) == {"name": {"full": "Lê An", "given": "An"}}


def test_fields_of_terms_not_asked_stay_with_the_system():
    both = FieldMap.of({"to": "n", "from": "n", "term": "person.name"}, {"to": "i", "from": "i", "term": "person.ill"})
    record = {"n": "An", "i": "flu"}
    assert both.run(record, frozenset({"person.name"})) == {"n": "An"}
    assert both.run(record) == {"n": "An", "i": "flu"}


@pytest.mark.parametrize(
    ("declared", "part"),
    [
        ({"to": "x"}, "`from` or `constant`"),
        ({"to": "x", "from": "a", "constant": 1}, "`from` or `constant`"),
        ({"to": "x", "from": "a", "form": "yyyy"}, "form: Extra inputs"),
        ({"to": "x", "from": "a", "as": "datum"}, "as: Input should be"),
        ({"to": "x", "from": "a", "as": "date"}, "`forms` belongs to dates"),
        ({"to": "x", "from": "a", "forms": ["yyyy"]}, "`forms` belongs to dates"),
        ({"to": "x", "from": "a", "as": "date", "forms": ["yyyy"]}, "partial-date"),
        ({"to": "x", "from": "a", "as": "date", "forms": ["dd/mm/yyyy"]}, "minutes"),
        ({"to": "x", "from": "a", "as": "date", "forms": ["yyyyMMddHH"]}, "a clock is a time"),
        ({"to": "x", "from": "a", "as": "time", "forms": ["yyyyMMdd"]}, "`zone` belongs"),
        ({"to": "x", "from": "a", "as": "time", "forms": ["yyyyMMdd"], "zone": "VN"}, "+07:00"),
        ({"to": "x", "from": "a", "as": "code"}, "`codes` belongs"),
        ({"to": "x", "from": "a", "as": "list"}, "`fields` belongs"),
        ({"to": "x", "from": "a", "as": "integer", "join": " "}, "only text can be joined"),
        ({"to": "x", "from": "a", "write": "yyyy"}, "only for dates"),
        ({"to": "x", "from": ["a", "a"]}, "twice"),
        ({"to": "x", "from": "a..b"}, "dots"),
        ({"to": "x", "from": "a b"}, "dots"),
        ({"to": "x!", "from": "a"}, "cannot open"),
        ({"to": "", "from": "a"}, "dots"),
        ({"to": "x", "from": 5}, "from"),
        ({"to": "x", "from": "a", "required": "yes"}, "required"),
    ],
)
def test_a_wrong_declaration_raises_where_it_stands(declared: dict[str, object], part: str):
    with pytest.raises(DeclarationError) as caught:
        FieldMap.of({"to": "good", "from": "a"}, declared)
    assert part in str(caught.value)
    assert "field 1" in str(caught.value)


@pytest.mark.parametrize(("one_target", "other"), [("a", "a"), ("a", "a.b"), ("a.b.c", "a.b")])
def test_targets_may_not_hide_each_other(one_target: str, other: str):
    with pytest.raises(DeclarationError, match="stands twice, or inside"):
        FieldMap.of({"to": one_target, "from": "x"}, {"to": other, "from": "y"})
