"""An OpenAPI description (3.0, 3.1; JSON or YAML) → the neutral form, for adapters of kind `rest`.

Promises: read from one file, nothing is fetched; of each GET, POST and PUT with a JSON answer what must go in and what
comes out; how the system wants to be shown who asks becomes names of secrets, never a secret. Leaves out uploads,
cookies, answers that are no JSON: each is told with its rule.
Source: OpenAPI 3.0.4 and 3.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from bus.kit.new.addresses import base
from bus.kit.new.described import MAX_OPERATIONS, Described, Left, SourceField, SourceOperation
from bus.kit.new.json_schemas import Document, Fields, Json, kind_of, merged
from bus.kit.new.names import distinct, registry_name
from bus.kit.new.records import Reply, reply_of
from bus.kit.new.refused import SourceRefusedError
from bus.kit.new.security import Security, security_of
from bus.kit.new.texts import read_json_or_yaml

_VERSION: Final = re.compile(r"3\.[01]\.[0-9]{1,3}")
_METHODS: Final = ("get", "post", "put")
_PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/\-]|\{[^{}/]+\})*")
_PARAMETER: Final = re.compile(r"\{([^{}/]+)\}")
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NO_MATCH: Final = "404"
Where = tuple[str | int, ...]


def read_openapi(path: Path, address: str | None = None) -> Described:
    """Read a description.

    Args:
        path: the file.
        address: where the system listens; otherwise the first of `servers`.

    Raises:
        SourceRefusedError: by rule and place.
    """
    value, lines = read_json_or_yaml(path)
    if not isinstance(value, Mapping) or not _VERSION.fullmatch(str(value.get("openapi", ""))):
        raise SourceRefusedError("not-openapi", f"{path.name}:1")
    document = Document(path.name, value, lines)
    security = security_of(document, _base_url(document, address))
    left = list(security.left)
    operations = tuple(_operations(document, security, left))
    return Described(
        kind="rest",
        source="openapi",
        title=_text(_member(value, "info"), "title") or path.stem,
        settings=security.settings,
        operations=operations,
        secrets=security.secrets,
        left=tuple(left),
    )


def _base_url(document: Document, address: str | None) -> str:
    if address is not None:
        return base(address, "--address")
    servers = document.whole.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = _text(first, "url")
    place = document.spot(("servers", 0, "url"))
    if not url or url.startswith("/") or "{" in url:
        raise SourceRefusedError("address-needed", place)
    return base(url, place)


def _operations(document: Document, security: Security, left: list[Left]) -> Iterator[SourceOperation]:
    taken: set[str] = set()
    count = 0
    for path, item in _member(document.whole, "paths").items():
        for method in _METHODS:
            found = item.get(method) if isinstance(item, Mapping) else None
            if not isinstance(item, Mapping) or not isinstance(found, Mapping):
                continue
            count += 1
            if count > MAX_OPERATIONS:
                raise SourceRefusedError("too-many-operations", document.spot(("paths",)))
            reader = _Reader(document, str(path), method, item, found)
            try:
                yield reader.operation(taken, security)
            except _NotUsableError as error:
                left.append(Left(f"{method.upper()} {path}", error.rule, document.spot(("paths", path, method))))


class _NotUsableError(Exception):
    """This operation cannot be put to the system by an adapter of kind `rest`."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(rule)


class _Reader:
    """Reads one operation."""

    def __init__(self, document: Document, path: str, method: str, item: Json, found: Json) -> None:
        self.document = document
        self.path = path
        self.method = method
        self.item = item
        self.found = found
        self.at: Where = ("paths", path, method)
        self.left: list[Left] = []

    def operation(self, taken: set[str], security: Security) -> SourceOperation:
        if not _PATH.fullmatch(self.path) or ".." in self.path:
            raise _NotUsableError("path")
        inputs = (*self._parameters(), *self._body())
        reply, statuses = self._reply()
        own = _text(self.found, "operationId") or f"{self.method} {self.path}"
        return SourceOperation(
            name=distinct(registry_name(own), taken),
            own_name=own,
            title=_text(self.found, "summary") or own,
            inputs=(*inputs, *security.fields),
            outputs=reply.fields,
            call={
                "method": self.method.upper(),
                "path": self._written_path(),
                **({"code": reply.code} if reply.code else {}),
            },
            records=reply.records,
            many=reply.many,
            safe=True if self.method == "get" else None,
            statuses=statuses,
            left=tuple(self.left),
        )

    def _written_path(self) -> str:
        return _PARAMETER.sub(lambda match: "{" + _parameter_name(match[1]) + "}", self.path)

    def _parameters(self) -> Iterator[SourceField]:
        found: dict[tuple[str, str], tuple[Json, Where]] = {}
        for owner, at in ((self.item, self.at[:2]), (self.found, self.at)):
            rows = owner.get("parameters")
            for number, row in enumerate(rows if isinstance(rows, list) else []):
                here = (*at, "parameters", number)
                parameter = self.document.follow(row, here)
                found[_text(parameter, "in"), _text(parameter, "name")] = parameter, here
        for (where, name), (parameter, here) in found.items():
            yield from self._parameter(where, name, parameter, here)

    def _parameter(self, where: str, name: str, parameter: Json, at: Where) -> Iterator[SourceField]:
        required = parameter.get("required") is True
        if where not in {"path", "query", "header"}:
            if required:
                raise _NotUsableError("cookie")
            return
        written = _parameter_name(name) if where == "path" else name
        label = _text(parameter, "description")
        schema = {"description": label, **merged(self.document, parameter.get("schema", {}), at)}
        if kind_of(schema) in {"array", "object"} or "." in written:
            if required:
                raise _NotUsableError("parameter")
            self.left.append(Left(f"{where}.{name}", "parameter", self.document.spot(at)))
            return
        for leaf in Fields(self.document, at, self.left).below(schema, f"{where}.{written}", (name,)):
            yield replace(leaf, required=required)

    def _body(self) -> Iterator[SourceField]:
        if "requestBody" not in self.found:
            return
        at = (*self.at, "requestBody")
        body = self.document.follow(self.found["requestBody"], at)
        content = _member(body, "content")
        place = "json" if _json_type(content) else "form"
        media = _json_type(content) or ("application/x-www-form-urlencoded" if place == "form" else "")
        if media not in content:
            raise _NotUsableError("request-body")
        schema = _member(content, media).get("schema", {})
        if self.method == "get" or "properties" not in merged(self.document, schema, at):
            raise _NotUsableError("request-body")
        for leaf in Fields(self.document, at, self.left).below(schema, place, ()):
            if "[]" in leaf.place:
                self.left.append(Left(leaf.place, "list", self.document.spot(at)))
            else:
                yield leaf

    def _reply(self) -> tuple[Reply, dict[str, str]]:
        responses = _member(self.found, "responses")
        status = next((code for code in ("200", "201", "2XX", "default") if code in responses), None)
        if status is None:
            raise _NotUsableError("answer")
        at = (*self.at, "responses", status)
        content = _member(self.document.follow(responses[status], at), "content")
        media = _json_type(content)
        if not media:
            raise _NotUsableError("answer")
        reply = reply_of(self.document, _member(content, media).get("schema", {}), at, self.left)
        if not reply.fields:
            raise _NotUsableError("answer")
        return reply, {_NO_MATCH: "no-match"} if _NO_MATCH in responses else {}


def _parameter_name(name: str) -> str:
    """A path parameter as adapters write it."""
    return name if _PLAIN.fullmatch(name) else "p_" + re.sub(r"[^A-Za-z0-9_]", "_", name)


def _json_type(content: Json) -> str:
    for media in content:
        plain = media.partition(";")[0].strip().lower()
        if plain in {"application/json", "text/json"} or plain.endswith("+json"):
            return str(media)
    return ""


def _member(value: object, name: str) -> Json:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(value: object, name: str) -> str:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found.strip() if isinstance(found, str) else ""
