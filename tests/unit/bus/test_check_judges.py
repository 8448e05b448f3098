"""Each row of the checklist: a fact that meets it, one that does not, and what is not judged without facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.port import Found, PeerError, PeerFault, Probe, Reach
from adapters.watching import Moved, Seen, Statement
from bus.kit.check.checklist import Group, load
from bus.kit.check.facts import Asked, Ended, Facts, NodeFact, TlsLook
from bus.kit.check.judging import JUDGES, judge
from bus.kit.check.relay import Way
from bus.kit.check.samples import Known, Refused, Sample, Samples
from bus.kit.check.target import Endpoint, Target
from bus.kit.check.verdicts import Verdict
from signing.devpki import DevPki

NOW = datetime.now(UTC)
LIST = load()
ROWS = {row.number: row for row in LIST.row}
AN = Known(operation="person", body={"number": "096199000001"}, answer={"birth": "1999-12-31"})
BINH = Known(operation="person", body={"number": "096150000002"})
NOBODY = Sample(operation="person", body={"number": "096177000004"})
MALFORMED = Sample(operation="person", body={})
REFUSED = Refused(operation="person", body={"number": "1"}, reason="not-permitted", code="005")
SAMPLES = Samples(known=(AN, BINH), nobody=(NOBODY,), malformed=(MALFORMED,), refused=(REFUSED,))
ANSWERS = {"person": {"fields": [{"to": "number", "from": "so"}], "records": "data"}}
TABLE = {
    "base_url": "https://register.test",
    "operations": {"person": {"path": "/p", "answer": ANSWERS["person"]}},
}
TLS = TlsLook("TLSv1.3", DevPki.create(NOW).link_server(["register.test"], NOW, days=60).der)
SHORT = TlsLook("TLSv1.3", DevPki.create(NOW).link_server(["register.test"], NOW, days=3).der)


def error(kind: PeerFault, rule: str | None = None, code: str | None = None) -> PeerError:
    return PeerError(kind, rule=rule, peer_code=code)


def ended(kind: PeerFault | None, seconds: float = 0.1, rule: str | None = None) -> Ended:
    return Ended(None if kind is None else error(kind, rule), seconds, 1.0)


def found(sample: Known, seconds: float = 0.01, **body: object) -> Asked:
    answer: dict[str, object] = {"number": sample.body["number"], "birth": "1999-12-31", **body}
    seen = Seen(read={"data": {"so": sample.body["number"]}})
    return Asked("known", sample, Found(answer), None, seconds, seen)


def refused(sample: Sample, kind: PeerFault, code: str | None = None, rule: str | None = None) -> Asked:
    return Asked("sample", sample, None, error(kind, rule, code), 0.01, Seen())


def good() -> Facts:
    """Everything as it should be."""
    target = Target("rest", TABLE, Path("/nowhere"), {}, "adapter.toml")
    node = {
        "seal-key": NodeFact(holds=True, word="ES256", figure=300),
        "seal-trial": NodeFact(holds=True, word="ES256"),
        "seal-registered": NodeFact(holds=True),
        "archive-opens": NodeFact(holds=True),
        "archive-closed": NodeFact(holds=True, word="0700"),
        "free-space": NodeFact(holds=True, figure=20.0),
    }
    asked = [found(AN), found(BINH), refused(NOBODY, PeerFault.NO_MATCH), refused(MALFORMED, PeerFault.BAD_QUESTION)]
    asked.append(refused(REFUSED, PeerFault.NOT_PERMITTED, "005"))
    return Facts(
        target,
        SAMPLES,
        endpoint=Endpoint("https", "register.test", 443, "base_url"),
        operations=frozenset({"person"}),
        concurrency=4,
        timeout_s=5.0,
        max_answer_bytes=1024 * 1024,
        probe=Probe(Reach.REACHABLE, "HTTP status 200"),
        asked=asked,
        measured=[found(one) for one in (AN, BINH) * 10],
        at_once=[found(one) for one in (AN, BINH) * 4],
        most_connections=4,
        after_cancelling=ended(None),
        unknown_operation=ended(PeerFault.BAD_QUESTION),
        hostile=[ended(PeerFault.NO_MATCH)] * 3,
        tampered={
            Way.STALL: ended(PeerFault.TIMEOUT, 1.0),
            Way.DRIP: ended(PeerFault.TIMEOUT, 1.0),
            Way.CUT: ended(PeerFault.UNREACHABLE),
            Way.SHORTEN: ended(PeerFault.BAD_ANSWER, rule="http"),
        },
        nobody_listens=ended(PeerFault.UNREACHABLE),
        after_trouble=ended(None),
        flooded=ended(PeerFault.BAD_ANSWER, rule="too-large"),
        flooded_bytes=2 * 1024 * 1024,
        impostor=ended(PeerFault.UNREACHABLE),
        other_name=ended(PeerFault.UNREACHABLE),
        tls=TLS,
        offsets_s=[0.2, -0.4],
        logged=["adapter failed"],
        node=node,
    )


def verdict(number: str, facts: Facts) -> Verdict:
    row = ROWS[number]
    return JUDGES[row.judge](facts, row.limits).verdict


def node_fact(name: str, fact: NodeFact) -> Callable[[Facts], object]:
    return lambda facts: facts.node.__setitem__(name, fact)  # type: ignore[attr-defined]


def put(**changed: object) -> Callable[[Facts], object]:
    return lambda facts: [setattr(facts, name, value) for name, value in changed.items()]


def asked(*others: Asked) -> Callable[[Facts], object]:
    """The same, but these samples ended otherwise."""

    def change(facts: Facts) -> None:
        kept = [one for one in facts.asked if all(one.sample is not other.sample for other in others)]
        facts.asked = [*kept, *others]

    return change


def table(**changed: object) -> Callable[[Facts], object]:
    return lambda facts: setattr(facts, "target", dataclasses.replace(facts.target, table={**TABLE, **changed}))


def tampered(way: Way, end: Ended) -> Callable[[Facts], object]:
    return lambda facts: facts.tampered.__setitem__(way, end)


BROKEN: list[tuple[str, Callable[[Facts], object]]] = [
    ("1.1", node_fact("seal-key", NodeFact(holds=True, word="ES256", figure=3))),
    ("1.1", node_fact("seal-key", NodeFact(holds=False, word="KeyAddressError"))),
    ("1.2", node_fact("seal-trial", NodeFact(holds=False))),
    ("1.3", node_fact("seal-registered", NodeFact(holds=False))),
    ("1.4", asked(found(AN, big=2**70))),
    ("2.1", node_fact("archive-opens", NodeFact(holds=False, word="ArchiveKeyError"))),
    ("2.2", node_fact("archive-closed", NodeFact(holds=False, word="0755"))),
    ("2.3", node_fact("free-space", NodeFact(holds=True, figure=0.2))),
    ("2.4", put(max_answer_bytes=1024 * 1024 + 1)),
    ("2.5", put(new_files=("left-behind",))),
    ("3.2", table(headers={"X-Api-Key": "123"})),
    ("3.2", table(token={"path": "/t", "client_id": "a", "secret_file": "s", "extra": {"password": "x"}})),
    ("3.2", table(operations={"person": {"question": [{"to": "json.matKhau", "constant": "x"}], "answer": {}}})),
    ("3.3", put(endpoint=Endpoint("http", "register.test", 80, "base_url"))),
    ("3.4", put(tls=TlsLook(refused="certificate has expired"))),
    ("3.5", put(tls=SHORT)),
    ("3.7", put(fooled=True)),
    ("3.7", put(impostor=ended(None))),
    ("3.8", put(other_name=ended(None))),
    ("3.9", put(hostile=[ended(PeerFault.NO_MATCH), ended(None)])),
    ("3.9", put(hostile=[ended(PeerFault.FAULT, rule="adapter-failed")])),
    ("3.10", put(logged=["nobody has 096199000001"])),
    ("3.10", asked(refused(NOBODY, PeerFault.NO_MATCH, rule="096177000004"))),
    ("3.11", asked(found(AN, number="?"), found(BINH, number="?"))),
    ("4.1", put(probe=Probe(Reach.UNREACHABLE, "unreachable"))),
    ("4.2", asked(refused(AN, PeerFault.NO_MATCH))),
    ("4.2", asked(found(AN, birth="1950"))),
    ("4.5", asked(found(NOBODY))),  # type: ignore[arg-type]
    ("4.5", asked(refused(NOBODY, PeerFault.FAULT))),
    ("4.6", asked(refused(MALFORMED, PeerFault.FAULT))),
    ("4.6", put(unknown_operation=ended(None))),
    ("4.7", asked(refused(REFUSED, PeerFault.NO_MATCH, "005"))),
    ("4.7", asked(refused(REFUSED, PeerFault.NOT_PERMITTED, "006"))),
    ("4.7", asked(refused(NOBODY, PeerFault.FAULT, "E17"))),
    ("4.9", put(flooded_bytes=100 * 1024 * 1024)),
    ("4.9", put(flooded=ended(None))),
    ("4.10", tampered(Way.STALL, ended(PeerFault.TIMEOUT, 9.0))),
    ("4.10", tampered(Way.STALL, ended(PeerFault.UNREACHABLE))),
    ("4.11", tampered(Way.DRIP, ended(None))),
    ("4.12", tampered(Way.CUT, ended(None))),
    ("4.12", tampered(Way.CUT, ended(PeerFault.NO_MATCH))),
    ("4.13", tampered(Way.SHORTEN, ended(None))),
    ("4.14", put(nobody_listens=ended(PeerFault.FAULT))),
    ("4.15", put(after_trouble=ended(PeerFault.UNREACHABLE))),
    ("4.16", put(at_once=[found(AN), found(AN, number="096150000002")])),
    ("4.16", put(at_once=[found(AN), refused(BINH, PeerFault.OVERLOADED)])),
    ("4.17", put(most_connections=5)),
    ("4.18", put(after_cancelling=ended(PeerFault.OVERLOADED))),
    ("4.19", put(offsets_s=[3600.0])),
    ("4.19", asked(dataclasses.replace(found(AN), found=Found({}, NOW + timedelta(days=1))))),
    ("5.1", put(measured=[found(AN, 0.5)] * 20)),
    ("5.2", put(at_once=[found(AN, 0.5), found(BINH, 0.5)])),
    ("5.3", put(timeout_s=31.0)),
    ("5.4", put(measured=[found(AN, 3.0)] * 20)),
]


def test_all_that_is_well_is_met():
    facts = good()
    result = judge(LIST, facts)
    others = {line.row.number: line.judged for line in result.lines if line.judged.verdict is not Verdict.MET}
    # no secret is used; without a registry shapes are not judged
    assert {number: one.verdict.value for number, one in others.items()} == {
        "1.3": "not-judged",
        "3.1": "does-not-apply",
        "4.3": "not-judged",
        "4.4": "not-judged",
    }


@pytest.mark.parametrize(("number", "change"), BROKEN, ids=[f"{n}-{at}" for at, (n, _) in enumerate(BROKEN)])
def test_what_is_not_well_is_unmet(number: str, change: Callable[[Facts], object]):
    facts = good()
    change(facts)
    if number == "1.3":
        facts.snapshot = object()  # type: ignore[assignment]
    assert verdict(number, facts) is Verdict.UNMET


def test_every_row_can_fail_here_or_needs_more_than_facts():
    # 3.1 reads files, 3.6 needs a weak certificate, 4.3 and 4.4 a registry, 4.8 a reply: their own tests below or live
    assert {row.number for row in LIST.row} - {number for number, _ in BROKEN} == {"3.1", "3.6", "4.3", "4.4", "4.8"}


def test_without_facts_nothing_is_met_but_what_the_declaration_says():
    facts = Facts(Target("rest", TABLE, Path("/nowhere"), {}, "adapter.toml"), Samples())
    facts.endpoint = facts.target.endpoint
    met = {line.row.number for line in judge(LIST, facts).lines if line.judged.verdict is Verdict.MET}
    assert met == {"2.4", "3.2", "3.3", "5.3"}


def test_a_file_has_no_network():
    facts = dataclasses.replace(good(), endpoint=None, tampered={}, nobody_listens=None, offsets_s=[], tls=None)
    idle = {line.row.number for line in judge(LIST, facts).lines if line.judged.verdict is Verdict.IDLE}
    network = {f"4.{row}" for row in (9, 10, 11, 12, 13, 14, 15, 17, 19)}
    assert idle == {"3.1", *(f"3.{row}" for row in range(3, 9)), *network}


def test_one_person_cannot_tell_whether_answers_mix():
    facts = good()
    facts.asked = [found(AN)]
    facts.measured = facts.at_once = [found(AN)] * 4
    assert verdict("4.16", facts) is Verdict.NOT_JUDGED


def test_a_statement_that_chooses_by_the_number_is_about_it():
    facts = good()
    seen = Seen(moves=[Moved(Statement("SELECT", {"number": AN.body["number"]}))])
    facts.asked = [dataclasses.replace(found(AN, number="?"), seen=seen)]
    assert verdict("3.11", facts) is Verdict.MET


def test_a_reader_that_takes_many_records_is_seen():
    facts = good()
    assert verdict("4.8", facts) is Verdict.MET
    listed = {"person": {"path": "/p", "answer": {**ANSWERS["person"], "list_as": "all", "max_records": 5}}}
    table(operations=listed)(facts)
    assert verdict("4.8", facts) is Verdict.MET
    facts.asked = [dataclasses.replace(one, seen=Seen()) for one in facts.asked]
    assert verdict("4.8", facts) is Verdict.NOT_JUDGED


def test_a_budget_moves_both_rows():
    result = judge(LIST, good(), budget_ms=5)
    verdicts = {line.row.number: line.judged.verdict for line in result.lines}
    assert (verdicts["5.1"], verdicts["5.2"]) == (Verdict.UNMET, Verdict.MET)
    assert result.verdict is Verdict.UNMET


def test_the_list_is_whole():
    assert [row.judge for row in LIST.row] == list(JUDGES)
    assert len({row.number for row in LIST.row}) == len(LIST.row)
    for at, group in enumerate(Group, 1):
        rows = LIST.group(group)
        assert [row.number for row in rows] == [f"{at}.{n}" for n in range(1, len(rows) + 1)]
    for row in LIST.row:
        assert all((row.vi, row.en, row.how_vi, row.how_en))
    assert "Lienthong" in LIST.source.en
