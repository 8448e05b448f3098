"""A mistake in the authored folder: where it stands, which rule it breaks, said in Vietnamese and English.

Promises that every mistake carries a rule from the closed list in ``registry.authored.texts`` and a position that an
editor understands (line and column from 1, columns in characters). Leaves out the finding of mistakes.
The folder holds no personal data, so unlike wire errors a mistake may quote what stands in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.authored.texts import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 20


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One broken rule at one place; sorts by file, then by position."""

    file: str
    line: int
    column: int
    rule: str
    message_vi: str
    message_en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: [{self.rule}] {self.message_en}"


class RegistryError(Exception):
    """The folder cannot become a snapshot; ``mistakes`` holds every reason, sorted by place."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = tuple(sorted(set(mistakes)))
        shown = [str(mistake) for mistake in self.mistakes[:_SHOWN]]
        rest = len(self.mistakes) - len(shown)
        more = [f"… and {rest} more"] if rest else []
        super().__init__("\n".join([f"{len(self.mistakes)} mistake(s) in the registry folder", *shown, *more]))


def mistake(file: str, spot: tuple[int, int], rule: str, **parameters: object) -> Mistake:
    """Word one mistake; ``rule`` must be in the closed list (a KeyError here is our own fault)."""
    vi, en = RULES[rule]
    line, column = spot
    return Mistake(file, line, column, rule, vi.format(**parameters), en.format(**parameters))
