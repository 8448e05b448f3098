"""What every source is read into: operations, with the fields that go into the system and come out of it.

Promises: nothing of a system's data, only names, types and notes; a place is written as field maps write it
(docs/adapters.md §3), with `[]` once where a list begins. Leaves out which term a field is (`terms`, `choices`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

FieldType: TypeAlias = Literal["text", "integer", "number", "boolean", "date", "moment", "other"]

MAX_FIELDS: Final = 400
"""Fields of one direction of one operation; more is a description of something else."""
MAX_OPERATIONS: Final = 1000


@dataclass(frozen=True, slots=True)
class SourceField:
    """One field of the system.

    Attributes:
        place: where the field map finds or puts it: `HoVaTen.Ten`, `path.number`, `doses[].day`.
        names: the names that lead to it, its own last.
        label: what the system's own description says of it.
        required: the system demands it, or promises it.
        values: the closed list of its values, where there is one.
        forms: the forms of a date, as far as they are known.
        parts: members of the object at `place` that make one text (a name in three parts).
        unique: at most one record has this value (a key of a table).
        secret: the secret that fills it, by name; nobody's data.
    """

    place: str
    names: tuple[str, ...]
    type: FieldType
    label: str = ""
    required: bool = False
    values: tuple[str, ...] = ()
    pattern: str = ""
    max_length: int | None = None
    forms: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    unique: bool = False
    secret: str = ""

    @property
    def name(self) -> str:
        """Its own name."""
        return self.names[-1]


@dataclass(frozen=True, slots=True)
class Left:
    """What could not be used, and by which rule."""

    what: str
    rule: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class SourceOperation:
    """One thing that the system can be asked.

    Attributes:
        name: as the registry will name it: small letters, digits, hyphens.
        own_name: as the system names it.
        call: what the kind needs to put the question: method and path, the WSDL's operation, a table.
        records: where the records stand in a reply; None: the reply is the record.
        safe: asking twice does no harm, as far as the description says so; None: it does not.
        statuses: HTTP statuses whose meaning the description tells.
    """

    name: str
    own_name: str
    title: str
    inputs: tuple[SourceField, ...]
    outputs: tuple[SourceField, ...]
    call: Mapping[str, str] = field(default_factory=dict)
    records: str | None = None
    many: bool = False
    safe: bool | None = None
    statuses: Mapping[str, str] = field(default_factory=dict)
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A system as its description has it.

    Attributes:
        kind: the adapter kind that reaches it.
        settings: the kind's own keys: base_url, wsdl, address, engine…
        secrets: names of secrets that the settings ask for, and what each is.
        files: files that lie beside the settings (WSDL, XSD), path → content.
    """

    kind: Literal["rest", "soap", "sql"]
    source: str
    title: str
    settings: Mapping[str, object]
    operations: tuple[SourceOperation, ...]
    secrets: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    left: tuple[Left, ...] = ()
