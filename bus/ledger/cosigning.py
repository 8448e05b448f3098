"""Asking witnesses: the publisher's side of c2sp.org/tlog-witness.

Promises: each witness is asked from the size it has, one request at a time, so one that is slow or gone delays nobody;
what it answers counts only if its cosignature holds. An answer that should not be raises an alarm: in the log, and in
`state` for `doctor`. Leaves out: what happens without a quorum (`bus.ledger.witnessing`).
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, Protocol

import aiohttp
import msgspec
import structlog

from bus.ledger.port import LedgerError
from signing.checkpoint import Checkpoint, SignatureLine, parse, read_lines
from signing.merkle import MerkleError
from signing.tlog_policy import Policy, Witness
from signing.verdict import VerdictError

log = structlog.get_logger(__name__)
MAX_ANSWER_BYTES: Final = 64 * 1024
GRACE_S: Final = 0.1
"""How much longer the others may take once a quorum stands, in seconds."""
_TRIES: Final = 3
_OK: Final = 200
_CONFLICT: Final = 409
_SEVERE: Final = {
    403: "403: it does not know the key that signed",
    422: "422: it does not accept that this log goes on from what it cosigned",
}

Prove = Callable[[int, int], Awaitable[tuple[bytes, ...]]]
"""The consistency path from one size of our tree to another."""


class Said(NamedTuple):
    """A witness' HTTP answer."""

    status: int
    body: bytes


class Post(Protocol):
    """Posts bytes and returns what is answered."""

    async def __call__(self, url: str, body: bytes) -> Said:
        """Raises OSError or TimeoutError where nobody answers."""


class WitnessState(msgspec.Struct):
    """How it stands with one witness.

    Attributes:
        name: in the policy.
        size: the size it has cosigned; None before it was ever reached.
        alarm: why it did not cosign what it was asked last; empty when it did.
        severe: whether that alarm means that somebody has shown it another history, or that a key is wrong.
    """

    name: str
    size: int | None = None
    alarm: str = ""
    severe: bool = False


class HttpPost:
    """Over HTTP, connections kept; made on a running loop, ended by `close`."""

    def __init__(self, timeout_s: float, content_type: str | None = None) -> None:
        headers = {} if content_type is None else {"Content-Type": content_type}
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout_s), headers=headers)

    async def __call__(self, url: str, body: bytes) -> Said:
        """See `Post`."""
        try:
            async with self._session.post(url, data=body, allow_redirects=False) as answer:
                return Said(answer.status, await _limited(answer.content))
        except aiohttp.ClientError as error:
            raise OSError(type(error).__name__) from error

    async def close(self) -> None:
        """End the connections."""
        await self._session.close()


async def _limited(content: aiohttp.StreamReader) -> bytes:
    """A whole body, cut off one byte beyond the limit, so that no parser takes it for whole."""
    got = bytearray()
    async for piece in content.iter_any():
        got += piece
        if len(got) > MAX_ANSWER_BYTES:
            return bytes(got[: MAX_ANSWER_BYTES + 1])
    return bytes(got)


class Cosigners:
    """The witnesses of one policy."""

    def __init__(self, policy: Policy, prove: Prove, post: Post, wait_s: float) -> None:
        self._policy = policy
        self._prove = prove
        self._post = post
        self._wait_s = wait_s
        self._asking: dict[str, asyncio.Task[SignatureLine | None]] = {}
        self.states = {name: WitnessState(name) for name, one in policy.witnesses.items() if one.url is not None}

    async def cosign(self, note: bytes) -> tuple[SignatureLine, ...]:
        """Ask every witness that is free for a cosignature on this note; returns those that hold.

        Returns once a quorum stands and the grace is over, or all have answered, or the wait is over.
        """
        checkpoint, lines = parse(note)
        held = set(self._policy.cosigned(checkpoint, lines).times)
        free = [name for name in self.states if name not in held and self._is_free(name)]
        asked = {name: asyncio.create_task(self._ask(self._policy.witnesses[name], checkpoint, note)) for name in free}
        self._asking.update(asked)
        until = asyncio.get_running_loop().time() + self._wait_s
        pending = set(asked.values())
        while pending and (left := until - asyncio.get_running_loop().time()) > 0:
            done, pending = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if done and self._policy.met({*held, *(name for name, task in asked.items() if _line_of(task))}):
                until = min(until, asyncio.get_running_loop().time() + GRACE_S)
        return tuple(line for task in asked.values() if (line := _line_of(task)) is not None)

    async def close(self) -> None:
        """Stop asking."""
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    def _is_free(self, name: str) -> bool:
        task = self._asking.get(name)
        return task is None or task.done()

    async def _ask(self, witness: Witness, checkpoint: Checkpoint, note: bytes) -> SignatureLine | None:
        state = self.states[witness.name]
        try:
            line = await self._cosignature(witness, state, checkpoint, note)
        except _NoCosignatureError as error:
            return self._alarm(state, str(error), severe=error.severe)
        except (OSError, TimeoutError) as error:
            return self._alarm(state, f"not reached ({type(error).__name__})")
        except (LedgerError, MerkleError) as error:
            return self._alarm(state, f"no proof for it could be made ({error})")
        if state.alarm:
            log.info("witness-cosigns-again", witness=state.name, size=checkpoint.size)
        state.size, state.alarm, state.severe = checkpoint.size, "", False
        return line

    async def _cosignature(
        self, witness: Witness, state: WitnessState, checkpoint: Checkpoint, note: bytes
    ) -> SignatureLine:
        url = f"{(witness.url or '').rstrip('/')}/add-checkpoint"
        for _ in range(_TRIES):
            old = state.size or 0
            if old > checkpoint.size:
                raise _NoCosignatureError(f"it has cosigned {old} records, more than were signed here", severe=True)
            said = await self._post(url, await self._body(old, note))
            if said.status != _CONFLICT:
                return _line_in(said, witness, checkpoint)
            size = _size_of(said.body)
            if size is None or size == old:
                raise _NoCosignatureError("409: it has cosigned another tree of this size", severe=True)
            if state.size is not None:
                self._alarm(state, f"409: it is at {size} records, not at {old}")
            state.size = size
        raise _NoCosignatureError("409: it names another size each time")

    async def _body(self, old: int, note: bytes) -> bytes:
        path = await self._prove(old, parse(note)[0].size)
        lines = [f"old {old}", *(b64encode(node).decode("ascii") for node in path), ""]
        return "".join(f"{line}\n" for line in lines).encode() + note

    def _alarm(self, state: WitnessState, reason: str, *, severe: bool = False) -> SignatureLine | None:
        if (state.alarm, state.severe) != (reason, severe):
            log.error("witness-alarm", witness=state.name, reason=reason, severe=severe)
        state.alarm, state.severe = reason, severe
        return None


class _NoCosignatureError(Exception):
    def __init__(self, reason: str, *, severe: bool = False) -> None:
        super().__init__(reason)
        self.severe = severe


def _line_in(said: Said, witness: Witness, checkpoint: Checkpoint) -> SignatureLine:
    if said.status != _OK:
        reason = _SEVERE.get(said.status, f"it answered {said.status}")
        raise _NoCosignatureError(reason, severe=said.status in _SEVERE)
    try:
        lines = read_lines(said.body)
    except VerdictError:
        lines = ()
    for line in lines:
        if witness.verifier.verify(line, checkpoint.body) is not None:
            return line
    raise _NoCosignatureError("its cosignature does not hold under the policy's key", severe=True)


def _line_of(task: asyncio.Task[SignatureLine | None]) -> SignatureLine | None:
    return task.result() if task.done() and not task.cancelled() and task.exception() is None else None


def _size_of(body: bytes) -> int | None:
    text = body.removesuffix(b"\n")
    return int(text) if text.isdigit() and len(text) <= 19 else None  # noqa: PLR2004 - 2**63 has 19 digits
