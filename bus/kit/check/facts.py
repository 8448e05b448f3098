"""What a check saw of one adapter: the facts that the judges judge. Answers are in it: it is never shown or kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from adapters.port import Found, PeerError, Probe
from adapters.watching import Seen
from bus.kit.check.relay import Way
from bus.kit.check.samples import Known, Sample, Samples
from bus.kit.check.target import Endpoint, Target
from registry.catalogue import Service
from registry.snapshot import Snapshot


@dataclass(frozen=True)
class Asked:
    """One question and its end: `found` or `error`."""

    name: str
    sample: Sample = field(repr=False)
    found: Found | None = field(repr=False)
    error: PeerError | None
    seconds: float
    seen: Seen = field(repr=False)


class Ended(NamedTuple):
    """How a question over a bad connection ended: `error` None means that it was answered."""

    error: PeerError | None
    seconds: float
    deadline_s: float
    is_no: bool = False
    """The answer of a yes/no operation was its no."""


@dataclass(frozen=True)
class TlsLook:
    """A TLS handshake with the system, trusting what the adapter trusts; `refused` says why there is none."""

    version: str = ""
    certificate: bytes = field(default=b"", repr=False)
    refused: str = ""


@dataclass
class Facts:
    """All of it; None or empty: it was not seen."""

    target: Target
    samples: Samples
    endpoint: Endpoint | None = None
    snapshot: Snapshot | None = None
    service: Service | None = None
    operations: frozenset[str] = frozenset()
    concurrency: int = 0
    timeout_s: float = 0.0
    max_answer_bytes: int = 0
    per_second: float | None = None
    """The declared rate, which the adapter keeps by letting questions wait."""
    burst: int = 1
    probe: Probe | None = None
    asked: list[Asked] = field(default_factory=list)
    measured: list[Asked] = field(default_factory=list)
    """Known persons, one after the other."""
    at_once: list[Asked] = field(default_factory=list)
    """Known persons, at the declared concurrency."""
    most_connections: int | None = None
    """None: the connections did not come by the relay."""
    after_cancelling: Ended | None = None
    unknown_operation: Ended | None = None
    hostile: list[Ended] = field(default_factory=list)
    tampered: dict[Way, Ended] = field(default_factory=dict)
    nobody_listens: Ended | None = None
    after_trouble: Ended | None = None
    flooded: Ended | None = None
    flooded_bytes: int = 0
    impostor: Ended | None = None
    fooled: bool = False
    other_name: Ended | None = None
    tls: TlsLook | None = None
    offsets_s: list[float] = field(default_factory=list)
    """The system's Date header less this machine's clock, one per reply."""
    new_files: tuple[str, ...] = ()
    logged: list[str] = field(default_factory=list, repr=False)
    node: Mapping[str, NodeFact] = field(default_factory=dict)

    def of(self, group: tuple[Sample, ...]) -> list[Asked]:
        """What was asked of one group of samples."""
        return [one for one in self.asked if any(one.sample is sample for sample in group)]

    @property
    def known(self) -> list[Asked]:
        """Known persons who were found."""
        return [one for one in self.asked if isinstance(one.sample, Known) and one.found is not None]


NO: Final = {"exists": False}
"""What a yes/no operation answers about whom the system does not hold."""


class NodeFact(NamedTuple):
    """One thing about the node beside the adapter: whether it holds, a word and a figure for it."""

    holds: bool
    word: str = ""
    figure: float = 0.0
