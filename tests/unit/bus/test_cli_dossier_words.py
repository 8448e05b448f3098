"""`lienthong dossier resolve` and `demo against`: a wrong command line is named, with a code of the list."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from processes import run_command
from typer.testing import CliRunner
from wires import Ground, free_ports

from bus.cli.app import build
from bus.cli.exits import Exit
from bus.cli.failures import failure_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

RESOLVE = ("dossier", "resolve")
OWN = ("--form", "birth-linked@1", "--party", "mother=1", "--officer", "x@y")


def ends(*arguments: str) -> tuple[int, str]:
    """How a command ends, in this process: its code, and what it says or raises."""
    result = CliRunner().invoke(build(arguments[:1]), arguments)
    if result.exception is None or isinstance(result.exception, SystemExit):
        return result.exit_code, result.output
    assert isinstance(result.exception, Exception)
    failure = failure_of(result.exception)
    return failure.code, failure.message


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text("lt_key\n")
    file.chmod(0o600)
    return file


@asynccontextmanager
async def serving(port: int) -> AsyncIterator[None]:
    """Something that answers, and is no node."""
    app = web.Application()
    app.router.add_post("/dossiers", _page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield
    await runner.cleanup()


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text="<html>Hello</html>")


@pytest.fixture(scope="module")
def no_node() -> Iterator[str]:
    ground, port = Ground(), free_ports(1)
    context = serving(port)
    ground.run(context.__aenter__())
    yield f"http://127.0.0.1:{port}"
    ground.run(context.__aexit__(None, None, None))
    ground.close()


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        ((), Exit.USAGE, "--form, --party and --officer, or --sample"),
        (("--sample", "nobody"), Exit.USAGE, "birth-lone"),
        (("--form", "birth-linked@1", "--party", "mother", "--officer", "x@y"), Exit.USAGE, "--party"),
        (("--form", "birth-linked@1", "--party", "mother=1,2,3,4,5", "--officer", "x@y"), Exit.USAGE, "--party"),
        (("--form", "birth-linked@1", "--party", "mother=1", "--officer", "x"), Exit.USAGE, "--officer"),
        ((*OWN, "--override", "field"), Exit.USAGE, "--override"),
        ((*OWN, "--language", "fr"), Exit.USAGE, "language"),
        (("--sample", "birth", "--node", "http://127.0.0.1:1"), Exit.UNREACHABLE, "does not answer"),
        (("--sample", "birth", "--node", "no address"), Exit.UNREACHABLE, "does not answer"),
    ],
)
def test_what_is_wrong_is_said(key: Path, arguments: tuple[str, ...], code: Exit, word: str):
    said = ends(*RESOLVE, "--key-file", str(key), *arguments)
    assert said[0] == code
    assert word in said[1]
    assert "lt_key" not in said[1]


@pytest.mark.parametrize("mode", [0o644, None])
def test_a_key_file_that_is_open_or_missing(key: Path, mode: int | None):
    if mode is None:
        key.unlink()
    else:
        key.chmod(mode)
    code, said = ends(*RESOLVE, "--key-file", str(key), "--sample", "birth")
    assert (code, str(key) in said) == (Exit.SECRET, True)


def test_what_answers_is_no_node(key: Path, no_node: str):
    code, said = ends("demo", "against", no_node, "--key-file", str(key))
    assert (code, "is no node" in said) == (Exit.UNREACHABLE, True)


@pytest.mark.parametrize(
    ("arguments", "code", "rule"),
    [
        (("no-such-command",), Exit.USAGE, "usage"),
        (("dossier", "resolve"), Exit.USAGE, "usage"),
        (("demo", "--people", "many"), Exit.USAGE, "usage"),
        (("demo", "--hub-listen", "nowhere"), Exit.USAGE, "usage"),
        (("ledger", "show", "/nowhere"), Exit.STATE, "file"),
        (("registry", "check", "/nowhere"), Exit.CONFIG, "registry-folder"),
        (("keys", "show", "nonsense"), Exit.SECRET, "key-address"),
        (("explain-config", "/nowhere.toml"), Exit.STATE, "file"),
    ],
)
def test_with_json_even_a_failure_is_one_document(arguments: tuple[str, ...], code: Exit, rule: str):
    ended = run_command(*arguments, "--json")
    assert ended.json.keys() == {"error"}
    assert (ended.code, ended.json["error"]["code"], ended.json["error"]["rule"]) == (code, code, rule)
