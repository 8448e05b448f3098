"""The compiled registry's tables as values: immutable, typed, the same shape in memory and in a section's bytes.

Promises that encoding is deterministic, so equal content has equal hashes, and that unknown keys of a newer publisher
are ignored. Leaves out lookups (``registry.snapshot``) and validators (``registry.subjects``).
Moments are milliseconds since the epoch (UTC); periods are half-open: from ≤ t < to.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

FOREVER: Final = 253_402_300_800_000
"""10000-01-01: the end of a period that has none, so that the hot path compares integers only."""

Assurance = Literal["low", "substantial", "high"]
Compatibility = Literal["NONE", "BACKWARD", "FULL"]
"""How far a service's schemas may move: ``registry.moving``."""
ASSURANCE_RANK: Final[dict[str, int]] = {"low": 1, "substantial": 2, "high": 3}

Scalar = str | bool | int


class Text(msgspec.Struct, frozen=True):
    """The same words in Vietnamese and English."""

    vi: str
    en: str


class Alias(msgspec.Struct, frozen=True):
    """A published code that leads to the agency while it holds."""

    scheme: str
    code: str
    valid_from_ms: int
    valid_to_ms: int


class System(msgspec.Struct, frozen=True):
    """An information system of an agency; ``xroad``: its X-Road subsystems, the first one is how it is written."""

    id: str
    name: Text
    xroad: tuple[str, ...] = ()


class Agency(msgspec.Struct, frozen=True):
    """An agency over time; ``id`` is opaque and never reused."""

    id: str
    name: Text
    kind: str
    parent: str | None
    valid_from_ms: int
    valid_to_ms: int
    successors: tuple[str, ...]
    security_level: int
    hosted_by: str | None
    aliases: tuple[Alias, ...]
    systems: tuple[System, ...]

    def valid(self, at_ms: int) -> bool:
        """Whether the agency exists at ``at_ms``."""
        return self.valid_from_ms <= at_ms < self.valid_to_ms

    def code(self, at_ms: int, scheme: str = "QD20") -> str | None:
        """The agency's own code under ``scheme`` at ``at_ms``, or None."""
        for alias in self.aliases:
            if alias.scheme == scheme and alias.valid_from_ms <= at_ms < alias.valid_to_ms:
                return alias.code
        return None


class Certificate(msgspec.Struct, frozen=True):
    """A certificate that an agency uses, for the period the directory allows; ``signing`` judges the DER itself.

    Attributes:
        x5t: SHA-256 thumbprint of ``der``, base64url without padding.
    """

    x5t: str
    agency: str
    use: Literal["seal", "link"]
    der: bytes
    not_before_ms: int
    not_after_ms: int
    revoked_at_ms: int | None

    def valid(self, at_ms: int) -> bool:
        """Whether the directory allows the certificate at ``at_ms``."""
        end = self.not_after_ms if self.revoked_at_ms is None else min(self.not_after_ms, self.revoked_at_ms)
        return self.not_before_ms <= at_ms < end


class Codelist(msgspec.Struct, frozen=True):
    """One version of a list of codes."""

    id: str
    version: int
    name: Text
    codes: dict[str, Text]


class Term(msgspec.Struct, frozen=True):
    """A dictionary term: what a field means, whatever it is called in a schema."""

    id: str
    name: Text
    definition: Text | None
    type: str
    codelist: str | None
    sensitivity: str
    identifier: bool
    basis: str | None


class SchemaDocument(msgspec.Struct, frozen=True):
    """A subject version as it travels.

    Attributes:
        document: the JSON Schema; None for XSD.
        files: XSD only: path → content, the main one first named by ``main``.
        fields: XSD only: element path → term.
    """

    subject: str
    version: int
    document: dict[str, object] | None = None
    main: str | None = None
    files: dict[str, bytes] = {}
    fields: dict[str, str] = {}

    @property
    def ref(self) -> str:
        """``subject@version``."""
        return f"{self.subject}@{self.version}"


class OperationRow(msgspec.Struct, frozen=True):
    """An operation as it travels; schemas are named by ``subject@version``."""

    name: str
    safe: bool
    assurance: Assurance
    question: str | None
    answer: str | None
    timeout_ms: int
    purposes: frozenset[str]
    officer_required: bool
    endpoints: tuple[str, ...] = ()
    xroad: str | None = None


class XRoadService(msgspec.Struct, frozen=True):
    """How X-Road's callers find a service.

    Attributes:
        codes: the service codes that lead to it, the first one is how it is written; none for SOAP, where each
            operation has its own.
        main: which of ``files`` is the description (OpenAPI or WSDL); None: it has none.
        files: path → content.
    """

    protocol: Literal["rest", "soap"]
    codes: tuple[str, ...] = ()
    main: str | None = None
    files: dict[str, bytes] = {}


class ServiceRow(msgspec.Struct, frozen=True):
    """A service as it travels."""

    id: str
    name: Text
    shape: Literal["shaped", "opaque"]
    basis: str
    subject_scheme: str
    operations: tuple[OperationRow, ...]
    compatibility: Compatibility = "BACKWARD"
    xroad: XRoadService | None = None


class Condition(msgspec.Struct, frozen=True):
    """What the answer must hold at a JSON pointer so that the evidence counts."""

    pointer: str
    equals: Scalar


class EvidenceProvider(msgspec.Struct, frozen=True):
    """One service that can give an evidence type, and how to ask it."""

    service: str
    operation: str
    terms: frozenset[str]
    jurisdiction: str | None
    question: dict[str, Scalar]
    satisfied_when: Condition | None


class EvidenceType(msgspec.Struct, frozen=True):
    """Data that stands for papers; no providers means that nobody can give it yet."""

    id: str
    name: Text
    papers: tuple[str, ...]
    providers: tuple[EvidenceProvider, ...]


class Quota(msgspec.Struct, frozen=True):
    """At most ``count`` questions per calendar ``per`` (UTC+7)."""

    count: int
    per: Literal["minute", "hour", "day"]


class Agreement(msgspec.Struct, frozen=True):
    """What one consumer may ask of one service, why and until when."""

    id: str
    consumer: str
    consumer_system: str | None
    service: str
    operations: frozenset[str]
    purposes: frozenset[str]
    basis: str
    terms: frozenset[str]
    procedures: frozenset[str]
    assurance: Assurance
    quota: Quota | None
    valid_from_ms: int
    valid_to_ms: int
    state: Literal["active", "suspended", "revoked"]
    opaque_reason: str | None

    def valid(self, at_ms: int) -> bool:
        """Active, and inside its period at ``at_ms``."""
        return self.state == "active" and self.valid_from_ms <= at_ms < self.valid_to_ms


class Result(msgspec.Struct, frozen=True):
    """What a procedure ends in."""

    code: str
    name: Text


class Requirement(msgspec.Struct, frozen=True):
    """One thing a procedure must know or hold.

    Attributes:
        lists: alternatives (OR) of evidence types that satisfy together (AND); none: only the citizen can supply it.
        when_role: the requirement holds only if this role is present.
    """

    id: str
    name: Text
    subject: str
    papers: tuple[str, ...]
    citizen_only: bool
    when_role: str | None
    lists: tuple[tuple[str, ...], ...]


class Procedure(msgspec.Struct, frozen=True):
    """An administrative procedure.

    Attributes:
        role_schemes: role → subject scheme ("citizen" unless authored otherwise), for every role.
        new_roles: roles that the procedure brings into being (a newborn): nobody can hold their data yet.
    """

    code: str
    name: Text
    agency_level: str
    basis: str
    results: tuple[Result, ...]
    roles: tuple[str, ...]
    role_schemes: dict[str, str]
    new_roles: frozenset[str]
    requirements: tuple[Requirement, ...]


class Field(msgspec.Struct, frozen=True):
    """One question that a form puts to the citizen; ``of`` names the role it is about."""

    name: str
    label: Text
    term: str | None
    of: str | None
    required: bool


class Form(msgspec.Struct, frozen=True):
    """A registered form version."""

    id: str
    version: int
    procedure: str
    name: Text
    fields: tuple[Field, ...]
