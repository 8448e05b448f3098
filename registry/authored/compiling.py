"""A folder free of mistakes → sections. Every default that people may leave out is settled here.

Promises that rows are in order of their names, so that moving a table to another file changes no hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from registry import model, sections
from registry.authored import (
    checks_agreements,
    checks_catalogue,
    checks_directory,
    checks_moving,
    checks_procedures,
    checks_schemas,
    checks_xroad,
)
from registry.authored.fields import Authored
from registry.authored.known import know
from registry.authored.load import load
from registry.authored.schema_files import parse_schemas
from registry.mistakes import Mistake, RegistryError
from registry.pem import certificate_in, thumbprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.authored.book import Item
    from registry.authored.known import Known
    from registry.authored.load import Folder
    from registry.authored.schema_files import ParsedSchema
    from registry.authored.tables import (
        AgencyTable,
        AgreementTable,
        CertificateTable,
        CodelistTable,
        EvidenceTable,
        FormTable,
        InstanceTable,
        ProcedureTable,
        ServiceTable,
        XRoadTable,
    )

Row = TypeVar("Row", bound=msgspec.Struct)

_RANKED: Final = sorted(model.ASSURANCE_RANK, key=lambda level: model.ASSURANCE_RANK[level])


def check(files: Mapping[str, bytes]) -> tuple[Mistake, ...]:
    """Every mistake of an authored folder, sorted by place; empty when it can be compiled."""
    return tuple(sorted(set(_read(files).book.mistakes)))


def sections_of(
    files: Mapping[str, bytes], before: sections.Sections | None = None, at_ms: int = 0
) -> sections.Sections:
    """Read, check and settle an authored folder.

    Args:
        files: path inside the folder → content.
        before: the published version that this one would follow, if any.
        at_ms: now; only agreements that have not ended are held against a change.

    Raises:
        RegistryError: with every mistake of the folder; with every break of an agreement, where it has no mistakes.
    """
    known = _read(files)
    if known.folder.book.mistakes or known.folder.instance is None:
        raise RegistryError(known.folder.book.mistakes)
    settled = _settle(known, known.folder.instance)
    if before is not None:
        checks_moving.check(known, before, settled, at_ms)
        if known.book.mistakes:
            raise RegistryError(known.book.mistakes)
    return settled


def _settle(known: Known, instance: Item[InstanceTable]) -> sections.Sections:
    folder = known.folder
    return sections.Sections(
        agencies=sections.Agencies(
            format=sections.FORMAT,
            instance=instance.table.instance,
            name=_as(model.Text, instance.table.name),
            operator=instance.table.operator,
            agencies=tuple(sorted(map(_agency, folder.agencies), key=lambda row: row.id)),
        ),
        certificates=_certificates(folder),
        catalogue=_catalogue(known),
        agreements=sections.Agreements(
            format=sections.FORMAT,
            agreements=tuple(sorted((_agreement(known, i) for i in folder.agreements), key=lambda row: row.id)),
        ),
        procedures=sections.Procedures(
            format=sections.FORMAT,
            procedures=tuple(sorted(map(_procedure, folder.procedures), key=lambda row: row.code)),
            forms=tuple(sorted(map(_form, folder.forms), key=lambda row: (row.id, row.version))),
        ),
    )


def _read(files: Mapping[str, bytes]) -> Known:
    # 1. each file by itself: syntax, keys, forms of values
    folder = load(files)
    # 2. each schema by itself: dialect, references, whether it compiles
    schemas = parse_schemas(folder)
    # 3. names, then every rule between tables
    known = know(folder, schemas)
    for rules in (
        checks_directory,
        checks_catalogue,
        checks_schemas,
        checks_xroad,
        checks_agreements,
        checks_procedures,
    ):
        rules.check(known)
    return known


def _as(kind: type[Row], table: Authored, **settled: object) -> Row:
    """The row of a table; ``settled`` replaces what people may leave out or write otherwise."""
    return msgspec.convert({**table.model_dump(), **settled}, kind)


def _agency(item: Item[AgencyTable]) -> model.Agency:
    table = item.table
    aliases = [
        _as(
            model.Alias,
            alias,
            valid_from_ms=table.valid_from_ms if alias.valid_from_ms is None else alias.valid_from_ms,
            valid_to_ms=_end(alias.valid_to_ms),
        )
        for alias in table.aliases
    ]
    systems = [_as(model.System, system) for system in table.system]
    return _as(
        model.Agency,
        table,
        aliases=tuple(aliases),
        systems=tuple(systems),
        successors=tuple(table.successors),
        valid_to_ms=_end(table.valid_to_ms),
    )


def _end(moment_ms: int | None) -> int:
    return model.FOREVER if moment_ms is None else moment_ms


def _certificates(folder: Folder) -> sections.Certificates:
    anchors = sorted({certificate_in(folder.book.files[file]) for file, _ in folder.anchors})
    rows = (_certificate(folder, item) for item in folder.certificates)
    return sections.Certificates(
        format=sections.FORMAT,
        anchors=tuple(anchors),
        certificates=tuple(sorted(rows, key=lambda row: (row.agency, row.use, row.x5t))),
    )


def _certificate(folder: Folder, item: Item[CertificateTable]) -> model.Certificate:
    table = item.table
    der = certificate_in(folder.book.files[table.file])
    return model.Certificate(
        x5t=thumbprint(der),
        agency=table.agency,
        use=table.use,
        der=der,
        not_before_ms=table.not_before_ms or 0,
        not_after_ms=_end(table.not_after_ms),
        revoked_at_ms=table.revoked_at_ms,
    )


def _catalogue(known: Known) -> sections.Catalogue:
    folder = known.folder
    return sections.Catalogue(
        format=sections.FORMAT,
        codelists=tuple(sorted(map(_codelist, folder.codelists), key=lambda row: (row.id, row.version))),
        terms=tuple(sorted((_as(model.Term, item.table) for item in folder.terms), key=lambda row: row.id)),
        schemas=tuple(sorted(map(_schema, known.schemas.values()), key=lambda row: (row.subject, row.version))),
        services=tuple(sorted((_service(folder, item) for item in folder.services), key=lambda row: row.id)),
        evidence=tuple(sorted(map(_evidence, folder.evidence), key=lambda row: row.id)),
    )


def _codelist(item: Item[CodelistTable]) -> model.Codelist:
    codes = {row.code: _as(model.Text, row.name) for row in item.table.code}
    return model.Codelist(item.table.id, item.table.version, _as(model.Text, item.table.name), codes)


def _schema(schema: ParsedSchema) -> model.SchemaDocument:
    file = schema.file
    if schema.document is not None:
        return model.SchemaDocument(file.subject, file.version, document=schema.document)
    return model.SchemaDocument(file.subject, file.version, main=file.file, files=schema.files, fields=schema.fields)


def _service(folder: Folder, item: Item[ServiceTable]) -> model.ServiceRow:
    rows = [_as(model.OperationRow, row, purposes=frozenset(row.purposes)) for row in item.table.operation]
    return _as(
        model.ServiceRow,
        item.table,
        operations=tuple(sorted(rows, key=lambda row: row.name)),
        xroad=_xroad(folder, item.table.xroad) if item.table.xroad else None,
    )


def _xroad(folder: Folder, table: XRoadTable) -> model.XRoadService:
    paths = [*([table.description] if table.description else []), *table.files]
    files = {path: folder.book.files[path] for path in paths}
    return model.XRoadService(table.protocol, tuple(table.codes), table.description, files)


def _evidence(item: Item[EvidenceTable]) -> model.EvidenceType:
    providers = [_as(model.EvidenceProvider, row, terms=frozenset(row.terms)) for row in item.table.provider]
    return _as(model.EvidenceType, item.table, providers=tuple(providers), papers=tuple(item.table.papers))


def _agreement(known: Known, item: Item[AgreementTable]) -> model.Agreement:
    table = item.table
    asked = (known.operation(table.service, name) for name in table.operations)
    demanded = max((_RANKED.index(operation.assurance) for operation in asked if operation), default=0)
    return _as(
        model.Agreement,
        table,
        assurance=table.assurance or _RANKED[demanded],
        valid_to_ms=_end(table.valid_to_ms),
        **{key: frozenset(getattr(table, key)) for key in ("operations", "purposes", "terms", "procedures")},
    )


def _procedure(item: Item[ProcedureTable]) -> model.Procedure:
    table = item.table
    default = checks_procedures.DEFAULT_SCHEME
    requirements = [
        _as(
            model.Requirement,
            row,
            papers=tuple(row.papers),
            when_role=row.when.role_present if row.when else None,
            lists=tuple(tuple(choice.evidence) for choice in row.lists),
        )
        for row in table.requirement
    ]
    return _as(
        model.Procedure,
        table,
        results=tuple(_as(model.Result, row) for row in table.results),
        roles=tuple(table.roles),
        role_schemes={role: table.role_schemes.get(role, default) for role in table.roles},
        new_roles=frozenset(table.new_roles),
        requirements=tuple(requirements),
    )


def _form(item: Item[FormTable]) -> model.Form:
    return _as(model.Form, item.table, fields=tuple(_as(model.Field, row) for row in item.table.field))
