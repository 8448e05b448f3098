"""Books of records for tests of the search: exchanges, refusals, declarations, looks, as the hub would write them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from ledger_kit import ORIGIN, VAULT_KEY

from bus.audit.index import IndexStore, create_index
from bus.audit.indexer import Indexer, Shelf
from bus.audit.inquiry import own_record
from bus.audit.pseudonyms import Pseudonyms
from bus.ledger.port import Append
from bus.ledger.vault import Vault
from bus.storage.memory import MemoryStore
from bus.storage.port import Batch, Entry, Store
from schemas.envelope import Officer, Subject
from schemas.inquiry import Erasure, Inquiry, encode
from schemas.record import Details, LeafType, Record, commit, encode_details, encode_leaf
from schemas.text import moment
from signing.merkle import Frontier, leaf_hash

START_MS = 1_793_000_000_000
CONSUMERS = ("a100010", "a100011", "a100012")
SERVICES = ("a100001/population/person", "a100002/justice/marriage", "a100003/land/parcel")
PURPOSES = ("dossier", "statistics")
PROCEDURES = ("1.001193", "2.000806", None)
BASES = ("278/2025/NĐ-CP", "59/2020/QH14", None)
PEOPLE = tuple(f"0{number:011d}" for number in range(97195001230, 97195001240))
OFFICERS = ("can-bo-01", "can-bo-02")
DIGEST = "A" * 43
UUID = "018f0000-0000-7000-8000-{:012x}"


class Book:
    """Records in a row, as leaf, details and salt."""

    def __init__(self, seed: int = 1) -> None:
        self.entries: list[Append] = []
        self._random = random.Random(seed)  # noqa: S311 - test data
        self._now_ms = START_MS

    def add(self, kind: LeafType, details: Details, **members: Any) -> int:  # noqa: ANN401 - whatever Record takes
        """Append a record of these details."""
        self._now_ms += self._random.choice((0, 3, 40, 700, 90_000, 40_000_000))
        salt = self._random.randbytes(32)
        data = encode_details(details)
        record = Record(v=1, type=kind, time=moment(self._now_ms), commit=commit(data, salt), **members)
        self.entries.append(Append(encode_leaf(record), data, salt))
        return len(self.entries) - 1

    def exchange(self, *, person: str | None = None, dossier: str | None = None, ends: str | None = "answered") -> int:
        """A question and, unless `ends` is None, its outcome; returns the question's number."""
        pick = self._random.choice
        service = pick(SERVICES)
        members = {
            "consumer": pick(CONSUMERS),
            "provider": service.partition("/")[0],
            "service": service,
            "purpose": pick(PURPOSES),
        }
        details = self.details(
            operation="read",
            officer=Officer(id=pick(OFFICERS), unit="mot-cua", asserted_by="a100010"),
            procedure=pick(PROCEDURES),
            dossier=dossier or pick(("H56-1", "H56-2", None)),
            basis=pick(BASES),
            subjects=(subject(person or pick(PEOPLE)),),
        )
        if ends == "refused":
            return self.add(LeafType.OUTCOME, details, outcome="refused", code=pick((201, 206)), **members)
        asked = self.add(LeafType.ASKED, details, validated=True, **members)
        if self._random.random() < 0.3:
            self.declaration()
        if ends is not None:
            about = (subject(person or pick(PEOPLE)),) if self._random.random() < 0.3 else ()
            code = pick((507, 407)) if ends in {"fault", "outcome-unknown"} else None
            said = self.details(subjects=about, hops={"received": 1, "verified": 2})
            self.add(LeafType.OUTCOME, said, outcome=ends, asked=asked, code=code, **members)
        return asked

    def declaration(self) -> int:
        """An agency passes the guard."""
        details = self.details(
            procedure="1.001193",
            dossier="H56-1",
            subjects=(subject(self._random.choice(PEOPLE)),),
            overrides=("father.birth:quality-failure", "home:update")[: self._random.randint(1, 2)],
        )
        return self.add(LeafType.DECLARED, details, consumer=self._random.choice(CONSUMERS), outcome="override")

    def inquiry(self, person: str) -> int:
        """An auditor looks a person up."""
        asked = Inquiry(UUID.format(1), "kt-01", "a100000", "nation", "records", subjects=(subject(person),))
        return self._own(LeafType.INQUIRY, encode(asked))

    def erasure(self, *ranges: tuple[int, int]) -> int:
        """An order to erase."""
        return self._own(LeafType.ERASURE, encode(Erasure(UUID.format(2), "a100000", "the court's order", ranges)))

    def _own(self, kind: LeafType, details: bytes) -> int:
        self.entries.append(own_record(kind, "a100000", details, self._now_ms))
        return len(self.entries) - 1

    def details(self, **members: Any) -> Details:  # noqa: ANN401 - whatever Details takes
        """Details with the members that all have."""
        exchange = UUID.format(len(self.entries))
        return Details(exchange=exchange, sealer="a100010", envelope=DIGEST, seal=DIGEST, **members)

    def some(self, count: int) -> Book:
        """Records of every kind, at least this many."""
        while len(self.entries) < count:
            roll = self._random.random()
            if roll < 0.1:
                self.inquiry(self._random.choice(PEOPLE))
            elif roll < 0.2:
                self.declaration()
            else:
                self.exchange(ends=self._random.choice(("answered", "answered", "fault", "refused", None)))
        return self

    def stored(self, store: Store | None = None) -> Store:
        """All records in a store, by default one in memory; called again, it writes what came after."""
        kept = store or MemoryStore(ORIGIN)
        head = kept.head() if store is not None and kept.head().term else kept.take_over(START_MS)
        vault = Vault.under(VAULT_KEY)
        frontier = Frontier.from_bytes(head.frontier) if head.size else Frontier()
        waiting = self.entries[head.size :]
        for start in range(0, len(waiting), 1000):
            entries = []
            for item in waiting[start : start + 1000]:
                hashed = leaf_hash(item.leaf)
                frontier.add(hashed)
                entries.append(Entry(item.leaf, vault.box(item, hashed)))
            head = kept.append(Batch(entries, frontier.to_bytes(), START_MS), head)
        return kept


def subject(number: str) -> Subject:
    """A citizen."""
    return Subject(scheme="citizen", id=number, asserted_by="a100010")


class Desk:
    """A book's index, with what feeds it."""

    def __init__(self, book: Book, url: str, folder: Path, store: Store | None = None) -> None:
        self.store = book.stored(store)
        create_index(url)
        self.index = IndexStore(url)
        self.names = Pseudonyms(folder / "names")
        self.shelf = Shelf(self.store, Vault.under(VAULT_KEY))
        self.indexer = Indexer(self.shelf, self.index, self.names)
