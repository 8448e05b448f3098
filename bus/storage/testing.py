"""The storage contract: subclass it, give `make`, and every sentence of the port is tested on your engine.

Promises: needs pytest and nothing of ours beside `bus.storage.port`; leaves no state behind that it was not given.
"""

# ruff: noqa: S101, PLR2004 - a contract is made of assertions, and the figures are its examples

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

import pytest

from bus.storage.port import (
    Batch,
    Entry,
    Fact,
    HeadMovedError,
    Kept,
    OpenRow,
    Place,
    PrunedEntryError,
    Signed,
    Store,
    StoredHead,
    StoreHeldError,
    Wanted,
)

NOW_MS: Final = 1_800_000_000_000
_WEEK_MS: Final = 7 * 24 * 3600 * 1000


def entry(
    number: int,
    *,
    unique: bytes | None = None,
    deadline_ms: int | None = None,
    closes: int | None = None,
    leaf: bytes | None = None,
    details: bytes | None = None,
) -> Entry:
    """An entry told apart by its number."""
    return Entry(
        leaf if leaf is not None else b"leaf %d" % number,
        details if details is not None else b"details %d" % number,
        unique,
        deadline_ms,
        closes,
    )


def batch(*entries: Entry, quotas: dict[str, int] | None = None, now_ms: int = NOW_MS) -> Batch:
    """A batch whose frontier tells its last entry."""
    return Batch(entries, b"frontier after " + entries[-1].leaf, now_ms, quotas or {})


class StoreContract(ABC):
    """Every engine passes these."""

    @abstractmethod
    def make(self) -> Store:
        """Another store on the one set of tables of this test; the first call finds them empty."""

    @pytest.fixture
    def store(self) -> Store:
        """The store under test, held alone."""
        return self.make()

    def test_a_new_store_is_empty_and_its_term_rises_with_each_start(self, store: Store) -> None:
        """Term 1 at the first start, 2 after a restart."""
        assert store.head() == StoredHead(0, 0, b"")
        assert store.take_over(NOW_MS) == StoredHead(0, 1, b"")
        store.close()
        again = self.make()
        assert again.take_over(NOW_MS) == StoredHead(0, 2, b"")
        assert again.origin == store.origin
        again.close()

    def test_a_second_process_cannot_hold_it(self, store: Store) -> None:
        """The second is refused while the first lives, and served after it."""
        store.take_over(NOW_MS)
        second = self.make()
        with pytest.raises(StoreHeldError):
            second.take_over(NOW_MS)
        store.close()
        assert second.take_over(NOW_MS).term == 2
        second.close()

    def test_what_was_appended_is_read_back_after_a_restart(self, store: Store) -> None:
        """Leaves, details, head and frontier."""
        head = store.take_over(NOW_MS)
        head = store.append(batch(entry(0), entry(1)), head)
        head = store.append(batch(entry(2, leaf=bytes(65_535))), head)
        store.close()
        again = self.make()
        assert again.head() == head == StoredHead(3, 1, b"frontier after " + bytes(65_535))
        assert again.read(0, 3) == [b"leaf 0", b"leaf 1", bytes(65_535)]
        assert again.read(1, 2) == [b"leaf 1"]
        assert again.read(2, 99) == [bytes(65_535)]
        assert again.read(3, 99) == []
        assert [again.details(i) for i in range(3)] == [b"details 0", b"details 1", b"details 2"]
        again.close()

    def test_an_append_under_another_head_writes_nothing(self, store: Store) -> None:
        """Neither under an older size nor under another term."""
        start = store.take_over(NOW_MS)
        head = store.append(batch(entry(0)), start)
        for wrong in (start, head._replace(term=head.term - 1), head._replace(size=5)):
            with pytest.raises(HeadMovedError):
                store.append(batch(entry(1, unique=b"k")), wrong)
        assert store.head() == head
        assert store.read(0, 9) == [b"leaf 0"]
        assert store.known(Wanted([b"k"])).unique == {}
        store.close()

    def test_look_ups_tell_what_stands(self, store: Store) -> None:
        """Keys, counts, asked entries open and settled; what is absent is absent."""
        head = store.take_over(NOW_MS)
        first = batch(entry(0, unique=b"k0", deadline_ms=NOW_MS), entry(1, deadline_ms=NOW_MS), quotas={"day": 2})
        head = store.append(first, head)
        store.append(batch(entry(2, unique=b"k2", closes=0), quotas={"day": 3, "hour": 1}), head)
        known = store.known(Wanted([b"k0", b"k1", b"k2"], ["day", "week", "hour"], [0, 1, 2]))
        assert known.unique == {b"k0": Place(0, open=False), b"k2": Place(2, open=False)}
        assert known.quotas == {"day": 3, "hour": 1}
        assert known.asked == {0: 2, 1: None}
        store.close()

    def test_open_asked_come_soonest_first(self, store: Store) -> None:
        """Strictly before the moment asked for, without the settled ones, up to the limit."""
        head = store.take_over(NOW_MS)
        due = [30, 10, 20, 10, 40]
        head = store.append(batch(*(entry(i, deadline_ms=at) for i, at in enumerate(due))), head)
        store.append(batch(entry(5, closes=2)), head)
        assert store.open_asked(40, 9) == [
            OpenRow(1, 10, b"leaf 1"),
            OpenRow(3, 10, b"leaf 3"),
            OpenRow(0, 30, b"leaf 0"),
        ]
        assert [row.idx for row in store.open_asked(41, 2)] == [1, 3]
        store.close()

    def test_erased_details_are_gone_and_leaves_stay(self, store: Store) -> None:
        """Erasing twice erases nothing more; an index never written is no erased one."""
        store.append(batch(entry(0), entry(1)), store.take_over(NOW_MS))
        assert store.erase([0, 7]) == 1
        assert store.erase([0]) == 0
        assert store.details(0) is None
        assert store.details(1) == b"details 1"
        assert store.details_range(0, 9) == {0: None, 1: b"details 1"}
        assert store.read(0, 2) == [b"leaf 0", b"leaf 1"]
        with pytest.raises(KeyError):
            store.details(2)
        store.close()

    def test_pruned_entries_leave_their_hashes(self, store: Store) -> None:
        """The minimum index only rises; what is not named keeps its leaf; details stay; it lasts over a restart."""
        store.append(batch(*(entry(i, unique=b"k%d" % i) for i in range(6))), store.take_over(NOW_MS))
        assert store.minimum() == 0
        assert store.prune(4, {0: b"h0", 1: b"h1", 3: b"h3"}) == 3
        store.close()
        again = self.make()
        assert again.minimum() == 4
        assert again.kept(0, 99) == [
            Kept(None, b"h0"),
            Kept(None, b"h1"),
            Kept(b"leaf 2"),
            Kept(None, b"h3"),
            Kept(b"leaf 4"),
            Kept(b"leaf 5"),
        ]
        assert again.read(4, 99) == [b"leaf 4", b"leaf 5"]
        assert again.read(2, 3) == [b"leaf 2"]
        for start, end in ((0, 1), (2, 5), (0, 99)):
            with pytest.raises(PrunedEntryError):
                again.read(start, end)
        assert again.details(0) == b"details 0"
        assert again.known(Wanted([b"k0"])).unique == {b"k0": Place(0, open=False)}
        assert again.prune(2, {0: b"other"}) == 0
        assert (again.minimum(), again.kept(0, 1)) == (4, [Kept(None, b"h0")])
        for minimum, hashes in ((4, {4: b"h"}), (7, {}), (4, {-1: b"h"})):
            with pytest.raises(ValueError, match="minimum"):
                again.prune(minimum, hashes)
        assert again.head().size == 6
        again.close()

    def test_signed_checkpoints_are_kept_by_size(self, store: Store) -> None:
        """The highest, or the highest up to a size; the same size again replaces it."""
        store.take_over(NOW_MS)
        assert store.signed() is None
        for size in (0, 5, 9):
            store.save_signed(Signed(size, b"note %d" % size, b"frontier %d" % size))
        store.save_signed(Signed(9, b"again", b"frontier 9"))
        assert store.signed() == Signed(9, b"again", b"frontier 9")
        assert store.signed(up_to=8) == Signed(5, b"note 5", b"frontier 5")
        assert store.signed_after(-1) == Signed(0, b"note 0", b"frontier 0")
        assert store.signed_after(5) == Signed(9, b"again", b"frontier 9")
        assert store.signed_after(9) is None
        store.close()

    def test_counts_untouched_for_a_week_are_forgotten_at_a_start(self, store: Store) -> None:
        """Younger ones survive the restart."""
        head = store.append(batch(entry(0), quotas={"old": 1}, now_ms=NOW_MS), store.take_over(NOW_MS))
        store.append(batch(entry(1), quotas={"young": 1}, now_ms=NOW_MS + 1), head)
        store.close()
        again = self.make()
        again.take_over(NOW_MS + 1 + _WEEK_MS)
        assert again.known(Wanted(buckets=["old", "young"])).quotas == {"young": 1}
        again.close()

    def test_facts_stand_until_their_group_is_dropped(self, store: Store) -> None:
        """Drops come before puts; another group's facts stay; more facts than one look-up holds are all found."""
        many = [Fact(b"fact %d" % i, b"g1", 0) for i in range(300)]
        head = store.append(batch(entry(0))._replace(puts=[*many, Fact(b"x", b"g2", 0)]), store.take_over(NOW_MS))
        digests = [fact.digest for fact in many] + [b"x", b"none"]
        assert store.known(Wanted(facts=digests)).facts == {fact.digest: b"g1" for fact in many} | {b"x": b"g2"}
        store.append(batch(entry(1))._replace(drops=[b"g1"], puts=[Fact(b"fact 7", b"g1", 1)]), head)
        assert store.known(Wanted(facts=digests)).facts == {b"fact 7": b"g1", b"x": b"g2"}
        store.close()

    def test_a_full_batch_goes_in_one_append(self, store: Store) -> None:
        """256 entries, each with key and deadline."""
        entries = [entry(i, unique=b"key %d" % i, deadline_ms=i) for i in range(256)]
        head = store.append(batch(*entries), store.take_over(NOW_MS))
        assert head.size == 256
        known = store.known(Wanted([b"key %d" % i for i in range(256)], [], list(range(256))))
        assert known.unique == {b"key %d" % i: Place(i, open=True) for i in range(256)}
        assert known.asked == dict.fromkeys(range(256))
        store.close()
        store.close()
