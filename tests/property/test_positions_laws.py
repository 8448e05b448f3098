"""Whatever the bytes, `positions` answers; whatever the tree, its places lead back to the values."""

import json
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from schemas.positions import positions

SCALARS = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=8))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def leaves(tree: object, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    if isinstance(tree, dict):
        return [leaf for key, value in tree.items() for leaf in leaves(value, (*path, key))]
    if isinstance(tree, list):
        return [leaf for number, value in enumerate(tree) for leaf in leaves(value, (*path, number))]
    return [(path, tree)]


@given(st.binary(max_size=200), st.sampled_from(["toml", "json"]))
def test_any_bytes_are_answered(data: bytes, syntax: str):
    found = positions(data, "toml" if syntax == "toml" else "json")
    line, column = found.at(("a", 0, "b"))
    assert line >= 1
    assert column >= 1
    try:
        reader = tomllib.loads if syntax == "toml" else json.loads
        reader(data.decode())
    except ValueError:
        assert found.syntax_errors


@given(TREES, st.sampled_from([None, 2]))
def test_json_places_lead_back_to_the_values(tree: object, indent: int | None):
    text = json.dumps(tree, ensure_ascii=False, indent=indent)
    lines = text.split("\n")
    found = positions(text.encode(), "json")
    assert found.syntax_errors == ()
    for path, value in leaves(tree):
        line, column = found.at(path)
        assert lines[line - 1][column - 1 :].startswith(json.dumps(value, ensure_ascii=False))


@given(
    st.dictionaries(
        st.text(max_size=5), st.lists(st.dictionaries(st.text(max_size=5), SCALARS, max_size=3)), max_size=3
    )
)
def test_toml_places_lead_back_to_the_values(tree: dict[str, list[dict[str, object]]]):
    text = ""
    for name, tables in tree.items():
        for table in tables:
            text += f"[[{toml(name)}]]\n"
            text += "".join(f"{toml(key)} = {toml(value)}\n" for key, value in table.items())
    lines = text.split("\n")
    found = positions(text.encode(), "toml")
    assert found.syntax_errors == ()
    assert tomllib.loads(text) == {name: tables for name, tables in tree.items() if tables}
    for path, value in leaves(tree):
        line, column = found.at(path)
        assert lines[line - 1][column - 1 :] == toml(value)
