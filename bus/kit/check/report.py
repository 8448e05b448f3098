"""A result as data, and as one page that stands alone: both languages, no script, nothing fetched, prints well.

Promises: what the page says is what the table and the JSON say; whatever it shows is escaped; its policy allows its one
style sheet by digest and nothing else. Leaves out: questions, answers and secrets, which no result holds.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Final, NamedTuple

import jinja2

from bus.kit.check.checklist import GROUPS, Group
from bus.kit.check.judging import Result
from bus.kit.check.verdicts import NAMES, Verdict
from registry.model import Text

STYLE: Final = """
:root { color-scheme: light; --ink: #1b2430; --quiet: #4d5967; --line: #d5dbe2; --paper: #fff; --ground: #f4f5f7;
  --accent: #0b5394; --met: #1d6b34; --unmet: #a3221a; --untold: #7a4b00; --idle: #4d5967; }
* { box-sizing: border-box; }
body { font: 16px/1.5 "Be Vietnam Pro", "Noto Sans", "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: var(--ink);
  background: var(--ground); margin: 0; overflow-wrap: anywhere; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
a { color: var(--accent); } a:focus-visible { outline: .2rem solid var(--accent); outline-offset: .15rem; }
.skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--paper);
  padding: .5rem 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2rem 0 .6rem; }
.other { color: var(--quiet); display: block; font-size: .9em; font-weight: 400; }
.facts { display: grid; grid-template-columns: 12rem 1fr; gap: .2rem 1rem; margin: 1rem 0; }
.facts dt { color: var(--quiet); } .facts dd { margin: 0; }
.verdict { border-left: .35rem solid; padding: .1rem 0 .1rem .7rem; font-weight: 700; }
.met { color: var(--met); } .unmet { color: var(--unmet); } .not-judged { color: var(--untold); }
.does-not-apply { color: var(--idle); }
ol { list-style: none; margin: 0; padding: 0; }
li { background: var(--paper); border: 1px solid var(--line); border-radius: .25rem; display: grid;
  grid-template-columns: 3.2rem 1fr 12rem; gap: .2rem 1rem; margin: 0 0 .5rem; padding: .7rem .9rem; }
li .number { color: var(--quiet); font-variant-numeric: tabular-nums; }
li .what p { margin: 0; } li .what .why { border-left: .15rem solid var(--line); margin: .35rem 0;
  padding-left: .6rem; }
li .what .how { color: var(--quiet); font-size: .85rem; }
.left { margin: 1rem 0; } .left a { display: inline-block; margin-right: .6rem; padding: .15rem 0; }
.source { color: var(--quiet); font-size: .9rem; }
@media (max-width: 40rem) { main { padding: 1rem .75rem 3rem; } .facts { grid-template-columns: 9rem 1fr; }
  li { display: block; } li .verdict { margin: .4rem 0; } }
@media print { body { background: #fff; font-size: 10pt; } main { max-width: none; padding: 0; }
  li { break-inside: avoid; } .skip { display: none; } }
"""


class About(NamedTuple):
    """What was checked, for the head of a report: no address of a person, no secret."""

    adapter: str
    kind: str
    service: str
    system: str
    made: str
    version: str


def as_data(result: Result, about: About) -> dict[str, object]:
    """One JSON document."""
    return {
        "checklist": result.checklist.version,
        "about": about._asdict(),
        "verdict": result.verdict.value,
        "counts": {verdict.value: result.count(verdict) for verdict in Verdict},
        "rows": [
            {
                "number": line.row.number,
                "group": line.row.group.value,
                "judge": line.row.judge,
                "verdict": line.judged.verdict.value,
                "what": {"vi": line.row.vi, "en": line.row.en},
                "why": {"vi": line.judged.said.vi, "en": line.judged.said.en},
            }
            for line in result.lines
        ],
    }


def page(result: Result, about: About, first: str = "vi") -> str:
    """One self-contained HTML page; `first` ("vi" or "en") is the language that stands first."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("bus.kit.check", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    digest = b64encode(sha256(STYLE.encode()).digest()).decode()
    groups = [(GROUPS[group], [line for line in result.lines if line.row.group is group]) for group in Group]
    return templates.get_template("report.html").render(
        style=STYLE,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        result=result,
        about=about,
        groups=groups,
        names=NAMES,
        left=[(NAMES[verdict], verdict, _numbers(result, verdict)) for verdict in (Verdict.UNMET, Verdict.NOT_JUDGED)],
        counts=[(NAMES[verdict], verdict, result.count(verdict)) for verdict in Verdict],
        title=Text("Tự kiểm tra bộ chuyển đổi", "Adapter self-test"),
        first=first,
        second="en" if first == "vi" else "vi",
    )


def _numbers(result: Result, verdict: Verdict) -> list[str]:
    return [line.row.number for line in result.lines if line.judged.verdict is verdict]
