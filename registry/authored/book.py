"""The folder as read: every table with the place it came from, and the growing list of mistakes.

Promises that a mistake in one table never hides another's: a broken table still counts as known, so nobody is told
that it does not exist. Leaves out which tables there are (``load``) and which rules bind them (``checks_*``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from registry.authored.fields import Authored
from registry.mistakes import Mistake, mistake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.positions import Path, Positions

Table_co = TypeVar("Table_co", bound=Authored, covariant=True)


@dataclass(frozen=True, slots=True)
class Item(Generic[Table_co]):
    """One table and where it stands: ``path`` leads to it inside ``file``."""

    table: Table_co
    file: str
    path: Path


@dataclass(slots=True)
class Book:
    """Files, their positions and the mistakes found so far."""

    files: Mapping[str, bytes]
    positions: dict[str, Positions] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def spot(self, file: str, path: Path) -> tuple[int, int]:
        """Line and column of the value at ``path``, (1, 1) when the file was not read."""
        index = self.positions.get(file)
        return index.at(path) if index else (1, 1)

    def where(self, item: Item[Authored], *rest: str | int) -> str:
        """``file:line`` for a message that points at another place."""
        return f"{item.file}:{self.spot(item.file, (*item.path, *rest))[0]}"

    def tell(self, item: Item[Authored], rest: Path, rule: str, **parameters: object) -> None:
        """Note a mistake at ``rest`` below the item."""
        self.tell_at(item.file, (*item.path, *rest), rule, **parameters)

    def tell_at(self, file: str, path: Path, rule: str, **parameters: object) -> None:
        """Note a mistake at the value of ``path`` in ``file``."""
        self.mistakes.append(mistake(file, self.spot(file, path), rule, **parameters))

    def tell_key(self, file: str, path: Path, rule: str, **parameters: object) -> None:
        """Note a mistake at the key that names ``path``."""
        index = self.positions.get(file)
        spot = index.key_at(path) if index else (1, 1)
        self.mistakes.append(mistake(file, spot, rule, **parameters))

    def tell_line(self, file: str, line: int, rule: str, **parameters: object) -> None:
        """Note a mistake of which only the line is known (0: not even that)."""
        self.mistakes.append(mistake(file, (max(line, 1), 1), rule, **parameters))
