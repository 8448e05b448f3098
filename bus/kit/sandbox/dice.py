"""Dice that fall alike for the same words: what makes a sandbox repeatable.

Promises: the same words give the same throws on every machine. Leaves out secrecy: whoever knows the seed knows all.
"""

from __future__ import annotations

import hashlib
import random

import orjson


def dice_of(seed: int, *words: str) -> random.Random:
    """Dice for one purpose of one seed."""
    text = "\0".join((str(seed), *words))
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()))  # noqa: S311 - reproducible data


def fingerprint(value: object) -> str:
    """A short name of a JSON value, whatever the order of its members; texts for bodies that are no JSON."""
    data = value.encode() if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(data).hexdigest()[:32]
