"""White space as the facet of that name handles it (XSD 1.0 part 2, clause 4.3.6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from registry.evolution.xsd.model import Whitespace

_BLANKS: Final = re.compile(r"[\t\n\r]")
_RUNS: Final = re.compile(r"[ \t\n\r]+")
STRENGTH: Final[dict[str, int]] = {"preserve": 0, "replace": 1, "collapse": 2}


def normalized(text: str, whitespace: Whitespace) -> str:
    """The text that facets judge."""
    if whitespace == "preserve":
        return text
    if whitespace == "replace":
        return _BLANKS.sub(" ", text)
    return _RUNS.sub(" ", text).strip(" ")
