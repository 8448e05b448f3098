"""Spec tables of dossiers: who answers what, and how each requirement ends; the manual's page is printed from them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from registry_folder import EVIDENCE
from world import World
from world_dossiers import opening
from world_registry import BIRTH, CONSUMER, JUSTICE, PERSON, POPULATION, PROCEDURE, WORLD_AGREEMENTS, agreement

from bus.node.dossier import Opening
from bus.node.dossiers import DossierRecord, Line

RESIDENCE, MARRIAGE_EXTRACT, NOTICE = "residence", "marriage-extract", "hospital-notice"
IDENTITY, ENTRY, OWN = "identity", "birth-entry", "declaration"
DOSSIER_EVIDENCE: Final = (
    EVIDENCE
    + f"""
[[evidence]]
id = "{IDENTITY}"
name = {{ vi = "Nhân thân", en = "Identity" }}

[[evidence.provider]]
service = "{PERSON}"
operation = "verify"
terms = ["person.number"]
question = {{ number = "$subject.id", name = "$subject.name" }}

[[evidence]]
id = "{ENTRY}"
name = {{ vi = "Ghi vào sổ", en = "Entry made" }}

[[evidence.provider]]
service = "{BIRTH}"
operation = "register"
terms = ["marriage.exists"]
question = {{ number = "$subject.id" }}
"""
)
"""Identity is offered without an agreement; the entry is made by an operation that is not safe."""
DOSSIER_AGREEMENTS: Final = WORLD_AGREEMENTS + agreement(
    "ag-0110", BIRTH, "register", terms='["person.number", "marriage.exists"]', purposes='["dossier"]'
)
NAMES: Final = {POPULATION: "population", JUSTICE: "justice", CONSUMER: "commune"}
Lists = tuple[tuple[str, ...], ...]
Needs = Mapping[str, Lists]
Play = Callable[[World], Awaitable[None]]


def procedure(needs: Needs) -> str:
    """The procedure's requirements, each with its lists of evidence; without any it is the citizen's own."""
    head = (
        f'[[procedure]]\ncode = "{PROCEDURE}"\nname = {{ vi = "Đăng ký khai sinh", en = "Birth registration" }}\n'
        'agency_level = "commune"\nbasis = "278/2025/NĐ-CP"\nroles = ["mother", "father", "child"]\n'
        'new_roles = ["child"]\nresults = [{ code = "KQ.G15.000002", name = { vi = "Giấy khai sinh", en = "B" } }]\n'
    )
    return head + "".join(_requirement(name, lists) for name, lists in needs.items())


def _requirement(name: str, lists: Lists) -> str:
    subject = "father" if name.startswith("father") else "mother"
    when = 'when = { role_present = "father" }\n' if subject == "father" else ""
    own = "" if lists else "citizen_only = true\n"
    text = (
        f'[[procedure.requirement]]\nid = "{name}"\nname = {{ vi = "{name}", en = "{name}" }}\n'
        f'subject = "{subject}"\n{when}{own}'
    )
    listed = (", ".join(f'"{one}"' for one in evidence) for evidence in lists)
    return text + "".join(f"[[procedure.requirement.list]]\nevidence = [{one}]\n" for one in listed)


@dataclass(frozen=True)
class Row:
    """One dossier: what its procedure needs, how systems answer, how each requirement ends, what is recorded."""

    what: str
    needs: Needs
    ends: Mapping[str, str]
    ledger: tuple[str, ...]
    play: Play
    opened: Opening


@dataclass
class Table:
    """The rows of one chapter."""

    title: str
    about: str
    rows: list[Row] = field(default_factory=list)

    def row(
        self,
        what: str,
        needs: Needs,
        ends: Mapping[str, str],
        ledger: str,
        opened: Opening | None = None,
    ) -> Callable[[Play], Play]:
        def add(play: Play) -> Play:
            self.rows.append(Row(what, needs, ends, tuple(ledger.split(", ")), play, opened or opening()))
            return play

        return add

    def ids(self) -> list[str]:
        return [row.what for row in self.rows]


def world_of(needs: Needs) -> World:
    return World(procedures=procedure(needs), evidence=DOSSIER_EVIDENCE, agreements=DOSSIER_AGREEMENTS)


def ends_of(record: DossierRecord) -> dict[str, str]:
    """Every requirement in a word or two: from whom it was had, or why not."""
    return {line.requirement: _end(line) for line in record.lines}


def _end(line: Line) -> str:
    if line.reason is not None:
        return f"gap: {line.reason}"
    return "met by " + " and ".join(NAMES[source.agency or ""] for source in line.sources)


INTRODUCTION: Final = """\
# Dossiers, case by case

One line for each dossier that a test resolves in memory (`tests/spec/test_dossiers.py`): what the procedure needs, how
the systems answer, how each requirement ends, and what then stands in the ledger. Evidence in one list counts together
(**and**); lists are alternatives (**or**), and the second is asked for only when the first has failed.

This page is printed from the tables of the tests: `python tests/spec/write_pages.py`.
"""


def page(tables: list[Table]) -> Iterator[str]:
    """The lines of docs/dossiers.md."""
    yield from INTRODUCTION.splitlines()
    for table in tables:
        yield ""
        yield f"## {table.title}"
        yield ""
        yield table.about
        yield ""
        yield "| case | requirement: evidence | ends as | ledger |"
        yield "|---|---|---|---|"
        for row in table.rows:
            needs = "; ".join(f"{name}: {_lists(lists)}" for name, lists in row.needs.items())
            ends = "; ".join(f"{name}: {end}" for name, end in row.ends.items())
            yield f"| {row.what} | {needs} | {ends} | {', '.join(row.ledger)} |"


def _lists(lists: Lists) -> str:
    return " **or** ".join(" **and** ".join(one) for one in lists) or "nobody has it but the citizen"
