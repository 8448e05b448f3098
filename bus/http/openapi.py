"""The node's face in OpenAPI 3.1, built from the very models that read its requests and make its answers.

Promises: what the description allows, the face reads, and the other way round, since both are one model.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec
from pydantic.json_schema import models_json_schema

from bus.http import oauth, views
from bus.http.requests import AskIn, DossierIn, SupplementIn
from bus.version import version
from schemas.problems import FaultAt

_REF: Final = "#/components/schemas/{name}"
_TEXT: Final = {
    "type": "object",
    "required": ["vi", "en"],
    "properties": {"vi": {"type": "string"}, "en": {"type": "string"}},
}
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Problem details (RFC 9457); `number` is from the closed list in docs/problems.md.",
    "required": ["type", "title", "status", "number", "text", "retry"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The text in the language asked for."},
        "status": {"type": "integer"},
        "number": {"type": "integer"},
        "text": _TEXT,
        "retry": {"type": "boolean", "description": "Whether the same request may succeed later."},
        "rule": {"type": "string"},
        "place": {"type": "string"},
        "fault_at": {"enum": [where.value for where in FaultAt]},
        "correlation": {"type": "string"},
        "params": {"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
        "guard": {"$ref": _REF.format(name="GuardView")},
    },
    "additionalProperties": False,
}
_CORRELATION: Final = {
    "name": "X-Correlation-Id",
    "in": "header",
    "required": False,
    "description": "The caller's own id for this request; it travels to the provider's system and back. What is not "
    "written `[A-Za-z0-9][A-Za-z0-9._:-]{0,79}` is replaced by an id made here.",
    "schema": {"type": "string"},
}
_LANGUAGE: Final = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "`en` for problems titled in English; else Vietnamese. Both texts are in every problem.",
    "schema": {"type": "string"},
}
_ECHO: Final = {"X-Correlation-Id": {"description": "As sent, or made here.", "schema": {"type": "string"}}}
_VIEWS: Final = (views.AnswerView, views.DossierView, views.GuardView, views.ClosedView, views.HealthView)
_OAUTH_VIEWS: Final = (oauth.TokenView, oauth.TokenRefusedView, oauth.MetadataView)
OAUTH_PATHS: Final = (oauth.TOKEN_PATH, oauth.METADATA_PATH)
_TOKEN_FORM: Final = {
    "type": "object",
    "description": "RFC 6749 §4.4.2; the client's id and secret stand here or in a Basic header (§2.3.1).",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string"},
        "scope": {"type": "string", "pattern": f"^({oauth.SCOPE})?$"},
    },
}


def problem_schema() -> dict[str, object]:
    """The schema of a problem without a guard's verdict, for other faces' descriptions."""
    properties = {name: schema for name, schema in _PROBLEM["properties"].items() if name != "guard"}
    return {**_PROBLEM, "properties": properties}


def _path(name: str) -> dict[str, object]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


def _answer(description: str, media_type: str, name: str) -> dict[str, object]:
    return {"description": description, "headers": _ECHO, "content": {media_type: {"schema": _ref(name)}}}


def _operation(
    operation_id: str, summary: str, status: str, view: type[msgspec.Struct], model: str | None = None
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "summary": summary,
        "parameters": [_CORRELATION, _LANGUAGE],
        "responses": {
            status: _answer("Done.", "application/json", view.__name__),
            "default": _answer("A problem.", "application/problem+json", "Problem"),
        },
    }
    if model is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(model)}}}
    return operation


def _linked(opened: dict[str, Any]) -> dict[str, Any]:
    """An opening whose answer says what can be done next."""
    dossier = {"dossier": "$response.body#/dossier"}
    links = {
        name: {"operationId": name, "parameters": dossier} for name in ("showDossier", "supplement", "closeDossier")
    }
    opened["responses"]["201"]["links"] = links
    return opened


def _paths() -> dict[str, object]:
    asking = [_path(name) for name in ("agency", "system", "service", "operation")]
    dossier = [_path("dossier")]
    opened = _operation("openDossier", "Open and resolve a dossier.", "201", views.DossierView, "DossierIn")
    health = {
        "operationId": "health",
        "summary": "Whether this node reaches the hub; with a key of an agency, how its own systems stand.",
        "security": [],
        "responses": {
            "200": _answer("It does.", "application/json", "HealthView"),
            "503": _answer("It does not.", "application/json", "HealthView"),
        },
    }
    return {
        "/ask/{agency}/{system}/{service}/{operation}": {
            "parameters": asking,
            "post": _operation("ask", "Ask one question.", "200", views.AnswerView, "AskIn"),
        },
        "/dossiers": {"post": _linked(opened)},
        "/dossiers/{dossier}": {
            "parameters": dossier,
            "get": _operation("showDossier", "A dossier as it stands.", "200", views.DossierView),
        },
        "/dossiers/{dossier}/supplements": {
            "parameters": dossier,
            "post": _operation("supplement", "Ask the citizen for more.", "201", views.GuardView, "SupplementIn"),
        },
        "/dossiers/{dossier}/close": {
            "parameters": dossier,
            "post": _operation("closeDossier", "Close a dossier.", "200", views.ClosedView),
        },
        "/health": {"get": health},
        **_oauth_paths(),
    }


def _oauth_paths() -> dict[str, object]:
    problem = _answer("A problem.", "application/problem+json", "Problem")
    refused = {
        status: _answer(why, "application/json", "TokenRefusedView")
        for status, why in (
            ("400", "The request is wrong (RFC 6749 §5.2)."),
            ("401", "Unknown client or wrong secret."),
            ("413", "The form is over 8 KiB."),
            ("429", "Too many wrong secrets from this address; see Retry-After."),
        )
    }
    token = {
        "operationId": "token",
        "summary": "An access token for a client's id and secret (OAuth2 client credentials).",
        "security": [{}, {"client": []}],
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": _ref("TokenForm")}},
        },
        "responses": {"200": _answer("A token.", "application/json", "TokenView"), **refused, "default": problem},
    }
    metadata = {
        "operationId": "tokenMetadata",
        "summary": "What OAuth2 libraries find out by themselves (RFC 8414).",
        "security": [],
        "responses": {"200": _answer("It.", "application/json", "MetadataView")},
    }
    return {oauth.TOKEN_PATH: {"post": token}, oauth.METADATA_PATH: {"get": metadata}}


def _schemas() -> dict[str, object]:
    _, asked = models_json_schema(
        [(AskIn, "validation"), (DossierIn, "validation"), (SupplementIn, "validation")],
        ref_template=_REF.format(name="{model}"),
    )
    _, answered = msgspec.json.schema_components((*_VIEWS, *_OAUTH_VIEWS), ref_template=_REF)
    return {**asked.get("$defs", {}), **answered, "Problem": _PROBLEM, "TokenForm": _TOKEN_FORM}


@cache
def document() -> dict[str, object]:
    """The description; its server is wherever it was read from."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lienthong node: the face to agency systems",
            "version": version(),
            "description": "Ask other agencies; open dossiers that never ask a citizen for what an agency holds.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {"bearer": []}, {"certificate": []}, {"oauth2": [oauth.SCOPE]}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "certificate": {"type": "mutualTLS"},
                "client": {"type": "http", "scheme": "basic"},
                "oauth2": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": oauth.TOKEN_PATH,
                            "scopes": {oauth.SCOPE: "Whatever the system may do."},
                        }
                    },
                },
            },
        },
    }
