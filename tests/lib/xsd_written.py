"""Trees of ``xsd_random`` as schemas, and random documents that mostly obey them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from xsd_random import TEXTS

if TYPE_CHECKING:
    from random import Random

Node = dict[str, Any]
FREE = (
    *("<zz/>", "<r/>", "<zz><s>x</s></zz>", "<s>1</s>", '<zz q="1">t</zz>', '<a:z xmlns:a="urn:a"/>', "<h>a</h>"),
    *('<b:z xmlns:b="urn:b"><r/></b:z>', "<m/>", '<z:r xmlns:z="urn:a" xmlns=""><h x="1">1</h></z:r>'),
)
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'


def written(found: Node) -> str:
    types = "".join(_type(node, f' name="{name}"') for name, node in found["types"].items())
    roots = "".join(_element(node, top=True) for node in found["roots"].values())
    space = ""
    if found["space"]:
        space = f' targetNamespace="urn:a" xmlns="urn:a" elementFormDefault="{found["space"]}"'
    return f"<xs:schema {XS}{space}>{types}{roots}</xs:schema>"


def _occurs(node: Node) -> str:
    high = "unbounded" if node["high"] is None else node["high"]
    return f' minOccurs="{node["low"]}" maxOccurs="{high}"'


def _element(node: Node, *, top: bool = False) -> str:
    said = f' name="{node["name"]}"' + ("" if top else _occurs(node))
    said += ' nillable="true"' if node["nillable"] else ""
    said += ' abstract="true"' if node.get("abstract") else ""
    said += f' block="{node["block"]}"' if node.get("block") else ""
    said += f' substitutionGroup="{node["head"]}"' if node.get("head") else ""
    said += ' {}="{}"'.format(*node["value"]) if node.get("value") else ""
    if node["type"] is None:
        return f"<xs:element{said}/>"
    if isinstance(node["type"], str):
        return f'<xs:element{said} type="{node["type"]}">{_identity(node)}</xs:element>'
    return f"<xs:element{said}>{_type(node['type'], '')}{_identity(node)}</xs:element>"


def _identity(node: Node) -> str:
    if not node.get("identity"):
        return ""
    kind, selector, field = node["identity"]
    paths = f'<xs:selector xpath="{selector}"/><xs:field xpath="{field}"/>'
    return f'<xs:{kind} name="k{id(node)}">{paths}</xs:{kind}>'


def _type(node: Node, name: str) -> str:
    return _simple(node, name) if node["kind"] == "simple" else _complex(node, name)


def _simple(node: Node, name: str) -> str:
    if node["variety"] == "atomic":
        facets = "".join(f"<xs:{facet} value={quoteattr(text)}/>" for facet, text in node["facets"])
        inner = f'<xs:restriction base="xs:{node["base"]}">{facets}</xs:restriction>'
    else:
        inner = f"<xs:{node['variety']}>{''.join(_simple(part, '') for part in node['parts'])}</xs:{node['variety']}>"
    return f"<xs:simpleType{name}>{inner}</xs:simpleType>"


def _complex(node: Node, name: str) -> str:
    inner = _particle(node["content"]) if node["content"] else ""
    for attribute, use in node["attributes"].items():
        said = f'name="{attribute}" use="{use["use"]}"{_value(use)}'
        inner += f"<xs:attribute {said}>{_simple(use['type'], '')}</xs:attribute>"
    if node["any_attribute"]:
        inner += f'<xs:anyAttribute processContents="{node["any_attribute"]}"/>'
    if node["base"]:
        how = node.get("how", "extension")
        inner = f'<xs:complexContent><xs:{how} base="{node["base"]}">{inner}</xs:{how}></xs:complexContent>'
    mixed = ' mixed="true"' if node["mixed"] else ""
    mixed += ' abstract="true"' if node.get("abstract") else ""
    mixed += f' block="{node["block"]}"' if node.get("block") else ""
    return f"<xs:complexType{name}{mixed}>{inner}</xs:complexType>"


def _value(use: Node) -> str:
    return ' {}="{}"'.format(*use["value"]) if use.get("value") and use["use"] != "prohibited" else ""


def _particle(node: Node) -> str:
    if node["kind"] == "element":
        return _element(node)
    if node["kind"] == "any":
        return f'<xs:any{_occurs(node)} namespace="{node["spaces"]}" processContents="{node["process"]}"/>'
    if node["kind"] == "ref":
        return f'<xs:element ref="{node["name"]}"{_occurs(node)}/>'
    return f"<xs:{node['kind']}{_occurs(node)}>{''.join(map(_particle, node['items']))}</xs:{node['kind']}>"


class Writer:
    """Writes documents of one tree."""

    def __init__(self, random: Random, found: Node) -> None:
        self._random = random
        self._found = found
        self._left = 0

    def document(self) -> str:
        self._left = 60
        node = self._random.choice(list(self._found["roots"].values()))
        spaces = XSI + (' xmlns:q="urn:a"' if self._found["space"] else "")
        return self._element(node, 0, spaces, top=True)

    def _element(self, node: Node, depth: int, more: str = "", *, top: bool = False) -> str:
        random, name = self._random, node["name"]
        space = self._found["space"]
        prefix = "q:" if space else ""
        if space == "qualified" or (space and top):
            name = f"q:{name}"
        declared, said = node["type"] or self._head(node), ""
        if random.random() < 0.1:
            options = [one for one, its in self._found["types"].items() if declared in (one, its.get("base"))]
            if isinstance(declared, str) and options:
                declared = random.choice(options)
                said = f' xsi:type="{prefix}{declared}"'
        if node["nillable"] and random.random() < 0.4:
            return f'<{name} {more} xsi:nil="true"{self._attributes(self._type(declared))}/>'
        found = self._type(declared)
        inside = self._inside(found, depth)
        if node.get("value") and random.random() < 0.6:
            inside = random.choice(("", node["value"][1]))
        return f"<{name} {more}{said}{self._attributes(found)}>{inside}</{name}>"

    def _head(self, node: Node) -> str | Node:
        while node["type"] is None:
            node = self._found["roots"][node["head"]]
        return node["type"]

    def _type(self, declared: str | Node) -> Node:
        return self._found["types"][declared] if isinstance(declared, str) else declared

    def _attributes(self, found: Node) -> str:
        while found["kind"] == "complex" and found["base"] and not found.get("how"):
            found = self._type(found["base"])
        if found["kind"] != "complex":
            return ""
        kept = {
            name: self._text(use["type"])
            for name, use in found["attributes"].items()
            if use["use"] == "required" or self._random.random() < 0.5
        }
        for name, use in found["attributes"].items():
            if use.get("value") and name in kept and self._random.random() < 0.8:
                kept[name] = use["value"][1]
        if found["any_attribute"] and self._random.random() < 0.5:
            kept.setdefault(self._random.choice("pqtu"), self._random.choice(TEXTS))
        return "".join(f" {name}={quoteattr(text)}" for name, text in kept.items())

    def _inside(self, found: Node, depth: int) -> str:
        if found["kind"] == "simple":
            return escape(self._text(found))
        extends = found["base"] and not found.get("how")
        inner = self._inside(self._type(found["base"]), depth) if extends else ""
        if found["content"]:
            inner += self._particle(found["content"], depth)
        if found["mixed"] and self._random.random() < 0.5:
            inner = "text" + inner
        return inner

    def _text(self, found: Node) -> str:
        random = self._random
        if found["variety"] == "list":
            return " ".join(self._text(found["parts"][0]) for _ in range(random.choice((0, 1, 2, 3))))
        if found["variety"] == "union":
            return self._text(random.choice(found["parts"]))
        listed = [text for facet, text in found["facets"] if facet == "enumeration"]
        if listed and random.random() < 0.8:
            return random.choice(listed)
        usual = {"date": ("2026-01-02", "2026-02-28Z"), "boolean": ("true", "0", "1"), "gYear": ("2024", "2026Z")}
        if found["base"] in usual and random.random() < 0.8:
            return random.choice(usual[found["base"]])
        bounds = [int(text) for facet, text in found["facets"] if "clusive" in facet]
        if bounds and random.random() < 0.7:
            return str(random.choice(bounds) + random.choice((-1, 0, 1)))
        return random.choice(TEXTS)

    def _particle(self, node: Node, depth: int) -> str:
        random = self._random
        high = node["high"] if node["high"] is not None else node["low"] + random.choice((0, 1, 2, 3))
        times = random.choice((node["low"], high, random.randint(node["low"], high)))
        self._left -= times
        if depth > 4 or self._left < 0:
            times = min(node["low"], 1) if depth < 7 and self._left > -60 else 0
        found = ""
        for _ in range(times):
            if node["kind"] == "element":
                found += self._element(node, depth + 1)
            elif node["kind"] == "any":
                found += random.choice(FREE)
            elif node["kind"] == "ref":
                heads = [one for name, one in self._found["roots"].items() if name in ("h", "m", "n")]
                found += self._element(random.choice(heads), depth + 1, top=True) if heads else ""
            elif not node["items"]:
                continue
            elif node["kind"] == "choice":
                found += self._particle(random.choice(node["items"]), depth)
            else:
                items = list(node["items"])
                if node["kind"] == "all":
                    random.shuffle(items)
                found += "".join(self._particle(item, depth) for item in items)
        return found
