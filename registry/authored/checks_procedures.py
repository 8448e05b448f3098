"""Rules of procedures and forms: roles, requirements, evidence lists, fields.

Promises that every evidence type in a list can be asked about the role it is needed for. Leaves out the guard: a form
that asks for what is held is a registered fact to be refused at use, not a mistake of writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.authored.known import unique_inside

if TYPE_CHECKING:
    from registry.authored.book import Item
    from registry.authored.known import Known
    from registry.authored.tables import FieldTable, FormTable, ProcedureTable, RequirementTable

DEFAULT_SCHEME = "citizen"


def check(known: Known) -> None:
    """Tell every mistake of procedures and forms."""
    for procedure in known.folder.procedures:
        _procedure(known, procedure)
    for form in known.folder.forms:
        _form(known, form)


def _procedure(known: Known, item: Item[ProcedureTable]) -> None:
    table, book = item.table, known.book
    known.code(item, ("basis",), "basis", table.basis)
    unique_inside(book, item, "id", (row.id for row in table.requirement), "requirement")
    for name in table.role_schemes:
        _role(known, item, ("role_schemes", name), table, name)
    for number, name in enumerate(table.new_roles):
        _role(known, item, ("new_roles", number), table, name)
    for number, requirement in enumerate(table.requirement):
        _requirement(known, item, number, requirement)


def _role(
    known: Known,
    item: Item[ProcedureTable] | Item[FormTable],
    at: tuple[str | int, ...],
    table: ProcedureTable,
    name: str,
) -> None:
    if name not in table.roles:
        known.book.tell(item, at, "unknown-role", procedure=table.code, name=name)


def _requirement(known: Known, item: Item[ProcedureTable], number: int, requirement: RequirementTable) -> None:
    table, book, at = item.table, known.book, ("requirement", number)
    _role(known, item, (*at, "subject"), table, requirement.subject)
    if requirement.when is not None:
        _role(known, item, (*at, "when", "role_present"), table, requirement.when.role_present)
    if requirement.citizen_only and requirement.lists:
        book.tell(item, (*at, "list"), "citizen-only-list")
    if requirement.subject in table.new_roles and requirement.lists:
        book.tell(item, (*at, "subject"), "new-role-asked", name=requirement.subject)
    for place, row in enumerate(requirement.lists):
        for spot, evidence in enumerate(row.evidence):
            _evidence(known, item, (*at, "list", place, "evidence", spot), requirement, evidence)


def _evidence(
    known: Known, item: Item[ProcedureTable], at: tuple[str | int, ...], requirement: RequirementTable, name: str
) -> None:
    found = known.evidence.get(name)
    if found is None:
        if known.missing("evidence", name, known.evidence):
            known.book.tell(item, at, "unknown-evidence", name=name)
        return
    wanted = item.table.role_schemes.get(requirement.subject, DEFAULT_SCHEME)
    for provider in found.table.provider:
        service = known.services.get(provider.service)
        if service is not None and service.table.subject_scheme != wanted:
            known.book.tell(
                item,
                at,
                "scheme-mismatch",
                role=requirement.subject,
                wanted=wanted,
                service=provider.service,
                name=service.table.subject_scheme,
            )


def _form(known: Known, item: Item[FormTable]) -> None:
    table, book = item.table, known.book
    procedure = known.procedures.get(table.procedure)
    if known.missing("procedures", table.procedure, known.procedures):
        book.tell(item, ("procedure",), "unknown-procedure", name=table.procedure)
    unique_inside(book, item, "name", (row.name for row in table.field), "field")
    for number, row in enumerate(table.field):
        _field(known, item, ("field", number), row, procedure.table if procedure else None)


def _field(
    known: Known, item: Item[FormTable], at: tuple[str | int, ...], row: FieldTable, procedure: ProcedureTable | None
) -> None:
    known.term(item, (*at, "term"), row.term)
    if row.of is None:
        if row.term is not None:
            known.book.tell(item, at, "missing-key", name="of")
    elif procedure is not None:
        _role(known, item, (*at, "of"), procedure, row.of)
