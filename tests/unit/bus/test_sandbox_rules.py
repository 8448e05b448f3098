"""A sandbox's settings and refusals: faults by number and at a rate, delays, schemas of which no answer can be made."""

from __future__ import annotations

import copy
import json
from statistics import fmean
from typing import Any

import pytest
from registry_folder import folder
from typer.testing import CliRunner

from adapters.port import PeerFault
from bus.cli.app import build
from bus.cli.exits import Exit
from bus.cli.failures import failure_of
from bus.kit.sandbox.delays import Delay
from bus.kit.sandbox.faults import FAULTS, WIRE, Rates, as_error, as_peer_error, by_number, fault_named
from bus.kit.sandbox.refused import SandboxError
from bus.kit.sandbox.shelf import Shelf
from bus.sample.systems import registry_folder
from registry.snapshot import compile as compile_folder
from schemas.problems import Code

ANSWER = "schemas/person.answer/1.json"
PERSON = "a100001/population/person"


def test_every_reason_of_an_adapter_is_a_fault_and_is_said_as_adapters_say_it():
    for kind in PeerFault:
        fault = FAULTS[kind.value]
        said = as_peer_error(fault)
        assert said is not None
        assert (said.kind, as_error(fault).problem.code) == (kind, fault.code)
    assert as_peer_error(FAULTS["too-busy"]) is None


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in WIRE])
def test_a_fault_has_a_name_and_a_number(name: str):
    code = FAULTS[name].code
    assert code is not None
    assert fault_named(str(int(code))) is not None
    assert as_error(FAULTS[name]).problem.rule == "sandbox"


def test_what_makes_wait_says_how_long():
    assert as_error(FAULTS["too-busy"]).problem.params == {"retry_after_ms": 1000}
    assert as_error(FAULTS["quota-used-up"]).problem.retry


@pytest.mark.parametrize(
    ("text", "code", "delay_ms"),
    [
        ("999190000501", Code.NO_MATCH, 0),
        ("999190000510", Code.SYSTEM_FAULT, 0),
        ("999190000405", Code.NO_HUB, 0),
        ("999190000001", None, 0),
        ("997190000250", None, 2500),
        ("990190000501", None, 0),
        ("99919000050", None, 0),
        ("x999190000501", None, 0),
    ],
)
def test_reserved_numbers(text: str, code: Code | None, delay_ms: int):
    found = by_number(["nothing", text])
    assert (found.fault.code if found.fault else None, found.delay_ms) == (code, delay_ms)


def test_rates_follow_the_seed():
    def drawn(seed: int) -> list[str | None]:
        rates = Rates({"timeout": 0.2, "501": 0.1}, seed)
        return [fault.name if (fault := rates.next()) else None for _ in range(1_000)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 150 < drawn(1).count("timeout") < 250
    assert 60 < drawn(1).count("no-match") < 140


@pytest.mark.parametrize(("rates", "rule"), [({"nonsense": 0.1}, "fault-unknown"), ({"timeout": 1.1}, "fault-rate")])
def test_wrong_rates_are_refused(rates: dict[str, float], rule: str):
    with pytest.raises(SandboxError) as caught:
        Rates(rates, 1)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0", 0, 0),
        ("250", 250, 250),
        ("fixed:250", 250, 250),
        ("uniform:50,150", 95, 105),
        ("normal:200,20", 195, 205),
        ("exponential:100", 90, 110),
        ("lognormal:100,0.5", 105, 120),
    ],
)
def test_delays(text: str, low: float, high: float):
    one, other = Delay(text, 7), Delay(text, 7)
    drawn = [one.next_ms() for _ in range(2_000)]
    assert drawn == [other.next_ms() for _ in range(2_000)]
    assert low <= fmean(drawn) <= high
    assert min(drawn) >= 0


@pytest.mark.parametrize("text", ["", "x", "uniform:1", "normal:1,2,3", "-1", "fixed:nan", "61000", "pareto:1"])
def test_wrong_delays_are_refused(text: str):
    with pytest.raises(SandboxError, match="milliseconds"):
        Delay(text, 1)


def changed(change: dict[str, Any]) -> dict[str, bytes]:
    files = dict(folder())
    document = json.loads(files[ANSWER])
    document["properties"] = {**document["properties"], **change}
    document["required"] = sorted({*document.get("required", []), *change})
    return {**files, ANSWER: json.dumps(document).encode()}


@pytest.mark.parametrize(
    ("schema", "rule", "pointer"),
    [
        ({"type": "string", "minLength": 5, "maxLength": 2}, "string", "/number"),
        ({"type": "string", "pattern": "^a$", "minLength": 3}, "pattern", "/number"),
        ({"enum": []}, "enum", "/number"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "type", "/number"),
    ],
)
def test_a_schema_without_values_stops_the_start_with_rule_and_place(schema: dict[str, Any], rule: str, pointer: str):
    snapshot = compile_folder(changed({"number": {**schema, "x-term": "person.number"}}))
    with pytest.raises(SandboxError) as caught:
        Shelf(snapshot, [PERSON], 1)
    assert caught.value.rule == rule
    assert caught.value.place.startswith(f"{PERSON}/")
    assert caught.value.place.endswith(f"person.answer@1 {pointer}")


@pytest.mark.parametrize(
    ("service", "rule"), [("a100001/population/none", "service-unknown"), ("a100002/civil-status/scans", "opaque")]
)
def test_what_cannot_be_served_is_said(service: str, rule: str):
    from world import World  # noqa: PLC0415 - only here: it makes keys

    with pytest.raises(SandboxError) as caught:
        Shelf(World().snapshot, [service], 1)
    assert caught.value.rule == rule


def test_a_registry_is_not_changed_by_serving_it():
    snapshot = compile_folder(folder())
    before = copy.deepcopy(snapshot.services()[0].operations["read"].answer.source)  # type: ignore[union-attr] # it is shaped
    for served in Shelf(snapshot, (), 1):
        served.answer(served.read(served.example))
    assert snapshot.services()[0].operations["read"].answer.source == before  # type: ignore[union-attr] # the same


@pytest.mark.parametrize(
    ("options", "code", "rule"),
    [
        ([], Exit.USAGE, "usage"),
        (["--all", "--fault", "timeout"], Exit.USAGE, "usage"),
        (["--all", "--listen", "nowhere"], Exit.USAGE, "usage"),
        (["--all", "--fault", "nonsense=0.1"], Exit.CONFIG, "fault-unknown"),
        (["--all", "--delay", "soon"], Exit.CONFIG, "delay"),
        (["--service", "a100001/no/such"], Exit.CONFIG, "service-unknown"),
        (["--all", "--as", "a999999"], Exit.CONFIG, "consumer-unknown"),
        (["--all", "--as", "a100010/none"], Exit.CONFIG, "consumer-unknown"),
    ],
)
def test_a_wrong_command_line_ends_with_its_code(options: list[str], code: Exit, rule: str):
    done = CliRunner().invoke(build(["sandbox"]), ["sandbox", str(registry_folder()), *options], standalone_mode=False)
    assert isinstance(done.exception, Exception)
    failure = failure_of(done.exception)
    assert (failure.code, failure.rule) == (code, rule)
