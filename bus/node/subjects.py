"""Whether a record's name and birth are the party's.

Promises: names are compared with accents, case and spacing folded, and a difference is only ever told, for an official
to review. Nothing is quoted. Leaves out: numbers (`bus.about`); what follows from a difference (`bus.node.dossier`).
"""

from __future__ import annotations

from bus.about import texts
from registry.subjects import SchemaVersion
from schemas.ids import same_name

NAME_TERM = "person.full-name"
BIRTH_TERM = "person.birth"


def differs(schema: SchemaVersion, answer: object, name: str | None, birth: str | None) -> str | None:
    """What an official must review: `name` or `birth`, where the record's differs from the party's; else None."""
    names = list(texts(schema, answer, NAME_TERM))
    if name and names and not any(same_name(name, said) for said in names):
        return "name"
    births = list(texts(schema, answer, BIRTH_TERM))
    if birth and births and not any(_same_birth(birth, said) for said in births):
        return "birth"
    return None


def _same_birth(one: str, other: str) -> bool:
    """A year alone agrees with any day of that year: year-only births are normal."""
    year = 4
    return one[:year] == other[:year] if year in {len(one), len(other)} else one == other
