"""Random XSD schemas, small changes of them, and documents: to hunt for one that contradicts an answer.

Promises: everything follows from the ``Random`` handed in. A schema is a plain tree; documents are written from that
tree, not from the component model under test. Leaves out namespaces and references.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Node = dict[str, Any]
NAMES: Final = ("a", "b", "c", "d", "e", "f", "g", "h")
BASES: Final = (
    "string",
    "token",
    "integer",
    "int",
    "decimal",
    "date",
    "boolean",
    "NMTOKEN",
    "hexBinary",
    "byte",
    "gYear",
)
TEXTS: Final = (
    *("", " ", " a ", "a  b", "a b", "a,b", "1 2", "1 2 3", "a a"),
    *["a", "b", "ab", "abc", "A", "Z", "ab12", "12ab", "x", "true", "0a", "0A0B", "2024", "2026-01-02", "2026-02-28Z"],
    *[
        "0",
        "1",
        "2",
        "3",
        "5",
        "7",
        "9",
        "10",
        "11",
        "12",
        "50",
        "99",
        "100",
        "127",
        "128",
        "-1",
        "-5",
        "-128",
        "-129",
        "2147483648",
        "1.0",
        "1.5",
        "0.25",
        "007",
        "+3",
    ],
)
PATTERNS: Final = (
    *("[a-z]*", "[a-z]+", "a|b", ".*", "[ab]{1,3}", "(ab)*"),
    *(r"\d+", r"\d{1,2}", r"\d{2,4}", r"[0-9\.]+", "-?[0-9]"),
)
OCCURS: Final = ((1, 1), (0, 1), (1, 2), (0, 2), (1, 3), (2, 2), (0, None), (1, None), (2, 4), (0, 5))


def schema(random: Random) -> Node:
    named = [f"T{number}" for number in range(random.randint(0, 3))]
    made: Node = {"types": {}, "roots": {}, "space": random.choice((None, None, "qualified", "unqualified"))}
    for index, name in enumerate(named):
        base = random.choice([*named[:index], None, None])
        usable = base is not None and made["types"][base]["kind"] == "complex"
        made["types"][name] = _extension(random, base, named) if usable else _type(random, named, 2)
        if usable and random.random() < 0.35:
            made["types"][name] = {**copy.deepcopy(made["types"][base]), "base": base, "how": "restriction"}
        if made["types"][name]["kind"] == "complex":
            made["types"][name]["block"] = random.choice((None,) * 8 + ("extension", "restriction", "#all"))
            made["types"][name]["abstract"] = random.random() < 0.08
    _heads(random, made, named)
    for name in random.sample(("r", "s"), random.choice((1, 1, 2))):
        made["roots"][name] = _declared(random, named, 3, name)
    return made


def _heads(random: Random, made: Node, named: list[str]) -> None:
    """Global elements that contents may refer to, some in place of others."""
    if random.random() < 0.5:
        return
    made["roots"]["h"] = {**_declared(random, named, 1, "h"), "abstract": random.random() < 0.2}
    made["roots"]["h"]["block"] = random.choice((None, None, "substitution", "extension", "#all"))
    for name in ("m", "n")[: random.randint(0, 2)]:
        member = {**_declared(random, named, 1, name), "head": random.choice(("h", "h", "m")) if name == "n" else "h"}
        if random.random() < 0.7 or not isinstance(made["roots"]["h"]["type"], str):
            member["type"] = None
        made["roots"][name] = member


def _extension(random: Random, base: str | None, named: list[str]) -> Node:
    found: Node = {"kind": "complex", "base": base, "mixed": False, "attributes": {}, "any_attribute": None}
    found["content"] = {
        "kind": "sequence",
        "low": 1,
        "high": 1,
        "items": [_declared(random, named, 1, random.choice("xyz"))],
    }
    return found


def _declared(random: Random, named: list[str], depth: int, name: str) -> Node:
    low, high = random.choice(OCCURS) if random.random() < 0.6 else (1, 1)
    found: Node = {"kind": "element", "name": name, "low": low, "high": high, "nillable": random.random() < 0.1}
    found["type"] = random.choice(named) if named and random.random() < 0.4 else _type(random, named, depth - 1)
    if random.random() < 0.12:
        found["value"] = (random.choice(("default", "fixed")), random.choice(("1", "a", "5", "true", "")))
    if random.random() < 0.08:
        paths = random.choice(("*", "a", "b")), random.choice(("@p", "@q", "."))
        found["identity"] = (random.choice(("unique", "key")), *paths)
    return found


def _type(random: Random, named: list[str], depth: int) -> Node:
    return _complex(random, named, depth) if depth > 0 and random.random() < 0.55 else _simple(random)


def _simple(random: Random, depth: int = 1) -> Node:
    variety = random.choice(("atomic",) * 6 + ("list", "union")) if depth else "atomic"
    found: Node = {"kind": "simple", "variety": variety, "facets": []}
    if variety == "atomic":
        found["base"] = random.choice(BASES)
        found["facets"] = _facets(random, found["base"])
    else:
        found["parts"] = [_simple(random, 0) for _ in range(1 if variety == "list" else random.randint(1, 3))]
    return found


def _facets(random: Random, base: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if random.random() < 0.4:
        return found
    numeric = base in {"integer", "int", "decimal", "byte"}
    for _ in range(random.randint(1, 2)):
        kind = random.choice(("pattern", "enumeration", "range", "length"))
        if kind == "pattern" and base not in {"boolean", "date", "hexBinary"}:
            found.append(("pattern", random.choice(PATTERNS)))
        elif kind == "range" and numeric:
            low, high = sorted(random.sample((0, 1, 2, 5, 10, 11, 12, 50, 99, 100), 2))
            found += [(random.choice(("minInclusive", "minExclusive")), str(low)), ("maxInclusive", str(high))]
        elif kind == "length" and base in {"string", "token", "NMTOKEN", "hexBinary"}:
            found += [("minLength", str(random.randint(0, 2))), ("maxLength", str(random.randint(2, 4)))]
        elif kind == "enumeration" and base in {"string", "token", "NMTOKEN"}:
            found += [
                ("enumeration", text) for text in random.sample(("a", "b", "ab", "abc", "A", "1"), random.randint(1, 4))
            ]
        elif kind == "enumeration" and numeric:
            found += [
                ("enumeration", text) for text in random.sample(("1", "2", "5", "10", "50"), random.randint(1, 4))
            ]
    return list(
        {
            (name if name not in {"enumeration", "pattern"} else (name, text)): (name, text) for name, text in found
        }.values()
    )


def _complex(random: Random, named: list[str], depth: int) -> Node:
    names = random.sample(NAMES, len(NAMES))
    attributes = {name: _attribute(random) for name in random.sample(("p", "q", "t"), random.choice((0, 0, 1, 2)))}
    wild = random.choice(("lax", "skip")) if random.random() < 0.1 else None
    found: Node = {
        "kind": "complex",
        "base": None,
        "mixed": random.random() < 0.15,
        "attributes": attributes,
        "any_attribute": wild,
    }
    found["content"] = _group(random, named, depth, names) if random.random() < 0.9 else None
    if found["content"] and random.random() < 0.1:
        items = [_declared(random, named, depth - 1, names.pop()) for _ in range(min(len(names), random.randint(1, 4)))]
        for item in items:
            item["low"], item["high"] = random.choice(((0, 1), (1, 1)))
        found["content"] = {"kind": "all", "low": random.choice((0, 1)), "high": 1, "items": items}
    return found


def _attribute(random: Random) -> Node:
    found: Node = {"type": _simple(random), "use": random.choice(("optional", "required", "prohibited"))}
    if random.random() < 0.2:
        kind = random.choice(("default", "fixed")) if found["use"] == "optional" else "fixed"
        found["value"] = (kind, random.choice(("1", "a", "5")))
    elif random.random() < 0.1:
        found["type"] = {
            "kind": "simple",
            "variety": "atomic",
            "base": random.choice(("ID", "IDREF", "NCName")),
            "facets": [],
        }
    return found


def _group(random: Random, named: list[str], depth: int, names: list[str], level: int = 0) -> Node:
    low, high = random.choice(OCCURS) if random.random() < 0.4 else (1, 1)
    found: Node = {"kind": random.choice(("sequence", "sequence", "choice")), "low": low, "high": high, "items": []}
    for _ in range(random.randint(1, 3)):
        if level < 2 and random.random() < 0.25:
            found["items"].append(_group(random, named, depth, names, level + 1))
        elif random.random() < 0.06:
            found["items"].append(_any(random))
        elif random.random() < 0.12:
            found["items"].append({"kind": "ref", "name": "h", "low": 1, "high": random.choice((1, 2))})
        elif names:
            found["items"].append(_declared(random, named, depth - 1, names.pop()))
    return found


def _any(random: Random) -> Node:
    spaces = random.choice(("##any", "##any", "##other", "##local", "##targetNamespace", "urn:a", "urn:b ##local"))
    return {"kind": "any", "low": 0, "high": 1, "process": random.choice(("lax", "skip", "strict")), "spaces": spaces}


def changed(random: Random, found: Node) -> Node:
    """A copy with some places changed."""
    other = copy.deepcopy(found)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        places = list(_places(other))
        if places:
            _change(random, random.choice(places))
    return other


def _places(node: object) -> Iterator[Node]:
    if isinstance(node, dict):
        if "kind" in node or "use" in node:
            yield node
        for value in node.values():
            yield from _places(value)
    elif isinstance(node, list):
        for value in node:
            yield from _places(value)


def _change(random: Random, node: Node) -> None:
    if "use" in node:
        fresh = _attribute(random)
        node.pop("value", None)
        node.update(fresh if random.random() < 0.4 else {"use": fresh["use"]})
        return
    if node["kind"] == "simple":
        fresh = _simple(random)
        if node["variety"] == "atomic" and random.random() < 0.7:
            node["facets"] = _facets(random, node["base"]) if random.random() < 0.7 else []
        else:
            node.clear()
            node.update(fresh)
    elif node["kind"] == "complex":
        _change_complex(random, node)
    elif node["kind"] == "element" and random.random() < 0.3:
        _change_element(random, node)
    elif node["kind"] in {"sequence", "choice"} and random.random() < 0.6:
        _change_group(random, node)
    elif node["kind"] == "any":
        node.update(_any(random))
    elif node["kind"] == "all":
        random.shuffle(node["items"])
    else:
        node["low"], node["high"] = random.choice(OCCURS)


def _change_element(random: Random, node: Node) -> None:
    what = random.choice(("nillable", "value", "identity", "abstract", "block"))
    fresh = _declared(random, [], 1, node["name"])
    if what in {"value", "identity"}:
        node.pop(what, None)
        node.update({what: fresh[what]} if what in fresh else {})
    elif what == "nillable":
        node["nillable"] = not node["nillable"]
    elif what == "block":
        node["block"] = random.choice((None, "substitution", "extension", "restriction", "#all"))
    elif "abstract" in node:
        node["abstract"] = not node["abstract"]


def _change_complex(random: Random, node: Node) -> None:
    what = random.choice(("mixed", "attribute", "wild", "attribute"))
    if what == "mixed":
        node["mixed"] = not node["mixed"]
    elif what == "wild":
        node["any_attribute"] = random.choice((None, "lax", "skip"))
    else:
        name = random.choice("pqt")
        if name in node["attributes"] and random.random() < 0.5:
            del node["attributes"][name]
        else:
            node["attributes"][name] = _attribute(random)


def _change_group(random: Random, node: Node) -> None:
    what = random.choice(("kind", "shuffle", "drop", "add", "wrap"))
    items = node["items"]
    if what == "kind":
        node["kind"] = random.choice(("sequence", "choice"))
    elif what == "shuffle":
        random.shuffle(items)
    elif what == "drop" and len(items) > 1:
        items.pop(random.randrange(len(items)))
    elif what == "wrap" and items:
        index = random.randrange(len(items))
        low, high = random.choice(OCCURS)
        items[index] = {"kind": "choice", "low": low, "high": high, "items": [items[index]]}
    else:
        items.insert(random.randint(0, len(items)), _declared(random, [], 1, random.choice(("k", "l", "m"))))
