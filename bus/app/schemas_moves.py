"""Whole registries moved: into a folder of files, and from a folder or another registry into ours.

Promises: ids and version numbers are kept (mode IMPORT, taken back at the end); what is there already is passed over,
so a move that was cut short is taken up where it stopped; what cannot be taken is named and the rest goes on.
Leaves out: settings of the other registry.

    FOLDER/CONTEXT/SUBJECT/VERSION.json    CONTEXT and SUBJECT percent-encoded; `%2E` is the default context
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from bus.app.schemas_client import SchemasClient, SchemasRefusedError
from registry.registered.names import DEFAULT, Subject, subject_of

Progress = Callable[[int, int], None]
_KEPT: Final = ("schema", "schemaType", "references", "metadata", "ruleSet", "id", "version")


class Move(NamedTuple):
    """A schema on its way."""

    subject: Subject
    version: int
    id: int
    body: Mapping[str, Any]


class Moved(NamedTuple):
    """What came of a move: taken, there already, refused with the reason."""

    taken: int
    known: int
    refused: tuple[tuple[str, int, str], ...]


async def export(client: SchemasClient, folder: Path, prefix: str, told: Progress) -> int:
    """Write every version that begins so; how many are new in the folder."""
    fresh = 0
    async for done, total, move in _from_registry(client, prefix):
        file = _file(folder, move)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(msgspec.json.format(msgspec.json.encode(move.body), indent=1) + b"\n")
            fresh += 1
        told(done, total)
    return fresh


async def from_registry(source: SchemasClient, prefix: str, told: Progress) -> list[Move]:
    """Read every version of another registry whose subject begins so."""
    found = []
    async for done, total, move in _from_registry(source, prefix):
        found.append(move)
        told(done, total)
    return found


def from_folder(folder: Path) -> list[Move]:
    """Read what `export` wrote.

    Raises:
        OSError, ValueError: a file cannot be read.
    """
    bodies = (msgspec.json.decode(file.read_bytes(), type=dict[str, Any]) for file in sorted(folder.glob("*/*/*.json")))
    return [_move(body) for body in bodies]


async def take(client: SchemasClient, moves: Iterable[Move], into: str | None, told: Progress) -> Moved:
    """Register everything under its own ids and numbers, those first that others refer to.

    Args:
        client: our registry.
        moves: what is taken.
        into: the context that takes it; None keeps each where it was.
        told: called with (done, total).
    """
    waiting = sorted((_into(move, into) for move in moves), key=lambda move: (move.id, move.version))
    total, taken, known = len(waiting), 0, 0
    contexts = sorted({move.subject.context for move in waiting})
    modes = [(context, await _open(client, context)) for context in contexts]
    refused: list[tuple[Move, str]] = []
    try:
        while waiting:
            refused = []
            for move in waiting:
                outcome = await _take(client, move)
                if isinstance(outcome, str):
                    refused.append((move, outcome))
                else:
                    taken, known = taken + outcome, known + (not outcome)
                told(taken + known, total)
            if len(refused) == len(waiting):
                break
            waiting = [move for move, _ in refused]  # what they refer to may be there now
    finally:
        for context, mode in modes:
            await _close(client, context, mode)
    return Moved(taken, known, tuple((move.subject.text, move.version, reason) for move, reason in refused))


async def _take(client: SchemasClient, move: Move) -> bool | str:
    """True: taken; False: it was there; a text: why it was refused."""
    subject = move.subject.text
    try:
        there = await client.ask("GET", "subjects", subject, "versions", move.version, deleted=True)
    except SchemasRefusedError:
        there = None
    if there is not None and there["id"] == move.id and there["schema"] == move.body["schema"]:
        return False
    try:
        await client.ask("POST", "subjects", subject, "versions", body=dict(move.body))
    except SchemasRefusedError as error:
        return str(error)
    return True


async def _from_registry(client: SchemasClient, prefix: str) -> AsyncIterator[tuple[int, int, Move]]:
    subjects = [one for one in await client.ask("GET", "subjects") if one.startswith(prefix)]
    numbers = [
        (subject, number) for subject in subjects for number in await client.ask("GET", "subjects", subject, "versions")
    ]
    for done, (subject, number) in enumerate(numbers, start=1):
        yield done, len(numbers), _move(await client.ask("GET", "subjects", subject, "versions", number))


async def _open(client: SchemasClient, context: str) -> str | None:
    """Put a context into mode IMPORT; the mode that it had itself."""
    scope = f":{context}:"
    try:
        before = str((await client.ask("GET", "mode", scope))["mode"])
    except SchemasRefusedError:
        before = None
    await client.ask("PUT", "mode", scope, body={"mode": "IMPORT"}, force=True)
    return before


async def _close(client: SchemasClient, context: str, mode: str | None) -> None:
    if mode is None:
        await client.ask("DELETE", "mode", f":{context}:")
    else:
        await client.ask("PUT", "mode", f":{context}:", body={"mode": mode}, force=True)


def _move(body: dict[str, Any]) -> Move:
    subject = subject_of(str(body["subject"]))
    kept: dict[str, Any] = {name: body[name] for name in _KEPT if name in body}
    return Move(subject, int(body["version"]), int(body["id"]), {"subject": subject.text, **kept})


def _into(move: Move, context: str | None) -> Move:
    if context is None:
        return move
    subject = Subject(context, move.subject.name)
    return move._replace(subject=subject, body={**move.body, "subject": subject.text})


def _file(folder: Path, move: Move) -> Path:
    context = "%2E" if move.subject.context == DEFAULT else quote(move.subject.context, safe="")
    return folder / context / quote(move.subject.name, safe="") / f"{move.version}.json"
