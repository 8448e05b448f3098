"""Differences in words: for the messages that stock clients print, and whole for those that read more.

Promises: a message says rule, both places, what is wrong and how to mend it; the witness follows on a line of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bus.registration.judge import Against
from registry.evolution.levels import Difference, Level
from registry.evolution.verdict import Place


def messages(refused: Sequence[Against], level: Level) -> list[str]:
    """What clients print, version by version."""
    said: list[str] = []
    for version, answer in refused:
        said += [_message(one) for one in answer.differences]
        if answer.witness is not None:
            said.append(f"{{witness: '{answer.witness.text}'}}")
        said.append(f"{{oldSchemaVersion: {version.version}}}")
        said.append(f"{{oldSchema: '{version.content.text}'}}")
    if refused:
        said.append(f"{{compatibility: '{level}'}}")
    return said


def whole(refused: Sequence[Against]) -> list[dict[str, Any]]:
    """The same as members: rule, places, texts in both languages, witness."""
    return [
        {
            "version": version.version,
            "differences": [_difference(one) for one in answer.differences],
            **({"witness": answer.witness} if answer.witness is not None else {}),
        }
        for version, answer in refused
    ]


def _message(one: Difference) -> str:
    mend = f", mend: '{one.mend.en}'" if one.mend is not None else ""
    undecided = "" if one.decided else f", undecided: true, spent: {one.spent}"
    return (
        f"{{errorType: '{one.rule}', direction: '{one.direction}', old: '{_place(one.old)}', new: '{_place(one.new)}', "
        f"description: '{one.said.en}'{mend}{undecided}}}"
    )


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "direction": one.direction,
        "old": one.old,
        "new": one.new,
        "said": one.said,
        **({"mend": one.mend} if one.mend is not None else {}),
        **({} if one.decided else {"undecided": True, "spent": one.spent}),
    }


def _place(place: Place) -> str:
    line = f" line {place.line}" if place.line else ""
    document = f"{place.document}#" if place.document else ""
    return f"{document}{place.pointer or '/'}{line}"
