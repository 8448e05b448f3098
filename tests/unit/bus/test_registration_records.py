"""Changes become records before they are answered, once each; what records name is never deleted for good."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from audit_kit import VAULT_KEY, Book

from bus.audit.indexer import Shelf
from bus.clock import SteadyClock
from bus.ledger.memory import MemoryLedger
from bus.ledger.port import Append, Appended, LedgerUnreachableError, Outcome
from bus.ledger.vault import Vault
from bus.registration.changes import Recorder
from bus.registration.errors import RegistrationError
from bus.registration.named import NamedVersions
from bus.registration.store import create_registration
from bus.registration.stored import Content
from bus.registration.writer import Actor, Change, Wanted, Writer
from registry.evolution.port import FormatName
from registry.registered.names import Subject
from schemas.record import LeafType, RecordFormatError, decode_leaf, opens
from schemas.registration import decode

PERSON = Subject(".gov", "person")
NOW = SteadyClock()
CHANGE = Change(Actor("dev", "a100001"), "register", 1_700_000_000_000)


class DeafLedger(MemoryLedger):
    """A ledger that nobody reaches until it listens."""

    listens = False

    async def append(self, item: Append) -> Outcome:
        if not self.listens:
            raise LedgerUnreachableError("ledger: no answer within the patience")
        return await super().append(item)


class ForgetfulLedger(MemoryLedger):
    """It records, and then its answer is lost."""

    async def append(self, item: Append) -> Outcome:
        outcome = await super().append(item)
        if isinstance(outcome, Appended):
            raise LedgerUnreachableError("ledger: no answer within the patience")
        return outcome


@pytest.fixture
def store(tmp_path: Path) -> Writer:
    url = f"sqlite:///{tmp_path / 'schemas.sqlite3'}"
    create_registration(url)
    return Writer(url)


def add(store: Writer, text: str, subject: Subject = PERSON) -> None:
    content = Content(FormatName.JSON, text, canonical=text)
    store.add(Wanted(subject, content), store.seen(subject)[0], CHANGE)


async def test_every_change_is_a_record_that_says_who_and_what(store: Writer):
    ledger = MemoryLedger()
    recorder = Recorder(store, ledger, "VN-test", "a100000", NOW)
    add(store, "1")
    store.hide(PERSON, [1], CHANGE._replace(kind="delete", actor=Actor("ops")))
    await asyncio.gather(recorder.record(), recorder.record())
    leaves = await ledger.read(0, 10)
    assert len(leaves) == 2
    records = [decode_leaf(leaf) for leaf in leaves]
    assert {record.type for record in records} == {LeafType.REGISTRY}
    assert [record.consumer for record in records] == ["a100001", "a100000"]
    kept = await ledger.details(0)
    assert kept is not None
    assert opens(records[0], kept.details, kept.salt)
    told = decode(kept.details)
    assert (told.by, told.kind, told.subject, told.version, told.schema_id) == ("dev", "register", ":.gov:person", 1, 1)
    assert b"sha256" in bytes(told.detail)
    with pytest.raises(RecordFormatError):
        decode(b"{}")


async def test_without_the_ledger_nothing_is_answered_and_later_it_is_recorded(store: Writer):
    ledger = DeafLedger()
    recorder = Recorder(store, ledger, "VN-test", "a100000", NOW)
    add(store, "1")
    with pytest.raises(RegistrationError) as refused:
        await recorder.record()
    assert (refused.value.status, refused.value.code) == (503, 50001)
    ledger.listens = True
    await recorder.record()
    assert (await ledger.head()).size == 1


async def test_a_change_is_recorded_once_though_its_answer_was_lost(store: Writer):
    ledger = ForgetfulLedger()
    add(store, "1")
    with pytest.raises(RegistrationError):
        await Recorder(store, ledger, "VN-test", "a100000", NOW).record()
    await Recorder(store, ledger, "VN-test", "a100000", NOW).record()
    assert (await ledger.head()).size == 1


def test_a_version_that_a_record_names_stays_named(store: Writer):
    book = Book()
    book.exchange(person="097195001235")
    named = NamedVersions(store, Shelf(book.stored(), Vault.under(VAULT_KEY)), ".gov")
    assert not named.named(PERSON, 2)
    book.add(LeafType.ASKED, book.details(schema="person@2"), consumer="a100010")
    later = NamedVersions(store, Shelf(book.stored(), Vault.under(VAULT_KEY)), ".gov")
    assert later.named(PERSON, 2)
    assert not later.named(PERSON, 1)
    assert not later.named(Subject(".", "person"), 2)
    gone = NamedVersions(store, Shelf(Book().stored(), Vault.under(VAULT_KEY)), ".gov")
    assert gone.named(PERSON, 2)
    store.close()
