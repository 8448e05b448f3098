"""The citizens' face in OpenAPI 3.1, built from the very models that make its answers.

Promises: every path and every member of an answer stands in it. Leaves out: the page for people beyond its address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, TypeAlias

import msgspec

from bus.http import find_usage
from bus.http.openapi import problem_schema
from bus.usages.looks import DEFAULT_LIMIT, MAX_LIMIT
from bus.version import version
from signing.page import Page

Schema: TypeAlias = Mapping[str, object]
_REF: Final = "#/components/schemas/{name}"
_JSON: Final = "application/json"
_DAY: Final = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}\.\d{3}Z)?$"
_PERIOD: Final[Mapping[str, Schema]] = {
    "since": {"type": "string", "pattern": _DAY, "description": "From this day (UTC) or moment on."},
    "until": {"type": "string", "pattern": _DAY, "description": "Before this day or moment."},
    "limit": {"type": "string", "pattern": "^[0-9]{1,3}$", "description": f"1 to {MAX_LIMIT}; else {DEFAULT_LIMIT}."},
    "cursor": {"type": "string", "description": "`next` of the page before, with the very same token."},
}
_TRACKER: Final[Mapping[str, Schema]] = {
    "userCode": {"type": "string", "description": "The citizen's number, with or without the country before it."},
    "periodStart": {"type": "string", "format": "date"},
    "periodEnd": {"type": "string", "format": "date", "description": "The last day, whole."},
    "offset": {"type": "integer", "minimum": 0, "default": 0},
    "limit": {"type": "integer", "minimum": 1, "maximum": find_usage.MOST, "default": find_usage.MOST},
}
_CHALLENGE: Final = {
    "type": "object",
    "required": ["nonce", "expires_at"],
    "properties": {
        "nonce": {"type": "string", "description": "For `nonce` of the OpenID Connect request."},
        "expires_at": {"type": "string", "format": "date-time"},
    },
    "additionalProperties": False,
}
_HEALTH: Final = {
    "type": "object",
    "required": ["status", "searchable"],
    "properties": {"status": {"const": "ok"}, "searchable": {"type": "integer", "minimum": 0}},
    "additionalProperties": False,
}
_LANGUAGE: Final = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "`en` puts English first, and titles problems in English; else Vietnamese.",
    "schema": {"type": "string"},
}
_USER: Final = {
    "name": find_usage.USER,
    "in": "header",
    "required": True,
    "description": "As the tracker has it; it must be the token's person.",
    "schema": {"type": "string"},
}
_PORTAL: Final[tuple[Schema, ...]] = ({}, {"portalKey": []}, {"portalCertificate": []})
_CITIZEN: Final[tuple[Schema, ...]] = tuple({"citizen": [], **portal} for portal in _PORTAL)


def _query(members: Mapping[str, Schema], required: Iterable[str] = ()) -> list[dict[str, object]]:
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in members.items()
    ]


def _body(members: Mapping[str, Schema], required: Iterable[str] = (), media: str = _JSON) -> dict[str, object]:
    schema = {
        "type": "object",
        "properties": dict(members),
        "required": list(required),
        "additionalProperties": False,
    }
    return {"required": bool(list(required)), "content": {media: {"schema": schema}}}


def _operation(operation_id: str, summary: str, answer: str, **more: object) -> dict[str, object]:
    return {
        "operationId": operation_id,
        "summary": summary,
        "security": list(_CITIZEN),
        "responses": {
            "200": _answered(answer),
            "default": {
                "description": "A problem.",
                "content": {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}},
            },
        },
        **more,
    }


def _answered(name: str) -> dict[str, object]:
    if name == "html":
        return {"description": "Done.", "content": {"text/html": {"schema": {"type": "string"}}}}
    return {"description": "Done.", "content": {_JSON: {"schema": {"$ref": _REF.format(name=name)}}}}


def _paths() -> dict[str, object]:
    posted = {**_PERIOD, "id_token": {"type": "string", "description": "The token, as the issuer posts it."}}
    challenge = _operation("challenge", "A challenge for the next login.", "Challenge", security=list(_PORTAL))
    responses = challenge["responses"]
    if isinstance(responses, dict):
        responses["201"] = responses.pop("200")
    tracker = [_USER, _LANGUAGE]
    return {
        "/usages/challenge": {"post": challenge},
        "/usages": {
            "get": _operation(
                "usages", "Who asked about me, with proofs.", "Page", parameters=[*_query(_PERIOD), _LANGUAGE]
            ),
            "post": _operation(
                "usagesByBody",
                "The same, with nothing in the address.",
                "Page",
                parameters=[_LANGUAGE],
                requestBody=_body(_PERIOD),
            ),
        },
        "/usages/view": {
            "get": _operation("view", "The same for people.", "html", parameters=[*_query(_PERIOD), _LANGUAGE]),
            "post": _operation(
                "viewPosted",
                "The same, with the token posted by the issuer (response_mode=form_post).",
                "html",
                parameters=[_LANGUAGE],
                security=list(_PORTAL),
                requestBody=_body(posted, ["id_token"], "application/x-www-form-urlencoded"),
            ),
        },
        "/v2/findUsage": {
            "get": _operation(
                "findUsage",
                "The same in the data tracker's shape.",
                "FoundView",
                parameters=[*_query(_TRACKER, ["userCode"]), *tracker],
            ),
            "post": _operation(
                "findUsageByBody",
                "The same, with nothing in the address.",
                "FoundView",
                parameters=tracker,
                requestBody=_body(_TRACKER, ["userCode"]),
            ),
        },
        "/v2/usagePeriod": {
            "get": _operation("usagePeriod", "From when to when.", "PeriodView", security=list(_PORTAL))
        },
        "/v2/heartbeat": {"get": _operation("heartbeat", "Whether it works.", "HeartbeatView", security=[])},
        "/health": {"get": _operation("health", "Whether it answers.", "Health", security=[])},
    }


@cache
def document() -> dict[str, object]:
    """The description; its server is wherever it was read from."""
    _, answered = msgspec.json.schema_components(
        (Page, find_usage.FoundView, find_usage.PeriodView, find_usage.HeartbeatView), ref_template=_REF
    )
    made = {
        "openapi": "3.1.0",
        "info": {
            "title": "Lienthong hub: the face to citizens",
            "version": version(),
            "description": "Citizens see who asked about them, when, why and by what right, and can prove it.",
        },
        "servers": [{"url": "/"}],
        "paths": _paths(),
        "components": {
            "schemas": {**answered, "Challenge": _CHALLENGE, "Health": _HEALTH, "Problem": problem_schema()},
            "securitySchemes": {
                "citizen": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "portalKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "portalCertificate": {"type": "mutualTLS"},
            },
        },
    }
    plain: dict[str, object] = msgspec.json.decode(msgspec.json.encode(made))  # lists, where models have tuples
    return plain
