"""Rules of agreements: between whom, about what the service really offers, never two for the same question.

Promises that at any moment at most one agreement answers (consumer, system, service, operation, purpose).
Leaves out enforcement per question (the hub's gate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.authored.checks_directory import period
from registry.model import ASSURANCE_RANK, FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.authored.book import Item
    from registry.authored.known import Known
    from registry.authored.tables import AgreementTable, OperationTable, ServiceTable

Question = tuple[str, str | None, str, str, str]


def check(known: Known) -> None:
    """Tell every mistake of the agreements."""
    for item in known.folder.agreements:
        _parties(known, item)
        _words(known, item)
        service = known.services.get(item.table.service)
        if service is not None:
            _offer(known, item, service.table)
        elif known.missing("services", item.table.service, known.services):
            known.book.tell(item, ("service",), "unknown-service", name=item.table.service)
    _overlaps(known)


def _parties(known: Known, item: Item[AgreementTable]) -> None:
    table = item.table
    known.agency(item, ("consumer",), table.consumer)
    consumer = known.agencies.get(table.consumer)
    if consumer and table.consumer_system and table.consumer_system not in {s.id for s in consumer.table.system}:
        at = ("consumer_system",)
        known.book.tell(item, at, "unknown-system", agency=table.consumer, name=table.consumer_system)
    period(known.book, item, table.valid_from_ms, table.valid_to_ms, ("valid_to",))


def _words(known: Known, item: Item[AgreementTable]) -> None:
    table = item.table
    known.code(item, ("basis",), "basis", table.basis)
    for number, purpose in enumerate(table.purposes):
        known.code(item, ("purposes", number), "purpose", purpose)
    for number, term in enumerate(table.terms):
        known.term(item, ("terms", number), term)
    for number, code in enumerate(table.procedures):
        if known.missing("procedures", code, known.procedures):
            known.book.tell(item, ("procedures", number), "unknown-procedure", name=code)


def _offer(known: Known, item: Item[AgreementTable], service: ServiceTable) -> None:
    table, book = item.table, known.book
    offered = {operation.name: operation for operation in service.operation}
    for number, name in enumerate(table.operations):
        if name not in offered:
            book.tell(item, ("operations", number), "operation-not-offered", service=service.id, name=name)
        else:
            _operation(known, item, offered[name])
    agreed = [offered[name] for name in table.operations if name in offered]
    if service.shape == "opaque":
        _opaque(known, item)
    else:
        _shaped(known, item, agreed)


def _operation(known: Known, item: Item[AgreementTable], operation: OperationTable) -> None:
    table, book = item.table, known.book
    for number, purpose in enumerate(table.purposes):
        if operation.purposes and purpose not in operation.purposes:
            at = ("purposes", number)
            book.tell(item, at, "purpose-not-offered", operation=operation.name, name=purpose)
    if table.assurance and ASSURANCE_RANK[table.assurance] < ASSURANCE_RANK[operation.assurance]:
        wanted = operation.assurance
        book.tell(item, ("assurance",), "assurance-too-low", wanted=wanted, operation=operation.name)


def _opaque(known: Known, item: Item[AgreementTable]) -> None:
    if item.table.opaque_reason is None:
        known.book.tell(item, (), "opaque-reason-needed")
    if item.table.terms:
        known.book.tell(item, ("terms",), "terms-of-opaque")


def _shaped(known: Known, item: Item[AgreementTable], agreed: list[OperationTable]) -> None:
    table, book = item.table, known.book
    if table.opaque_reason is not None:
        book.tell(item, ("opaque_reason",), "opaque-reason-idle")
    if not table.terms:
        book.tell(item, (), "terms-needed")
    answers = [known.answer(operation) for operation in agreed]
    if not agreed or any(answer is None for answer in answers):
        return
    given = frozenset[str]().union(*(answer.terms for answer in answers if answer))
    for number, term in enumerate(table.terms):
        if term in known.terms and term not in given:
            book.tell(item, ("terms", number), "term-not-offered", service=table.service, name=term)


def _overlaps(known: Known) -> None:
    held: dict[Question, list[Item[AgreementTable]]] = {}
    told: set[tuple[str, str]] = set()
    for item in known.folder.agreements:
        if item.table.state == "revoked":
            continue
        for question in _questions(item.table):
            for other in held.setdefault(question, []):
                pair = (item.table.id, other.table.id)
                if _meet(item.table, other.table) and pair not in told and pair[0] != pair[1]:
                    told.add(pair)
                    where = known.book.where(other)
                    known.book.tell(item, (), "agreement-overlap", other=other.table.id, where=where)
            held[question].append(item)


def _questions(table: AgreementTable) -> Iterator[Question]:
    for operation in table.operations:
        for purpose in table.purposes:
            yield table.consumer, table.consumer_system, table.service, operation, purpose


def _meet(one: AgreementTable, two: AgreementTable) -> bool:
    one_end, two_end = one.valid_to_ms or FOREVER, two.valid_to_ms or FOREVER
    return one.valid_from_ms < two_end and two.valid_from_ms < one_end
