"""`lienthong dossier resolve`: open a dossier at a node, as an agency's own system would."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bus.app.counter import Counter, Resolved, case_of
from bus.cli.at_node import at_node
from bus.cli.dossiers import shown
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.options import Language, Tongue
from bus.cli.output import Json, emit
from bus.sample.procedures import CASES

app = typer.Typer(help="Dossiers, opened at a node over HTTP.", no_args_is_help=True)
Work = Callable[[Counter], Awaitable[Resolved]]
_PARTY_PARTS = 4


@app.command("resolve")
def resolve(  # noqa: PLR0913 - one option each
    *,
    node: Annotated[str, typer.Option(help="The node's address for agency systems.")] = "http://127.0.0.1:8500",
    key_file: Annotated[Path, typer.Option(help="File with the API key to show.")],
    sample: Annotated[str | None, typer.Option(help="A dossier of the sample nation, by name.")] = None,
    form: Annotated[str | None, typer.Option(help="A registered form version: birth-linked@1.")] = None,
    party: Annotated[
        list[str] | None, typer.Option(help="role=NUMBER, or role=NUMBER,NAME,YYYY-MM-DD,ASSURANCE; repeat.")
    ] = None,
    officer: Annotated[str | None, typer.Option(help="The officer on duty: id@unit.")] = None,
    override: Annotated[list[str] | None, typer.Option(help="field=reason, one of the four; repeat.")] = None,
    language: Language = Tongue.VI,
    as_json: Json = False,
) -> None:
    """Open one dossier and print what agencies hold and what is left to the citizen."""
    work = _sample(sample) if sample else _own(form, party or [], officer, override or [])
    one = at_node(node, key_file, work)
    emit(asdict(one), shown(one, language), as_json=as_json)
    if not one.done:
        raise typer.Exit(Exit.NO)


def _sample(name: str) -> Work:
    try:
        case = case_of(name)
    except KeyError:
        known = ", ".join(case.key for case in CASES)
        raise CommandError(Exit.USAGE, "sample", f"no such dossier in the sample; there are: {known}") from None
    return lambda counter: counter.sample(case)


def _own(form: str | None, parties: list[str], officer: str | None, overrides: list[str]) -> Work:
    if form is None or not parties or officer is None:
        raise CommandError(Exit.USAGE, "dossier", "give --form, --party and --officer, or --sample")
    people = [_party(text) for text in parties]
    who = _pair(officer, "@", "--officer")
    reasons = dict(_pair(text, "=", "--override") for text in overrides)
    return lambda counter: counter.resolve(form, people, officer=who, overrides=reasons)


def _pair(text: str, by: str, option: str) -> tuple[str, str]:
    left, found, right = text.partition(by)
    if not found or not left or not right:
        raise CommandError(Exit.USAGE, "form", f"{option} is written as left{by}right")
    return left, right


def _party(text: str) -> dict[str, str]:
    role, rest = _pair(text, "=", "--party")
    parts = rest.split(",")
    if len(parts) > _PARTY_PARTS:
        raise CommandError(Exit.USAGE, "form", "--party is role=NUMBER,NAME,BIRTH,ASSURANCE")
    names = ("id", "name", "birth", "assurance")
    return {"role": role, **{name: value for name, value in zip(names, parts, strict=False) if value}}
