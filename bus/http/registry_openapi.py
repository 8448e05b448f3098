"""The schema registry's face in OpenAPI 3.1, from the routes that serve it and the models that read its requests.

Promises: every route is described, and every description is a route: both are one list.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeAlias

import msgspec
from aiohttp import web

from bus.http.registry_wire import ConfigIn, ModeIn, SchemaIn, TagSchemaIn
from bus.version import version

Route: TypeAlias = tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]
_REF: Final = "#/components/schemas/{name}"
_V1: Final = "application/vnd.schemaregistry.v1+json"
_TYPES: Final = (_V1, "application/vnd.schemaregistry+json", "application/json")
_STEP: Final = re.compile(r"\{([a-z]+)(?::[^}]*)?\}")
_OPEN: Final = frozenset({"/", "/health", "/openapi.json"})
_BODIES: Final[dict[tuple[str, str], type[msgspec.Struct]]] = {
    ("POST", "/subjects/{subject}"): SchemaIn,
    ("POST", "/subjects/{subject}/versions"): SchemaIn,
    ("POST", "/subjects/{subject}/versions/{version}/tags"): TagSchemaIn,
    ("POST", "/compatibility/subjects/{subject}/versions"): SchemaIn,
    ("POST", "/compatibility/subjects/{subject}/versions/{version}"): SchemaIn,
    ("PUT", "/config"): ConfigIn,
    ("PUT", "/config/{subject}"): ConfigIn,
    ("PUT", "/mode"): ModeIn,
    ("PUT", "/mode/{subject}"): ModeIn,
}
_PAGE: Final = ("offset", "limit")
_QUERIES: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("GET", "/schemas"): ("subjectPrefix", "deleted", "latestOnly", *_PAGE),
    ("GET", "/schemas/ids/{id}"): ("subject", "fetchMaxId"),
    ("GET", "/schemas/ids/{id}/schema"): ("subject",),
    ("GET", "/schemas/ids/{id}/subjects"): ("subject", "deleted", *_PAGE),
    ("GET", "/schemas/ids/{id}/versions"): ("subject", "deleted", *_PAGE),
    ("GET", "/subjects"): ("subjectPrefix", "deleted", "deletedOnly", *_PAGE),
    ("POST", "/subjects/{subject}"): ("normalize", "deleted"),
    ("DELETE", "/subjects/{subject}"): ("permanent",),
    ("GET", "/subjects/{subject}/metadata"): ("key", "value", "deleted"),
    ("GET", "/subjects/{subject}/versions"): ("deleted", "deletedOnly", "deletedAsNegative", *_PAGE),
    ("POST", "/subjects/{subject}/versions"): ("normalize",),
    ("GET", "/subjects/{subject}/versions/{version}"): ("deleted",),
    ("DELETE", "/subjects/{subject}/versions/{version}"): ("permanent",),
    ("GET", "/subjects/{subject}/versions/{version}/schema"): ("deleted",),
    ("GET", "/subjects/{subject}/versions/{version}/referencedby"): _PAGE,
    ("POST", "/compatibility/subjects/{subject}/versions"): ("normalize", "verbose"),
    ("POST", "/compatibility/subjects/{subject}/versions/{version}"): ("normalize", "verbose"),
    ("GET", "/contexts"): _PAGE,
    ("GET", "/config/{subject}"): ("defaultToGlobal",),
    ("GET", "/mode/{subject}"): ("defaultToGlobal",),
    ("PUT", "/mode"): ("force",),
    ("PUT", "/mode/{subject}"): ("force",),
}
_TEXTS: Final = frozenset({"subject", "subjectPrefix", "key", "value"})
_TEXT: Final[dict[str, object]] = {"type": "string"}
_NUMBER: Final[dict[str, object]] = {"type": "integer"}
_NAMES: Final[dict[str, object]] = {"type": "array", "items": _TEXT}
_NUMBERS: Final[dict[str, object]] = {"type": "array", "items": _NUMBER}
_PLACE: Final[dict[str, object]] = {"pointer": _TEXT, "line": {"type": ["integer", "null"]}, "document": _TEXT}
_BOTH: Final[dict[str, object]] = {"type": "object", "required": ["vi", "en"], "properties": {"vi": _TEXT, "en": _TEXT}}


def _object(properties: dict[str, object], *required: str) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(required)}


_DIFFERENCE: Final = _object(
    {
        "rule": _TEXT,
        "direction": {"enum": ["BACKWARD", "FORWARD"]},
        "old": _object(dict(_PLACE)),
        "new": _object(dict(_PLACE)),
        "said": _BOTH,
        "mend": _BOTH,
        "undecided": {"type": "boolean"},
        "spent": _NUMBER,
    },
    *("rule", "direction", "old", "new", "said"),
)
_INCOMPATIBILITY: Final = _object(
    {
        "version": _NUMBER,
        "differences": {"type": "array", "items": _DIFFERENCE},
        "witness": _object({"text": _TEXT, "media_type": _TEXT}, "text", "media_type"),
    },
    *("version", "differences"),
)
_SCHEMA: Final[dict[str, object]] = {
    "schema": _TEXT,
    "schemaType": {"enum": ["JSON", "XSD", "PROTOBUF", "WSDL", "OPENAPI"]},
    "references": {"type": "array", "items": {"$ref": _REF.format(name="ReferenceIn")}},
    "metadata": {"$ref": _REF.format(name="Metadata")},
    "ruleSet": {"type": "object"},
    "maxId": _NUMBER,
}
_OWN: Final[dict[str, object]] = {
    "Error": _object(
        {
            "error_code": _NUMBER,
            "message": _TEXT,
            "incompatibilities": {"type": "array", "items": _INCOMPATIBILITY},
            "rule": _TEXT,
        },
        *("error_code", "message"),
    ),
    "Schema": _object(_SCHEMA, "schema"),
    "Registered": _object(
        {**_SCHEMA, "guid": _TEXT, "id": _NUMBER, "version": _NUMBER}, "id", "version", "guid", "schema"
    ),
    "Version": _object(
        {
            **_SCHEMA,
            "subject": _TEXT,
            "guid": _TEXT,
            "id": _NUMBER,
            "version": _NUMBER,
            "ts": _NUMBER,
            "deleted": {"type": "boolean"},
        },
        *("subject", "id", "version", "guid", "schema", "ts"),
    ),
    "Compatible": _object(
        {
            "is_compatible": {"type": "boolean"},
            "messages": _NAMES,
            "incompatibilities": {"type": "array", "items": _INCOMPATIBILITY},
        },
        "is_compatible",
    ),
    "Mode": _object({"mode": {"enum": ["READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD"]}}, "mode"),
}
_ANSWERS: Final[dict[str, dict[str, object]]] = {
    "GET /schemas": {"type": "array", "items": {"$ref": _REF.format(name="Version")}},
    "GET /schemas/types": _NAMES,
    "GET /schemas/ids/{id}": {"$ref": _REF.format(name="Schema")},
    "GET /schemas/ids/{id}/subjects": _NAMES,
    "GET /schemas/ids/{id}/versions": {"type": "array", "items": _object({"subject": _TEXT, "version": _NUMBER})},
    "GET /schemas/guids/{guid}": {"$ref": _REF.format(name="Schema")},
    "GET /schemas/guids/{guid}/ids": {"type": "array", "items": _object({"context": _TEXT, "id": _NUMBER})},
    "GET /subjects": _NAMES,
    "POST /subjects/{subject}": {"$ref": _REF.format(name="Version")},
    "DELETE /subjects/{subject}": _NUMBERS,
    "GET /subjects/{subject}/metadata": {"$ref": _REF.format(name="Version")},
    "GET /subjects/{subject}/versions": _NUMBERS,
    "POST /subjects/{subject}/versions": {"$ref": _REF.format(name="Registered")},
    "GET /subjects/{subject}/versions/{version}": {"$ref": _REF.format(name="Version")},
    "DELETE /subjects/{subject}/versions/{version}": _NUMBER,
    "POST /subjects/{subject}/versions/{version}/tags": {"$ref": _REF.format(name="Registered")},
    "GET /subjects/{subject}/versions/{version}/referencedby": _NUMBERS,
    "POST /compatibility/subjects/{subject}/versions": {"$ref": _REF.format(name="Compatible")},
    "POST /compatibility/subjects/{subject}/versions/{version}": {"$ref": _REF.format(name="Compatible")},
    "GET /contexts": _NAMES,
    **{
        f"{method} /mode{scope}": {"$ref": _REF.format(name="Mode")}
        for method in ("GET", "PUT", "DELETE")
        for scope in ("", "/{subject}")
    },
}


def document(routes: Iterable[Route]) -> dict[str, object]:
    """The description of these routes; its server is wherever it was read from."""
    paths: dict[str, dict[str, object]] = {}
    for method, path, handler in routes:
        shown = _STEP.sub(r"{\1}", path)
        steps = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in _STEP.findall(path)]
        item = paths.setdefault(shown, {"parameters": steps} if steps else {})
        item[method.lower()] = _operation(method, shown, handler)
    _, read = msgspec.json.schema_components([*_BODIES.values()], ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lienthong registry of schemas",
            "version": version(),
            "description": "What stock clients of schema registries call; docs/schema-registry.md is the manual.",
        },
        "servers": [{"url": "."}],
        "security": [{"basic": []}, {"bearer": []}, {"key": []}, {"certificate": []}],
        "paths": paths,
        "components": {
            "schemas": {**read, **_OWN},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "certificate": {"type": "mutualTLS"},
            },
        },
    }


def _operation(method: str, path: str, handler: Callable[..., object]) -> dict[str, object]:
    name = getattr(handler, "__name__", "")
    place = "".join(step.capitalize() for step in re.findall(r"[a-z0-9]+", path.lower()))
    error = {"description": "Refused.", "content": _content({"$ref": _REF.format(name="Error")})}
    told: dict[str, Any] = {
        "operationId": f"{name}_{method.lower()}{place}",
        "summary": (inspect.getdoc(handler) or "").partition("\n")[0],
        "parameters": [_query(one) for one in _QUERIES.get((method, path), ())],
        "responses": {**_good(method, path), "default": error},
    }
    model = _BODIES.get((method, path))
    if model is not None:
        told["requestBody"] = {"required": True, "content": _content({"$ref": _REF.format(name=model.__name__)})}
    if path in _OPEN:
        told["security"] = []
    return told


def _good(method: str, path: str) -> dict[str, object]:
    if (method, path) == ("DELETE", "/contexts/{context}"):
        return {"204": {"description": "Done."}}
    if path.startswith("/associations"):
        return {}
    return {"200": {"description": "Done.", "content": _content(_ANSWERS.get(f"{method} {path}", {}))}}


def _content(schema: dict[str, Any]) -> dict[str, object]:
    return {media_type: {"schema": schema} for media_type in _TYPES}


def _query(name: str) -> dict[str, object]:
    kind = "string" if name in _TEXTS else "integer" if name in _PAGE else "boolean"
    return {"name": name, "in": "query", "required": False, "schema": {"type": kind}}
