"""What a row of the checklist can come to, and the words for it: numbers, rules and places, never a value."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from registry.model import Text


class Verdict(StrEnum):
    """How one row stands."""

    MET = "met"
    UNMET = "unmet"
    NOT_JUDGED = "not-judged"
    """Nothing failed, but what the row needs was not given or could not be seen."""
    IDLE = "does-not-apply"
    """This adapter has nothing that the row could be about, such as the TLS of a local file."""


NAMES: Final = {
    Verdict.MET: Text("đạt", "met"),
    Verdict.UNMET: Text("chưa đạt", "unmet"),
    Verdict.NOT_JUDGED: Text("chưa xét được", "not judged"),
    Verdict.IDLE: Text("không áp dụng", "does not apply"),
}


class Judged(NamedTuple):
    """A verdict and why, in both languages."""

    verdict: Verdict
    said: Text


def met(vi: str, en: str) -> Judged:
    """The row holds."""
    return Judged(Verdict.MET, Text(vi, en))


def unmet(vi: str, en: str) -> Judged:
    """The row does not hold."""
    return Judged(Verdict.UNMET, Text(vi, en))


def untold(vi: str, en: str) -> Judged:
    """It could not be seen; the words say what is missing."""
    return Judged(Verdict.NOT_JUDGED, Text(vi, en))


def idle(vi: str, en: str) -> Judged:
    """There is nothing here that the row is about."""
    return Judged(Verdict.IDLE, Text(vi, en))


NO_ANSWER: Final = untold(
    "chưa có câu hỏi mẫu nào được trả lời", "no sample question was answered, so there is nothing to judge by"
)
NO_NODE: Final = untold("cần --node: thiết lập của nút", "needs --node: the settings of the node")
NO_REGISTRY: Final = untold(
    "cần sổ đăng ký: --registry THƯ_MỤC và --service", "needs the registry: --registry FOLDER and --service"
)
