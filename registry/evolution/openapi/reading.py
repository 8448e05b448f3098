"""An OpenAPI description in JSON as operations.

Promises the rules of the specification that a comparison relies on: version, paths, operations, parameters, and that
every reference leads to something that was given; the rest is kept as it is.
Leaves out YAML and the schemas themselves (``….openapi.schemas``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from registry.evolution import limits
from registry.evolution.json.reading import read as read_json
from registry.evolution.json.resources import pointer_of
from registry.evolution.openapi.model import Body, Description, Operation, Parameter, Response
from registry.evolution.openapi.refusals import refused
from registry.evolution.verdict import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from registry.evolution.budget import Budget
    from registry.evolution.openapi.model import Json, Path
    from registry.evolution.port import SchemaError

_VERSION: Final = re.compile(r"3\.[01]\.[0-9]{1,3}\Z")
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_WHERE: Final = frozenset({"path", "query", "header", "cookie"})
_REMARKS: Final = frozenset({"summary", "description", "tags", "externalDocs", "operationId", "deprecated"})
_WRITTEN: Final = ("style", "explode", "allowReserved", "content", "allowEmptyValue")
_VARIABLE: Final = re.compile(r"\{[^{}]*\}")
_LITERAL: Final = frozenset({"example", "examples", "enum", "const"})
_MOST_HOPS: Final = 20
_DIALECT: Final = "https://spec.openapis.org/oas/3.1/dialect/base"


class Reader:
    """Reads one description with the files that it refers to."""

    def __init__(self, text: str, references: Mapping[str, str], budget: Budget) -> None:
        self._budget: Final = budget
        if sum(map(len, references.values())) > limits.REFERENCED or len(references) > limits.REFERENCES:
            raise refused("too-long", "", Place())
        self._documents: Final[dict[str, Json]] = {
            name: read_json(each, name, budget) for name, each in {"": text, **references}.items()
        }

    def description(self) -> Description:
        """The whole description.

        Raises:
            SchemaError: it is none.
        """
        value = self._documents[""]
        if not isinstance(value, dict) or not isinstance(value.get("openapi"), str):
            raise self._refuse("version-unknown", "", ())
        version = value["openapi"]
        if not _VERSION.match(version):
            raise self._refuse("version-unknown", "", ("openapi",))
        info = self._object(value, "info", ())
        for name in ("title", "version"):
            if not isinstance(info.get(name), str):
                raise self._refuse("member-missing", f"info.{name}", ("info",))
        if version.startswith("3.0") or not ({"components", "webhooks"} & value.keys()):
            self._object(value, "paths", ())
        self._check_references()
        operations = {one.key: one for one in self._operations(self._object(value, "paths", (), needed=False))}
        components = self._object(value, "components", (), needed=False)
        schemas = self._object(components, "schemas", ("components",), needed=False)
        return Description(
            version[:3], value.get("jsonSchemaDialect", _DIALECT), value, operations, schemas, len(self._documents) == 1
        )

    def _refuse(self, rule: str, said: str, path: Path, document: str = "") -> SchemaError:
        return refused(rule, said, Place(pointer_of(path), None, document))

    def _object(self, parent: Mapping[str, Json], name: str, path: Path, *, needed: bool = True) -> dict[str, Json]:
        if name not in parent:
            if needed:
                raise self._refuse("member-missing", name, path)
            return {}
        found = parent[name]
        if not isinstance(found, dict):
            raise self._refuse("member-invalid", name, (*path, name))
        return found

    def _check_references(self) -> None:
        """Every ``$ref`` leads to something."""
        for document, whole in self._documents.items():
            waiting: list[tuple[Json, Path]] = [(whole, ())]
            while waiting:
                value, path = waiting.pop()
                self._budget.spend(1, "references")
                if isinstance(value, list):
                    waiting.extend((item, (*path, index)) for index, item in enumerate(value))
                if not isinstance(value, dict):
                    continue
                reference = value.get("$ref")
                if isinstance(reference, str) and self._target(reference, document) is None:
                    raise self._refuse("reference-unknown", reference[:200], path, document)
                waiting.extend((item, (*path, name)) for name, item in value.items() if name not in _LITERAL)

    def _target(self, reference: str, document: str) -> tuple[Json, str] | None:
        """What a reference leads to, and in which document. An anchor stands for its document."""
        name, _, fragment = reference.partition("#")
        name = name or document
        if name not in self._documents:
            return None
        value = self._documents[name]
        for step in fragment.split("/")[1:] if fragment.startswith("/") else ():
            key = _unescaped(step)
            if isinstance(value, list) and key.isascii() and key.isdigit() and len(key) < 6 and int(key) < len(value):  # noqa: PLR2004 - no list is longer
                value = value[int(key)]
            elif isinstance(value, dict) and key in value:
                value = value[key]
            else:
                return None
        return value, name

    def _resolved(self, value: Json, path: Path, document: str = "") -> tuple[Json, str]:
        """What stands there, references followed (not those of schemas)."""
        for _ in range(_MOST_HOPS):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return value, document
            found = self._target(value["$ref"], document)
            if found is None:
                break
            value, document = found
        raise self._refuse("reference-unknown", "$ref", path)

    def _operations(self, paths: Mapping[str, Json]) -> Iterator[Operation]:
        templates: set[str] = set()
        ids: set[str] = set()
        for name, item in paths.items():
            if name.startswith("x-"):
                continue
            path: Path = ("paths", name)
            template = _VARIABLE.sub("{}", name)
            if not name.startswith("/") or template in templates:
                raise self._refuse("path-invalid", name, path)
            templates.add(template)
            found, document = self._resolved(item, path)
            if not isinstance(found, dict):
                raise self._refuse("member-invalid", name, path)
            for method in METHODS:
                if method in found:
                    yield self._operation(f"{method.upper()} {template}", found, method, path, document)
                    self._check_id(found[method], ids, (*path, method))

    def _check_id(self, operation: Mapping[str, Json], ids: set[str], path: Path) -> None:
        name = operation.get("operationId")
        if name is not None and (not isinstance(name, str) or name in ids):
            raise self._refuse("operation-twice", str(name)[:100], path)
        if name is not None:
            ids.add(name)

    def _operation(self, key: str, item: Mapping[str, Json], method: str, path: Path, document: str) -> Operation:
        operation = self._object(item, method, path)
        here = (*path, method)
        parameters = self._parameters(item, path, document) | self._parameters(operation, here, document)
        body = None
        if "requestBody" in operation:
            found, where = self._resolved(operation["requestBody"], here, document)
            if not isinstance(found, dict):
                raise self._refuse("member-invalid", "requestBody", here)
            body = self._body(found, (*here, "requestBody"), where)
        responses = {
            status: self._response(value, (*here, "responses", status), document)
            for status, value in self._object(operation, "responses", here, needed=False).items()
            if not status.startswith("x-")
        }
        known = {"parameters", "requestBody", "responses"} | _REMARKS
        others = {name: value for name, value in operation.items() if name not in known and not name.startswith("x-")}
        others |= {name: item[name] for name in ("servers",) if name in item}
        return Operation(key, parameters, body, responses, others, here)

    def _parameters(self, holder: Mapping[str, Json], path: Path, document: str) -> dict[tuple[str, str], Parameter]:
        listed = holder.get("parameters", [])
        if not isinstance(listed, list):
            raise self._refuse("member-invalid", "parameters", path)
        found: dict[tuple[str, str], Parameter] = {}
        for index, item in enumerate(listed):
            here = (*path, "parameters", index)
            value, _ = self._resolved(item, here, document)
            if not isinstance(value, dict) or not isinstance(value.get("name"), str) or value.get("in") not in _WHERE:
                raise self._refuse("member-invalid", "parameters", here)
            name, where = value["name"], value["in"]
            key = (where, _identity(name, where, str(path[1])))
            if key in found:
                raise self._refuse("parameter-twice", name, here)
            others = {one: value[one] for one in _WRITTEN if one in value}
            found[key] = Parameter(name, where, value.get("required") is True, value.get("schema"), others, here)
        return found

    def _body(self, value: Mapping[str, Json], path: Path, document: str) -> Body:
        schemas: dict[str, Json] = {}
        others: dict[str, Json] = {"document": document} if document else {}
        for media_type, item in self._object(value, "content", path, needed=False).items():
            if not isinstance(item, dict):
                raise self._refuse("member-invalid", "content", (*path, "content", media_type))
            schemas[media_type.strip().lower()] = item.get("schema")
            if "encoding" in item:
                others[media_type] = item["encoding"]
        return Body(schemas, others, value.get("required") is True, path)

    def _response(self, value: Json, path: Path, document: str) -> Response:
        found, where = self._resolved(value, path, document)
        if not isinstance(found, dict):
            raise self._refuse("member-invalid", str(path[-1]), path)
        others = {name: item for name, item in found.items() if name in {"headers", "links"}}
        return Response(self._body(found, path, where), others)


def _identity(name: str, where: str, path: str) -> str:
    """What a parameter is known by: in a path its place, for the name there is the author's own."""
    if where == "path":
        variables = _VARIABLE.findall(path)
        return str(variables.index(f"{{{name}}}")) if f"{{{name}}}" in variables else name
    return name.lower() if where == "header" else name


def _unescaped(step: str) -> str:
    return unquote(step).replace("~1", "/").replace("~0", "~")
