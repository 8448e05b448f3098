"""`lienthong sign` and `verify` against a time-stamping authority, an OCSP responder and lists on loopback."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from tsa_kit import serving
from xades_kit import Bench, later

from bus.cli.app import main

TEXT = "Tờ khai".encode()
Command = Callable[..., Awaitable[tuple[int, dict]]]


class Services:
    """OCSP and CRLs of a bench; `late_s` counts how often the answer is still too old."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.stale = 0
        self.asked = 0
        self.revoked = False

    async def ocsp(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/ocsp-request"
        await request.read()
        self.asked += 1
        self.stale -= 1
        at = later(seconds=-60) if self.stale >= 0 else later()
        since = later(days=-1) if self.revoked else None
        return web.Response(body=self.bench.ca.ocsp(self.bench.signer, at, revoked_at=since))

    async def lists(self, request: web.Request) -> web.Response:
        by = self.bench.ca.root if request.match_info["by"] == "root" else self.bench.tsa_root
        return web.Response(body=self.bench.ca.crl(later(hours=-1), by=by))


@pytest.fixture
def bench(tmp_path: Path):
    made = Bench(tmp_path / "bench")
    for name, data in (
        ("root.pem", made.ca.root.pem),
        ("issuing.pem", made.ca.issuing.pem),
        ("seal.pem", made.signer.pem),
        ("seal.key.pem", made.signer.key_pem),
    ):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "seal.key.pem").chmod(0o600)
    (tmp_path / "tờ khai.txt").write_bytes(TEXT)
    return made


@pytest.fixture
async def services(bench: Bench) -> AsyncIterator[dict[str, object]]:
    parts = Services(bench)
    application = web.Application()
    application.router.add_post("/ocsp", parts.ocsp)
    application.router.add_get("/{by}.crl", parts.lists)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with serving(bench.tsa) as tsa:
        yield {"url": url, "tsa": tsa.url, "parts": parts}
    await runner.cleanup()


async def run(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, *words: object) -> tuple[int, dict]:
    """The command in this process, beside the services that it asks."""
    monkeypatch.setattr(sys, "argv", ["lienthong", *map(str, words), "--json"])

    def ended() -> int:
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0)

    code = await asyncio.to_thread(ended)
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def signing(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, services: dict):
    trust = ("--anchor", tmp_path / "root.pem", "--tsa-anchor", tmp_path / "bench" / "tsa" / "root.pem")
    url = services["url"]
    asked = ("--tsa", services["tsa"], "--ocsp", f"{url}/ocsp", "--crl", f"{url}/root.crl", "--crl", f"{url}/tsa.crl")
    key = ("--key", f"file:{tmp_path}/seal.key.pem?certificate={tmp_path}/seal.pem")

    async def command(name: str, *words: object) -> tuple[int, dict]:
        more = {
            "sign": (*key, "--issuer", tmp_path / "issuing.pem", *asked, *trust),
            "renew": (*asked, *trust),
            "verify": trust,
        }[name]
        return await run(capsys, monkeypatch, "sign" if name == "renew" else name, *words, *more)

    return command


@pytest.mark.parametrize("level", ["B", "T", "LT", "LTA"])
async def test_a_file_is_signed_at_a_level_and_verified_at_it(signing: Command, tmp_path: Path, level: str):
    file = tmp_path / "x.asice"
    code, said = await signing("sign", tmp_path / "tờ khai.txt", "--out", file, "--level", level)
    assert (code, said.get("level")) == (0, f"B-{level}"), said
    code, said = await signing("verify", file, "--level", level, "--out", tmp_path / "verified")
    whole = level in {"LT", "LTA"}
    assert code == (0 if whole else 1), said
    assert (tmp_path / "verified").exists() == whole
    if whole:
        assert (tmp_path / "verified" / "tờ khai.txt").read_bytes() == TEXT


async def test_an_answer_too_old_is_asked_for_again(signing: Command, services: dict, tmp_path: Path):
    services["parts"].stale = 1
    code, said = await signing("sign", tmp_path / "tờ khai.txt", "--out", tmp_path / "x.asice")
    assert code == 0, said
    assert services["parts"].asked == 2


async def test_renewal_adds_an_archive_time_stamp_and_its_predecessors_evidence(signing: Command, tmp_path: Path):
    one, two, three = (tmp_path / f"{number}.asice" for number in range(3))
    assert (await signing("sign", tmp_path / "tờ khai.txt", "--out", one))[0] == 0
    assert (await signing("renew", "--renew", one, "--out", two))[0] == 0
    code, said = await signing("renew", "--renew", two, "--out", three)
    assert code == 0, said
    code, said = await signing("verify", three, "--level", "LTA")
    assert code == 0
    assert [one["about"][:19] for one in said["findings"] if one["step"] == 8] == ["archive time-stamp "] * 2


async def test_a_revoked_signer_gets_no_container(signing: Command, services: dict, tmp_path: Path):
    services["parts"].revoked = True
    code, said = await signing("sign", tmp_path / "tờ khai.txt", "--out", tmp_path / "x.asice")
    assert code == 4
    assert "REVOKED" not in json.dumps(said)  # the sentence says it
    assert "revoked, says the OCSP" in said["error"]["message"]
    assert not (tmp_path / "x.asice").exists()


async def test_an_altered_container_is_a_no_and_nothing_is_written(signing: Command, tmp_path: Path):
    file = tmp_path / "x.asice"
    await signing("sign", tmp_path / "tờ khai.txt", "--out", file)
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)
    code, said = await signing("verify", file, "--out", tmp_path / "verified")
    assert (code, said["status"]) == (1, "failed")
    assert not (tmp_path / "verified").exists()


@pytest.mark.usefixtures("bench")
async def test_what_is_missing_is_said_before_anything_is_asked(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    for words in (
        ("sign", "--out", tmp_path / "x"),
        ("sign", tmp_path / "tờ khai.txt", "--out", tmp_path / "x", "--level", "Z"),
        ("sign", tmp_path / "tờ khai.txt", "--out", tmp_path / "x"),
    ):
        code, said = await run(capsys, monkeypatch, *words)
        assert (code, "error" in said) == (2, True)
    code, _ = await run(capsys, monkeypatch, "verify", tmp_path / "tờ khai.txt")
    assert code == 1
