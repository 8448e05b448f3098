"""The Python client before a real node: questions, dossiers, problems, tokens, retries; both clients do the same."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from agency_system import CASE, OFFICER, PERSON
from nation import EmbeddedNation
from wires import until

import bus.client as lienthong
from bus.app import prepare
from bus.client import models
from bus.client.retry import NO_PATIENCE, Patience
from bus.http.openapi import document
from bus.sample.personas import PERSONAS
from config.apikeys import new_oauth_client

MOTHER = PERSONAS["mother"]
ROOT = Path(__file__).parents[2]


class Both:
    """The two clients behind one face: each call is made with one of them."""

    def __init__(self, kind: str, url: str, credentials: Any = None, **more: Any) -> None:  # noqa: ANN401 - as the clients take it
        self.kind = kind
        self.made = (url, credentials, more)
        url, credentials, more = self.made
        self.blocking = lienthong.Client(url, credentials, **more)

    async def call(self, name: str, *arguments: object, **more: object) -> Any:  # noqa: ANN401 - whatever comes
        if self.kind == "blocking":
            return await asyncio.to_thread(getattr(self.blocking, name), *arguments, **more)
        url, credentials, options = self.made
        async with lienthong.AsyncClient(url, credentials, **options) as node:
            return await getattr(node, name)(*arguments, **more)


@pytest.fixture(params=["blocking", "asyncio"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def node(kind: str, nation: EmbeddedNation) -> Both:
    return Both(kind, nation.node, lienthong.ApiKey(nation.key))


def question(**changed: Any) -> lienthong.Question:  # noqa: ANN401 - any member
    plain: dict[str, Any] = {
        "service": PERSON,
        "operation": "confirm",
        "purpose": "dossier",
        "procedure": "3.000722",
        "body": {"citizen_number": MOTHER.number, "full_name": MOTHER.name, "birth": MOTHER.birth},
        "officer": lienthong.Officer(*OFFICER),
        "subjects": (lienthong.Subject(MOTHER.number, role="mother", assurance="high"),),
    }
    return lienthong.Question(**(plain | changed))


def opening(key: str = "birth", **changed: Any) -> lienthong.Opening:  # noqa: ANN401 - any member
    case = CASE[key]
    people = {role: PERSONAS[who] for role, who in case.parties.items()}
    parties = tuple(
        lienthong.Party(role, who.number, name=who.name, birth=who.birth, assurance="high")
        for role, who in people.items()
    )
    plain = {"form": case.form, "parties": parties, "officer": lienthong.Officer(*OFFICER)}
    return lienthong.Opening(**(plain | changed))


class Confirmed(msgspec.Struct):
    exists: bool


async def test_a_question_and_its_typed_answer(node: Both, nation: EmbeddedNation):
    dossier = await nation.dossier("birth")
    answer = await node.call("ask", question(dossier=dossier), correlation="counter-7")
    typed = await node.call("ask_for", Confirmed, question(dossier=dossier))
    assert (answer.answer, typed.answer, answer.provider) == ({"exists": True}, Confirmed(exists=True), "a100001")
    assert answer.receipt.outcome == answer.receipt.asked + 1
    assert not answer.sandbox


async def test_a_dossier_from_opening_to_closing(node: Both):
    opened = await node.call("open_dossier", opening())
    assert (opened.state, opened.spared > 0) == ("open", True)
    assert await node.call("dossier", opened.dossier) == opened
    home = lienthong.SupplementField("home", "person.permanent-address", "mother")
    held = lienthong.Supplement((home,), lienthong.Officer(*OFFICER))
    with pytest.raises(lienthong.NodeProblemError) as caught:
        await node.call("supplement", opened.dossier, held)
    assert (caught.value.number, caught.value.guard is not None) == (702, True)
    assert caught.value.guard is not None
    assert caught.value.guard.fields[0].held_by[0].agency_name.en
    named = lienthong.SupplementField("name", "person.full-name", "mother")
    allowed = lienthong.Supplement((named,), lienthong.Officer(*OFFICER))
    assert (await node.call("supplement", opened.dossier, allowed)).passed
    assert (await node.call("close_dossier", opened.dossier)).state == "closed"
    with pytest.raises(lienthong.NodeProblemError, match="705"):
        await node.call("close_dossier", opened.dossier)


async def test_health_needs_no_key(kind: str, nation: EmbeddedNation):
    assert (await Both(kind, nation.node).call("health")).status == "ok"


async def test_a_problem_says_where_and_why(node: Both, nation: EmbeddedNation):
    with pytest.raises(lienthong.NodeProblemError) as caught:
        await node.call("ask", question(dossier=await nation.dossier("birth"), body={"citizen_number": "1"}))
    error = caught.value
    assert (error.number, error.fault_at, error.retry) == (301, "consumer-system", False)
    assert error.rule
    assert error.place
    assert error.text.en != error.text.vi
    assert MOTHER.number not in str(error)


async def test_without_a_key_nobody_gets_in(kind: str, nation: EmbeddedNation):
    with pytest.raises(lienthong.NodeProblemError, match="801"):
        await Both(kind, nation.node).call("dossier", "x")


@pytest.fixture
async def oauth(nation: EmbeddedNation) -> AsyncIterator[tuple[str, str]]:
    file = nation.state.api_keys("a100010")
    before = file.read_bytes()
    secret, line = new_oauth_client(file, system="one-stop", days=1, now=prepare.today())
    await until(lambda: nation.bus.grants.tokens.knows(line.id))
    yield line.id, secret
    file.write_bytes(before)


async def test_tokens_are_fetched_kept_and_fetched_anew(kind: str, nation: EmbeddedNation, oauth: tuple[str, str]):
    credentials = lienthong.OAuth2(*oauth)
    node = Both(kind, nation.node, credentials)
    with pytest.raises(lienthong.NodeProblemError, match="704"):
        await node.call("dossier", "none")
    first = credentials.headers()
    with pytest.raises(lienthong.NodeProblemError, match="704"):
        await node.call("dossier", "none")
    assert credentials.headers() == first
    nation.bus.grants.tokens._tokens.clear()
    with pytest.raises(lienthong.NodeProblemError, match="704"):
        await node.call("dossier", "none")
    assert credentials.headers() != first
    assert oauth[1] not in repr(credentials)


async def test_a_wrong_secret_is_no_problem_of_the_node_s(kind: str, nation: EmbeddedNation, oauth: tuple[str, str]):
    with pytest.raises(lienthong.TokenRefusedError) as caught:
        await Both(kind, nation.node, lienthong.OAuth2(oauth[0], "wrong")).call("dossier", "none")
    assert caught.value.error == "invalid_client"


Script = list[Callable[[BaseHTTPRequestHandler], None]]


def busy(number: int, *, retry: bool, after: str | None = None) -> Callable[[BaseHTTPRequestHandler], None]:
    body = orjson.dumps(
        {
            "type": "urn:x",
            "title": "x",
            "status": 503,
            "number": number,
            "text": {"vi": "x", "en": "x"},
            "retry": retry,
        }
    )
    return said(503, body, "application/problem+json", after)


def said(
    status: int, body: bytes, kind: str = "application/json", after: str | None = None
) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        if after is not None:
            handler.send_header("Retry-After", after)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def dropped(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


GOOD = said(
    200,
    orjson.dumps(
        {
            "exchange": "e",
            "answer": {"exists": True},
            "as_of": None,
            "provider": "a100001",
            "receipt": {
                "origin": "o",
                "term": 1,
                "asked": 1,
                "outcome": 2,
                "asked_at": "",
                "outcome_at": "",
                "hops": {},
            },
            "newer": "member",
        }
    ),
)


@contextmanager
def scripted(script: Script) -> Iterator[tuple[str, list[str]]]:
    """A node that answers by a script, and what was asked of it."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            seen.append(self.path)
            script.pop(0)(self)

        do_GET = do_POST  # noqa: N815 - the base class's name

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


FAST = Patience(first_wait_s=0.01)


@pytest.mark.parametrize(
    ("script", "changed", "asked", "error"),
    [
        ([busy(403, retry=True, after="0"), GOOD], {}, 2, None),
        ([busy(405, retry=True), GOOD], {}, 2, None),
        ([busy(407, retry=False), GOOD], {}, 1, lienthong.NodeProblemError),
        ([busy(407, retry=False), GOOD], {"repeatable": True}, 1, lienthong.NodeProblemError),
        ([busy(403, retry=True, after="3600"), GOOD], {}, 1, lienthong.NodeProblemError),
        ([busy(403, retry=True)] * 9, {}, 3, lienthong.NodeProblemError),
        ([dropped, GOOD], {}, 1, lienthong.NodeUnreachableError),
        ([dropped, GOOD], {"repeatable": True}, 2, None),
        ([said(502, b"<html>", "text/html"), GOOD], {"repeatable": True}, 1, lienthong.NodeAnswerError),
        ([said(200, b"{}"), GOOD], {}, 1, lienthong.NodeAnswerError),
        ([said(200, b"{"), GOOD], {}, 1, lienthong.NodeAnswerError),
        ([said(200, b'{"exchange":"\xff"}'), GOOD], {}, 1, lienthong.NodeAnswerError),
        ([said(307, b"{}")], {}, 1, lienthong.NodeAnswerError),
    ],
)
async def test_what_is_sent_again(
    kind: str, script: Script, changed: dict[str, Any], asked: int, error: type[Exception] | None
):
    with scripted(list(script)) as (url, seen):
        node = Both(kind, url, lienthong.ApiKey("k"), patience=FAST)
        if error is None:
            assert (await node.call("ask", question(**changed))).answer == {"exists": True}
        else:
            with pytest.raises(error):
                await node.call("ask", question(**changed))
    assert len(seen) == asked


async def test_where_nothing_listens_nothing_was_sent(kind: str):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(lienthong.NodeUnreachableError) as caught:
            await Both(kind, url, patience=NO_PATIENCE).call("health")
    assert not caught.value.sent


async def test_an_answer_that_does_not_come_is_given_up(kind: str):
    waiting = threading.Event()

    def silent(_: BaseHTTPRequestHandler) -> None:
        waiting.wait(10)

    with scripted([silent]) as (url, _):
        node = Both(kind, url, patience=NO_PATIENCE)
        with pytest.raises(lienthong.NodeUnreachableError) as caught:
            await node.call("ask", question(timeout_ms=-4_900))
        waiting.set()
    assert caught.value.sent


@pytest.mark.parametrize("service", ["", "a/b", "a100001/population/person/../x", "a100001/Population/person"])
def test_a_service_that_is_none_is_not_sent(service: str):
    with pytest.raises(ValueError, match="agency/system/service"):
        lienthong.Client("http://127.0.0.1:1").ask(question(service=service))


@pytest.mark.parametrize("url", ["127.0.0.1:8500", "ftp://x", ""])
def test_an_address_that_is_none(url: str):
    with pytest.raises(ValueError, match="address"):
        lienthong.Client(url)


def test_its_models_are_the_node_s_own():
    described = document()["components"]["schemas"]  # type: ignore[index] # a description
    pairs = {
        "AskIn": (models.Question, {"service", "operation", "repeatable"}),
        "DossierIn": (models.Opening, set()),
        "SupplementIn": (models.Supplement, set()),
        "SupplementField": (models.SupplementField, set()),
        "PersonIn": (models.Party, set()),
        "SubjectIn": (models.Subject, set()),
        "OfficerIn": (models.Officer, set()),
        "OverrideIn": (models.Override, set()),
        "AnswerView": (models.Answer, {"sandbox"}),
        "ReceiptView": (models.Receipt, set()),
        "DossierView": (models.Dossier, set()),
        "LineView": (models.Line, set()),
        "Source": (models.Source, set()),
        "GuardView": (models.Guard, set()),
        "FieldView": (models.FieldVerdict, set()),
        "HeldByView": (models.HeldBy, set()),
        "ClosedView": (models.Closed, set()),
        "SystemView": (models.System, set()),
        "HealthView": (models.Health, set()),
        "Problem": (models.Problem, set()),
    }
    for name, (model, own) in pairs.items():
        assert set(model.__struct_fields__) - own == set(described[name]["properties"]), name


def test_importing_it_brings_no_hub_along():
    asked = "import sys, bus.client; print(sorted(n for n in sys.modules if '.' not in n or n.startswith('bus.')))"
    command = [sys.executable, "-P", "-c", asked]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)})
    own = {name for name in done.stdout.replace("'", "").strip("[]\n").split(", ") if name.startswith("bus.")}
    assert all(name.startswith("bus.client") for name in own)
    for heavy in (
        "cryptography",
        "lxml",
        "pydantic",
        "sqlalchemy",
        "zeep",
        "schemas",
        "registry",
        "signing",
        "adapters",
    ):
        assert f"'{heavy}'" not in done.stdout
