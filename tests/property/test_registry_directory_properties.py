"""For any history of agencies: codes lead to one agency at a time, and following successors ends among the living."""

from __future__ import annotations

import registry_folder
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.directory import AgencyBook
from registry.guard import Override, OverrideReason, check_fields
from registry.model import FOREVER, Agency, Alias, Field, Text
from registry.sections import Agencies
from registry.snapshot import compile as compile_folder

TEXT = Text("x", "x")
IDS = [f"a{number:06d}" for number in range(6)]
SNAPSHOT = compile_folder(registry_folder.folder())
MOMENTS = st.integers(0, 20)


@st.composite
def agencies(draw: st.DrawFn) -> AgencyBook:
    """Any directory, circles of successors included: a node must not hang on what a checker would refuse."""
    rows = []
    for name in IDS:
        start = draw(MOMENTS)
        end = draw(st.one_of(st.just(FOREVER), st.integers(start + 1, 30)))
        heirs = draw(st.lists(st.sampled_from(IDS), max_size=3, unique=True))
        alias = Alias("QD20", draw(st.sampled_from(["H01", "H02"])), start, end)
        rows.append(Agency(name, TEXT, "other", None, start, end, tuple(heirs), 3, None, (alias,), ()))
    return AgencyBook(Agencies(1, "VN-test", TEXT, IDS[0], tuple(rows)))


@given(book=agencies(), at=MOMENTS, name=st.sampled_from(IDS))
@settings(max_examples=200, deadline=None)
def test_following_successors_ends_among_the_living(book: AgencyBook, at: int, name: str):
    found = book.successors_at(name, at)
    assert all(agency.valid(at) for agency in found)
    assert len({agency.id for agency in found}) == len(found)
    if book.agencies[name].valid(at):
        assert [agency.id for agency in found] == [name]


@given(book=agencies(), at=MOMENTS, code=st.sampled_from(["H01", "H02", "H03"]))
@settings(max_examples=200, deadline=None)
def test_a_code_leads_to_an_agency_that_held_it_then(book: AgencyBook, at: int, code: str):
    found = book.resolve(code, at)
    holders = [a for a in book.agencies.values() if a.aliases[0].code == code and a.valid(at)]
    assert (found in holders) if found else not holders


@given(reason=st.text())
@settings(max_examples=100, deadline=None)
def test_no_other_word_opens_the_guard(reason: str):
    field = Field("home", TEXT, "person.residence", "mother", required=True)
    verdict = check_fields(SNAPSHOT, "1.001193", [field], "a200003", 1_763_000_000_000, {"home": Override(reason)})
    assert verdict.passed == (reason in set(OverrideReason))
