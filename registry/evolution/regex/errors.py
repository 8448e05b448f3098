"""Why a pattern was not taken."""

from __future__ import annotations

from typing import Final


class PatternUnsupportedError(Exception):
    """The pattern says what is not decided here. The caller's answer is ``Unknown``.

    Attributes:
        rule: stable and documented (``docs/evolution.md``), for instance ``lookaround`` or ``back-reference``.
        at: index of the character in the pattern.
    """

    def __init__(self, rule: str, at: int) -> None:
        super().__init__(f"{rule} at character {at}")
        self.rule: Final = rule
        self.at: Final = at


class PatternSyntaxError(PatternUnsupportedError):
    """The text is no pattern of its kind. ``rule`` is ``syntax``."""

    def __init__(self, at: int) -> None:
        super().__init__("syntax", at)
