"""Where the fields of a question go in an HTTP request, for the kinds that declare places (`rest`, `xroad-bridge`).

Promises: what a question carries can never change the path it is put to (parameters are percent-encoded, "." and ".."
refused) nor add a header; a field without a place is a mistake found when the declaration is read.
Leaves out: sending, and reading replies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import quote, urlencode

import orjson
from pydantic import Field, model_validator

from adapters.http import Request
from adapters.operation import Faults, Operation
from adapters.port import PeerError, PeerFault

_PARAMETER: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_TEMPLATE: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/\-]|\{[A-Za-z][A-Za-z0-9_]*\})*")
_PLACES: Final = frozenset({"path", "query", "header", "json", "form"})


class HttpOperation(Operation):
    """One operation: a method, a path with {parameters}, and where each field of the question goes.

    A question's `to` starts with its place: `path.number`, `query.birth`, `header.X-Officer`,
    `json.data.name` or `form.name`.
    """

    method: Literal["GET", "POST", "PUT"] = "GET"
    path: str
    statuses: Faults = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_places(self) -> HttpOperation:
        places: dict[str, set[str]] = {place: set() for place in _PLACES}
        for field in self.question:
            place, _, rest = field.to.partition(".")
            if place not in _PLACES or not rest:
                raise ValueError(f"{field.to}: starts with path., query., header., json. or form.")
            places[place].add(rest)
        if (self.path and not _TEMPLATE.fullmatch(self.path)) or ".." in self.path:
            raise ValueError("a path starts with / and holds plain characters and {parameters}")
        if set(_PARAMETER.findall(self.path)) != places["path"]:
            raise ValueError("the path's {parameters} and the question's path. fields are not the same")
        if (places["json"] or places["form"]) and self.method == "GET":
            raise ValueError("GET carries no body")
        if places["json"] and places["form"]:
            raise ValueError("a body is json or form, not both")
        return self


def written(base_url: str, operation: HttpOperation, fields: Mapping[str, object]) -> Request:
    """The request for one question.

    Args:
        base_url: what the operation's path is put behind, already percent-encoded.
        operation: the declaration.
        fields: what the question map gave, by place.

    Raises:
        PeerError: bad-question; a value has no form that fits its place.
    """
    parts = {place: _plain(place, fields.get(place)) for place in _PLACES - {"json"}}
    path = _PARAMETER.sub(lambda m: _segment(m[1], parts["path"]), operation.path)
    url = base_url + path + ("?" + urlencode(parts["query"], quote_via=quote) if parts["query"] else "")
    headers = {name: _header(name, value) for name, value in parts["header"].items()}
    body: bytes | None = None
    if "json" in fields:
        headers["Content-Type"] = "application/json"
        body = orjson.dumps(fields["json"])
    elif parts["form"]:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(parts["form"]).encode()
    return Request(operation.method, url, headers, body)


def _plain(place: str, given: object) -> dict[str, str]:
    """The fields of one place as text; lists and objects have no place in a URL or a header."""
    texts: dict[str, str] = {}
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if isinstance(value, bool):
            texts[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            texts[name] = str(value)
        else:
            raise PeerError(PeerFault.BAD_QUESTION, rule="not-plain", at=f"{place}.{name}")
    return texts


def _segment(name: str, values: Mapping[str, str]) -> str:
    """One parameter inside a path: it can neither end the segment nor climb out of it."""
    value = values.get(name, "")
    if not value:
        raise PeerError(PeerFault.BAD_QUESTION, rule="missing", at=f"path.{name}")
    if value.strip(".") == "" or any(ord(char) < ord(" ") for char in value):
        raise PeerError(PeerFault.BAD_QUESTION, rule="path-parameter", at=f"path.{name}")
    return quote(value, safe="")


def _header(name: str, value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise PeerError(PeerFault.BAD_QUESTION, rule="header-value", at=f"header.{name}")
    return value
