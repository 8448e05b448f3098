"""The authority's process and those who ask it, over a Unix socket: one question, one answer, both framed.

Promises: the key is in this process alone; the socket is closed to other users; a question is at most 64 KiB and takes
at most `ANSWER_S`. Leaves out: who may open a link (`bus.hub.renewals`), judging (`bus.certification.authority`).
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import msgspec
import structlog

from bus.certification.authority import Authority
from bus.hsm.wire import LENGTH_BYTES, MAX_FRAME_BYTES
from signing.renewal import RenewalRefusedError

log = structlog.get_logger(__name__)
ANSWER_S: Final = 30.0


class AuthorityAwayError(Exception):
    """The authority's process does not answer."""


class Question(msgspec.Struct, frozen=True, array_like=True):
    """A sealed request, packed, and the certificate that it is sealed with, DER."""

    sealed: bytes
    current: bytes


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """The new certificate, DER; or why there is none."""

    certificate: bytes = b""
    rule: str = ""
    sentence: str = ""


_encode = msgspec.msgpack.encode
_questions: Final = msgspec.msgpack.Decoder(Question)
_answers: Final = msgspec.msgpack.Decoder(Answer)


async def serve(
    authority: Authority, socket: Path, stop: asyncio.Event, journal_turn: asyncio.Lock | None = None
) -> None:
    """Answer until `stop`.

    Args:
        authority: key, journal and policy.
        socket: where hubs ask.
        stop: ends it.
        journal_turn: held while the journal is written, shared with whoever else writes it.

    Raises:
        OSError: the socket cannot be made.
    """
    turn = journal_turn or asyncio.Lock()  # one writer of the journal

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                question = _questions.decode(await _read(reader))
                async with turn:
                    told = await asyncio.to_thread(_answered, authority, question)
                await _write(writer, _encode(told))
        except (TimeoutError, OSError, EOFError, ValueError, msgspec.DecodeError) as error:
            log.warning("certification-question-lost", reason=type(error).__name__)
        finally:
            writer.close()

    _make_room(socket)
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(answer, socket)
    finally:
        os.umask(before)
    async with server:
        log.info("certification-listening", socket=str(socket))
        await stop.wait()


async def ask(socket: Path, question: Question) -> bytes:
    """The new certificate, DER.

    Raises:
        AuthorityAwayError: nobody answers in time.
        RenewalRefusedError: the authority's own word.
    """
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                await _write(writer, _encode(question))
                told = _answers.decode(await _read(reader))
            finally:
                writer.close()
    except (TimeoutError, OSError, EOFError, ValueError, msgspec.DecodeError) as error:
        raise AuthorityAwayError(type(error).__name__) from error
    if not told.certificate:
        raise RenewalRefusedError(told.rule, told.sentence.removesuffix(f" [{told.rule}]"))
    return told.certificate


def _make_room(socket: Path) -> None:
    socket.parent.mkdir(parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)


def _answered(authority: Authority, question: Question) -> Answer:
    try:
        return Answer(certificate=authority.renew(question.sealed, question.current))
    except RenewalRefusedError as error:
        log.warning("renewal-refused", rule=error.rule)
        return Answer(rule=error.rule, sentence=str(error))


async def _read(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
    if length > MAX_FRAME_BYTES:
        raise ValueError("over 64 KiB")
    return await reader.readexactly(length)


async def _write(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)
    await writer.drain()
