"""Rules between agencies, their codes over time, their successors and their certificates.

Promises that a code leads to one agency at any time, and that following parents, hosts and successors always ends.
Leaves out what a certificate says itself: ``signing`` judges that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.authored.known import unique_inside
from registry.model import FOREVER
from registry.pem import PemError, certificate_in
from schemas.ids import AgencyCode, IdentifierError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from registry.authored.book import Book, Item
    from registry.authored.fields import Authored
    from registry.authored.known import Known
    from registry.authored.tables import AgencyTable, AliasTable, CertificateTable

_CHECKED_SCHEMES: Final = frozenset({"QD20", "QCVN102"})


def check(known: Known) -> None:
    """Tell every mistake of the directory."""
    folder = known.folder
    if folder.instance is not None:
        known.agency(folder.instance, ("operator",), folder.instance.table.operator)
    for item in folder.agencies:
        _agency(known, item)
    _aliases(known)
    _no_circle(known, "parent", lambda table: [table.parent] if table.parent else [])
    _no_circle(known, "successors", lambda table: table.successors)
    _certificates(known)


def period(book: Book, item: Item[Authored], start: int | None, end: int | None, at: tuple[str | int, ...]) -> None:
    """Tell an end that is not after its start."""
    if start is not None and end is not None and end <= start:
        book.tell(item, at, "dates-reversed")


def _agency(known: Known, item: Item[AgencyTable]) -> None:
    table, book = item.table, known.book
    period(book, item, table.valid_from_ms, table.valid_to_ms, ("valid_to",))
    known.agency(item, ("parent",), table.parent)
    known.agency(item, ("hosted_by",), table.hosted_by)
    unique_inside(book, item, "id", (system.id for system in table.system), "system")
    for number, successor in enumerate(table.successors):
        _successor(known, item, number, successor)
    for number, alias in enumerate(table.aliases):
        _alias(book, item, number, alias)


def _successor(known: Known, item: Item[AgencyTable], number: int, name: str) -> None:
    table, at = item.table, ("successors", number)
    known.agency(item, at, name)
    if table.valid_to_ms is None:
        known.book.tell(item, at, "successor-without-end")
    elif heir := known.agencies.get(name):
        valid = heir.table.valid_from_ms <= table.valid_to_ms < (heir.table.valid_to_ms or FOREVER)
        if not valid:
            known.book.tell(item, at, "successor-not-valid", name=name)


def _alias(book: Book, item: Item[AgencyTable], number: int, alias: AliasTable) -> None:
    at = ("aliases", number)
    period(book, item, alias.valid_from_ms or item.table.valid_from_ms, alias.valid_to_ms, (*at, "valid_to"))
    if alias.scheme not in _CHECKED_SCHEMES:
        return
    try:
        fits = AgencyCode.parse(alias.code).scheme == alias.scheme
    except IdentifierError:
        fits = False
    if not fits:
        book.tell(item, (*at, "code"), "alias-form", name=alias.code, scheme=alias.scheme)


def _aliases(known: Known) -> None:
    """One code, one agency at a time, whatever the scheme: people write codes without naming their scheme."""
    held: dict[str, list[tuple[int, int, Item[AgencyTable], int]]] = {}
    for item in known.agencies.values():
        for number, alias in enumerate(item.table.aliases):
            start, end = alias.valid_from_ms or item.table.valid_from_ms, alias.valid_to_ms or FOREVER
            for other_start, other_end, other, where in held.setdefault(alias.code, []):
                if other is not item and start < other_end and other_start < end:
                    known.book.tell(
                        item,
                        ("aliases", number, "code"),
                        "alias-overlap",
                        name=alias.code,
                        other=other.table.id,
                        where=known.book.where(other, "aliases", where),
                    )
            held[alias.code].append((start, end, item, number))


def _no_circle(known: Known, key: str, following: Callable[[AgencyTable], Iterable[str]]) -> None:
    """Depth-first; each circle is told once, at the agency that closes it."""
    done: set[str] = set()
    for start in known.agencies:
        trail: list[str] = []
        waiting: list[tuple[str, int]] = [(start, 0)]
        while waiting:
            name, depth = waiting.pop()
            del trail[depth:]
            if name in trail:
                item = known.agencies[trail[-1]]
                circle = " → ".join([*trail[trail.index(name) :], name])
                known.book.tell(item, (key,), "circle", what=key, name=circle)
                continue
            if name in done or name not in known.agencies:
                continue
            trail.append(name)
            done.add(name)
            waiting.extend((after, len(trail)) for after in following(known.agencies[name].table))


def _certificates(known: Known) -> None:
    folder, book = known.folder, known.book
    for file, number in folder.anchors:
        if file not in book.files:
            book.tell_at("certificates.toml", ("anchors", number), "missing-file", name=file)
        elif not _readable(book.files[file]):
            book.tell_at("certificates.toml", ("anchors", number), "not-a-certificate", name=file)
    first: dict[bytes, Item[CertificateTable]] = {}
    for item in folder.certificates:
        table = item.table
        known.agency(item, ("agency",), table.agency)
        period(book, item, table.not_before_ms, table.not_after_ms, ("valid_to",))
        if table.file not in book.files:
            book.tell(item, ("file",), "missing-file", name=table.file)
        elif (der := _readable(book.files[table.file])) is None:
            book.tell(item, ("file",), "not-a-certificate", name=table.file)
        elif (earlier := first.setdefault(der, item)) is not item:
            book.tell(item, ("file",), "certificate-twice", where=book.where(earlier, "file"))


def _readable(data: bytes) -> bytes | None:
    try:
        return certificate_in(data)
    except PemError:
        return None
