"""The tables of docs/sample-nation.md, made from the code that the tests run.

Promises: Markdown, one row per named person and one per requirement of each case; the manual holds these very lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bus.sample.personas import PERSONAS
from bus.sample.procedures import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator


def people() -> Iterator[str]:
    """The people the demo names."""
    yield "| key | citizen number | birth | name | about |"
    yield "|---|---|---|---|---|"
    for one in PERSONAS.values():
        yield f"| `{one.key}` | {one.number or 'none yet'} | {one.birth} | {one.name} | {one.about['en']} |"


def outcomes() -> Iterator[str]:
    """What each requirement of each case comes to."""
    yield "| case | parties | requirement | outcome |"
    yield "|---|---|---|---|"
    for case in CASES:
        parties = ", ".join(f"{role}: `{key}`" for role, key in case.parties.items())
        first = f"`{case.key}` ({case.procedure}, form `{case.form}`) | {parties}"
        for requirement, services in case.met.items():
            yield f"| {first} | {requirement} | {' and '.join(dict.fromkeys(services))} |"
            first = " | "
        for requirement, reason in case.gaps.items():
            yield f"| {first} | {requirement} | **gap: {reason}** |"
            first = " | "
