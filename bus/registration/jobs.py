"""What goes between the registry and its comparison processes: schemas by key, pairs to compare, verdicts.

Promises: both ends read the same frames: four bytes of length (big-endian), then MessagePack. Leaves out: doing it.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from registry.evolution.port import FormatName, Policy
from registry.evolution.verdict import Compatible, Finding, Incompatible, Place, Unknown, Verdict, Witness
from registry.model import Text

LENGTH_BYTES: Final = 4
MAX_FRAME_BYTES: Final = 64 << 20


class Source(msgspec.Struct, frozen=True):
    """A schema's text with the texts of everything that it refers to, by name."""

    type: FormatName
    text: str
    references: dict[str, str] = {}

    @property
    def key(self) -> str:
        """Names exactly these texts."""
        return hashlib.sha256(_encode(self)).hexdigest()

    @property
    def chars(self) -> int:
        """How long the texts are."""
        return len(self.text) + sum(map(len, self.references.values()))


class Job(msgspec.Struct, frozen=True):
    """Read the schema `subject`, and compare pairs of schemas.

    Attributes:
        subject: key of the schema whose canonical text is wanted.
        pairs: keys of writer and reader.
        sources: those schemas that the process may not have.
    """

    subject: str
    pairs: list[tuple[str, str]]
    sources: dict[str, Source]
    policy: Policy


class Refusal(msgspec.Struct, frozen=True):
    """A schema that is none."""

    key: str
    rule: str
    said: Text
    place: Place


class Told(msgspec.Struct, frozen=True):
    """A verdict in one shape.

    Attributes:
        kind: `compatible`, `incompatible` or `unknown`.
        findings: reasons or cautions; of an unknown verdict the one that says why.
    """

    kind: str
    findings: list[Finding]
    witness: Witness | None = None
    spent: int = 0

    @classmethod
    def of(cls, verdict: Verdict) -> Told:
        """From a verdict."""
        match verdict:
            case Compatible(cautions):
                return cls("compatible", list(cautions))
            case Incompatible(findings, witness):
                return cls("incompatible", list(findings), witness)
            case Unknown(rule, writer, reader, said, spent):
                return cls("unknown", [Finding(rule, writer, reader, said, said)], None, spent)

    @property
    def verdict(self) -> Verdict:
        """Back again."""
        if self.kind == "compatible":
            return Compatible(tuple(self.findings))
        if self.kind == "incompatible":
            return Incompatible(tuple(self.findings), self.witness)
        why = self.findings[0]
        return Unknown(why.rule, why.writer, why.reader, why.said, self.spent)


class Done(msgspec.Struct, frozen=True):
    """What came of a job.

    Attributes:
        missing: keys that the process does not have: the job was not done.
        refused: the first schema that is none; nothing was compared.
        canonical: of `Job.subject`.
        verdicts: one for each pair.
        worn: the process ran out of memory on the way and is better replaced.
    """

    missing: list[str] = []
    refused: Refusal | None = None
    canonical: str = ""
    verdicts: list[Told] = []
    worn: bool = False


_encode: Final = msgspec.msgpack.Encoder().encode
_job: Final = msgspec.msgpack.Decoder(Job)
_done: Final = msgspec.msgpack.Decoder(Done)


def framed(value: Job | Done) -> bytes:
    """One frame."""
    data = _encode(value)
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def read_job(data: bytes) -> Job:
    """A job from its frame's bytes."""
    return _job.decode(data)


def read_done(data: bytes) -> Done:
    """What came of it, likewise."""
    return _done.decode(data)
