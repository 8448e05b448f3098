"""`lienthong ledger prune`: the minimum index, in two steps; `erase-status`: orders of erasure at their holders."""

import asyncio
from datetime import date
from typing import Annotated

import msgspec
import typer

from bus.app.orders import plan_pruning, prune, records_at
from bus.audit.holders import outbox_of
from bus.audit.pruning import Plan
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.ledger_archive import Place
from bus.cli.output import Json, emit, table


def prune_command(
    place: Place,
    *,
    before: Annotated[
        str, typer.Option(help="A day such as 2025-01-01 (UTC), or a record's number: what stays first.")
    ],
    plan_id: Annotated[str, typer.Option("--plan", help="The plan that was shown: carries it out.")] = "",
    by: Annotated[str, typer.Option(help="Who orders it.")] = "",
    reason: Annotated[str, typer.Option(help="Why; it is kept with the order.")] = "",
    as_json: Json = False,
) -> None:
    """Show what pruning would do; with --plan ID do it. Records give way to their hashes; every proof stays."""
    records = records_at(place)
    found = plan_pruning(records, _before(before))
    data = {name: getattr(found, name) for name in Plan.__dataclass_fields__} | {"plan": found.id}
    if not plan_id:
        rows = [
            ("minimum index now", found.minimum),
            ("minimum index then", found.new_minimum),
            ("records whose bytes go", f"{found.records:,}"),
            ("of the times", f"{found.first} to {found.last}"),
            ("bytes of theirs", f"{found.bytes:,}"),
            ("kept for ever", found.kept),
            ("plan", found.id),
        ]
        again = f"lienthong ledger prune {place} --before {before} --plan {found.id} --by WHO --reason WHY"
        emit(data, table("Nothing was changed", ("what", "value"), rows), again, as_json=as_json)
        return
    if plan_id != found.id:
        raise CommandError(Exit.NO, "another-plan", f"the plan is {found.id} now: look at it again")
    if not by or not reason:
        raise typer.BadParameter("an order names who gives it (--by) and why (--reason)")
    pruned = asyncio.run(prune(records, found, by, reason))
    emit(data | {"pruned": pruned}, f"{pruned} pruned; the minimum index is {found.new_minimum}", as_json=as_json)


def erase_status(place: Place, *, as_json: Json = False) -> None:
    """Show which holders have carried out which orders of erasure; exit 1 while one has not."""
    outbox = outbox_of(records_at(place).ledger.folder)
    found, drafts = (outbox.standing(), outbox.drafts()) if outbox is not None else ([], [])
    done = {one: (one.done.at, one.done.pieces) if one.done is not None else ("waits", "") for one in found}
    rows = [(one.order, one.agency, one.exchanges, *done[one]) for one in found]
    data = {"orders": [msgspec.to_builtins(one._asdict()) for one in found], "cut_short": drafts}
    columns = ("order", "holder", "exchanges", "carried out", "pieces erased")
    cut = [f"cut short before it was recorded, or waiting for the search to meet it: {name}" for name in drafts]
    emit(data, table("Orders of erasure", columns, rows), *cut, as_json=as_json)
    if drafts or any(one.done is None for one in found):
        raise typer.Exit(Exit.NO)


def _before(text: str) -> int | date:
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("--before is a day such as 2025-01-01, or a record's number") from error
