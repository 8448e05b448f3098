"""The `files` adapter over real folders: the contract in both modes, and what a drop folder may hold."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import ClassVar

import peer_systems as people
import pytest
from files_kit import NUMBER, WATCH, DropSystem, drop, entry, exchange, manifest, reasons

from adapters.kinds import build
from adapters.port import Adapter, DeclarationError, Officer, PeerError, PeerFault, Query, Reach
from adapters.testing import AdapterContract

FIELDS = [
    {"to": "number", "from": "so", "required": True},
    {"to": "name", "from": ["ho", "dem", "ten"], "join": " "},
    {"to": "birth", "from": "born", "as": "partial-date", "forms": ["dd/MM/yyyy", "yyyy"]},
]


def row(person: dict[str, str], **changes: str) -> dict[str, str]:
    return {"so": person["id"], **{k: person[k] for k in ("ho", "dem", "ten", "born")}, **changes}


HELD = [
    row(people.AN),
    row(people.BINH),
    row(people.AN, so=people.TWINS),
    row(people.BINH, so=people.TWINS),
    row(people.AN, so=people.GARBLED, born="31/02/1988"),
]


def about(number: str, timeout_s: float = 30.0) -> Query:
    return Query("person", {"number": number}, officer=Officer("CB-0042", "U"), timeout_s=timeout_s)


@asynccontextmanager
async def started(settings: dict[str, object], folder: Path):
    adapter = build("files", settings, folder=folder)
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


class _People(AdapterContract):
    found: ClassVar = {
        "a day of birth": (
            about(str(people.AN["id"])),
            {"number": people.AN["id"], "name": "Nguyễn Thị An", "birth": "1999-12-31"},
        ),
        "a year of birth": (
            about(str(people.BINH["id"])),
            {"number": people.BINH["id"], "name": "Trần Văn Bình", "birth": "1950"},
        ),
    }
    nobody = about(people.NOBODY)
    several = about(people.TWINS)
    garbled = about(people.GARBLED)
    incomplete = Query("person", {"number": str(people.AN["id"])})


def settings(**changes: object) -> dict[str, object]:
    operation = {
        "require": ["officer.id"],
        "question": [{"to": "number", "from": "body.number"}],
        "answer": {"fields": FIELDS},
        **({} if changes.get("mode") == "drop" else {"keys": {"so": "number"}}),
    }
    return {"folder": "exchange", "poll_s": 0.01, "operations": {"person": operation}, **changes}


class TestWatch(_People):
    test_a_refusal_keeps_its_reason_and_code = None  # files refuse nobody
    test_a_slow_system_is_a_timeout = None  # nor are they slow: they have been read before

    @asynccontextmanager
    async def opened(self):
        with tempfile.TemporaryDirectory() as root:
            drop(exchange(Path(root)) / "incoming", "people", HELD)
            async with started(settings(), Path(root)) as adapter:
                yield adapter

    @asynccontextmanager
    async def down(self):
        with tempfile.TemporaryDirectory() as root:
            async with started(settings(), Path(root)) as adapter:
                yield adapter


class TestDrop(_People):
    slow = about(people.SLOW, timeout_s=0.3)
    refused = (about(people.FORBIDDEN), PeerFault.NOT_PERMITTED, "005")
    SETTINGS: ClassVar = settings(mode="drop", faults={"005": "not-permitted"}, timeout_s=5.0)

    @asynccontextmanager
    async def opened(self):
        with tempfile.TemporaryDirectory() as root:
            system = DropSystem(exchange(Path(root), "questions", "answers"))
            work = asyncio.create_task(self._serve(system))
            async with started(self.SETTINGS, Path(root)) as adapter:
                yield adapter
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    @asynccontextmanager
    async def down(self):
        with tempfile.TemporaryDirectory() as root:
            async with started(self.SETTINGS, Path(root)) as adapter:
                yield adapter

    async def _serve(self, system: DropSystem) -> None:
        while True:
            for name, request, digest in system.take():
                number = request.get("number")
                more = {"code": "005"} if number == people.FORBIDDEN else {}
                if number != people.SLOW:
                    system.answer(name, digest, [one for one in HELD if one["so"] == number], **more)
            await asyncio.sleep(0.005)


FORMS = {
    "json": json.dumps({"data": {"rows": [{"so": NUMBER, "ten": "An"}]}}).encode(),
    "jsonl": b'\xef\xbb\xbf{"so": "%s", "ten": "An"}\r\n\n' % NUMBER.encode(),
    "csv": f'\ufeffso;ten\r\n{NUMBER};"An"\r\n'.encode(),
    "xml": f'<ds xmlns="urn:x"><nguoi so="{NUMBER}"><ten>An</ten></nguoi></ds>'.encode(),
}


@pytest.mark.parametrize("form", sorted(FORMS))
async def test_each_format_is_read(form: str, tmp_path: Path):
    incoming = exchange(tmp_path) / "incoming"
    (incoming / "d").write_bytes(FORMS[form])
    bom = b"\xef\xbb\xbf"  # as Windows tools write it
    (incoming / "s.manifest.json").write_bytes(bom + manifest(entry("d", FORMS[form], form)))
    table = {"rows": "data.rows", "element": "nguoi", "delimiter": ";"}
    async with started({**WATCH, "tables": {"data": table}}, tmp_path) as adapter:
        found = await adapter.ask(about(NUMBER))
    assert found.body == {"name": "An"}
    assert found.as_of is not None
    assert found.as_of.isoformat() == "2026-11-21T22:00:00+00:00"


async def until(adapter: Adapter, body: dict[str, object]) -> None:
    for _ in range(500):
        with suppress(PeerError):
            if (await adapter.ask(about(NUMBER))).body == body:
                return
        await asyncio.sleep(0.01)
    raise AssertionError("never answered so")


async def test_a_newer_set_is_used_while_running_and_an_older_one_never(tmp_path: Path):
    folder = exchange(tmp_path)
    drop(folder / "incoming", "a", as_of="2026-11-20T00:00:00Z")
    async with started(WATCH, tmp_path) as adapter:
        assert (await adapter.ask(about(NUMBER))).body == {"name": "An"}
        drop(folder / "incoming", "b", [{"so": NUMBER, "ten": "Ân"}], as_of="2026-11-21T00:00:00Z")
        await until(adapter, {"name": "Ân"})
        drop(folder / "incoming", "c", as_of="2026-11-20T00:00:00Z")
        drop(folder / "incoming", "d", as_of="2099-11-20T00:00:00Z")
        for _ in range(500):
            if len(reasons(folder)) == 2:
                break
            await asyncio.sleep(0.01)
        assert (await adapter.ask(about(NUMBER))).body == {"name": "Ân"}
    assert reasons(folder) == [("c", "not-newer", "as_of"), ("d", "as-of-ahead", "as_of")]


async def test_two_adapters_never_work_in_one_folder(tmp_path: Path):
    exchange(tmp_path)
    async with started(WATCH, tmp_path):
        second = build("files", WATCH, folder=tmp_path)
        with pytest.raises(DeclarationError, match="one-reader"):
            await second.start()


async def test_a_folder_that_comes_later_is_found_and_old_data_is_not_answered(tmp_path: Path):
    async with started({**WATCH, "max_age_s": 3600}, tmp_path) as adapter:
        with pytest.raises(PeerError, match="unreachable rule=no-data"):
            await adapter.ask(about(NUMBER))
        assert (await adapter.probe()).reach is Reach.UNREACHABLE
        drop(exchange(tmp_path) / "incoming", "a", as_of="2026-01-01T00:00:00Z")
        for _ in range(500):
            with pytest.raises(PeerError) as caught:
                await adapter.ask(about(NUMBER))
            if caught.value.rule == "data-too-old":
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the folder was never found")


def _symlink(at: Path) -> None:
    (at.parent.parent / "secret").write_bytes(b"[]")
    at.symlink_to(at.parent.parent / "secret")


def _second_name(at: Path) -> None:
    (at.parent.parent / "theirs").write_bytes(b"[]")
    at.hardlink_to(at.parent.parent / "theirs")


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (_symlink, "not-a-file"),
        (os.mkfifo, "not-a-file"),
        (Path.mkdir, "not-a-file"),
        (_second_name, "second-name"),
        (lambda at: at.write_bytes(b"[ "), "length"),
        (lambda at: at.write_bytes(b"{}"), "digest"),
        (lambda _: None, "no-such-file"),
    ],
)
async def test_what_is_no_plain_file_as_declared_is_quarantined_with_its_reason(
    make: Callable[[Path], object], rule: str, tmp_path: Path
):
    folder = exchange(tmp_path)
    make(folder / "incoming" / "d.json")
    length = {"length": 3} if rule == "length" else {}
    (folder / "incoming" / "bad.manifest.json").write_bytes(manifest(entry("d.json", b"[]", **length)))
    async with started(WATCH, tmp_path) as adapter:
        drop(folder / "incoming", "good")
        await until(adapter, {"name": "An"})
    assert reasons(folder) == [("bad", rule, "d.json")]
    assert [path.name for path in (folder / "incoming").iterdir()] == []


@pytest.mark.parametrize(
    ("data", "form", "rule", "at"),
    [
        (b"[", "json", "json", "line 1"),
        (b'[{"so": "1", "so": "2"}]', "json", "repeated-member", "line 0"),
        (b'{"so": "1"}', "json", "not-a-list", ""),
        (b"[1]", "json", "not-an-object", "row 1"),
        (b'[{"ten": "096199000001"}]', "json", "key", "row 1 so"),
        (b'[{"so": 1.5}]', "json", "key", "row 1 so"),
        (b'{"so": "1"}\n{', "jsonl", "json", "line 2"),
        (b"so,so\n1,2\n", "csv", "csv", "line 1"),
        (b"so,ten\n1\n", "csv", "csv", "line 2"),
        (b'so,ten\n1,"a\n', "csv", "csv", "line 2"),
        (b"so\n\xff\n", "csv", "not-utf-8", ""),
        (b"so\n\x00\n", "csv", "csv", "a NUL"),
        (b"<!DOCTYPE a><a/>", "xml", "doctype", "line 1"),
        (b"<a><b/></a>", "xml", "not-an-object", "row 1"),
        (b"so\n1\n2\n3\n4\n", "csv", "too-many-rows", ""),
    ],
)
async def test_files_that_do_not_read_are_quarantined_whole(data: bytes, form: str, rule: str, at: str, tmp_path: Path):
    folder = exchange(tmp_path)
    (folder / "incoming" / "d").write_bytes(data)
    (folder / "incoming" / "s.manifest.json").write_bytes(manifest(entry("d", data, form)))
    async with started({**WATCH, "max_rows": 3}, tmp_path) as adapter:
        with pytest.raises(PeerError, match="no-data"):
            await adapter.ask(about(NUMBER))
    assert reasons(folder) == [("s", rule, f"d {at}".strip())]
    assert NUMBER not in (folder / "quarantine" / "s.reason.json").read_text()
    assert (folder / "quarantine" / "s" / "d").read_bytes() == data


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"[]", "manifest"),
        (manifest(entry("../../etc/passwd", b"")), "manifest"),
        (manifest(entry("/etc/passwd", b"")), "manifest"),
        (manifest(entry(".hidden", b"")), "manifest"),
        (manifest(entry("a.manifest.json", b"")), "manifest"),
        (manifest(entry("manifest.json", b"")), "manifest"),
        (manifest(entry("a", b""), entry("a", b"", table="t")), "manifest"),
        (manifest(entry("a", b""), entry("b", b"")), "manifest"),
        (manifest(entry("a", b""), as_of="2026-11-22T05:00:00"), "manifest"),
        (manifest(entry("a", b""), as_of="0001-01-01T00:00:00+14:00"), "manifest"),
        (manifest(entry("a", b"", "xlsx")), "manifest"),
        (manifest(entry("a", b""), colour="red"), "manifest"),
        (manifest(entry("a", b"", table="others")), "unknown-table"),
        (manifest(), "table-missing"),
        (manifest(entry("a", b"", length=10**9)), "too-large"),
    ],
)
async def test_manifests_that_say_something_else(text: bytes, rule: str, tmp_path: Path):
    folder = exchange(tmp_path)
    (folder / "incoming" / "a").write_bytes(b"")
    (folder / "incoming" / "s.manifest.json").write_bytes(text)
    async with started(WATCH, tmp_path):
        pass
    assert [(name, found) for name, found, _ in reasons(folder)] == [("s", rule)]


async def test_what_is_still_being_written_is_left_alone(tmp_path: Path):
    folder = exchange(tmp_path)
    whole = json.dumps([{"so": NUMBER, "ten": "An"}]).encode()
    text = manifest(entry("d", whole))
    async with started({**WATCH, "settle_s": 3600}, tmp_path) as adapter:
        for part in (b"", text[:50], text):  # the manifest grows, then the data: nobody minds the order
            (folder / "incoming" / "s.manifest.json").write_bytes(part)
            await asyncio.sleep(0.05)
        with (folder / "incoming" / "d").open("wb", buffering=0) as file:
            for byte in whole[:-1]:
                file.write(bytes([byte]))
            await asyncio.sleep(0.05)
            assert reasons(folder) == []
            file.write(whole[-1:])
        await until(adapter, {"name": "An"})
    assert reasons(folder) == []


async def test_a_name_of_another_form_is_refused_under_its_digest(tmp_path: Path):
    folder = exchange(tmp_path)
    for name in ("dân cư", "a b", "-x", "a..b", "a.reason.json"):
        (folder / "incoming" / f"{name}.manifest.json").write_bytes(b"{}")
    (folder / "incoming" / "left.csv").write_bytes(b"")
    async with started(WATCH, tmp_path) as adapter:
        assert (await adapter.probe()).detail == "no set of files has been taken; 1 files wait"
    found = reasons(folder)
    assert [(rule, at) for _, rule, at in found] == [("name", "")] * 5
    assert all(name.startswith("odd-") for name, _, _ in found)
    assert [path.name for path in (folder / "incoming").iterdir()] == ["left.csv"]


async def test_what_others_plant_where_we_write_is_never_written_through(tmp_path: Path):
    folder = exchange(tmp_path, "questions", "answers")
    (tmp_path / "ours").write_bytes(b"kept")
    (folder / "questions" / ".r-1.json.new").symlink_to(tmp_path / "ours")
    (folder / "questions" / ".r-2.json.new").hardlink_to(tmp_path / "ours")
    async with started({**settings(mode="drop"), "timeout_s": 1.0}, tmp_path) as adapter:
        for name in ("r-1", "r-2"):
            query = Query("person", {"number": NUMBER}, officer=Officer("CB-0042", "U"), request_id=name)
            with pytest.raises(PeerError, match="not-taken"):
                await adapter.ask(query)
    assert (tmp_path / "ours").read_bytes() == b"kept"


async def test_a_set_that_was_changed_since_is_refused_and_the_one_before_is_used(tmp_path: Path):
    folder = exchange(tmp_path)
    for name, given, day in (("a", "Cũ", 19), ("b", "Giữa", 20), ("c", "Mới", 21)):
        drop(folder / "incoming", name, [{"so": NUMBER, "ten": given}], f"2026-11-{day}T00:00:00Z")
    async with started(WATCH, tmp_path) as adapter:
        assert (await adapter.ask(about(NUMBER))).body == {"name": "Mới"}
    kept = sorted(path.name for path in (folder / "sets").iterdir())
    assert [name.partition("-")[2] for name in kept] == ["b", "c"]
    (folder / "sets" / kept[1] / "c.json").write_bytes(b"[]")
    async with started(WATCH, tmp_path) as adapter:
        assert (await adapter.ask(about(NUMBER))).body == {"name": "Giữa"}
    assert reasons(folder) == [(kept[1], "length", "c.json")]


async def test_several_operations_look_into_several_tables(tmp_path: Path):
    folder = exchange(tmp_path)
    people, debts = b"so,ten\n1,An\n2,An\n", b'{"so": "1", "ky": 7, "no": true}\n{"so": "1", "ky": 8, "no": false}\n'
    (folder / "incoming" / "p.csv").write_bytes(people)
    (folder / "incoming" / "d.jsonl").write_bytes(debts)
    both = manifest(entry("p.csv", people, "csv", "people"), entry("d.jsonl", debts, "jsonl", "debts"))
    (folder / "incoming" / "s.manifest.json").write_bytes(both)
    number, period = {"to": "n", "from": "body.n"}, {"to": "k", "from": "body.k", "as": "integer"}
    name = [{"to": "name", "from": "ten"}]
    debt = [{"to": "debt", "from": "no", "as": "boolean"}]
    people_by_name = {"keys": {"ten": "n"}, "answer": {"fields": [{"to": "n", "from": "so"}], "list_as": "all"}}
    operations = {
        "person": {"table": "people", "keys": {"so": "n"}, "question": [number], "answer": {"fields": name}},
        "named": {"table": "people", "question": [number], **people_by_name},
        "debt": {
            "table": "debts",
            "keys": {"so": "n", "ky": "k"},
            "question": [number, period],
            "answer": {"fields": debt},
        },
        "indebted": {"table": "debts", "keys": {"so": "n"}, "question": [number], "answer": {"exists": True}},
    }
    async with started({"folder": "exchange", "operations": operations}, tmp_path) as adapter:
        asked = {
            "person": {"n": "2"},
            "named": {"n": "An"},
            "debt": {"n": "1", "k": 8},
            "indebted": {"n": "3"},
        }
        found = {name: (await adapter.ask(Query(name, body))).body for name, body in asked.items()}
    assert found == {
        "person": {"name": "An"},
        "named": {"all": [{"n": "1"}, {"n": "2"}]},
        "debt": {"debt": False},
        "indebted": {"exists": False},
    }
