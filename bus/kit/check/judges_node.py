"""Judges of the groups signing and storage."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from bus import bodies
from bus.kit.check.facts import Facts, NodeFact
from bus.kit.check.verdicts import NO_ANSWER, NO_NODE, NO_REGISTRY, Judged, met, unmet, untold
from schemas.json import JsonError
from schemas.json import read as read_json

Limits = Mapping[str, float]


def _fact(facts: Facts, name: str) -> NodeFact | Judged:
    """The fact, or why it is not there."""
    if not facts.node:
        return NO_NODE
    found = facts.node.get(name)
    return untold("phần trước nó chưa đạt", "what it stands on does not hold") if found is None else found


def seal_key(facts: Facts, limits: Limits) -> Judged:
    """The agency's seal key opens and its certificate has days left."""
    fact = _fact(facts, "seal-key")
    if isinstance(fact, Judged):
        return fact
    if not fact.holds:
        return unmet(f"khóa không mở được: {fact.word}", f"it does not open: {fact.word}")
    days = int(fact.figure)
    said = (f"{fact.word}, còn {days} ngày", f"{fact.word}, {days} days left")
    return met(*said) if days >= limits["days"] else unmet(*said)


def seal_trial(facts: Facts, _limits: Limits) -> Judged:
    """A trial signature holds."""
    fact = _fact(facts, "seal-trial")
    if isinstance(fact, Judged):
        return fact
    return (
        met(f"{fact.word}: đúng", f"{fact.word}: it holds") if fact.holds else unmet("không đúng", "it does not hold")
    )


def seal_registered(facts: Facts, _limits: Limits) -> Judged:
    """The registry knows the certificate as this agency's."""
    if facts.node and facts.snapshot is None:
        return NO_REGISTRY
    fact = _fact(facts, "seal-registered")
    if isinstance(fact, Judged):
        return fact
    if fact.holds:
        return met("sổ đăng ký có chứng thư này", "the registry has it")
    return unmet("sổ đăng ký không có chứng thư này cho cơ quan", "the registry does not have it for this agency")


def answers_sealable(facts: Facts, _limits: Limits) -> Judged:
    """Every answer reads back through the strict door as it was written."""
    bodies_found = [one.found.body for one in facts.known if one.found is not None]
    if not bodies_found:
        return NO_ANSWER
    for body in bodies_found:
        try:
            same = read_json(orjson.dumps(body)) == body
        except (JsonError, TypeError) as error:
            rule = error.rule if isinstance(error, JsonError) else "type"
            return unmet(f"không phải JSON thuần: {rule}", f"no plain JSON: {rule}")
        if not same:
            return unmet("đọc lại khác lúc viết", "it reads back differently")
    return met(f"{len(bodies_found)} câu trả lời", f"{len(bodies_found)} answer(s)")


def archive_opens(facts: Facts, _limits: Limits) -> Judged:
    """The archive is there and its key opens it."""
    fact = _fact(facts, "archive-opens")
    if isinstance(fact, Judged):
        return fact
    if fact.holds:
        return met("mở được", "it opens")
    return unmet(f"không mở được: {fact.word}", f"it does not open: {fact.word}")


def archive_closed(facts: Facts, _limits: Limits) -> Judged:
    """Others have no way in."""
    fact = _fact(facts, "archive-closed")
    if isinstance(fact, Judged):
        return fact
    said = (f"quyền {fact.word}", f"mode {fact.word}")
    return met(*said) if fact.holds else unmet(*said)


def free_space(facts: Facts, limits: Limits) -> Judged:
    """The archive's disk has room."""
    fact = _fact(facts, "free-space")
    if isinstance(fact, Judged):
        return fact
    said = (f"còn {fact.figure:.1f} GiB", f"{fact.figure:.1f} GiB free")
    return met(*said) if fact.figure >= limits["free_gib"] else unmet(*said)


def answer_fits(facts: Facts, _limits: Limits) -> Judged:
    """The declared limit is no larger than what a message carries inline."""
    declared, most = facts.max_answer_bytes, bodies.MAX_INLINE_BYTES
    said = (f"khai {declared} byte, tối đa {most}", f"{declared} bytes declared, at most {most}")
    return met(*said) if declared <= most else unmet(*said)


def leaves_nothing(facts: Facts, _limits: Limits) -> Judged:
    """No new file beside the adapter's own."""
    if not facts.asked:
        return NO_ANSWER
    if not facts.new_files:
        return met("không có tệp mới", "no new file")
    few = ", ".join(facts.new_files[:3])
    return unmet(f"{len(facts.new_files)} tệp mới: {few}", f"{len(facts.new_files)} new file(s): {few}")
