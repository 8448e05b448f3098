"""The workbench of `lienthong adapter dev`: reloads, keeps what works, names places, masks secrets; its page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import aiohttp
import peer_systems as people
import pytest
from check_kit import Files
from dev_kit import edit, workbench
from peer_systems import AN, rest_app, serving
from wires import until

from adapters.http import Reply, Request
from adapters.watching import Moved
from bus.cli.output import out
from bus.kit.check.samples import Sample
from bus.kit.check.target import of_file
from bus.kit.dev.page import Page
from bus.kit.dev.page import serving as serving_page
from bus.kit.dev.terminal import mistakes_of, turn_of
from bus.kit.dev.workbench import Workbench, follow, shower_of
from config.secrets import write_secret


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    async with serving(rest_app()) as url:
        yield Files(tmp_path / "kit").write(url)


async def test_a_question_is_shown_on_its_whole_way(files: Files):
    async with workbench(files) as bench:
        first = bench.batches[0][0]
    assert first.is_well
    assert AN["id"] in first.question
    assert '"path"' in first.mapped
    (move,) = first.moves
    assert move.sent.startswith("GET http://127.0.0.1:")
    assert "HTTP 200" in move.came
    assert "1999-12-31" in first.answer


async def test_samples_are_well_when_they_end_as_their_group_says(files: Files):
    async with workbench(files) as bench:
        assert [turn.is_well for turn in bench.batches[0]] == [True] * 5
        edit(files.samples, "1999-12-31", "1950")
        assert await bench.reload()
        await bench.ask_all()
        assert [turn.is_well for turn in bench.batches[0]] == [False, True, True, True, True]


async def test_a_broken_edit_keeps_the_last_adapter_and_names_each_place(files: Files):
    async with workbench(files) as bench:
        edit(files.adapter, 'as = "partial-date"', 'as = "date"')
        assert not await bench.reload()
        (mistake,) = bench.mistakes
        line = files.adapter.read_text(encoding="utf-8").split('as = "date"')[0].count("\n") + 1
        assert (Path(mistake.file), mistake.line) == (files.adapter, line)
        assert "a form without a day" in mistake.sentence
        turn = await bench.ask("", Sample(operation="person", body={"number": AN["id"]}))
        assert turn is not None
        assert turn.is_well
        edit(files.adapter, 'as = "date"', 'as = "partial-date"')
        assert await bench.reload()
        assert bench.mistakes == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[operations.person]", "[operations.person", "adapter.toml:"),
        ('operation = "person"', "operation = 1", "samples.toml:7:13"),
        ("max_concurrency = 4", 'secret_headers = { X-Key = "k" }', "no file was given for the secret k"),
        ("timeout_s = 5.0", "timeout_s = 5.0\nno_such_key = 1", "no_such_key"),
    ],
)
async def test_whatever_breaks_is_a_mistake_with_its_place(files: Files, old: str, new: str, said: str):
    async with workbench(files) as bench:
        edit(files.adapter if old in files.adapter.read_text(encoding="utf-8") else files.samples, old, new)
        assert not await bench.reload()
        assert said in " ".join(map(str, bench.mistakes))


async def test_a_fault_names_its_rule_its_place_and_what_to_do(files: Files):
    edit(files.adapter, 'forms = ["dd/MM/yyyy", "yyyy"]', 'forms = ["yyyy"]')
    async with workbench(files) as bench:
        first = bench.batches[0][0]
        assert first.reason == "bad-answer rule=date-form at=birth"
        assert first.place is not None
        line = files.adapter.read_text(encoding="utf-8").splitlines()[first.place.line - 1]
        assert line.strip().startswith('{ to = "birth"')
        assert first.hint is not None
        assert "forms" in first.hint.en
        assert not first.is_well


async def test_secrets_are_masked_even_here(files: Files, tmp_path: Path):
    secret = tmp_path / "key"
    write_secret(secret, b"very-secret-key\n")
    edit(files.adapter, "[faults]", 'secret_headers = { X-Key = "k" }\nsecrets = { mine = "k" }\n[faults]')
    edit(files.adapter, "question = [", 'question = [\n    { to = "query.k", from = "secret.mine" },')
    async with workbench(files, secrets={"k": secret}) as bench:
        first = bench.batches[0][0]
    assert "very-secret-key" not in repr(first)
    assert "X-Key: •••" in first.moves[0].sent


@pytest.mark.parametrize("place", ['path = "/t"', 'url = "https://sso.example/t"'])
def test_tokens_and_what_they_are_fetched_with_are_masked_too(tmp_path: Path, place: str):
    file, secret = tmp_path / "adapter.toml", tmp_path / "key"
    file.write_text(f'[token]\n{place}\nheader = "X-Token"\nsecret_file = "k"\n')
    write_secret(secret, b"very-secret+key\n")
    shower = shower_of(of_file("rest", file, {"k": secret}, None))
    sent = Request("POST", "https://sso.example/t", {}, b"client_secret=very-secret%2Bkey")
    reply = Reply(200, "application/json", b'{"access_token":"at-1"}')
    asked = Request("GET", "https://x.example/p", {"X-Token": "Bearer at-1"})
    shown = repr([shower.move(Moved(sent, reply)), shower.move(Moved(asked, None))])
    assert "very-secret" not in shown
    assert "at-1" not in shown


async def test_a_change_is_followed(files: Files):
    async with workbench(files) as bench:
        task = asyncio.create_task(follow(bench, every_s=0.02))
        try:
            await asyncio.sleep(0.1)
            edit(files.samples, 'name = "a day of birth"', 'name = "another name"')
            await until(lambda: [turn.name for turn in bench.batches[0]][:1] == ["another name"])
            await until(lambda: len(bench.batches[0]) == 5)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert bench.revision == 2


async def test_the_terminal_shows_the_same(files: Files, capsys: pytest.CaptureFixture[str]):
    async with workbench(files) as bench:
        edit(files.adapter, "timeout_s", "time_out")
        await bench.reload()
        out().print(mistakes_of(bench, "en"))
        for width in (80, 200):
            out().print(turn_of(bench.batches[0][0], "en", width))
    shown = capsys.readouterr().out
    assert "time_out" in shown
    assert shown.count("request as mapped") == 2


class Opened(NamedTuple):
    url: str
    session: aiohttp.ClientSession
    bench: Workbench


@pytest.fixture
async def page(files: Files) -> AsyncIterator[Opened]:
    async with workbench(files) as bench:
        made = Page(bench, "en")
        async with serving_page(made) as url, aiohttp.ClientSession() as session:
            yield Opened(url, session, bench)


async def test_the_page_lets_in_who_knows_its_address(page: Opened):
    url, session, _ = page
    async with session.get(url) as answer:
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert AN["id"] in await answer.text()


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        (lambda url: url[:-10] + "x" * 9 + "/", {}),
        (lambda url: url.rpartition("/")[0].rpartition("/")[0] + "/", {}),
        (lambda url: url, {"Host": "evil.test"}),  # DNS rebinding
        (lambda url: url, {"Origin": "https://evil.test"}),
    ],
)
async def test_nobody_else_gets_anything(page: Opened, change: Callable[[str], str], headers: dict[str, str]):
    url, session, _ = page
    async with session.get(change(url), headers=headers) as answer:
        assert answer.status in {403, 404}
        assert AN["id"] not in await answer.text()


async def test_a_question_is_put_by_the_form(page: Opened):
    url, session, bench = page
    before = len(bench.turns)
    form = {"operation": "person", "question": f'{{"number": "{people.NOBODY}"}}'}
    async with session.post(url + "ask", data=form, headers={"Origin": url.rstrip("/").rpartition("/")[0]}) as answer:
        assert "no-match" in await answer.text()
    assert len(bench.turns) == before + 1
    async with session.post(url + "ask", data={"operation": "person", "question": "[1]"}) as answer:
        assert "A question is a JSON object." in await answer.text()
    async with session.post(url + "ask", data=form, headers={"Origin": "null"}) as answer:
        assert answer.status == 403
    async with session.post(url + "again") as answer:
        assert answer.status == 200
    assert len(bench.batches[0]) == 5


async def test_news_come_as_events(page: Opened):
    url, session, bench = page
    async with session.get(url + "events") as answer:
        assert answer.content_type == "text/event-stream"
        assert await answer.content.readline() == b"retry: 1000\n"
        asking = asyncio.create_task(bench.ask_all())
        async with asyncio.timeout(30):
            while (await answer.content.readline()) != b"event: news\n":
                pass
        await asking
