"""A name that a system keeps in parts (`HoVaTen.Ho`, `.ChuDem`, `.Ten`) → one field, as people say it.

Promises: only where an object holds nothing but parts of a name, two at least. Leaves out names whose parts stand among
other fields: which belong together is then the integrator's to say.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final

from bus.kit.new.described import SourceField
from bus.kit.new.names import words

_PARTS: Final = frozenset(
    {
        *("ho", "dem", "chu dem", "ten dem", "chu lot", "ten lot", "ten"),
        *("family name", "surname", "last name", "middle name", "given name", "first name"),
    }
)
_FEWEST: Final = 2


def with_names_whole(fields: tuple[SourceField, ...]) -> tuple[SourceField, ...]:
    """The fields, with names in parts put together in the order of the description."""
    made: list[SourceField] = []
    for parent, group in groupby(fields, key=_parent):
        members = list(group)
        if parent and len(members) >= _FEWEST and all(_is_part(one) for one in members):
            first = members[0]
            made.append(
                SourceField(
                    place=parent,
                    names=first.names[:-1],
                    type="text",
                    required=any(one.required for one in members),
                    parts=tuple(one.name for one in members),
                )
            )
        else:
            made += members
    return tuple(made)


def _parent(one: SourceField) -> str:
    before, dot, _ = one.place.rpartition(".")
    return before if dot and not before.endswith(("]", "!")) else ""


def _is_part(one: SourceField) -> bool:
    return one.type == "text" and " ".join(words(one.name)) in _PARTS
