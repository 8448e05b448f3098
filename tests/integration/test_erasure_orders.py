"""Orders of erasure reach everybody who holds copies: carried out, answered under seal, shown, and never twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from typer.testing import CliRunner

from bus.app.audit import open_audit, open_shelf
from bus.app.counter import Counter
from bus.app.embedded import Embedded
from bus.app.node import Node
from bus.audit.erasure import Order, erase
from bus.audit.holders import Draft, Outbox, holders, outbox_of
from bus.audit.rows import read_leaf
from bus.cli.app import build
from bus.clock import SteadyClock
from bus.hub import erasures as hub_erasures
from bus.link.errors import LinkResetError
from bus.link.messages import Message
from bus.node import erasures as node_erasures
from bus.node.deletions import read_list
from bus.node.erasures import Erasures
from bus.node.keeping import ORDERED, show, verify
from bus.sample.procedures import CASES, CONSUMER, CONSUMER_SYSTEM
from bus.topics import ErasureAsk, Topic, erasure_ask
from config.embedded import EmbeddedSettings, SampleSettings
from schemas.erasure_order import ErasureDone, ErasureOrder, OrderFormatError, decode_done, decode_order, encode
from schemas.record import LeafType
from schemas.sealed import pack, unpack
from signing.jws import seal

ANY = "127.0.0.1:0"
UUID = "018f0000-0000-7000-8000-00000000000{}"


@pytest.fixture
async def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Embedded]:
    # Nobody asks or tells of its own accord: each test says when.
    monkeypatch.setattr(node_erasures, "FIRST_AFTER_S", 3600.0)
    monkeypatch.setattr(hub_erasures, "TELL_EVERY_S", 3600.0)
    settings = EmbeddedSettings(
        state_folder=tmp_path,
        hub_listen=ANY,
        node_listen=ANY,
        ledger_listen=ANY,
        audit_listen=ANY,
        usages_listen=ANY,
        schemas_listen=ANY,
        xroad_listen=ANY,
        sample=SampleSettings(people=200),
    )
    running = await Embedded.start(settings)
    try:
        async with aiohttp.ClientSession() as session:
            key = running.state.api_key(CONSUMER, CONSUMER_SYSTEM)
            assert (await Counter(running.addresses.node, key, session).sample(CASES[0])).done
        yield running
    finally:
        await running.close()


def outbox(bus: Embedded) -> Outbox:
    found = outbox_of(bus.state.ledger.folder)
    assert found is not None
    return found


async def ordered(bus: Embedded) -> tuple[int, str, str]:
    """Erase the first exchange; returns the order's number, the exchange and its provider."""
    shelf = open_shelf(bus.state.ledger)
    try:
        size = (await bus.ledger.head()).size
        records = {idx: read_leaf(leaf) for idx, leaf in enumerate(await bus.ledger.read(0, size))}
        asked = next(idx for idx, one in records.items() if one is not None and one.type is LeafType.ASKED)
        outcome = next(idx for idx, one in records.items() if one is not None and one.asked == asked)
        ranges = ((asked, asked + 1), (outcome, outcome + 1))
        held = holders(shelf, ranges)
        (exchange,) = held[CONSUMER]
        provider = next(agency for agency in held if agency != CONSUMER)
        order = Order("a100000", "a court", "a wrong name", ranges)
        done = await erase(bus.ledger, shelf, order, SteadyClock(), (outbox(bus), "VN-test"))
        return done.order, exchange, provider
    finally:
        shelf.store.close()


def node_of(bus: Embedded, agency: str) -> Node:
    return next(node for node in bus.nodes if agency in node.desks)


def erasures_of(bus: Embedded, agency: str) -> Erasures:
    found = node_of(bus, agency).erasures
    assert found is not None
    return found


def pieces(bus: Embedded, agency: str) -> int:
    return sum(kind.count for kind in show(bus.state.archive(agency), SteadyClock()()).classes.values())


async def test_each_holder_erases_answers_under_seal_and_is_shown(bus: Embedded):
    number, exchange, provider = await ordered(bus)
    assert [one.done for one in outbox(bus).standing()] == [None, None]
    before = {agency: pieces(bus, agency) for agency in (CONSUMER, provider)}
    for agency in (CONSUMER, provider):
        assert await erasures_of(bus, agency).turn() == 1
        assert await erasures_of(bus, agency).turn() == 0, "what was answered is not told again"
    for one in outbox(bus).standing():
        assert one.done is not None
        assert (one.order, one.exchanges) == (number, 1)
        assert one.done.pieces == before[one.agency] - pieces(bus, one.agency) >= 3
        lines, head = read_list(bus.state.archive(one.agency))
        assert one.done.head == head, "the answer's seal vouches for the deletion list"
        assert {(line.class_, line.exchange) for line in lines} == {(ORDERED, exchange)}
        assert verify(bus.state.archive(one.agency), bus.state.archive_key(one.agency)).holds
    run = CliRunner().invoke(build(), ["ledger", "erase-status", str(bus.state.folder), "--json"])
    assert run.exit_code == 0
    assert [one["done"]["pieces"] > 0 for one in json.loads(run.stdout)["orders"]] == [True, True]


async def test_who_was_away_is_told_later_and_status_says_no_until_then(bus: Embedded):
    _, _, provider = await ordered(bus)
    await erasures_of(bus, CONSUMER).turn()
    waiting = CliRunner().invoke(build(), ["ledger", "erase-status", str(bus.state.folder)])
    assert waiting.exit_code == 1
    assert [one.agency for one in outbox(bus).standing() if one.done is None] == [provider]
    await erasures_of(bus, provider).turn()
    assert all(one.done for one in outbox(bus).standing())


async def test_the_hub_tells_holders_that_are_here_without_being_asked(bus: Embedded, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_erasures, "TELL_EVERY_S", 0.05)
    await ordered(bus)
    assert bus._worker is not None
    telling = asyncio.create_task(bus._worker._erasures.watch(bus._worker.routes.tell))
    while any(one.done is None for one in outbox(bus).standing()):  # noqa: ASYNC110 - files that two nodes bring about
        await asyncio.sleep(0.02)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    assert outbox(bus).waiting() == set()


async def test_only_the_operators_orders_for_this_agency_are_carried_out(bus: Embedded):
    _, _, provider = await ordered(bus)
    node = node_of(bus, CONSUMER)
    erasures, signers = erasures_of(bus, CONSUMER), {one.id: one.signer for one in node._parts.agencies}
    order = decode_order(outbox(bus).pending(CONSUMER, 1)[0])
    now_ms = SteadyClock()()
    own = pack(seal([encode(order)], signers[CONSUMER], instance="VN-test", now_ms=now_ms)[0])
    assert erasures._judged(CONSUMER, own) is None, "not the operator's seal"
    assert erasures._judged(CONSUMER, b"nonsense") is None
    told = await node.link.call(Message(Topic.ERASURE, erasure_ask(ErasureAsk(CONSUMER))), 10)
    assert erasures._judged(CONSUMER, told.parts[0]) == order
    assert erasures._judged(provider, told.parts[0]) is None, "for another agency"
    late = seal([encode(order)], signers[CONSUMER], instance="VN-test", now_ms=now_ms - 3_600_000)[0]
    assert erasures._judged(CONSUMER, pack(late)) is None


async def test_an_answer_counts_only_under_the_holders_own_seal(bus: Embedded):
    number, _, provider = await ordered(bus)
    node, now_ms = node_of(bus, CONSUMER), SteadyClock()()
    done = ErasureDone(1, "erasure-done", "VN-test", number, 0, provider, "2026-11-22T05:00:00.000Z", 1, "0" * 64)
    signer = next(one.signer for one in node._parts.agencies if one.id == CONSUMER)

    async def answered(said: ErasureDone) -> None:
        forged = pack(seal([encode(said)], signer, instance="VN-test", now_ms=now_ms)[0])
        await node.link.call(Message(Topic.ERASURE, erasure_ask(ErasureAsk(CONSUMER, (forged, b"junk")))), 10)

    await answered(done)
    await answered(msgspec.structs.replace(done, agency=CONSUMER, order=number + 1))
    assert [one.done for one in outbox(bus).standing()] == [None, None]
    with pytest.raises(LinkResetError):
        await node.link.call(Message(Topic.ERASURE, erasure_ask(ErasureAsk("a999999"))), 10)
    with pytest.raises(LinkResetError):
        await node.link.call(Message(Topic.ERASURE, b"\xc1"), 10)


async def test_an_order_that_a_crash_cut_short_is_issued_by_the_feeder(bus: Embedded, monkeypatch: pytest.MonkeyPatch):
    real = Outbox.issue

    def dies(*_: object) -> None:
        raise KeyError("power")

    monkeypatch.setattr(Outbox, "issue", dies)
    with pytest.raises(KeyError):
        await ordered(bus)
    monkeypatch.setattr(Outbox, "issue", real)
    opened = open_audit(bus.state.ledger, bus.state.audit)
    try:
        await asyncio.to_thread(opened.indexer().rebuild)
    finally:
        opened.close()
    assert outbox(bus).drafts() == []
    assert len(outbox(bus).standing()) == 2


def test_an_outbox_splits_what_is_too_much_and_knows_what_was_cut_short(tmp_path: Path):
    made = Outbox(tmp_path / "erasures")
    exchanges = tuple(f"018f0000-0000-7000-8000-{number:012d}" for number in range(300))
    made.draft("one", Draft("VN-test", "a court", "a mistake", {"a100001": exchanges, "a100002": exchanges[:1]}))
    assert made.drafts() == ["one"]
    assert made.pending("a100001", 9) == [], "an order that does not stand in the ledger leaves nothing"
    made.issue("one", 7)
    made.issue("one", 7)
    assert made.drafts() == []
    orders = [decode_order(data) for data in made.pending("a100001", 9)]
    assert [len(order.exchanges) for order in orders] == [256, 44]
    assert all(len(encode(order)) < 16_384 for order in orders)
    made.draft("two", Draft("VN-test", "a court", "a mistake", {"a100001": exchanges}))
    made.discard("two")
    assert made.drafts() == []


def test_what_is_no_order_or_answer_is_refused():
    good = ErasureOrder(1, "erasure-order", "VN-test", 1, 0, "a100001", "by", "why", (UUID.format(1),))
    assert decode_order(encode(good)) == good
    for bad in (b"", b"{}", encode(good) + b" x", encode(good).replace(b"a100001", b"b100001")):
        with pytest.raises(OrderFormatError):
            decode_order(bad)
        with pytest.raises(OrderFormatError):
            decode_done(bad)
    sealed = unpack  # a sealed order is told from an unsealed one by whoever unpacks it
    with pytest.raises(ValueError, match=r".*"):
        sealed(encode(good))
