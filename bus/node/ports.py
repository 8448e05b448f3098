"""What dossiers and the face to agency systems need of whoever asks and declares: the node's own, or a sandbox's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from bus.node.ask import Answered, Ask
from bus.node.dossiers import Person
from registry.model import Form
from schemas.envelope import GapNote, Officer, Override


class Asking(Protocol):
    """Puts an agency's questions: see `bus.node.ask.Asker`."""

    @property
    def connected(self) -> bool:
        """Whether questions can be put now."""

    @property
    def agency(self) -> str:
        """Whose questions these are."""

    async def ask(self, ask: Ask) -> Answered:
        """Ask one question."""


class Declaring(Protocol):
    """Declares what happens to dossiers: see `bus.node.declare.Declarer`."""

    async def open(
        self, dossier: str, form: Form, parties: Iterable[Person], officer: Officer, correlation: str
    ) -> None:
        """A dossier is open, with its parties."""

    async def gaps(
        self, dossier: str, procedure: str, gaps: tuple[GapNote, ...], officer: Officer, correlation: str
    ) -> None:
        """What is left to the citizen, and why."""

    async def override(
        self, dossier: str, procedure: str, overrides: tuple[Override, ...], officer: Officer, correlation: str
    ) -> None:
        """What is asked although it is held, and for which of the four reasons."""

    async def close(self, dossier: str, procedure: str, correlation: str) -> None:
        """A dossier is closed."""
