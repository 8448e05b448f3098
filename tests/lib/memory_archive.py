"""The evidence archive in memory: what a node keeps, for the world of tests."""

from __future__ import annotations

from typing import NamedTuple


class Kept(NamedTuple):
    sealed: bytes
    parts: tuple[bytes, ...]


class MemoryArchive:
    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Kept] = {}
        self.begun: set[tuple[str, str]] = set()
        self.kept: dict[tuple[str, str], Kept] = {}

    async def answer_for(self, sealer: str, exchange: str) -> Kept | None:
        return self.answers.get((sealer, exchange))

    async def keep_answer(self, sealer: str, exchange: str, sealed: bytes, parts: tuple[bytes, ...]) -> None:
        self.answers[sealer, exchange] = Kept(sealed, parts)

    async def start(self, sealer: str, exchange: str) -> bool:
        first = (sealer, exchange) not in self.begun
        self.begun.add((sealer, exchange))
        return first

    async def keep(self, exchange: str, kind: str, sealed: bytes, parts: tuple[bytes, ...]) -> None:
        self.kept[exchange, kind] = Kept(sealed, parts)

    async def close(self) -> None:
        """Nothing to release."""
