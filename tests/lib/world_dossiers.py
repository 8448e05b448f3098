"""Dossiers of the world: a birth to be registered, its parties, and questions asked for it."""

from __future__ import annotations

from typing import Any, Final

from world import FATHER, MOTHER, World, ask, officer

from bus.node.ask import Ask
from bus.node.dossier import Opening
from bus.node.dossiers import Person

DOSSIER: Final = "H56.20-261122-00001"


def party(role: str = "mother", **changed: Any) -> Person:  # noqa: ANN401 - any member
    """A party as the counter names it."""
    known = {
        "mother": {"id": MOTHER, "name": "Nguyễn Thị Mẫu", "birth": "1995-03-02"},
        "father": {"id": FATHER, "name": "Lê Văn Mẫu", "birth": "1993"},
    }
    return Person(**{"role": role, "assurance": "substantial", **known[role], **changed})


async def declared(world: World, *parties: Person, dossier: str = DOSSIER) -> None:
    """The commune declares a dossier open, with the mother as its party unless told otherwise."""
    form = world.snapshot.form("birth", 1)
    assert form is not None
    await world.consumer.declarer.open(dossier, form, parties or (party(),), officer(), "counter-7")


def dossier_question(**changed: Any) -> Ask:  # noqa: ANN401 - any member
    """The commune's good question, asked for its dossier."""
    return ask(**({"purpose": "dossier", "dossier": DOSSIER} | changed))


def opening(*parties: Person, **changed: Any) -> Opening:  # noqa: ANN401 - any member
    """A counter opens the dossier of a birth."""
    plain: dict[str, Any] = {
        "form": "birth@1",
        "dossier": DOSSIER,
        "parties": parties or (party(), party("father")),
        "officer": officer(),
        "correlation": "counter-7",
        "system": "one-stop",
    }
    return Opening(**(plain | changed))
