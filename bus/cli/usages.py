"""`lienthong usages …`: see who asked about somebody, with that person's own e-ID token; tokens of a test nation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import aiohttp
import msgspec
import typer

from bus.app.citizen import Portal
from bus.app.development_issuer import IssuerFiles, token
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.options import Language, Tongue
from bus.cli.output import Json, emit, table
from bus.usages.words import outcome_words
from config.secrets import read_secret, write_secret
from schemas.usage import Usage, Words

app = typer.Typer(help="Who asked about me, shown to the citizen alone.", no_args_is_help=True)
Result = TypeVar("Result")

Url: TypeAlias = Annotated[
    str, typer.Option("--url", envvar="LIENTHONG_USAGES_URL", help="The address of the hub's view for citizens.")
]
PortalKey: TypeAlias = Annotated[
    Path | None, typer.Option("--portal-key-file", help="File with the portal's API key, where one is asked for.")
]
Anchors: TypeAlias = Annotated[
    Path | None, typer.Option("--anchor", help="PEM file of the certificates to trust; else the machine's own.")
]
_LOCAL = "http://127.0.0.1:8460"


@app.command("show")
def show(  # noqa: PLR0913 - one option each
    *,
    token_file: Annotated[Path, typer.Option("--token-file", help="File with the citizen's own e-ID token.")],
    url: Url = _LOCAL,
    since: Annotated[str, typer.Option(help="From this day on.")] = "",
    until: Annotated[str, typer.Option(help="Before this day.")] = "",
    cursor: Annotated[str, typer.Option(help="Go on where the page before stopped, with the same token.")] = "",
    keep: Annotated[Path | None, typer.Option(help="File for the page as it came, for lienthong-check.")] = None,
    language: Language = Tongue.VI,
    portal_key_file: PortalKey = None,
    anchor: Anchors = None,
    as_json: Json = False,
) -> None:
    """Show one page of uses of the citizen's data, newest first; the look itself is recorded first."""
    portal = _portal(url, portal_key_file, anchor)
    members = {name: value for name, value in (("since", since), ("until", until), ("cursor", cursor)) if value}
    page, data = _run(portal.page(read_secret(token_file).decode(), members))
    if keep is not None:
        keep.write_bytes(data)
    rows = (_cells(line, language) for line in page.usages)
    shown = table(f"As of record {page.as_of}", ("record", "time", "what", "purpose", "outcome"), rows)
    last = f"next page: --cursor {page.next}" if page.next else "no more"
    emit(msgspec.to_builtins(page), shown, f"this look is record {page.inquiry}; {last}", as_json=as_json)


@app.command("challenge")
def challenge(*, url: Url = _LOCAL, portal_key_file: PortalKey = None, anchor: Anchors = None) -> None:
    """Ask for a challenge: the nonce for the citizen's next login at the e-ID issuer."""
    nonce = _run(_portal(url, portal_key_file, anchor).challenge())
    typer.echo(nonce)


@app.command("token")
def development_token(
    *,
    number: Annotated[str, typer.Option("--for", help="The citizen's number.")],
    state: Annotated[Path, typer.Option(help="State folder of a test nation (lienthong up, demo).")],
    url: Url = _LOCAL,
    nonce: Annotated[str, typer.Option(help="The challenge to answer; else one is asked for at --url.")] = "",
    level: Annotated[str, typer.Option(help="How surely the citizen is said to be identified.")] = "substantial",
    out: Annotated[Path | None, typer.Option("--out", help="New file for it, mode 600; else standard output.")] = None,
    portal_key_file: PortalKey = None,
    anchor: Anchors = None,
) -> None:
    """Issue a token of a test nation's e-ID issuer, good for one look; no production hub takes it."""
    issuer = IssuerFiles(state).open()
    answered = nonce or _run(_portal(url, portal_key_file, anchor).challenge())
    text = token(issuer, number, answered, level, int(time.time()))
    if out is None:
        typer.echo(text)
        return
    write_secret(out, text.encode() + b"\n")


def _portal(url: str, key_file: Path | None, anchors: Path | None) -> Portal:
    return Portal(url, read_secret(key_file).decode() if key_file else None, anchors)


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except aiohttp.ClientError as error:
        raise CommandError(Exit.UNREACHABLE, "usages", f"the view does not answer: {type(error).__name__}") from error


def _cells(line: Usage, language: Tongue) -> tuple[object, ...]:
    purpose = line.purpose.name if line.purpose else None
    return (
        ", ".join(map(str, line.records)),
        line.time,
        _said(line.text, language),
        _said(purpose, language),
        _said(outcome_words(line), language),
    )


def _said(words: Words | None, language: Tongue) -> str:
    return "" if words is None else words.en if language is Tongue.EN else words.vi
