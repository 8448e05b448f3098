"""Rules between code lists, dictionary, services and evidence types.

Promises that what a service says of itself leads somewhere, and that an evidence type can be asked and answered as
declared. Leaves out who may ask (``checks_agreements``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.authored.known import unique_inside

if TYPE_CHECKING:
    from registry.authored.book import Item
    from registry.authored.known import Known
    from registry.authored.tables import EvidenceTable, OperationTable, ProviderTable, ServiceTable, TermTable
    from registry.shapes import Shape

PLACEHOLDERS: Final = frozenset({"$subject.id", "$subject.name", "$subject.birth"})


def check(known: Known) -> None:
    """Tell every mistake of the catalogue."""
    for codelist in known.folder.codelists:
        unique_inside(known.book, codelist, "code", (row.code for row in codelist.table.code), "code")
    for term in known.folder.terms:
        known.code(term, ("basis",), "basis", term.table.basis)
        if term.table.codelist is not None:
            _codelist(known, term, term.table.codelist)
        elif term.table.type == "code":
            known.book.tell(term, (), "codelist-needed")
    for service in known.folder.services:
        _service(known, service)
    for evidence in known.folder.evidence:
        for number, _ in enumerate(evidence.table.provider):
            _provider(known, evidence, number)


def _codelist(known: Known, item: Item[TermTable], name: str) -> None:
    if name not in known.codes and not known.folder.broken("codelists", name):
        known.book.tell(item, ("codelist",), "unknown-codelist", name=name)


def _service(known: Known, item: Item[ServiceTable]) -> None:
    table = item.table
    agency, system, _ = table.id.split("/")
    known.agency(item, ("id",), agency)
    owner = known.agencies.get(agency)
    if owner is not None and system not in {row.id for row in owner.table.system}:
        known.book.tell(item, ("id",), "unknown-system", agency=agency, name=system)
    known.code(item, ("basis",), "basis", table.basis)
    unique_inside(known.book, item, "name", (row.name for row in table.operation), "operation")
    for number, operation in enumerate(table.operation):
        _operation(known, item, number, operation)


def _operation(known: Known, item: Item[ServiceTable], number: int, operation: OperationTable) -> None:
    at = ("operation", number)
    for key, ref in (("question", operation.question), ("answer", operation.answer)):
        if ref is None:
            if item.table.shape == "shaped":
                known.book.tell(item, at, "schema-needed", name=key)
        elif ref not in known.schemas and not known.folder.broken("schemas", ref):
            known.book.tell(item, (*at, key), "unknown-schema", name=ref)
    for place, purpose in enumerate(operation.purposes):
        known.code(item, (*at, "purposes", place), "purpose", purpose)


def _provider(known: Known, item: Item[EvidenceTable], number: int) -> None:
    provider, at, book = item.table.provider[number], ("provider", number), known.book
    for place, term in enumerate(provider.terms):
        known.term(item, (*at, "terms", place), term)
    service = known.services.get(provider.service)
    if service is None:
        if known.missing("services", provider.service, known.services):
            book.tell(item, (*at, "service"), "unknown-service", name=provider.service)
        return
    if service.table.shape == "opaque":
        book.tell(item, (*at, "service"), "opaque-evidence", name=provider.service)
    operation = known.operation(provider.service, provider.operation)
    if operation is None:
        book.tell(item, (*at, "operation"), "unknown-operation", service=provider.service, name=provider.operation)
        return
    _answer(known, item, number, operation)
    _question(known, item, number, operation)


def _answer(known: Known, item: Item[EvidenceTable], number: int, operation: OperationTable) -> None:
    provider, answer = item.table.provider[number], known.answer(operation)
    for place, term in enumerate(provider.terms):
        if answer is not None and term in known.terms and term not in answer.terms:
            at = ("provider", number, "terms", place)
            known.book.tell(item, at, "term-not-in-answer", operation=operation.name, name=term)
    if provider.satisfied_when is None or answer is None:
        return
    pointer, spot = provider.satisfied_when.pointer, ("provider", number, "satisfied_when", "pointer")
    if answer.frame is None:
        known.book.tell(item, spot, "condition-in-xml", operation=operation.name)
    elif not answer.frame.faults and not _leads(answer.frame.root, pointer):
        known.book.tell(item, spot, "condition-nowhere", operation=operation.name, name=pointer)


def _leads(shape: Shape, pointer: str) -> bool:
    """Whether a JSON pointer (RFC 6901) leads to a place that data of this shape can have."""
    node: Shape | None = shape
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if node is not None and node.items is not None and name.isdecimal():
            node = node.items
        else:
            node = None if node is None else (node.properties or {}).get(name)
    return node is not None


def _question(known: Known, item: Item[EvidenceTable], number: int, operation: OperationTable) -> None:
    """The declared question must fit the operation's question schema: its fields, all required ones, known words."""
    provider: ProviderTable = item.table.provider[number]
    at, schema = ("provider", number, "question"), known.schemas.get(operation.question or "")
    for name, value in provider.question.items():
        if isinstance(value, str) and value.startswith("$") and value not in PLACEHOLDERS:
            known.book.tell(item, (*at, name), "not-one-of", name=name, expected=", ".join(sorted(PLACEHOLDERS)))
        fields = schema.question_fields if schema else None
        if fields is not None and name not in fields:
            known.book.tell(item, (*at, name), "question-field", operation=operation.name, name=name)
    for name in sorted(schema.question_required if schema else ()):
        if name not in provider.question:
            known.book.tell(item, at, "question-incomplete", operation=operation.name, name=name)
