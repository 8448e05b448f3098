"""The stored ledger gives the answers of the one in memory, whatever comes in whatever batches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from ledger_kit import record

from bus.ledger.decide import decide, hidden, wanted
from bus.ledger.memory import MemoryLedger
from bus.ledger.port import Append, Appended, LedgerError, NotAskedError, Quota
from bus.storage.memory import MemoryStore
from bus.storage.port import Batch, Entry

_FACTS = st.lists(st.sampled_from(["d", "d|mother", "e", "e|father"]), max_size=2, unique=True).map(tuple)
_GROUPS = st.sampled_from(["d", "e"])


@st.composite
def members(draw: st.DrawFn) -> dict[str, object]:
    one: dict[str, object] = {}
    if draw(st.booleans()):
        one["unique"] = draw(st.sampled_from([b"a", b"b", b"c", b"d"]))
    if draw(st.booleans()):
        one["quota"] = Quota(draw(st.sampled_from(["x", "y"])), draw(st.integers(0, 4)))
    kind = draw(st.sampled_from(["plain", "asked", "outcome", "facts"]))
    if kind == "asked":
        one["deadline_ms"] = draw(st.integers(0, 9))
    elif kind == "outcome":
        one["closes"] = draw(st.integers(0, 12))
    elif kind == "facts":
        one |= {"needs": draw(_FACTS), "lacks": draw(_FACTS), "puts": draw(_FACTS), "group": draw(_GROUPS)}
        one["drops"] = draw(st.none() | _GROUPS)
    return one


def written(store: MemoryStore, items: list[Append]) -> list[object]:
    """One batch through look-up, decision and append, as the sequencer does it."""
    facts = [hidden(item, str.encode) for item in items]
    head = store.head()
    decision = decide(items, facts, store.known(wanted(items, facts)), head.size)
    if decision.accepted:
        entries = [Entry(i.leaf, i.details, i.unique, i.deadline_ms, i.closes) for i in decision.accepted]
        store.append(Batch(entries, b"", 0, decision.quotas, decision.drops, decision.puts), head)
    return [type(answer) if isinstance(answer, LedgerError) else answer for answer in decision.answers]


async def said(ledger: MemoryLedger, item: Append) -> object:
    try:
        return await ledger.append(item)
    except NotAskedError as error:
        return type(error)


@given(st.lists(st.lists(members(), min_size=1, max_size=8), max_size=6))
async def test_stored_and_in_memory_answer_alike(batches: list[list[dict[str, object]]]):
    store, model = MemoryStore("o"), MemoryLedger("o")
    number = 0
    for one_batch in batches:
        items = []
        for one in one_batch:
            items.append(record(number, **one))
            number += 1
        expected = [await said(model, item) for item in items]
        assert written(store, items) == expected
    appended = (await model.head()).size
    assert store.head().size == appended
    assert store.read(0, appended) == await model.read(0, appended)
    assert [row.idx for row in store.open_asked(99, 99)] == [one.index for one in await model.open_asked(99)]


@given(st.lists(st.integers(1, 3), max_size=8))
async def test_an_index_is_given_to_one_record_only(sizes: list[int]):
    store = MemoryStore("o")
    given_out = []
    for size in sizes:
        answers = written(store, [record(i) for i in range(size)])
        given_out += [one.index for one in answers if isinstance(one, Appended)]
    assert given_out == list(range(sum(sizes)))
