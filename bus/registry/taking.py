"""Governed schemas from their registry into an authored folder, from where the registrar's signature carries them on.

Promises: what a version's developer registered is what nodes get, byte for byte where the text itself names the terms;
a file that is there already is never written over; whatever cannot be taken is named with its reason, and the rest is
taken. Leaves out moving services to a new version (an edit of `services/`, for people) and signing it (`publish`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
import orjson

from bus.registry.layout import write
from registry.evolution.limits import TEXT
from registry.evolution.port import FormatName
from registry.registered.governance import TERM_PREFIX
from registry.shapes import TERM

TIMEOUT_S: Final = 30.0
_MOST_BYTES: Final = 8 * TEXT
Value = TypeVar("Value")
_SUBJECT: Final = re.compile(r"[a-z][a-z0-9.-]{0,79}")


class RegistryAnswerError(Exception):
    """The registry of schemas refused, or what answers there is none; the message says which."""


class _Metadata(msgspec.Struct):
    properties: dict[str, str] | None = None


class _Reference(msgspec.Struct):
    name: str


class Registered(msgspec.Struct):
    """One version as its registry shows it."""

    subject: str
    version: int
    schema: str
    schemaType: FormatName = FormatName.AVRO  # noqa: N815 - the wire's own word
    metadata: _Metadata | None = None
    references: tuple[_Reference, ...] = ()

    @property
    def properties(self) -> dict[str, str]:
        """What its owner said of it."""
        return (self.metadata and self.metadata.properties) or {}


class Left(NamedTuple):
    """A version that was not taken, and why."""

    ref: str
    reason: str


class Taken(NamedTuple):
    """What came of it: files written, versions that were there already, versions left."""

    written: tuple[str, ...]
    held: tuple[str, ...]
    left: tuple[Left, ...]


class Source:
    """A registry of schemas over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, url: str, context: str) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._prefix = f":{context}:"

    async def versions(self, subjects: frozenset[str]) -> list[Registered]:
        """Every version of the governed context, or of these subjects in it, oldest first.

        Raises:
            RegistryAnswerError: it refuses, or is no such registry.
            aiohttp.ClientError: it cannot be reached.
        """
        names = await self._get(f"/subjects?subjectPrefix={quote(self._prefix)}", list[str])
        wanted = sorted(name for name in names if not subjects or name.removeprefix(self._prefix) in subjects)
        if unknown := subjects - {name.removeprefix(self._prefix) for name in names}:
            raise RegistryAnswerError(f"there is no {', '.join(sorted(unknown))} in context {self._prefix}")
        found = []
        for name in wanted:
            path = f"/subjects/{quote(name, safe='')}/versions"
            found += [await self._get(f"{path}/{number}", Registered) for number in await self._get(path, list[int])]
        return [msgspec.structs.replace(one, subject=one.subject.removeprefix(self._prefix)) for one in found]

    async def _get(self, path: str, kind: type[Value]) -> Value:
        body = bytearray()
        async with self._session.get(self._url + path, allow_redirects=False) as answer:
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise RegistryAnswerError(f"{path.partition('?')[0]}: more than {_MOST_BYTES} bytes")
        if answer.status != 200:  # noqa: PLR2004 - done
            raise RegistryAnswerError(f"{path.partition('?')[0]}: status {answer.status}, {_said(body)}")
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.MsgspecError as error:
            raise RegistryAnswerError(f"what answers there is no registry of schemas ({error})") from None


def take(versions: Iterable[Registered], folder: Path) -> Taken:
    """Write what is new into `schemas/` of the folder.

    Raises:
        OSError: the folder cannot be written.
    """
    written, held, left = [], [], []
    for one in versions:
        ref = f"{one.subject}@{one.version}"
        files = files_of(one)
        if isinstance(files, Left):
            left.append(files)
            continue
        there = {name: (folder / name).read_bytes() for name in files if (folder / name).exists()}
        if any(data != files[name] for name, data in there.items()):
            left.append(Left(ref, "the folder holds another text under this version"))
        elif len(there) == len(files):
            held.append(ref)
        else:
            for name, data in files.items():
                write(folder / name, data)
            written += list(files)
    return Taken(tuple(written), tuple(held), tuple(left))


def files_of(one: Registered) -> dict[str, bytes] | Left:
    """Path in an authored folder → content, or why there is none."""
    ref = f"{one.subject}@{one.version}"
    place = f"schemas/{one.subject}/{one.version}"
    if not _SUBJECT.fullmatch(one.subject):
        return Left(ref, f"a service's schema is named {_SUBJECT.pattern}")
    if one.references:
        return Left(ref, "it refers to other schemas; services need it in one document")
    terms = {k.removeprefix(TERM_PREFIX): v for k, v in one.properties.items() if k.startswith(TERM_PREFIX)}
    if one.schemaType is FormatName.JSON:
        try:
            return {f"{place}.json": _bound(one.schema, terms) if terms else one.schema.encode()}
        except (LookupError, TypeError, ValueError):
            return Left(ref, f"a property {TERM_PREFIX}… of its metadata is no place in it")
    if one.schemaType is FormatName.XSD:
        return {f"{place}.xsd": one.schema.encode(), f"{place}.terms.toml": _terms_file(terms)}
    return Left(ref, f"services speak JSON Schema and XSD, not {one.schemaType}")


def _bound(text: str, terms: Mapping[str, str]) -> bytes:
    """The document with the terms that its metadata binds, each at its JSON pointer."""
    document = orjson.loads(text)
    for pointer, term in terms.items():
        node = document
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            node = node[int(name)] if isinstance(node, list) else node[name]
        node[TERM] = term
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _terms_file(terms: Mapping[str, str]) -> bytes:
    rows = ((_quoted(place), _quoted(term)) for place, term in terms.items() if "/" in place)
    return "\n".join(f"[[field]]\npath = {place}\nterm = {term}\n" for place, term in rows).encode()


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's (TOML 1.0.0, String)."""
    return orjson.dumps(text).decode()


def _said(body: bytes | bytearray) -> str:
    """The registry's own message; nothing of a body that is not its own."""
    try:
        return str(msgspec.json.decode(body, type=dict[str, object]).get("message", ""))[:200]
    except msgspec.MsgspecError:
        return "and no message"
