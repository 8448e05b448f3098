"""The documents of one schema: which subschemas there are, where they stand, and what a reference means.

Promises that nothing is fetched: a reference leads into the schema itself or into one of the references that came with
it; that every subschema knows its place, its base URI and its draft; that a subschema which judges the same value by
way of itself (``{"$ref": "#"}``) is refused, since no document has a verdict under it.
Sources: JSON Schema Core 2020-12 §8 and §9, RFC 3986; ``id`` in draft 4, ``$id`` since draft 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin

import jsonschema_rs

from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.json.dialect import DEFAULT, URIS, Draft, children, draft_of
from registry.evolution.json.reading import Value, read
from registry.evolution.port import SchemaError
from registry.evolution.verdict import Place
from registry.model import Text

ROOT: Final = "https://schema.invalid/"
"""The base of a schema that names none (RFC 6761: no host has this name)."""
Schema = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Node:
    """One subschema that is an object.

    Attributes:
        schema: as it was read.
        document: the name of the reference that it stands in, ``""`` for the schema itself.
        path: names and indexes from that document's root.
        base: the URI that references in it are relative to.
        draft: whose rules hold in it.
    """

    schema: Schema
    document: str
    path: tuple[str | int, ...]
    base: str
    draft: Draft

    @property
    def place(self) -> Place:
        """Without its line."""
        return Place(pointer_of(self.path), document=self.document)


class Resources:
    """The schema and everything it refers to.

    Raises:
        SchemaError: see ``read``; ``no-schema``, ``draft-unknown``, ``draft-mixed``, ``reference-unknown``,
            ``reference-invalid``, ``reference-no-schema``, ``too-many-references``.
    """

    def __init__(self, text: str, references: Mapping[str, str], budget: Budget) -> None:
        if len(references) > limits.REFERENCES or sum(map(len, references.values())) > limits.REFERENCED:
            raise SchemaError(
                "too-many-references",
                Text(
                    vi="Quá nhiều lược đồ được tham chiếu.", en="Too many schemas, or too long ones, are referred to."
                ),
            )
        self._references: Final = references
        self._budget: Final = budget
        self._nodes: dict[int, Node] = {}
        self._resources: dict[str, Value] = {}
        self._anchors: dict[tuple[str, str], Value] = {}
        self._loaded: dict[str, Value] = {}
        self._targets: dict[tuple[str, str], Value] = {}
        self.texts: dict[str, str] = {}
        self.dynamic: dict[str, list[Node]] = {}
        self.value: Final[Schema | bool] = self._load("", text, ROOT, DEFAULT)
        self.draft: Final = draft_of(self.value, DEFAULT, "")
        self._default: Draft = self.draft
        self._follow_all()

    @property
    def documents(self) -> Mapping[str, Value]:
        """By the absolute URI under which each was found."""
        return {uri: value for uri, value in self._resources.items() if uri in self._loaded}

    def node(self, schema: Schema) -> Node:
        """Where a subschema stands; the object itself must be one that was read here."""
        return self._nodes[id(schema)]

    def nodes(self) -> list[Node]:
        """Every subschema that is an object, in no particular order."""
        return list(self._nodes.values())

    def target(self, node: Node, reference: str) -> Value:
        """The schema (an object or a boolean) that a reference in ``node`` means."""
        key = node.base, reference
        if key not in self._targets:
            self._targets[key] = self._found(node, reference)
        return self._targets[key]

    def _found(self, node: Node, reference: str) -> Value:
        try:
            uri, fragment = urldefrag(urljoin(node.base, reference))
            fragment = unquote(fragment, errors="strict")
        except ValueError:
            raise _bad("reference-invalid", node, reference) from None
        root = self._resource(uri, node, reference)
        if fragment and not fragment.startswith("/"):
            anchored = self._anchors.get((uri, fragment))
            if anchored is None:
                raise _bad("reference-unknown", node, reference)
            return anchored
        found = self._walk(root, fragment, node, reference)
        if isinstance(found, bool):
            return found
        if not isinstance(found, dict):
            raise _bad("reference-no-schema", node, reference)
        if id(found) not in self._nodes:
            self._adopt(root, found, fragment)
        return found

    def referred(self, node: Node) -> Iterator[tuple[str, Value]]:
        """The references that judge the same value as ``node``, and what each leads to; None: that depends."""
        if "$ref" in node.schema:
            yield "$ref", self.target(node, str(node.schema["$ref"]))
        keyword = "$dynamicRef" if node.draft is Draft.D2020 else "$recursiveRef"
        reference = node.schema.get(keyword)
        if isinstance(reference, str) and node.draft >= Draft.D2019:
            yield keyword, self._dynamic(node, keyword, reference)

    def possible(self, node: Node) -> Iterator[Schema]:
        """Every schema (objects only) that a reference which judges the same value as ``node`` may lead to."""
        for keyword, target in self.referred(node):
            if isinstance(target, dict):
                yield target
            elif target is None:
                anchored = self.dynamic.get(str(node.schema[keyword]).partition("#")[2], [])
                yield from (one.schema for one in (*anchored, *self.dynamic.get("", ())))

    @staticmethod
    def hides_others(node: Node) -> bool:
        """Whether its ``$ref`` is all that counts, as up to draft 7."""
        return "$ref" in node.schema and node.draft <= Draft.D7

    def _dynamic(self, node: Node, keyword: str, reference: str) -> Value:
        """The outermost anchor of that name on the way here: the root's, if it has one, or the only one there is."""
        first = self.target(node, reference)
        name = reference.partition("#")[2] if keyword == "$dynamicRef" else ""
        anchored = self.dynamic.get(name, [])
        if not isinstance(first, dict) or not any(one.schema is first for one in anchored):
            return first
        root = self._nodes[id(self.value)].base if isinstance(self.value, dict) else ROOT
        outermost = [one for one in anchored if one.base == root] or anchored
        return outermost[0].schema if len(outermost) == 1 else None

    def path_at(self, location: str) -> tuple[str, tuple[str | int, ...]] | None:
        """Document and path of an absolute keyword location, as validators give it; None where it is not known."""
        uri, fragment = urldefrag(location)
        root = self._resources.get(uri)
        home = self._nodes.get(id(root)) if isinstance(root, dict) else None
        if home is None:
            return None
        return home.document, (*home.path, *_steps(root, unquote(fragment)))

    def _resource(self, uri: str, node: Node, reference: str) -> Value:
        if uri in self._resources:
            return self._resources[uri]
        name = next((name for name in (reference.partition("#")[0], uri) if name in self._references), None)
        if name is None:
            raise _bad("reference-unknown", node, reference)
        value = self._load(name, self._references[name], uri, self._default)
        self._resources[uri] = value
        return value

    def _load(self, name: str, text: str, uri: str, default: Draft) -> Schema | bool:
        value = read(text, name, self._budget)
        if not isinstance(value, dict | bool):
            said = Text(vi="Lược đồ phải là đối tượng hoặc true/false.", en="A schema is an object, true or false.")
            raise SchemaError("no-schema", said, Place(document=name))
        draft = draft_of(value, default, name)
        self.texts[name] = text
        self._loaded[uri] = value
        self._resources[uri] = value
        if isinstance(value, dict):
            check_form(value, draft, Place(document=name))
            self._index(Node(value, name, (), uri, draft))
        return value

    def _adopt(self, root: Value, found: Schema, fragment: str) -> None:
        """A target outside of the places where its draft keeps subschemas."""
        home = self._nodes[id(root)] if isinstance(root, dict) and id(root) in self._nodes else None
        if home is None:
            raise AssertionError("a resource is an indexed object")
        path = (*home.path, *_steps(root, fragment))
        check_form(found, home.draft, Place(pointer_of(path), document=home.document))
        self._index(Node(found, home.document, path, home.base, home.draft))

    def _index(self, root: Node) -> None:
        waiting = [root]
        while waiting:
            node = self._identified(waiting.pop())
            if id(node.schema) in self._nodes:
                continue
            self._nodes[id(node.schema)] = node
            for keyword, step, child in children(node.schema, node.draft):
                if isinstance(child, dict):
                    path = (*node.path, keyword) if step is None else (*node.path, keyword, step)
                    waiting.append(Node(child, node.document, path, node.base, node.draft))
        if len(self._nodes) > limits.NODES:
            said = Text(vi="Quá nhiều lược đồ con.", en="There are too many subschemas.")
            raise SchemaError("too-many-nodes", said, root.place)

    def _identified(self, node: Node) -> Node:
        """The node with the base that its own ``$id`` gives it, and its anchors noted."""
        schema, draft = node.schema, node.draft
        if "$ref" in schema and draft <= Draft.D7:
            return node
        if node.path and draft_of(schema, draft, node.document) != draft:
            said = Text(vi="Lược đồ con khai báo bản nháp khác.", en="A subschema declares another draft.")
            raise SchemaError("draft-mixed", said, node.place)
        named = schema.get("id" if draft is Draft.D4 else "$id")
        if isinstance(named, str):
            node = self._named(node, named)
        if draft >= Draft.D2019:
            for keyword in ("$anchor", "$dynamicAnchor"):
                anchor = schema.get(keyword)
                if isinstance(anchor, str):
                    self._anchors.setdefault((node.base, anchor), schema)
                    if keyword == "$dynamicAnchor":
                        self.dynamic.setdefault(anchor, []).append(node)
            if schema.get("$recursiveAnchor") is True and draft is Draft.D2019:
                self.dynamic.setdefault("", []).append(node)
        return node

    def _named(self, node: Node, named: str) -> Node:
        try:
            uri, fragment = urldefrag(urljoin(node.base, named))
        except ValueError:
            raise _bad("reference-invalid", node, named) from None
        if fragment:
            self._anchors.setdefault((uri, fragment), node.schema)
            return node
        self._resources.setdefault(uri, node.schema)
        return Node(node.schema, node.document, node.path, uri, node.draft)

    def _walk(self, root: Value, fragment: str, node: Node, reference: str) -> Value:
        found = root
        for step in _steps(root, fragment):
            if isinstance(found, dict) and step in found:
                found = found[str(step)]
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                raise _bad("reference-unknown", node, reference)
        return found

    def _follow_all(self) -> None:
        """Resolve every reference now, so that a missing one is told at once."""
        seen: set[int] = set()
        while len(seen) < len(self._nodes):
            for node in [node for number, node in self._nodes.items() if number not in seen]:
                seen.add(id(node.schema))
                self._budget.spend(1 + len(list(self.referred(node))), "references")


def check_form(schema: Schema, draft: Draft, place: Place) -> None:
    """That a schema satisfies its draft's metaschema.

    Raises:
        SchemaError: ``metaschema``.
    """
    try:
        jsonschema_rs.meta.validate({**schema, "$schema": URIS[draft]})
    except jsonschema_rs.ValidationError as error:
        where = place.pointer + pointer_of(error.instance_path)
        rule = error.schema_path[-1] if error.schema_path else "false"
        said = Text(
            vi=f"Không đúng lược đồ của bản nháp {draft.value} tại {where or '/'} (quy tắc {rule}).",
            en=f"Not a schema of draft {draft.value} at {where or '/'} (rule {rule}).",
        )
        raise SchemaError("metaschema", said, Place(where, document=place.document)) from None
    except ValueError:
        said = Text(vi="Lược đồ vượt giới hạn của bộ kiểm tra.", en="The schema is beyond the validator's own limits.")
        raise SchemaError("metaschema", said, place) from None


def pointer_of(path: tuple[str | int, ...] | list[str | int]) -> str:
    """RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _steps(root: Value | None, fragment: str) -> Iterator[str | int]:
    """The steps of a JSON pointer; which are indexes is for the value to say."""
    value = root
    for part in fragment.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        step: str | int = name
        if isinstance(value, list):
            step = int(name) if name.isascii() and name.isdigit() and len(name) < len(str(limits.TEXT)) else name
            value = value[step] if isinstance(step, int) and step < len(value) else None
        elif isinstance(value, dict):
            value = value.get(name)
        yield step


def _bad(rule: str, node: Node, reference: str) -> SchemaError:
    words = {
        "reference-unknown": ("không có trong lược đồ và các tham chiếu kèm theo", "is in none of the given schemas"),
        "reference-invalid": ("không phải là tham chiếu URI", "is no URI reference"),
        "reference-no-schema": ("không dẫn tới một lược đồ", "leads to no schema"),
    }
    vi, en = words[rule]
    return SchemaError(rule, Text(vi=f"“{reference}” {vi}.", en=f"“{reference}” {en}."), node.place)
