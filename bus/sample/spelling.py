"""How agencies spell the same person: each register has its own habits, and now and then its own idea.

Promises: every function is pure and decided by the person alone. `shouted`, `retoned` and `decomposed` fold to the same
name (`schemas.ids.fold_name`); `misheard` does not.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from bus.sample import names

if TYPE_CHECKING:
    from bus.sample.people import Name, Person


def shouted(name: Name) -> str:
    """Capitals without accents, as social insurance keeps names: ``HOANG THI HOA``."""
    flat = unicodedata.normalize("NFD", name.full.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in flat if not unicodedata.combining(char)).upper()


def retoned(text: str) -> str:
    """The tone mark in its other place: Hòa as Hoà."""
    for new, old in names.SPELLINGS:
        text = text.replace(new, old)
    return text


def decomposed(text: str) -> str:
    """Letters and accents as separate characters, as some input methods save them."""
    return unicodedata.normalize("NFD", text)


def misheard(name: Name) -> str:
    """A name as a clerk heard it; where nothing can be misheard, the middle name is lost, or one is added."""
    for said, heard in names.MISHEARD:
        if name.given.endswith(said):
            return name._replace(given=name.given.removesuffix(said) + heard).full
    return name._replace(middle="" if name.middle else "Thị").full


def civil_status_name(person: Person) -> str:
    """The name as civil status holds it."""
    if "name-misheard" in person.flags:
        return misheard(person.name)
    written = retoned(person.name.full)
    return decomposed(written) if person.number.endswith("7") else written
