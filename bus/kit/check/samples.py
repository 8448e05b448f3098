"""The sample questions of a check: a TOML or JSON file that the integrator keeps beside the adapter.

Promises: every mistake with its place and rule, never the value that stands there. The file holds numbers of persons,
invented ones where the system has test data: it is read and never copied. A question with a blank value is passed over.
Leaves out: X-Road's own messages; its services are asked as by plain callers (`caller`, docs/adapters.md).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import Field, JsonValue, ValidationError

from adapters.port import Officer, PeerFault, Query
from config.mistakes import ConfigError, ConfigMistake, dotted, sentences
from config.model import Settings
from registry.catalogue import Operation
from schemas.positions import Syntax, positions

MAX_FILE_BYTES: Final = 1_048_576
_READERS: Final[dict[str, tuple[Syntax, Callable[[str], object]]]] = {
    ".toml": ("toml", tomllib.loads),
    ".json": ("json", json.loads),
}


class OfficerSample(Settings):
    """Who asks, by the asking agency's codes."""

    id: str
    unit: str


class Asker(Settings):
    """What every sample question carries besides its body."""

    officer: OfficerSample | None = None
    procedure: str | None = None
    purpose: str | None = None
    dossier: str | None = None
    consumer: str = "a000000"
    fields: tuple[str, ...] = ()
    """Dictionary terms asked for, where no registry says them; services of X-Road need one."""


class Sample(Settings):
    """One question."""

    operation: str
    """As the adapter's file and the registry name it."""
    body: dict[str, JsonValue]
    """The question as the service's schema has it."""
    name: str = ""
    """For people; no name of a person."""

    def query(self, asker: Asker, request_id: str, timeout_s: float, operation: Operation | None = None) -> Query:
        """The question as an adapter gets it; of a registered `operation` for all terms of its answer."""
        officer = None if asker.officer is None else Officer(asker.officer.id, asker.officer.unit)
        return Query(
            self.operation,
            self.body,
            fields=frozenset(asker.fields if operation is None or operation.answer is None else operation.answer.terms),
            purpose=asker.purpose,
            procedure=asker.procedure,
            dossier=asker.dossier,
            officer=officer,
            consumer=asker.consumer,
            request_id=request_id,
            correlation=request_id,
            timeout_s=timeout_s,
        )


class Known(Sample):
    """A question about somebody whom the system holds."""

    answer: dict[str, JsonValue] = Field(default_factory=dict)
    """Members that the answer must have; none: being found is enough."""


class Refused(Sample):
    """A question that the system refuses."""

    reason: str = Field(pattern="^(" + "|".join(PeerFault) + ")$")
    """The declared reason, one of docs/adapters.md §7."""
    code: str | None = None
    """The system's own code, where it gives one."""


class Samples(Settings):
    """The whole file."""

    asker: Asker = Asker()
    known: tuple[Known, ...] = ()
    """Two of different persons let the check tell whether answers mix."""
    nobody: tuple[Sample, ...] = ()
    """Questions about somebody whom the system does not hold."""
    malformed: tuple[Sample, ...] = ()
    """Questions that lack something or are of a wrong form."""
    refused: tuple[Refused, ...] = ()
    """Questions that the system itself refuses."""

    def named(self) -> tuple[tuple[str, Sample], ...]:
        """Every sample with a name to call it by: its own, or its place."""
        kinds = (("known", self.known), ("nobody", self.nobody), ("malformed", self.malformed))
        rows = [(f"{kind}[{at}]", one) for kind, group in kinds for at, one in enumerate(group)]
        rows += [(f"refused[{at}]", one) for at, one in enumerate(self.refused)]
        return tuple((one.name or place, one) for place, one in rows)


def load(path: Path) -> Samples:
    """Read a file of samples.

    Raises:
        ConfigError: its mistakes, each with file, line and column.
        OSError: it cannot be read.
    """
    syntax, read = _READERS.get(path.suffix.lower(), _READERS[".toml"])
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError([ConfigMistake(str(path), 1, 1, "", "too-large", "tệp quá lớn", "the file is over 1 MiB")])
    places = positions(data, syntax)
    if places.syntax_errors:
        raise ConfigError(
            [
                ConfigMistake(str(path), e.line, e.column, "", e.rule, e.message_vi, e.message_en)
                for e in places.syntax_errors
            ]
        )
    try:
        return _filled_in(Samples.model_validate_json(json.dumps(read(data.decode()), default=str)))
    except ValidationError as error:
        mistakes = [
            ConfigMistake(str(path), *places.at(one["loc"]), dotted(one["loc"]), one["type"], *sentences(one))
            for one in error.errors()
        ]
        raise ConfigError(mistakes) from None


def _filled_in(samples: Samples) -> Samples:
    """Without the questions that `lienthong adapter new` left blank for somebody to fill in."""
    return samples.model_copy(
        update={
            name: tuple(one for one in getattr(samples, name) if "" not in one.body.values())
            for name in ("known", "nobody", "refused")
        }
    )
