"""Why a registry was not accepted: a closed list, shown to operators by these words (docs/registry.md §4)."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Why a registry was not accepted."""

    ROLLED_BACK = "rolled-back"
    EXPIRED = "expired"
    TAMPERED = "tampered"
    """Content, or a mixture of versions, that the signed hashes do not name."""
    THRESHOLD = "threshold"
    """Too few good signatures of the role."""
    INCOMPLETE = "incomplete"
    """A file that was needed was not brought."""
    WRONG_INSTANCE = "wrong-instance"
    DAMAGED = "damaged"
    """Properly signed, and not readable by this software."""


class RegistryRefusedError(Exception):
    """The registry offered was not accepted; what was trusted before still is."""

    def __init__(self, refusal: Refusal, detail: str) -> None:
        super().__init__(f"{refusal}: {detail}")
        self.refusal = refusal
