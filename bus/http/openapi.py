"""The node's face in OpenAPI 3.1, built from the very models that read its requests.

Promises: what the description allows, the face reads, and the other way round, since both are one model.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from pydantic.json_schema import models_json_schema

from bus.http.requests import AskIn, DossierIn, SupplementIn
from bus.version import version

_REF: Final = "#/components/schemas/{model}"
_PROBLEM: Final = {
    "type": "object",
    "description": "Problem details (RFC 9457); `number` is from the closed list in docs/problems.md.",
    "required": ["type", "title", "status", "number", "text", "retry"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "number": {"type": "integer"},
        "text": {"type": "object", "properties": {"vi": {"type": "string"}, "en": {"type": "string"}}},
        "retry": {"type": "boolean"},
        "rule": {"type": "string"},
        "place": {"type": "string"},
        "fault_at": {
            "enum": ["consumer-system", "consumer-node", "hub", "provider-node", "provider-system"],
        },
        "correlation": {"type": "string"},
        "params": {"type": "object"},
        "guard": {"type": "object", "description": "Per field who already holds it, and under which legal basis."},
    },
}
_CORRELATION: Final = {
    "name": "X-Correlation-Id",
    "in": "header",
    "required": False,
    "description": "The caller's own id for this request; it travels to the provider's system and back.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$"},
}


def _path(name: str) -> dict[str, object]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _operation(
    operation_id: str, summary: str, model: str | None, success: str, path: tuple[str, ...] = ()
) -> dict[str, object]:
    operation: dict[str, object] = {
        "operationId": operation_id,
        "summary": summary,
        "parameters": [*(_path(name) for name in path), _CORRELATION],
        "responses": {
            success: {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}},
            "default": {
                "description": "A problem.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    }
    if model is not None:
        schema = {"$ref": _REF.format(model=model)}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


@cache
def document(server: str) -> dict[str, object]:
    """The description, for a node at `server`."""
    models: tuple[tuple[type[AskIn | DossierIn | SupplementIn], str], ...] = (
        (AskIn, "validation"),
        (DossierIn, "validation"),
        (SupplementIn, "validation"),
    )
    _, definitions = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type] # the mode is a literal
    four = ("agency", "system", "service", "operation")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lienthong node: the face to agency systems",
            "version": version(),
            "description": "Ask other agencies; open dossiers that never ask a citizen for what an agency holds.",
        },
        "servers": [{"url": server}],
        "security": [{"key": []}, {"bearer": []}, {"certificate": []}],
        "paths": {
            "/ask/{agency}/{system}/{service}/{operation}": {
                "post": _operation("ask", "Ask one question.", "AskIn", "200", four)
            },
            "/dossiers": {"post": _operation("openDossier", "Open and resolve a dossier.", "DossierIn", "201")},
            "/dossiers/{dossier}": {
                "get": _operation("showDossier", "A dossier as it stands.", None, "200", ("dossier",))
            },
            "/dossiers/{dossier}/supplements": {
                "post": _operation("supplement", "Ask the citizen for more.", "SupplementIn", "201", ("dossier",))
            },
            "/dossiers/{dossier}/close": {
                "post": _operation("closeDossier", "Close a dossier.", None, "200", ("dossier",))
            },
        },
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Problem": _PROBLEM},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "certificate": {"type": "mutualTLS"},
            },
        },
    }
