"""A dispute at the running bus: both sides export over the network, a stranger judges, archives are kept beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tsa_kit import Authority
from typer.testing import CliRunner

from bus.app.counter import Counter
from bus.app.development_services import run_services
from bus.app.embedded import Embedded
from bus.app.evidence import place_of_node
from bus.audit.inquiry import own_record
from bus.cli.app import build
from bus.keystore.development import make_development_keys
from bus.net import post
from bus.node import seals
from bus.sample.personas import PERSONAS
from bus.sample.procedures import CASES, CONSUMER, CONSUMER_SYSTEM
from config.embedded import EmbeddedSettings, SampleSettings
from schemas.record import LeafType
from signing.__main__ import main as check
from signing.bundle import read
from signing.container import unpack
from signing.timestamp import begin

ANY = "127.0.0.1:0"


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Embedded]:
    running = await Embedded.start(
        EmbeddedSettings(
            state_folder=tmp_path / "state",
            hub_listen=ANY,
            node_listen=ANY,
            ledger_listen=ANY,
            audit_listen=ANY,
            usages_listen=ANY,
            schemas_listen=ANY,
            xroad_listen=ANY,
            sample=SampleSettings(people=200),
        )
    )
    try:
        async with aiohttp.ClientSession() as session:
            key = running.state.api_key(CONSUMER, CONSUMER_SYSTEM)
            resolved = await Counter(running.addresses.node, key, session).sample(CASES[0])
        (tmp_path / "dossier.json").write_text(json.dumps(dict(resolved.body)), encoding="utf-8")
        await running.ledger.publish()
        yield running
    finally:
        await running.close()


def exchanges(value: object) -> Iterator[tuple[str, str]]:
    """Every exchange that an answer names, with its service."""
    if isinstance(value, dict):
        if value.get("exchange") and value.get("service"):
            yield value["exchange"], value["service"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from exchanges(one)


def settings_of(bus: Embedded, agency: str, file: Path) -> Path:
    """A node's settings that name what the embedded bus has already made."""
    state, keys = bus.state, bus.state.keys
    text = {
        "instance": "VN-test",
        "name": "node",
        "state_folder": str(file.parent / "own"),
        "link": {
            "hub": [bus.addresses.hub.removeprefix("https://")],
            "certificate": str(keys.link_certificate(agency)),
            "key": str(keys.link_key(agency)),
            "anchors": [str(keys.root)],
        },
        "registry": {"trusted_root": "root.json", "folder": str(state.folder / "node" / agency / "registry")},
        "agencies": [
            {
                "id": agency,
                "seal": keys.seal_address(agency),
                "archive": str(state.archive(agency)),
                "archive_key": str(state.folder / "archive" / f"{agency}.key"),
            }
        ],
    }
    file.write_text("\n".join(_toml(text)), encoding="utf-8")
    return file


def _toml(table: dict[str, Any]) -> Iterator[str]:
    # Inline tables and JSON strings are TOML as well; top-level keys come first.
    def value(one: object) -> str:
        if isinstance(one, dict):
            return "{" + ", ".join(f"{key} = {value(item)}" for key, item in one.items()) + "}"
        if isinstance(one, list):
            return "[" + ", ".join(map(value, one)) + "]"
        return json.dumps(one)

    return (f"{key} = {value(one)}" for key, one in table.items())


async def run(*arguments: object) -> Any:  # noqa: ANN401 - whatever JSON a command prints
    result = await asyncio.to_thread(CliRunner().invoke, build(), ["node", *map(str, arguments), "--json"])
    assert result.exception is None, (result.exception, result.output)
    return json.loads(result.stdout)


async def test_both_sides_prove_the_same_exchange_while_their_nodes_run(bus: Embedded, tmp_path: Path):
    exchange, service = next(exchanges(json.loads((tmp_path / "dossier.json").read_text(encoding="utf-8"))))
    provider = service.partition("/")[0]
    vkey = (await run_ledger(bus))["vkey"]
    root = next((bus.state.folder / "registry" / "repository" / "metadata").glob("1.root.json"))
    trust = ["--registry-root", str(root), "--log-key", vkey, "--language", "vi"]
    files = []
    for agency in (CONSUMER, provider):
        for number, place in enumerate(
            (
                ("--state", bus.state.folder, "--agency", agency),
                ("--config", settings_of(bus, agency, tmp_path / f"{agency}.toml"), "--log-key", vkey),
            )
        ):
            files.append(tmp_path / f"{agency}-{number}.zip")
            made = await run("evidence", "export", "--exchange", exchange, "--out", files[-1], *place)
            assert (made["status"], made["missing"]) == ("passed", []), (agency, number)
    assert [check([str(file), *trust]) for file in files] == [0, 0, 0, 0]
    # what was disputed is in it, and neither side can tell another story
    bundles = [read(unpack(file.read_bytes())) for file in files]
    assert all(bundle.pieces == bundles[0].pieces for bundle in bundles)


async def test_both_sides_export_the_time_stamp_and_the_check_asks_for_it(bus: Embedded, tmp_path: Path):
    exchange, service = next(exchanges(json.loads((tmp_path / "dossier.json").read_text(encoding="utf-8"))))
    provider = service.partition("/")[0]
    vkey = (await run_ledger(bus))["vkey"]
    root = next((bus.state.folder / "registry" / "repository" / "metadata").glob("1.root.json"))
    authority, anchors = Authority(tmp_path / "tsa"), bus.state.ledger.anchors
    assert anchors is not None
    pending = begin(await bus.ledger.checkpoint())
    anchors.keep(await bus.ledger.checkpoint(), pending.complete(authority.reply(pending.request)))
    await bus.ledger.append(own_record(LeafType.INQUIRY, "a100000", b"{}", 0))  # a newer checkpoint without a stamp
    await bus.ledger.publish()
    trust = ["--registry-root", str(root), "--log-key", vkey, "--tsa-anchor", str(tmp_path / "tsa" / "root.pem")]
    files = []
    for agency, *place in (
        (CONSUMER, "--state", bus.state.folder, "--agency", CONSUMER),
        (provider, "--config", settings_of(bus, provider, tmp_path / "node.toml"), "--log-key", vkey),
    ):
        files.append(tmp_path / f"{agency}.zip")
        assert (await run("evidence", "export", "--exchange", exchange, "--out", files[-1], *place))["missing"] == []
    assert [check([str(file), *trust]) for file in files] == [0, 0]
    stamps = [read(unpack(file.read_bytes())).log.time_stamps for file in files]  # type: ignore[union-attr] - checked above
    assert stamps[0] == stamps[1] != ()
    other = Authority(tmp_path / "other")
    assert check([str(files[0]), *trust[:-1], str(other.folder / "root.pem")]) == 2


async def test_a_day_sealed_for_decades_goes_with_the_bundle(bus: Embedded, tmp_path: Path):
    exchange, _ = next(exchanges(json.loads((tmp_path / "dossier.json").read_text(encoding="utf-8"))))
    keys, stop, ready = bus.state.keys, asyncio.Event(), asyncio.get_running_loop().create_future()
    make_development_keys(keys.folder, now=datetime.now(UTC).replace(microsecond=0), services="http://127.0.0.1:8491")
    serving = asyncio.create_task(run_services(keys.folder, ANY, stop, ready))
    url = f"http://127.0.0.1:{await ready}"
    settings = settings_of(bus, CONSUMER, tmp_path / "node.toml")
    evidence = {
        "authorities": [f"{url}/tsa"],
        "authority_anchors": [str(keys.root)],
        "anchors": [str(keys.root)],
        "issuers": [str(keys.issuing)],
        "ocsp": [f"{url}/ocsp"],
        "revocation_lists": [f"{url}/root.crl", f"{url}/issuing.crl"],
    }
    add(settings, "\n".join(_toml({"evidence": evidence})))
    assert (await run("archive", "seal", "--config", settings))["sealed"] == [], "today is not over"
    place, tomorrow = place_of_node(settings, CONSUMER), datetime.now(UTC) + timedelta(days=1)
    (made,) = await asyncio.to_thread(seals.seal_due, place.archive, place.key, place.sealing, tomorrow)
    assert await run("archive", "renew", "--config", settings) == [{"container": made.name, "level": "B-LTA"}]
    assert (await run("archive", "sealed", "--config", settings))["holds"]
    checkpoint, anchors = await bus.ledger.checkpoint(), bus.state.ledger.anchors
    assert anchors is not None
    async with aiohttp.ClientSession() as session:
        pending = begin(checkpoint)
        answer = await post(
            session,
            f"{url}/tsa",
            pending.request,
            media_type="application/timestamp-query",
            timeout_s=9,
            max_bytes=9999,
        )
    anchors.keep(checkpoint, pending.complete(answer))
    out, vkey = tmp_path / "bundle.zip", (await run_ledger(bus))["vkey"]
    await run("evidence", "export", "--exchange", exchange, "--out", out, "--config", settings, "--log-key", vkey)
    root = next((bus.state.folder / "registry" / "repository" / "metadata").glob("1.root.json"))
    trust = ["--registry-root", str(root), "--log-key", vkey, "--tsa-anchor", str(keys.root)]
    assert check([str(out), *trust]) == 0
    stop.set()
    await serving


def add(file: Path, text: str) -> None:
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")


async def run_ledger(bus: Embedded) -> dict[str, Any]:
    arguments = ["ledger", "show", str(bus.state.folder), "--json"]
    result = await asyncio.to_thread(CliRunner().invoke, build(), arguments)
    shown = dict(json.loads(result.stdout))
    return shown | {"vkey": shown.get("vkey") or shown["vkeys"][0]}


async def test_archives_are_looked_after_beside_the_running_bus_and_hold_nothing_in_clear(
    bus: Embedded, tmp_path: Path
):
    place = ("--state", bus.state.folder, "--agency", CONSUMER)
    shown = await run("archive", "show", *place)
    assert shown["classes"]["question"]["count"] == shown["classes"]["receipt"]["count"] > 0
    assert shown["growth_bytes_per_day"] > 0
    await run("archive", "backup", tmp_path / "backup", *place)
    assert (await run("archive", "verify", *place))["holds"]
    # every body is JSON over these people: their numbers and names must not be readable on the disk
    wanted = [PERSONAS["mother"].number.encode(), PERSONAS["father"].number.encode(), b'"number"', b"lienthong-seal"]
    held = [path for path in (bus.state.folder / "archive").rglob("*") if path.is_file()]
    for path in [*held, *(tmp_path / "backup").iterdir()]:
        assert not [one for one in wanted if one in path.read_bytes()], path
