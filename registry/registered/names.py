"""Names of subjects and the contexts that hold them: ``orders-value``, ``:.payments:orders-value``.

Promises: a text has one reading; the default context's names are shown without it.
Leaves out: who may use a context. Source: the qualified subjects of Confluent's registry.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

DEFAULT: Final = "."
ANY: Final = ":*:"
"""As a prefix: subjects of every context."""
MAX_CHARS: Final = 255
_CONTEXT: Final = re.compile(r"\.[A-Za-z0-9_.-]{0,99}")


class SubjectNameError(ValueError):
    """The text names no subject."""


class Subject(NamedTuple):
    """A subject in its context; an empty name means the context itself."""

    context: str
    name: str

    @property
    def text(self) -> str:
        """As clients write it."""
        return self.name if self.context == DEFAULT else f":{self.context}:{self.name}"


def subject_of(text: str) -> Subject:
    """Read a subject's name.

    Raises:
        SubjectNameError: a control character, too long, or a context that is none.
    """
    context, name = _split(text)
    if not _CONTEXT.fullmatch(context) or len(name) > MAX_CHARS or any(map(_is_control, name)):
        raise SubjectNameError("no name of a subject")
    return Subject(context, name)


def context_of(text: str) -> str:
    """Read a context's name, with or without its colons and its leading dot.

    Raises:
        SubjectNameError: it is none.
    """
    bare = text.strip(":")
    context = bare if bare.startswith(".") else f".{bare}"
    if not _CONTEXT.fullmatch(context):
        raise SubjectNameError("no name of a context")
    return context


def _split(text: str) -> tuple[str, str]:
    if not text.startswith(":."):
        return DEFAULT, text
    context, _, name = text[1:].partition(":")
    return context, name


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"}
