"""What a look at a machine or a settings file says: one finding per question."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """What a finding means."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer: what was looked at, how it is, in words; how to mend it where it is not good."""

    check: str
    health: Health
    text: str
    mend: str = ""
