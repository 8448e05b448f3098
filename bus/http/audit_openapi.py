"""The auditors' face in OpenAPI 3.1, built from the models that read its questions and make its pages.

Promises: the filters are those that the face reads, all of them and no other; the page's schema is the page's own type.
Leaves out: what a filter finds (docs/audit.md).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from bus.audit.query import Asked
from bus.audit.reports import REPORTS
from bus.http.openapi import problem_schema
from bus.version import version
from signing.page import Page, PageRecord

_REF: Final = "#/components/schemas/{name}"
_FORMATS: Final = ("json", "csv", "jsonl")
_SPAN: Final = ("since", "until")


@cache
def document() -> dict[str, object]:
    """The description; its server is wherever it was read from."""
    _, schemas = msgspec.json.schema_components((Page, PageRecord), ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lienthong hub: the face to auditors",
            "version": version(),
            "description": "Records with proofs, exports, reports. Every request is first recorded itself.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {"bearer": []}],
        "paths": _paths(),
        "components": {
            "schemas": {**schemas, "Problem": problem_schema()},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _paths() -> dict[str, object]:
    names = [*Asked.__struct_fields__, "format"]
    filters = {name: {"type": "string"} for name in names} | {"format": {"enum": list(_FORMATS)}}
    body = {"type": "object", "properties": filters, "additionalProperties": False}
    asked = _operation("askRecords", "The same with nothing in the address: for questions about a person.", _records())
    asked["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    found = _operation("searchRecords", "Records within the auditor's scope, newest first, with proofs.", _records())
    found["parameters"] = [_query(name, schema) for name, schema in filters.items()]
    report = _operation("report", "One report over a span of time.", _json("A report.", {"type": "object"}))
    report["parameters"] = [_query(name, {"type": "string"}) for name in _SPAN]
    health = _operation(
        "health", "Whether the search answers, and how far it is.", _json("It does.", {"type": "object"})
    )
    named = {"name": "name", "in": "path", "required": True, "schema": {"enum": list(REPORTS)}}
    return {
        "/audit/records": {"get": found, "post": asked},
        "/audit/reports": {
            "get": _operation("listReports", "Which reports there are.", _json("Their names.", {"type": "object"}))
        },
        "/audit/reports/{name}": {"parameters": [named], "get": report},
        "/health": {"get": {**health, "security": []}},
    }


def _records() -> dict[str, Any]:
    total = {"X-Total-Records": {"description": "Of an export: how many follow.", "schema": {"type": "integer"}}}
    return {
        "description": "A page, or everything as a stream.",
        "headers": total,
        "content": {
            "application/json": {"schema": {"$ref": _REF.format(name="Page")}},
            "text/csv": {"schema": {"type": "string"}},
            "application/jsonl": {"schema": {"$ref": _REF.format(name="PageRecord")}},
        },
    }


def _json(description: str, schema: dict[str, object]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _operation(operation_id: str, summary: str, done: dict[str, Any]) -> dict[str, Any]:
    refused = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
    return {
        "operationId": operation_id,
        "summary": summary,
        "responses": {"200": done, "default": {"description": "A problem.", "content": refused}},
    }


def _query(name: str, schema: object) -> dict[str, object]:
    return {"name": name, "in": "query", "required": False, "schema": schema}
