"""A register that takes one line over TCP and answers one line of JSON.

Promises: what a question carries is letters and digits before it becomes part of a line; a reply is one line of bounded
length, or none. Leaves out: what the port does for every kind (time, concurrency, rate, retries, circuit).
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import ClassVar

from pydantic import Field

from adapters import (
    Adapter,
    Courier,
    Found,
    Kind,
    Operation,
    PeerError,
    PeerFault,
    Probe,
    Query,
    Reach,
    Settings,
    Surroundings,
)


class LineOperation(Operation):
    """One operation: the word that the register knows it by. The question map fills `number`."""

    word: str = Field(pattern=r"^[A-Z]{1,16}$")


class LineSettings(Settings):
    """Settings of kind `line-register`."""

    host: str
    port: int = Field(ge=1, le=65535)
    operations: dict[str, LineOperation] = Field(min_length=1)


class LineAdapter(Adapter):
    """Asks the register."""

    kind: ClassVar[str] = "line-register"

    def __init__(self, settings: LineSettings, surroundings: Surroundings) -> None:
        super().__init__(settings.bounds)
        self._settings = settings
        self._surroundings = surroundings
        self._couriers = {name: Courier(op, settings.faults) for name, op in settings.operations.items()}

    @property
    def operations(self) -> frozenset[str]:
        """The operations declared."""
        return frozenset(self._couriers)

    async def start(self) -> None:
        """Read the secrets that question maps name."""
        for courier in self._couriers.values():
            courier.read_secrets(self._settings, self._surroundings.secrets)

    async def _ask(self, query: Query) -> Found:
        operation, courier = self._settings.operations[query.operation], self._couriers[query.operation]
        # ① the line, or bad-question with nothing sent
        number = courier.request(query).get("number")
        if not isinstance(number, str) or not (number.isascii() and number.isalnum()):
            raise PeerError(PeerFault.BAD_QUESTION, rule="not-a-number", at="number")
        # ② the reply
        line = await self._exchange(f"{operation.word} {number}\n".encode())
        # ③ read by the declaration: result code, records, fields
        try:
            reply: object = json.loads(line)
        except ValueError:
            raise PeerError(PeerFault.BAD_ANSWER, rule="not-json") from None
        return courier.found(reply, query)

    async def _exchange(self, line: bytes) -> bytes:
        settings = self._settings
        try:
            reader, writer = await asyncio.open_connection(
                settings.host, settings.port, limit=settings.max_answer_bytes
            )
        except OSError:
            raise PeerError(PeerFault.UNREACHABLE) from None
        try:
            writer.write(line)
            return await reader.readline()
        except ValueError:  # longer than the limit
            raise PeerError(PeerFault.BAD_ANSWER, rule="too-large") from None
        except OSError:
            raise PeerError(PeerFault.UNREACHABLE, rule="connection-lost", outcome_known=False) from None
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _probe(self) -> Probe:
        await self._exchange(b"PING\n")
        return Probe(Reach.REACHABLE, "it answered a line")


KIND = Kind(LineSettings, LineAdapter)
