"""What an agency's system may send to its node, as models: strict, closed, limited.

Promises: a refusal names rule and JSON pointer, never the value; the same models give the OpenAPI description.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from schemas.problems import Code, FaultAt, problem

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
_LETTERS = r"0-9A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u1EA0-\u1EF9"
"""Latin letters with Vietnamese marks, spelt so that every dialect of regular expressions reads them alike."""
Basis = Annotated[str, StringConstraints(pattern=rf"^[{_LETTERS}_][{_LETTERS}_./:();, -]{{0,119}}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,200}$")]
"""One line of any text."""
Assurance = Literal["none", "low", "substantial", "high"]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class OfficerIn(_Request):
    """The officer on duty, as the agency itself says."""

    id: Word
    unit: Line


class SubjectIn(_Request):
    """Whom or what a question is about."""

    scheme: Name = "citizen"
    id: Word
    role: Name | None = None
    assurance: Assurance = "low"


class AskIn(_Request):
    """One question to one operation of a service."""

    purpose: Name
    body: dict[str, object] = Field(default_factory=dict)
    basis: Basis | None = None
    procedure: Word | None = None
    dossier: Word | None = None
    officer: OfficerIn | None = None
    subjects: Annotated[list[SubjectIn], Field(max_length=32)] = []
    fields: Annotated[list[Word], Field(max_length=256)] = []
    timeout_ms: Annotated[int, Field(ge=50, le=300_000)] = 10_000


class PersonIn(SubjectIn):
    """A party of a dossier: its number, and the name and birth date by which records are compared."""

    role: Name
    name: Line | None = None
    birth: Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}-\d{2})?$")] | None = None


class OverrideIn(_Request):
    """A declared way past the guard for one field."""

    field: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,79}$")]
    reason: Literal["quality-failure", "update", "verification", "provider-down"]


class DossierIn(_Request):
    """A dossier opened at a counter."""

    form: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}@[1-9][0-9]{0,5}$")]
    parties: Annotated[list[PersonIn], Field(min_length=1, max_length=32)]
    officer: OfficerIn
    dossier: Word | None = None
    jurisdiction: Word | None = None
    overrides: Annotated[list[OverrideIn], Field(max_length=128)] = []
    timeout_ms: Annotated[int, Field(ge=100, le=300_000)] = 15_000


class SupplementIn(_Request):
    """A request for more, from the citizen of an open dossier: passes the same guard as a form."""

    fields: Annotated[list[SupplementField], Field(min_length=1, max_length=64)]
    officer: OfficerIn
    overrides: Annotated[list[OverrideIn], Field(max_length=128)] = []


class SupplementField(_Request):
    """One thing asked for in a supplement."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,79}$")]
    term: Word | None = None
    of: Name | None = None


SupplementIn.model_rebuild()

_WORD: Final = re.compile(r"[A-Za-z_]{1,40}")
_M = TypeVar("_M", bound=_Request)


def read(model: type[_M], data: bytes) -> _M:
    """Read one request body.

    Raises:
        ProblemError: 804 with rule and pointer.
    """
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise problem(
            Code.REQUEST_MALFORMED, rule=first["type"], place=_place(first["loc"]), fault_at=FaultAt.CONSUMER_SYSTEM
        ) from None


def _place(steps: Iterable[int | str]) -> str:
    """A JSON pointer; a member's name that the caller made up may be anything, and is told only if it is a word."""
    return "".join(f"/{step if isinstance(step, int) or _WORD.fullmatch(step) else '…'}" for step in steps) or "/"
