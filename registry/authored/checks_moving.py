"""Rules between the published version and the one that would follow it: what was agreed on stays as it is.

Promises that a break is told where the new schema is named, with the agreements it would break, the rule, and a
document that shows it. Leaves out the comparison (``registry.moving``, ``registry.evolution``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from registry import moving
from registry.evolution.formats import format_of
from registry.evolution.verdict import Incompatible

if TYPE_CHECKING:
    from registry.authored.known import Known
    from registry.model import Text
    from registry.moving import Break
    from registry.sections import Sections

_LONGEST: Final = 300
"""Characters of a witness that are shown; the whole one may be long, and a mistake is one line."""


def check(known: Known, before: Sections, after: Sections, at_ms: int) -> None:
    """Tell every version that changed after it was published, and every break of an agreement."""
    for ref in moving.rewritten(before, after):
        known.book.tell_line(known.schemas[ref].file.file, 1, "version-rewritten", name=ref)
    for one in moving.broken(before, after, at_ms, format_of):
        item = known.services[one.service]
        number = next(n for n, row in enumerate(item.table.operation) if row.name == one.operation)
        known.book.tell(
            item,
            ("operation", number, one.side),
            "breaks-agreements",
            old=one.old,
            agreements=", ".join(one.agreements),
            why=_why(one),
            suggested=_next_major(one.service),
        )


def _why(one: Break) -> str:
    verdict = one.verdict
    if not isinstance(verdict, Incompatible):
        return f"{verdict.rule}: {_both(verdict.said)}"
    first, *more = verdict.findings
    shown = f"; {verdict.witness.text[:_LONGEST]}" if verdict.witness else ""
    rest = f" (+{len(more)})" if more else ""
    return f"{first.rule}, {first.reader.pointer or '/'}: {_both(first.said)}{rest}{shown}"


def _both(text: Text) -> str:
    return f"{text.vi} / {text.en}"


def _next_major(service: str) -> str:
    found = re.fullmatch(r"(.+)-v([0-9]+)", service)
    return f"{found[1]}-v{int(found[2]) + 1}" if found else f"{service}-v2"
