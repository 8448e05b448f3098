"""Every table of the authored folder, key by key, as pydantic reads it; docs/registry.md says what each means.

Promises the form of single values only. Leaves out what needs a second table to judge (``registry.authored.checks_*``).
Field names are those of the compiled form; aliases are the keys that people write.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from registry.authored.fields import (
    AgencyId,
    Authored,
    Code,
    Endpoint,
    Flag,
    Identifier,
    Instance,
    Moment,
    Name,
    SchemaRef,
    ServiceCode,
    ServiceId,
    Subsystem,
    TermId,
    Text,
    Version,
    Whole,
    Words,
)

Assurance = Literal["low", "substantial", "high"]
Scalar = Annotated[str | Flag | Whole, Field(union_mode="left_to_right")]
AgencyKind = Literal[
    "ministry",
    "department",
    "province",
    "commune",
    "fund",
    "enterprise-registry",
    "operator",
    "other",
]


class InstanceTable(Authored):
    """instance.toml."""

    instance: Instance
    name: Text
    operator: AgencyId


class AliasTable(Authored):
    """A published code of an agency, for as long as it holds; without an end it keeps leading to the agency."""

    scheme: Literal["QD20", "QCVN102", "TAX", "OLD", "XROAD"]
    code: Code
    valid_from_ms: Moment | None = Field(default=None, alias="valid_from")
    valid_to_ms: Moment | None = Field(default=None, alias="valid_to")


class SystemTable(Authored):
    """[[agency.system]]."""

    id: Name
    name: Text
    xroad: list[Subsystem] = Field(default_factory=list)


class AgencyTable(Authored):
    """[[agency]] in agencies/."""

    id: AgencyId
    name: Text
    kind: AgencyKind
    parent: AgencyId | None = None
    valid_from_ms: Moment = Field(alias="valid_from")
    valid_to_ms: Moment | None = Field(default=None, alias="valid_to")
    successors: list[AgencyId] = Field(default_factory=list)
    security_level: Annotated[Whole, Field(ge=1, le=5)]
    hosted_by: AgencyId | None = None
    aliases: list[AliasTable] = Field(default_factory=list)
    system: list[SystemTable] = Field(default_factory=list)


class CertificateTable(Authored):
    """[[certificate]] in certificates.toml; the dates narrow the certificate's own, which ``signing`` judges."""

    agency: AgencyId
    use: Literal["seal", "link"]
    file: Words
    not_before_ms: Moment | None = Field(default=None, alias="valid_from")
    not_after_ms: Moment | None = Field(default=None, alias="valid_to")
    revoked_at_ms: Moment | None = Field(default=None, alias="revoked_at")


class CodeTable(Authored):
    """[[codelist.code]]."""

    code: Code
    name: Text


class CodelistTable(Authored):
    """[[codelist]] in codelists/."""

    id: Name
    version: Version
    name: Text
    code: list[CodeTable]


class TermTable(Authored):
    """[[term]] in dictionary/."""

    id: TermId
    name: Text
    definition: Text | None = None
    type: Literal["string", "date", "boolean", "number", "code", "object"]
    codelist: Name | None = None
    sensitivity: Literal["open", "personal", "sensitive"]
    identifier: Flag = False
    basis: Code | None = None


class OperationTable(Authored):
    """[[service.operation]]."""

    name: Name
    safe: Flag = True
    assurance: Assurance
    question: SchemaRef | None = None
    answer: SchemaRef | None = None
    timeout_ms: Annotated[Whole, Field(ge=1, le=300_000)] = 10_000
    purposes: list[Code] = Field(default_factory=list)
    officer_required: Flag = True
    endpoints: list[Endpoint] = Field(default_factory=list)
    xroad: ServiceCode | None = None


class XRoadTable(Authored):
    """xroad of a service: how X-Road's callers find it, and the description that they are given."""

    protocol: Literal["rest", "soap"]
    codes: list[ServiceCode] = Field(default_factory=list)
    description: Words | None = None
    files: list[Words] = Field(default_factory=list)


class ServiceTable(Authored):
    """[[service]] in services/."""

    id: ServiceId
    name: Text
    shape: Literal["shaped", "opaque"]
    basis: Code
    subject_scheme: Name
    compatibility: Literal["NONE", "BACKWARD", "FULL"] = "BACKWARD"
    xroad: XRoadTable | None = None
    operation: Annotated[list[OperationTable], Field(min_length=1)]


class ConditionTable(Authored):
    """satisfied_when: what the answer must say so that the evidence counts."""

    pointer: Annotated[str, Field(pattern=r"^(/([^~/]|~[01])*)+$")]
    equals: Scalar = True


class ProviderTable(Authored):
    """[[evidence.provider]]."""

    service: ServiceId
    operation: Name
    terms: Annotated[list[TermId], Field(min_length=1)]
    jurisdiction: Code | None = None
    question: dict[str, Scalar] = Field(default_factory=dict)
    satisfied_when: ConditionTable | None = None


class EvidenceTable(Authored):
    """[[evidence]] in evidence/; no providers at all is an honest answer: nobody can give it yet."""

    id: Identifier
    name: Text
    papers: list[Code] = Field(default_factory=list)
    provider: list[ProviderTable] = Field(default_factory=list)


class QuotaTable(Authored):
    """At most ``count`` questions per calendar minute, hour or day (UTC+7)."""

    count: Annotated[Whole, Field(ge=1, le=1_000_000_000)]
    per: Literal["minute", "hour", "day"]


class AgreementTable(Authored):
    """[[agreement]] in agreements/."""

    id: Identifier
    consumer: AgencyId
    consumer_system: Name | None = None
    service: ServiceId
    operations: Annotated[list[Name], Field(min_length=1)]
    purposes: Annotated[list[Code], Field(min_length=1)]
    basis: Code
    terms: list[TermId] = Field(default_factory=list)
    procedures: list[Code] = Field(default_factory=list)
    assurance: Assurance | None = None
    quota: QuotaTable | None = None
    valid_from_ms: Moment = Field(alias="valid_from")
    valid_to_ms: Moment | None = Field(default=None, alias="valid_to")
    state: Literal["active", "suspended", "revoked"] = "active"
    opaque_reason: Words | None = None


class ResultTable(Authored):
    """What the procedure ends in."""

    code: Code
    name: Text


class WhenTable(Authored):
    """A requirement that holds only when a role is present."""

    role_present: Name


class ListTable(Authored):
    """[[procedure.requirement.list]]: all of these together satisfy; lists are alternatives."""

    evidence: Annotated[list[Identifier], Field(min_length=1)]


class RequirementTable(Authored):
    """[[procedure.requirement]]."""

    id: Identifier
    name: Text
    subject: Name
    papers: list[Code] = Field(default_factory=list)
    citizen_only: Flag = False
    when: WhenTable | None = None
    lists: list[ListTable] = Field(default_factory=list, alias="list")


class ProcedureTable(Authored):
    """[[procedure]] in procedures/."""

    code: Annotated[str, Field(pattern=r"^[0-9]\.[0-9]{6}(\.[0-9]{3}\.[0-9]{2}\.[0-9]{2})?(\.[A-Z][0-9]{2})?$")]
    name: Text
    agency_level: Name
    basis: Code
    results: list[ResultTable] = Field(default_factory=list)
    roles: Annotated[list[Name], Field(min_length=1)]
    role_schemes: dict[Name, Name] = Field(default_factory=dict)
    new_roles: list[Name] = Field(default_factory=list)
    requirement: Annotated[list[RequirementTable], Field(min_length=1)]


class FieldTable(Authored):
    """[[form.field]]."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,79}$")]
    label: Text
    term: TermId | None = None
    of: Name | None = None
    required: Flag = True


class FormTable(Authored):
    """[[form]] in forms/."""

    id: Identifier
    version: Version
    procedure: Code
    name: Text
    field: Annotated[list[FieldTable], Field(min_length=1)]


class XsdFieldTable(Authored):
    """[[field]] in <version>.terms.toml: the element at this path is this term."""

    path: Annotated[str, Field(pattern=r"^[^/\s]+(/[^/\s]+)*$")]
    term: TermId
