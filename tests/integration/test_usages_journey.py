"""A citizen at the embedded bus, over real HTTP: a dossier is resolved, then its people see exactly what was asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import msgspec
import pytest
from nation import EmbeddedNation
from typer.testing import CliRunner

from bus import net
from bus.app import prepare
from bus.app.citizen import Portal, UsagesRefusedError
from bus.app.development_issuer import IssuerFiles, token
from bus.app.usages import Usages, UsagesParts
from bus.cli.app import build
from bus.clock import SteadyClock
from bus.keystore.development import make_development_keys
from bus.ledger.tools import show
from bus.sample.personas import PERSONAS
from bus.sample.procedures import CONSUMER
from config.apikeys import new_api_key
from config.usages import DelayedDisclosure, PortalCertificate, UsagesSettings
from schemas.inquiry import decode_inquiry
from schemas.record import LeafType
from signing.__main__ import main as check
from signing.page import Page, digest_of

MOTHER, FATHER, GROOM = (PERSONAS[key].number for key in ("mother", "father", "groom"))


class Answer(NamedTuple):
    status: int
    body: Any
    headers: Any


class Citizens:
    """The citizens' view of a running nation, and the test nation's e-ID issuer."""

    def __init__(self, nation: EmbeddedNation) -> None:
        self.nation = nation
        self.url = nation.bus.addresses.usages
        self.portal = Portal(self.url)
        self.issuer = IssuerFiles(nation.state.folder).open()
        self.recorded = asyncio.run(nation.records())  # before anybody has looked

    async def token(self, number: str, level: str = "substantial") -> str:
        return token(self.issuer, number, await self.portal.challenge(), level, int(time.time()))

    async def page(self, number: str, **members: str) -> tuple[Page, bytes]:
        await self.nation.ground.there(self.nation.bus.ledger.publish())
        return await self.portal.page(await self.token(number), members)

    @asynccontextmanager
    async def beside(self, **members: object) -> AsyncIterator[str]:
        """A second view of the same hub, with other settings; its address."""
        usual = IssuerFiles(self.nation.state.folder).settings("127.0.0.1:0")
        settings = UsagesSettings.model_validate(usual.model_dump() | members)
        bus = self.nation.bus
        parts = UsagesParts(
            ledger=bus.ledger,
            ledger_files=bus.state.ledger,
            files=bus.state.audit,
            snapshot=lambda: bus.nodes[0].desks[CONSUMER].directory.snapshot,
            clock=SteadyClock(),
            operator=self.nation.settings.operator,
            settings=settings,
            allow_development=True,
        )
        running = await self.nation.ground.there(Usages.start(parts))
        try:
            yield running.address
        finally:
            await self.nation.ground.there(running.close())

    async def send(self, method: str, path: str, text: str | None, **more: Any) -> Answer:  # noqa: ANN401 - whatever aiohttp takes
        headers = {"Authorization": f"Bearer {text}"} if text else {}
        headers |= more.pop("headers", {})
        async with (
            aiohttp.ClientSession(self.url) as session,
            session.request(method, path, headers=headers, **more) as answer,
        ):
            data = await answer.read()
            parsed = msgspec.json.decode(data) if "json" in answer.content_type else data.decode()
            return Answer(answer.status, parsed, answer.headers)


@pytest.fixture(scope="module")
def citizens(tmp_path_factory: pytest.TempPathFactory):
    nation = EmbeddedNation(tmp_path_factory.mktemp("citizens"))
    try:
        assert asyncio.run(nation.counter.open("birth")).status == 201
        yield Citizens(nation)
    finally:
        nation.close()


async def test_the_citizen_sees_exactly_the_questions_and_verifies_them_offline(citizens: Citizens, tmp_path: Path):
    page, data = await citizens.page(MOTHER)
    asked = set()
    for index, one in enumerate(citizens.recorded):
        about = {who.id for who in one.details.subjects} if one.details else set()
        if one.record.type is LeafType.ASKED and MOTHER in about:
            asked.add(index)
    assert asked
    assert {line.records[0] for line in page.usages if line.kind == "question"} == asked
    assert {line.outcome for line in page.usages if line.kind == "question"} == {"answered"}
    assert all(line.procedure and line.procedure.id == "3.000722" for line in page.usages if line.kind == "question")
    assert [line.kind for line in page.usages].count("dossier") == 1
    assert FATHER.encode() not in data
    file = tmp_path / "usages.json"
    file.write_bytes(data)
    key = show(citizens.nation.state.ledger).vkeys[0]
    assert check(["--log-key", key, str(file)]) == 0
    told = decode_inquiry((page.look.details if page.look else "").encode())
    assert told.shown == digest_of(page.usages)
    # a line that says another service than its record is seen, and so is a time
    for old, new in (
        (b'"provider":{"id":"a10000', b'"provider":{"id":"a20000'),
        (b'"outcome":"answered"', b'"outcome":"fault"'),
    ):
        changed = data[: data.index(b'"usages"')] + data[data.index(b'"usages"') :].replace(old, new, 1)
        assert changed != data
        file.write_bytes(changed)
        assert check(["--log-key", key, str(file)]) == 1


async def test_the_look_is_in_the_next_look_and_only_there(citizens: Citizens):
    page, _ = await citizens.page(MOTHER)
    again, _ = await citizens.page(MOTHER)
    own = [line for line in again.usages if line.kind == "own-look"]
    assert page.inquiry in {line.records[0] for line in own}
    other, _ = await citizens.page(GROOM)
    assert [line for line in other.usages if line.kind != "own-look"] == []


async def test_pages_go_on_with_the_same_token_and_a_cursor_alone(citizens: Citizens):
    whole, _ = await citizens.page(MOTHER, until="2100-01-01")
    text = await citizens.token(MOTHER)
    seen, members = [], {"limit": "3", "until": "2100-01-01"}
    while True:
        page, _ = await citizens.portal.page(text, members)
        seen += [line.records[0] for line in page.usages]
        if page.next is None:
            break
        members["cursor"] = page.next
    expected = [line.records[0] for line in whole.usages]
    assert [index for index in seen if index in expected] == expected
    with pytest.raises(UsagesRefusedError, match="823"):
        await citizens.portal.page(text, {})
    with pytest.raises(UsagesRefusedError, match="804"):
        await citizens.portal.page(await citizens.token(MOTHER), members)


async def test_no_look_without_the_citizen_s_own_token(citizens: Citizens):
    missing = await citizens.send("GET", "/usages", None)
    assert (missing.status, missing.body["number"]) == (401, 821)
    assert missing.headers["WWW-Authenticate"] == "Bearer"
    weak = await citizens.send("GET", "/usages", await citizens.token(MOTHER, "low"))
    assert (weak.status, weak.body["number"]) == (403, 824)
    foreign = await citizens.send(
        "GET", "/usages", token(citizens.issuer, MOTHER, "n-made-up-by-me-0", "high", int(time.time()))
    )
    assert (foreign.status, foreign.body["rule"]) == (401, "nonce")
    junk = await citizens.send("GET", "/usages", "lt_some-api-key")
    assert (junk.status, junk.body["number"], junk.body["rule"]) == (401, 822, "form")
    size = await citizens.nation.size()
    assert (await citizens.send("GET", "/usages?colour=red", await citizens.token(MOTHER))).status == 400
    assert await citizens.nation.size() == size  # what is refused leaves no look


async def test_a_delayed_class_is_held_back_by_settings(citizens: Citizens):
    shown, _ = await citizens.page(MOTHER)
    law = DelayedDisclosure(purpose="dossier", days=30, basis="Luật X, Điều 9")
    async with citizens.beside(delayed=(law,)) as address:
        there = Portal(address)
        text = token(citizens.issuer, MOTHER, await there.challenge(), "high", int(time.time()))
        page, data = await there.page(text, {})
    asked = {line.records[0] for line in shown.usages if line.kind == "question"}
    assert asked
    assert asked.isdisjoint(index for line in page.usages for index in line.records)
    assert asked.isdisjoint(record.index for record in page.records)
    assert {line.kind for line in page.usages} == {"own-look", "dossier"}
    assert "Điều 9" not in data.decode()


async def test_portals_show_keys_or_certificates(citizens: Citizens, tmp_path: Path):
    keys = citizens.nation.state.keys
    make_development_keys(keys.folder, now=prepare.today(), nodes=["portal", "stranger"])
    key, _ = new_api_key(tmp_path / "portals.toml", system="national-portal", days=1, now=datetime.now(UTC))
    async with citizens.beside(portals=tmp_path / "portals.toml") as address:
        with pytest.raises(UsagesRefusedError, match="801"):
            await Portal(address).challenge()
        known = Portal(address, key)
        text = token(citizens.issuer, MOTHER, await known.challenge(), "high", int(time.time()))
        await known.page(text, {})
    tls = {"certificate": keys.link_certificate("hub"), "key": keys.link_key("hub"), "portal_anchors": keys.root}
    shown = PortalCertificate(portal="by-card", certificate=keys.link_certificate("portal"))
    async with citizens.beside(portal_certificates=(shown,), **tls) as address:
        for name, status in (("portal", 201), ("stranger", 401)):
            card = net.client_context(keys.link_certificate(name), keys.link_key(name), keys.root.read_text("ascii"))
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{address}/usages/challenge", ssl=card) as answer,
            ):
                assert answer.status == status
    page, _ = await citizens.page(MOTHER)
    assert "national-portal" in {line.system for line in page.usages if line.kind == "own-look"}


async def test_the_data_tracker_s_shape(citizens: Citizens):
    user = {"X-Road-UserId": f"VN{MOTHER}", "Accept-Language": "en"}
    page, _ = await citizens.page(MOTHER)
    questions = [line for line in page.usages if line.kind != "own-look"]
    text = await citizens.token(MOTHER)
    found = await citizens.send("GET", f"/v2/findUsage?userCode={MOTHER}&limit=2&offset=1", text, headers=user)
    assert found.status == 200
    assert found.body["totalUsages"] >= len(questions)
    assert len(found.body["usages"]) == 2
    assert set(found.body["usages"][0]) == {"logtime", "action", "receiverCode", "receiverName", "receiverSystem"}
    body = {"userCode": MOTHER, "periodEnd": "2100-01-01", "limit": 1000}
    posted = await citizens.send("POST", "/v2/findUsage", await citizens.token(MOTHER), headers=user, json=body)
    times = [one["logtime"] for one in posted.body["usages"]]
    assert times == sorted(times, reverse=True)
    assert "one-stop" in {one["receiverSystem"] for one in posted.body["usages"]}
    another = await citizens.send("GET", f"/v2/findUsage?userCode={FATHER}", await citizens.token(MOTHER), headers=user)
    assert (another.status, another.body["number"]) == (403, 825)
    theirs = {"X-Road-UserId": FATHER}
    lent = await citizens.send("GET", f"/v2/findUsage?userCode={FATHER}", await citizens.token(MOTHER), headers=theirs)
    assert (lent.status, lent.body["number"]) == (403, 825)
    period = await citizens.send("GET", "/v2/usagePeriod", None)
    assert period.body["periodStart"] <= period.body["periodEnd"]
    assert (await citizens.send("GET", "/v2/heartbeat", None)).body["status"] == "OK"


async def test_commands_get_a_token_and_show_and_keep_the_page(citizens: Citizens, tmp_path: Path):
    folder, runner = citizens.nation.state.folder, CliRunner()
    kept, file = tmp_path / "usages.json", tmp_path / "token"
    made = ["usages", "token", "--for", MOTHER, "--state", str(folder), "--url", citizens.url, "--out", str(file)]
    result = await asyncio.to_thread(runner.invoke, build(), made)
    assert result.exception is None, result.exception
    assert file.stat().st_mode & 0o077 == 0
    shown = ["usages", "show", "--token-file", str(file), "--url", citizens.url, "--keep", str(kept)]
    result = await asyncio.to_thread(runner.invoke, build(), [*shown, "--language", "en"])
    assert result.exception is None, result.exception
    assert "asked" in result.stdout
    assert MOTHER not in result.stdout
    assert check(["--log-key", show(citizens.nation.state.ledger).vkeys[0], str(kept)]) == 0
    nonce = await asyncio.to_thread(runner.invoke, build(), ["usages", "challenge", "--url", citizens.url])
    assert len(nonce.stdout.strip()) == 51
