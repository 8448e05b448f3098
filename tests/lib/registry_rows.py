"""Spec tables of the schema registry: a chapter is a story of calls to one registry, and a page of the manual.

`…` in an expected answer stands for whatever is there: GUIDs, times, the words of a difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import orjson
from schemas_kit import Answer, Standing

ANY = "…"
_SHOWN = 400


@dataclass(frozen=True)
class Call:
    """One request and what it gets."""

    method: str
    path: str
    body: Any
    status: int
    answer: Any
    who: str


@dataclass
class Chapter:
    """One chapter of the manual: calls in their order."""

    title: str
    about: str
    calls: list[Call] = field(default_factory=list)

    def get(self, path: str, status: int, answer: object, *, who: str = "admin") -> Chapter:
        return self.call("GET", path, None, status, answer, who=who)

    def post(self, path: str, body: object, status: int, answer: object, *, who: str = "admin") -> Chapter:
        return self.call("POST", path, body, status, answer, who=who)

    def put(self, path: str, body: object, status: int, answer: object, *, who: str = "admin") -> Chapter:
        return self.call("PUT", path, body, status, answer, who=who)

    def delete(self, path: str, status: int, answer: object, *, who: str = "admin") -> Chapter:
        return self.call("DELETE", path, None, status, answer, who=who)

    def call(self, method: str, path: str, body: object, status: int, answer: object, *, who: str = "admin") -> Chapter:
        self.calls.append(Call(method, path, body, status, answer, who))
        return self

    def play(self, standing: Standing) -> None:
        """Make every call and compare, with the manual and with the description."""
        described = standing.ask("GET", "/openapi.json").body
        for call in self.calls:
            got = standing.ask(call.method, call.path, call.body, who=call.who)
            hold(described, call, got)
            assert (got.status, like(got.body, call.answer)) == (call.status, call.answer), (call, got)


def operation(described: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """The operation that a call is; the more literal path comes first."""
    steps = (urlsplit(path).path.rstrip("/") or "/").split("/")
    for template in sorted(described["paths"], key=lambda one: one.count("{")):
        wanted = template.split("/")
        fits = len(wanted) == len(steps) and all(
            two.startswith("{") or one == two for one, two in zip(steps, wanted, strict=True)
        )
        if fits and method.lower() in described["paths"][template]:
            return dict(described["paths"][template][method.lower()])
    return None


def hold(described: dict[str, Any], call: Call, got: Answer) -> None:
    """What came back is as described."""
    found = operation(described, call.method, call.path)
    if found is None:
        assert got.status in {404, 405}
        return
    answer = found["responses"].get(str(got.status), found["responses"]["default"])
    if "content" not in answer:
        assert got.body is None
        return
    (schema,) = {str(one): one for one in (each["schema"] for each in answer["content"].values())}.values()
    whole = {**schema, "components": described["components"]}
    jsonschema_rs.Draft202012Validator(whole, offline=True).validate(got.body)


def like(found: Any, wanted: Any) -> Any:  # noqa: ANN401 - any JSON
    """What was found, with `…` wherever that was wanted."""
    if wanted == ANY:
        return ANY
    if isinstance(wanted, str) and wanted.endswith(ANY) and isinstance(found, str):
        return wanted if found.startswith(wanted[: -len(ANY)]) else found
    if isinstance(wanted, dict) and isinstance(found, dict):
        return {name: like(value, wanted.get(name)) for name, value in found.items()}
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [like(one, other) for one, other in zip(found, wanted, strict=True)]
    return found


def page(chapters: list[Chapter]) -> Iterator[str]:
    """The manual's page."""
    yield "# Calls to the registry of schemas\n"
    yield (
        "Printed from `tests/spec/test_registry_calls.py`, which plays each chapter's calls in their order against a\n"
        "registry that listens. `…` stands for what differs each time. The manual is [schema-registry.md]"
        "(schema-registry.md).\n"
    )
    for chapter in chapters:
        yield f"## {chapter.title}\n\n{chapter.about}\n"
        yield "| call | body | status | answer |\n|---|---|---|---|"
        for call in chapter.calls:
            who = "" if call.who == "admin" else f" ({call.who})"
            body = "" if call.body is None else _code(call.body)
            yield f"| `{call.method} {call.path}`{who} | {body} | {call.status} | {_code(call.answer)} |"
        yield ""


def _code(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else orjson.dumps(value).decode()
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]} {ANY}"
    return f"`{text.replace('|', '&#124;').replace('`', chr(39))}`" if value is not None else ""
