"""The sandbox as teams meet it: the node's own API with invented answers, chosen faults, delays; and behind a node."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema_rs
import orjson
import pytest
from agency_system import opening
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import ValidationError
from registry_repo import new_repo
from world import World, ask

from adapters.kind import Kind
from adapters.port import PeerError, Query
from adapters.surroundings import Surroundings, no_secrets, no_tls
from bus.app.node_process import maker_of
from bus.kit.sandbox.adapter import SandboxAdapter, kind_for
from bus.kit.sandbox.refused import SandboxError
from bus.kit.sandbox.run import Sandbox, SandboxParts
from bus.kit.sandbox.shelf import snapshot_of
from bus.sample.systems import registry_folder
from config.node import NodeSettings

PERSON = "a100001/population/person"
NUMBER = "990194000012"
QUESTION: dict[str, Any] = {
    "purpose": "verification",
    "body": {"citizen_number": NUMBER, "full_name": "Trần Thị Bình Minh", "birth": "1994-03-12"},
    "officer": {"id": "CB-0001", "unit": "Một cửa"},
    "subjects": [{"id": NUMBER, "assurance": "high"}],
}
RESIDENCE = f"/ask/{PERSON}/residence"


class Team:
    """A team's software before the sandbox."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def post(self, path: str, body: object, **headers: str) -> tuple[int, Any, Any]:
        sent = {"X-Api-Key": "sandbox"} | {name.replace("_", "-"): text for name, text in headers.items()}
        async with self.session.post(self.url + path, json=body, headers=sent) as answer:
            return answer.status, answer.headers, orjson.loads(await answer.read())

    async def get(self, path: str) -> tuple[int, Any, Any]:
        async with self.session.get(self.url + path, headers={"X-Api-Key": "sandbox"}) as answer:
            return answer.status, answer.headers, orjson.loads(await answer.read())


async def started(**changed: Any) -> Sandbox:  # noqa: ANN401 - any part
    return await Sandbox.start(SandboxParts(registry_folder(), listen="127.0.0.1:0", **changed))


@pytest.fixture
async def team() -> AsyncIterator[Team]:
    sandbox = await started()
    async with aiohttp.ClientSession() as session:
        yield Team(session, sandbox.url)
    await sandbox.close()


async def test_every_operation_answers_its_own_example(team: Team):
    _, _, told = await team.get("/sandbox")
    assert len(told["operations"]) == 12
    for one in told["operations"]:
        status, headers, body = await team.post(one["post"], one["question"])
        assert (status, headers["X-Sandbox"], body["sandbox"]) == (200, "true", True)
        assert body["provider"] == one["service"].partition("/")[0]


async def test_answers_are_about_the_subject_repeat_and_agree_with_each_other(team: Team):
    first = (await team.post(RESIDENCE, QUESTION))[2]
    assert (await team.post(RESIDENCE, QUESTION))[2] == first
    assert first["answer"]["full_name"] == QUESTION["body"]["full_name"]
    more = {**QUESTION, "purpose": "dossier", "dossier": "SB-1"}
    details = (await team.post(f"/ask/{PERSON}/details", more))[2]["answer"]
    assert (details["sex"], details["birth"], details["citizen_number"]) == ("female", "1994-03-12", NUMBER)
    assert details["permanent_address"] == first["answer"]["permanent_address"]


async def test_another_seed_is_another_world():
    sandbox = await started(seed=2)
    other = await started(seed=3)
    async with aiohttp.ClientSession() as session:
        said = [await Team(session, one.url).post(RESIDENCE, QUESTION) for one in (sandbox, other)]
    assert said[0][2]["answer"]["permanent_address"] != said[1][2]["answer"]["permanent_address"]
    await sandbox.close()
    await other.close()


async def test_only_the_fields_asked_for_come(team: Team):
    body = (await team.post(RESIDENCE, {**QUESTION, "fields": ["person.full-name"]}))[2]
    assert body["answer"].keys() == {"full_name"}


async def test_nothing_of_it_is_evidence(team: Team):
    body = (await team.post(RESIDENCE, QUESTION))[2]
    assert body["exchange"].startswith("sandbox-")
    assert body["receipt"]["origin"] == "sandbox.invalid"
    assert (body["receipt"]["asked"], body["receipt"]["asked_at"]) == (0, "1970-01-01T00:00:00.000Z")


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"officer": None}, 209),
        ({"subjects": []}, 205),
        ({"subjects": [{"id": NUMBER}]}, 205),
        ({"subjects": [{"id": "990194000013", "assurance": "high"}]}, 214),
        ({"purpose": "curiosity"}, 202),
        ({"purpose": "dossier"}, 207),
        ({"basis": "consent:1"}, 212),
        ({"body": {"citizen_number": "12"}}, 301),
        ({"fields": ["person.blood"]}, 204),
    ],
)
async def test_what_the_real_bus_would_refuse_is_refused_by_the_same_number(
    team: Team, changed: dict[str, Any], number: int
):
    question = {name: value for name, value in {**QUESTION, **changed}.items() if value is not None}
    status, headers, body = await team.post(RESIDENCE, question)
    assert (body["number"], body["sandbox"], headers["X-Sandbox"]) == (number, True, "true")
    assert status >= 400


async def test_unknown_and_unserved_services():
    sandbox = await started(services=("a100006/tax/taxpayer",))
    async with aiohttp.ClientSession() as session:
        team = Team(session, sandbox.url)
        assert (await team.post(RESIDENCE, QUESTION))[2]["number"] == 401
        assert (await team.post("/ask/a100001/no/service/here", QUESTION))[2]["number"] == 201
    await sandbox.close()


async def test_with_a_named_consumer_its_agreements_count():
    sandbox = await started(consumer="a100010/one-stop")
    async with aiohttp.ClientSession() as session:
        team = Team(session, sandbox.url)
        assert (await team.post(f"/ask/{PERSON}/details", QUESTION))[2]["number"] == 201
        status, _, body = await team.post("/dossiers", opening("birth"))
        assert (status, body["state"], body["sandbox"]) == (201, "open", True)
        assert body["spared"] > 0
        kept = await team.get(f"/dossiers/{body['dossier']}")
        assert kept[2] == body
        assert (await team.post(f"/dossiers/{body['dossier']}/close", None))[2]["state"] == "closed"
    await sandbox.close()


@pytest.mark.parametrize(
    ("fault", "status", "number"),
    [
        ("no-match", 404, 501),
        ("502", 409, 502),
        ("timeout", 504, 507),
        ("too-busy", 503, 403),
        ("not-agreed", 403, 201),
    ],
)
async def test_a_fault_by_header(team: Team, fault: str, status: int, number: int):
    said, headers, body = await team.post(RESIDENCE, QUESTION, X_Sandbox_Fault=fault)
    assert (said, body["number"], body["rule"]) == (status, number, "sandbox")
    assert ("Retry-After" in headers) == (status == 503)
    assert (await team.post(RESIDENCE, QUESTION))[0] == 200


async def test_faults_of_the_wire(team: Team):
    headers = {"X-Api-Key": "sandbox", "X-Sandbox-Fault": "proxy-error"}
    async with team.session.post(team.url + RESIDENCE, json=QUESTION, headers=headers) as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await team.post(RESIDENCE, QUESTION, X_Sandbox_Fault="disconnect")
    hung = await team.post(RESIDENCE, {**QUESTION, "timeout_ms": 300}, X_Sandbox_Fault="hang")
    assert (hung[0], hung[2]["number"]) == (504, 507)


async def test_a_fault_by_a_reserved_number(team: Team):
    number = "999194000502"
    question = {
        **QUESTION,
        "body": {**QUESTION["body"], "citizen_number": number},
        "subjects": [{"id": number, "assurance": "high"}],
    }
    assert (await team.post(RESIDENCE, question))[2]["number"] == 502


async def test_a_delay_by_header_and_beyond_the_question_s_time(team: Team):
    assert (await team.post(RESIDENCE, QUESTION, X_Sandbox_Delay_Ms="50"))[0] == 200
    late = await team.post(RESIDENCE, {**QUESTION, "timeout_ms": 60}, X_Sandbox_Delay_Ms="5000")
    assert late[2]["number"] == 507


@pytest.mark.parametrize("headers", [{"X_Sandbox_Fault": "nonsense"}, {"X_Sandbox_Delay_Ms": "-1"}])
async def test_a_wrong_wish_is_refused(team: Team, headers: dict[str, str]):
    status, _, body = await team.post(RESIDENCE, QUESTION, **headers)
    assert (status, body["number"]) == (400, 804)


async def test_rates_repeat_with_the_seed():
    async def run() -> list[int]:
        sandbox = await started(faults={"unreachable": 0.3, "no-match": 0.2}, seed=5)
        async with aiohttp.ClientSession() as session:
            team = Team(session, sandbox.url)
            said = [(await team.post(RESIDENCE, QUESTION))[0] for _ in range(20)]
        await sandbox.close()
        return said

    first = await run()
    assert first == await run()
    assert len(set(first)) == 3


async def test_its_description_holds(team: Team):
    _, _, described = await team.get("/openapi.json")
    OpenAPIV31SpecValidator(described).validate()
    schema = {"$ref": "#/components/schemas/AnswerView", "components": described["components"]}
    body = (await team.post(RESIDENCE, QUESTION))[2]
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(body)
    refused = (await team.post(RESIDENCE, QUESTION, X_Sandbox_Fault="no-match"))[2]
    problem = {"$ref": "#/components/schemas/Problem", "components": described["components"]}
    assert jsonschema_rs.Draft202012Validator(problem).is_valid(refused)


async def test_a_key_that_is_not_the_sandbox_s_is_refused(team: Team):
    async with team.session.post(team.url + RESIDENCE, json=QUESTION, headers={"X-Api-Key": "real"}) as answer:
        assert (answer.status, (await answer.json())["number"]) == (401, 802)


async def test_a_published_registry_is_served_too(tmp_path: Path):
    repo = new_repo(tmp_path)
    parts = SandboxParts(repo.folder, listen="127.0.0.1:0")
    with pytest.raises(SandboxError, match="nothing has been published"):
        await Sandbox.start(parts)
    repo.publish()
    sandbox = await Sandbox.start(parts)
    assert "a100001/population/person" in {served.service.id for served in sandbox.shelf}
    await sandbox.close()


def surroundings() -> Surroundings:
    return Surroundings(no_secrets, Path(), no_tls)


async def test_behind_a_real_node_of_a_test_instance():
    world = World()
    service = "a100001/population/person"
    kind: Kind[Any] = kind_for(service, lambda: world.snapshot)
    adapter = kind.build({"seed": 7}, surroundings(), "node.toml")
    world.population.adapters[service] = adapter
    answered = await world.consumer.asker.ask(ask())
    assert answered.value["number"] == ask().subjects[0].id
    assert answered.answer.sealer == "a100001"
    assert (await world.consumer.asker.ask(ask())).value == answered.value


async def test_behind_a_node_faults_come_at_a_rate():
    world = World()
    service = "a100001/population/person"
    kind = kind_for(service, lambda: world.snapshot)
    adapter = kind.build({"rates": {"unreachable": 1.0}}, surroundings(), "node.toml")
    with pytest.raises(PeerError, match="unreachable"):
        await adapter.ask(Query("read", {"number": "990194000012", "name": "A"}))


def test_before_the_node_has_a_registry_it_cannot_serve():
    adapter = kind_for("a100001/population/person", lambda: None).build({}, surroundings(), "node.toml")
    assert isinstance(adapter, SandboxAdapter)
    with pytest.raises(SandboxError, match="no registry"):
        adapter.prepared()


def node_settings(environment: str) -> NodeSettings:
    settings = {
        "instance": "VN",
        "name": "node-1",
        "environment": environment,
        "state_folder": "/x",
        "link": {"certificate": "/x", "key": "/x", "anchors": ["/x"], "hub": ["hub.example:8441"]},
        "registry": {"trusted_root": "/x", "folder": "/x"},
        "agencies": [{"id": "a100001", "seal": "file:x?certificate=y", "archive": "/x", "archive_key": "/x"}],
        "adapters": [{"service": "a100001/population/person", "kind": "sandbox", "settings": {"seed": 3}}],
    }
    return NodeSettings.model_validate(settings, strict=False)


async def test_a_node_builds_it_from_its_settings():
    settings, snapshot = node_settings("development"), snapshot_of(registry_folder())
    adapter = maker_of(settings, lambda: snapshot)(settings.adapters[0])
    question = {"citizen_number": NUMBER, "full_name": "Trần Thị Bình Minh", "birth": "1994"}
    found = await adapter.ask(Query("residence", question))
    assert (await adapter.ask(Query("residence", question))).body == found.body
    with pytest.raises(PeerError, match="several-matches"):
        await adapter.ask(Query("residence", question | {"citizen_number": "999194000502"}))
    with pytest.raises(PeerError, match="bad-question"):
        await adapter.ask(Query("residence", {}))
    with pytest.raises(PeerError, match="unknown-operation"):
        await adapter.ask(Query("nonsense", question))
    assert (await adapter.probe()).detail == "invented answers"


def test_production_refuses_it():
    with pytest.raises(ValidationError, match="production refuses it"):
        node_settings("production")
