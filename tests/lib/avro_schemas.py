"""Avro schemas and data at random, by a seed: for tests that compare answers with those of libraries."""

from __future__ import annotations

import json
from random import Random
from typing import Any, TypeAlias

Json: TypeAlias = Any

_VALUES = {
    "null": None,
    "boolean": True,
    "int": 7,
    "long": 1 << 40,
    "float": 1.5,
    "double": 2.5,
    "string": "é",
    "bytes": b"a",
}
_PRIMITIVES = list(_VALUES)


class Maker:
    """Makes schemas at random, and changes them a little."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - test data
        self._names: list[str] = []

    def schema(self, depth: int = 3) -> Json:
        """A schema that nests so deeply at most."""
        kinds = ["array", "map", "union", "enum", "fixed", "ref", *["primitive", "record"] * 2]
        kind = self._random.choice(kinds)
        if kind == "ref" and self._names:
            return self._random.choice(self._names)
        if depth == 0 or kind in {"primitive", "ref"}:
            return self._random.choice(_PRIMITIVES)
        if kind in {"array", "map"}:
            return {"type": kind, "items" if kind == "array" else "values": self.schema(depth - 1)}
        return self._union(depth) if kind == "union" else self._named(kind, depth)

    def _named(self, kind: str, depth: int) -> Json:
        name = f"N{len(self._names)}"
        self._names.append(name)
        if kind == "enum":
            default = {"default": "A"} if self._random.random() < 0.3 else {}
            return {"type": "enum", "name": name, "symbols": ["A", "B", "C"][: self._random.randint(1, 3)], **default}
        if kind == "fixed":
            return {"type": "fixed", "name": name, "size": self._random.randint(1, 2)}
        fields = [self._field(at, depth) for at in range(self._random.randint(0, 3))]
        return {"type": "record", "name": name, "fields": fields}

    def _field(self, at: int, depth: int) -> dict[str, Json]:
        if self._random.random() < 0.2:
            return {"name": f"f{at}", "type": ["null", self._random.choice(_PRIMITIVES[1:])], "default": None}
        return {"name": f"f{at}", "type": self.schema(depth - 1)}

    def _union(self, depth: int) -> Json:
        branches: dict[str, Json] = {}
        for _ in range(self._random.randint(1, 3)):
            branch = self.schema(depth - 1)
            if not isinstance(branch, list):
                key = branch if isinstance(branch, str) else branch.get("name", branch["type"])
                branches.setdefault(key, branch)
        return list(branches.values())

    def changed(self, schema: Json) -> Json:
        """Another schema, mostly alike."""
        copy = json.loads(json.dumps(schema))
        for _ in range(self._random.randint(1, 2)):
            copy = self._changed(copy)
        return copy

    def _changed(self, schema: Json) -> Json:
        random = self._random
        if isinstance(schema, str):
            return random.choice(_PRIMITIVES) if schema in _PRIMITIVES else schema
        if isinstance(schema, list):
            first = [self._changed(schema[0]), *schema[1:]] if schema else schema
            return random.choice([[*schema][::-1], schema[1:] or schema, first])
        kind = schema["type"]
        if kind in {"array", "map"}:
            part = "items" if kind == "array" else "values"
            return {**schema, part: self._changed(schema[part])}
        if kind == "enum":
            return {**schema, "symbols": random.choice([["A"], ["A", "B"], ["C", "B", "A"]])}
        if kind == "fixed":
            return {**schema, "size": random.randint(1, 2)}
        return {**schema, "fields": self._changed_fields([dict(one) for one in schema["fields"]])}

    def _changed_fields(self, fields: list[Json]) -> list[Json]:
        at = self._random.randrange(len(fields)) if fields else 0
        change = self._random.choice(["drop", "add", "add-default", "change", "rename", "reorder"])
        if change == "add" or not fields:
            fields.append({"name": f"n{len(fields)}", "type": "int"})
        elif change == "add-default":
            fields.append({"name": f"n{len(fields)}", "type": "int", "default": 1})
        elif change == "drop":
            fields.pop(at)
        elif change == "change":
            fields[at] = {"name": fields[at]["name"], "type": self._changed(fields[at]["type"])}
        elif change == "rename":
            fields[at] = {**fields[at], "name": "z", "aliases": [fields[at]["name"]]}
        else:
            fields.reverse()
        return fields


class DataMaker:
    """Makes data of a schema at random, unions as pairs of branch and value."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - test data

    def of(self, schema: Json) -> Json:
        """A datum."""
        random = self._random
        if isinstance(schema, list):
            branch = random.choice(schema)
            label = branch if isinstance(branch, str) else branch.get("name", branch["type"])
            return (label, self.of(branch))
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind == "record":
            return {one["name"]: self.of(one["type"]) for one in schema["fields"]}
        if kind == "array":
            return [self.of(schema["items"]) for _ in range(random.randint(0, 2))]
        if kind == "map":
            return {str(at): self.of(schema["values"]) for at in range(random.randint(0, 2))}
        if kind == "enum":
            return random.choice(schema["symbols"])
        return bytes(schema["size"]) if kind == "fixed" else _VALUES[kind]
