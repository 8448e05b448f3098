"""The sample nation as real processes, as the README shows it; what stands in their logs; a ledger on a full disk."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

from agency_system import CASE, opening
from wires import until

from bus.sample.personas import PERSONAS
from bus.sample.procedures import DEMO

if TYPE_CHECKING:
    from processes import Processes


async def test_the_same_demo_at_a_node_that_runs(group: Processes):
    for agency in group.laid.nodes.keys() - {name.removeprefix("node-") for name in group.children}:
        group.node(agency)
    await group.stands(*group.laid.nodes)
    ended = await group.command(
        "demo", "against", group.laid.node_url, "--key-file", str(group.laid.key_file), "--json"
    )
    assert ended.code == 0, ended.err
    for key, one in zip(DEMO, ended.json["dossiers"], strict=True):
        gaps = {line["requirement"]: line["reason"] for line in one["body"]["lines"] if line["reason"]}
        assert gaps == dict(CASE[key].gaps)
    assert ended.json["refused"]["body"]["number"] == 702


async def test_one_dossier_by_command(group: Processes):
    await group.stands()
    at = ("--node", group.laid.node_url, "--key-file", str(group.laid.key_file))
    ended = await group.command("dossier", "resolve", *at, "--sample", "marriage-late", "--language", "en")
    assert ended.code == 0, ended.err
    assert "Ministry of Justice" in ended.out.decode()
    mother = PERSONAS["mother"]
    party = f"mother={mother.number},{mother.name},{mother.birth},high"
    own = ("--form", "birth-linked@1", "--party", party, "--officer", "CB010001@H26.901")
    ended = await group.command("dossier", "resolve", *at, *own, "--json")
    assert (ended.code, ended.json["status"]) == (0, 201)


async def test_the_correlation_id_reaches_the_provider_s_system(group: Processes):
    await group.stands()
    opened = await group.counter.send(
        "POST", "/dossiers", opening("marriage-late"), headers={"X-Correlation-Id": "counter-7:2026-11-22"}
    )
    assert opened.headers["X-Correlation-Id"] == "counter-7:2026-11-22"
    last = group.taps["civil-status"].seen[-1]
    assert last.headers["X-Correlation-Id"] == "counter-7:2026-11-22"


async def test_a_full_disk_stops_the_ledger_and_nothing_is_asked_unrecorded(group: Processes):
    await group.stands()
    dossier = str((await group.counter.open("birth")).body["dossier"])
    term = (await group.ledger()).term
    (pid,) = group.pids("--part", "ledger")
    before = len(group.taps["population"].seen)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    said = await group.counter.ask("confirm", dossier=dossier)
    assert (said.status, said.number, said.body["fault_at"], said.body["retry"]) == (503, 601, "hub", True), said.body
    assert len(group.taps["population"].seen) == before

    async def records_again() -> bool:
        return (await group.counter.ask("confirm", dossier=dossier)).status == 200

    await until(records_again)
    assert (await group.ledger()).term > term
    assert await group.ledger_holds()
    assert (await group.ledger()).open_asked == 0


async def test_no_log_names_a_person(group: Processes):
    names = {word for who in PERSONAS.values() for word in (who.number, who.name) if word}
    for child in group.children.values():
        assert not [name for name in names if name in child.text], child.log
        assert "Traceback" not in child.text, child.log
