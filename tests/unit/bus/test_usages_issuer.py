"""The issuer's keys: pinned in a file, or fetched with limits, kept for a while; development ones where allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from token_kit import DEV, KEYS, NONCE, NOW_S, POLICY, claims

from bus.usages.admission import Admission
from bus.usages.issuer import DISCOVERY, LOOK_AGAIN_MS, OUTDATED_MS, FetchedKeys, IssuerError, PinnedKeys, Place
from bus.usages.issuer import key_set_url as url_of
from bus.usages.pace import Pace
from bus.usages.tickets import Tickets
from schemas.problems import Code, ProblemError
from signing.devtoken import DevIssuer
from signing.tokenkeys import MAX_SET_BYTES

KEEP_S = 600
NEXT = DevIssuer.create()


class Clock:
    def __init__(self) -> None:
        self.ms = NOW_S * 1000

    def __call__(self) -> int:
        return self.ms


class Issuer:
    """An e-ID issuer's public addresses, on loopback."""

    def __init__(self) -> None:
        self.url = ""
        self.key_set = DEV.key_set
        self.discovery: dict[str, object] | None = None
        self.status = 200
        self.asked = 0

    async def keys(self, _request: web.Request) -> web.Response:
        self.asked += 1
        if self.status == 302:
            raise web.HTTPFound("/elsewhere")
        return web.Response(status=self.status, body=self.key_set)

    async def elsewhere(self, _request: web.Request) -> web.Response:
        return web.Response(body=DEV.key_set)

    async def discover(self, _request: web.Request) -> web.Response:
        return web.json_response(self.discovery or {"issuer": self.url, "jwks_uri": f"{self.url}/keys", "more": 1})


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    here = Issuer()
    app = web.Application()
    app.router.add_get("/keys", here.keys)
    app.router.add_get("/elsewhere", here.elsewhere)
    app.router.add_get(DISCOVERY, here.discover)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield here
    await runner.cleanup()


def fetching(issuer: Issuer, clock: Clock, *, named: bool = False, allow: bool = True) -> FetchedKeys:
    place = Place(issuer.url, f"{issuer.url}/keys" if named else None)
    return FetchedKeys(place, clock, keep_s=KEEP_S, allow_development=allow)


async def refusal(keys: FetchedKeys) -> Code:
    with pytest.raises(ProblemError) as refused:
        await keys.keys(DEV.kid)
    return refused.value.problem.code


@pytest.mark.parametrize("named", [True, False])
async def test_keys_are_fetched_once_and_kept_for_a_while(issuer: Issuer, *, named: bool):
    clock = Clock()
    keys = fetching(issuer, clock, named=named)
    for _ in range(3):
        assert (await keys.keys(DEV.kid)).find(DEV.kid) is not None
    assert issuer.asked == 1
    clock.ms += KEEP_S * 1000
    await keys.keys(DEV.kid)
    assert issuer.asked == 2


async def test_a_new_key_is_looked_for_and_a_made_up_one_costs_no_fetch_each(issuer: Issuer):
    clock = Clock()
    keys = fetching(issuer, clock)
    await keys.keys(DEV.kid)
    issuer.key_set = NEXT.key_set
    assert (await keys.keys(NEXT.kid)).find(NEXT.kid) is None  # it was looked for a moment ago
    clock.ms += LOOK_AGAIN_MS
    assert (await keys.keys(NEXT.kid)).find(NEXT.kid) is not None
    for number in range(20):
        await keys.keys(f"made-up-{number}")
    assert issuer.asked == 2


async def test_while_the_issuer_is_away_the_keys_of_the_last_day_go_on_counting(issuer: Issuer):
    clock = Clock()
    keys = fetching(issuer, clock)
    await keys.keys(DEV.kid)
    issuer.status = 503
    clock.ms += OUTDATED_MS
    assert (await keys.keys(DEV.kid)).find(DEV.kid) is not None
    clock.ms += LOOK_AGAIN_MS
    assert await refusal(keys) is Code.ISSUER_NOT_REACHABLE


async def test_what_is_not_a_key_set_of_this_issuer_s_is_not_taken(issuer: Issuer):
    for change in (
        {"key_set": b"{}"},
        {"key_set": b" " * (MAX_SET_BYTES + 1) + DEV.key_set},
        {"status": 302},
        {"status": 404},
        {"discovery": {"issuer": "https://evil.example", "jwks_uri": "https://evil.example/keys"}},
        {"discovery": {"issuer": issuer.url}},
        {"discovery": {"issuer": issuer.url, "jwks_uri": "http://127.0.0.2/keys"}},
        {"discovery": {"issuer": issuer.url, "jwks_uri": "file:///etc/passwd"}},
    ):
        issuer.key_set, issuer.status, issuer.discovery = DEV.key_set, 200, None
        for name, value in change.items():
            setattr(issuer, name, value)
        assert await refusal(fetching(issuer, Clock())) is Code.ISSUER_NOT_REACHABLE, change
    issuer.key_set, issuer.status, issuer.discovery = DEV.key_set, 200, None
    assert await refusal(fetching(issuer, Clock(), allow=False)) is Code.ISSUER_NOT_REACHABLE
    assert await refusal(FetchedKeys(Place("http://127.0.0.1:1"), Clock(), keep_s=9, allow_development=True))


def test_keys_on_another_host_are_named_in_the_settings():
    document = b'{"issuer":"https://id.example","jwks_uri":"https://keys.example/keys"}'
    with pytest.raises(IssuerError, match="key_set_url"):
        url_of(document, "https://id.example")
    with pytest.raises(IssuerError, match="discovery"):
        url_of(b"<html>", "https://id.example")


async def test_pinned_keys_follow_their_file_and_a_broken_one_changes_nothing(tmp_path: Path):
    file = tmp_path / "keys.json"
    with pytest.raises(IssuerError, match=r"keys\.json"):
        PinnedKeys(file, allow_development=True)
    file.write_bytes(DEV.key_set)
    with pytest.raises(IssuerError, match="development"):
        PinnedKeys(file, allow_development=False)
    pinned = PinnedKeys(file, allow_development=True)
    assert (await pinned.keys(None)).find(DEV.kid) is not None
    file.write_bytes(b"{")
    assert (await pinned.keys(None)).find(DEV.kid) is not None
    file.write_bytes(NEXT.key_set + b"\n")
    assert (await pinned.keys(None)).find(NEXT.kid) is not None


async def test_a_challenge_is_not_used_up_by_a_token_that_does_not_hold(tmp_path: Path):
    """Else anybody who saw a nonce could lock its citizen out."""
    file = tmp_path / "keys.json"
    file.write_bytes(DEV.key_set)
    clock = Clock()
    tickets = Tickets(clock, 600)
    door = Admission(POLICY, PinnedKeys(file, allow_development=True), tickets, Pace(clock, 5), clock)
    nonce = tickets.issue(None).nonce
    forged = NEXT.token(claims(nonce=nonce), NOW_S, kid=DEV.kid)
    with pytest.raises(ProblemError) as refused:
        await door.admit(forged, None, None, b"")
    assert refused.value.problem.rule == "signature"
    citizen = await door.admit(DEV.token(claims(nonce=nonce), NOW_S), None, None, b"")
    assert citizen.number not in repr(citizen)
    with pytest.raises(ProblemError) as unknown:
        await door.admit(DEV.token(claims(nonce=NONCE), NOW_S), None, None, b"")
    assert unknown.value.problem.rule == "nonce"
    assert KEYS
