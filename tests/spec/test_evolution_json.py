"""What is decided about each keyword of JSON Schema, both ways, in every draft that has it; the manual's page of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import json_keywords as table
import jsonschema
import pytest
from json_keywords_whole import CHAPTERS

from registry.evolution.budget import Budget
from registry.evolution.json.format import JsonFormat
from registry.evolution.json.keywords import KEYWORDS
from registry.evolution.json.texts import FINDINGS, UNKNOWN
from registry.evolution.limits import COMPARE_STEPS, PARSE_STEPS
from registry.evolution.port import Policy
from registry.evolution.verdict import Compatible, Incompatible, Unknown, Verdict

FORMAT = JsonFormat()
ROWS = [row for rows in CHAPTERS.values() for row in rows]


def in_draft(schema: table.Schema, draft: int) -> str:
    """The schema's text; draft 4 has no boolean schemas but for the rest of an object or array."""
    return json.dumps({"$schema": table.URIS[draft], **(schema if isinstance(schema, dict) else {"not": {}})})


def compare(writer: table.Schema, reader: table.Schema, draft: int) -> Verdict:
    texts = [FORMAT.parse(in_draft(one, draft), {}, Budget(PARSE_STEPS)) for one in (writer, reader)]
    return FORMAT.included(*texts, Policy(), Budget(COMPARE_STEPS))


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(*pair, draft, id=f"{row.name}-{number}-{draft}")
        for row in ROWS
        for number, pair in enumerate(getattr(row, kind))
        for draft in row.drafts
    ]


@pytest.mark.parametrize(("narrow", "wide", "rule", "draft"), cases("wider"))
def test_widening_passes_and_narrowing_breaks_by_the_rule(narrow: Any, wide: Any, rule: str, draft: int):  # noqa: ANN401 - any JSON value
    assert compare(narrow, wide, draft) == Compatible()
    verdict = compare(wide, narrow, draft)
    assert isinstance(verdict, Incompatible), verdict
    assert rule in {finding.rule for finding in verdict.findings}
    assert_shown(verdict, wide, narrow, draft)


def assert_shown(verdict: Incompatible, writer: Any, reader: Any, draft: int) -> None:  # noqa: ANN401 - any JSON value
    """A second validator, in Python, sees it the same way; it asserts no formats, so those are left to the first."""
    assert verdict.witness is not None
    document = json.loads(verdict.witness.text)
    accepts, refuses = (
        jsonschema.validators.validator_for(schema)(schema)
        for schema in (json.loads(in_draft(one, draft)) for one in (writer, reader))
    )
    assert accepts.is_valid(document)
    assert "format" in json.dumps(reader) or not refuses.is_valid(document)
    for finding in verdict.findings:
        assert finding.said.vi != finding.said.en
        assert finding.mend.vi
        assert finding.reader.line == finding.writer.line == 1


@pytest.mark.parametrize(("one", "other", "draft"), cases("equal"))
def test_two_ways_of_saying_the_same_include_each_other(one: Any, other: Any, draft: int):  # noqa: ANN401 - any JSON value
    assert isinstance(compare(one, other, draft), Compatible)
    assert isinstance(compare(other, one, draft), Compatible)


@pytest.mark.parametrize(("writer", "reader", "rule", "draft"), cases("unknown"))
def test_what_is_not_decided_says_why(writer: Any, reader: Any, rule: str, draft: int):  # noqa: ANN401 - any JSON value
    verdict = compare(writer, reader, draft)
    assert isinstance(verdict, Unknown), verdict
    assert verdict.rule == rule
    assert verdict.reader.pointer in {"/format", "/dependencies"}
    assert compare(reader, writer, draft) == Compatible()


def test_every_keyword_that_constrains_has_its_row():
    named = {name for row in ROWS for name in row.name.split(" / ")}
    assert set(KEYWORDS) <= named
    assert len(named) == sum(len(row.name.split(" / ")) for row in ROWS), "one row each"


# The manual


def page() -> Iterator[str]:
    """The lines of docs/evolution-json.md."""
    yield from INTRODUCTION.splitlines()
    for title, rows in CHAPTERS.items():
        yield from ["", f"### {title}", "", "| keyword | drafts | decided | remark |", "|---|---|---|---|"]
        yield from (f"| `{row.name}` | {_drafts(row.drafts)} | {row.decided} | {row.remark} |" for row in rows)
    yield from ["", *BETWEEN.splitlines(), "", "| rule | finding | mend |", "|---|---|---|"]
    for rule, words in FINDINGS.items():
        yield f"| `{rule}` | {_plain(words.said.en)} | {_plain(words.mend.en)} |"
    yield from ["", "## Why an answer is unknown", "", "| rule | reason |", "|---|---|"]
    yield from (f"| `{rule}` | {text.en} |" for rule, text in UNKNOWN.items())


def _plain(text: str) -> str:
    return text.replace("“{name}”", "*name*").replace("{part}", "*part*")


def _drafts(drafts: tuple[int, ...]) -> str:
    names = {2019: "2019-09", 2020: "2020-12"}
    if drafts == table.DRAFTS:
        return "all"
    if len(drafts) == 1:
        return names.get(drafts[0], str(drafts[0]))
    if drafts[-1] == table.DRAFTS[-1]:
        return f"since {names.get(drafts[0], drafts[0])}"
    return f"up to {names.get(drafts[-1], drafts[-1])}"


INTRODUCTION = """\
# JSON Schema: what is decided about each keyword

A schema may follow another when every document that the writer's schema allows is accepted by the reader's: inclusion
of languages, not likeness of texts. The answer is *compatible* (shown), *incompatible* (with a document that an
independent validator, formats asserted, accepts under the one and refuses under the other) or *unknown* (refused, with
the reason). "Compatible" is never said where something was not understood.

Both schemas are read into one algebra of conditions, whatever their drafts, and a document is looked for that satisfies
the writer's and not the reader's. Documents are finite, so for schemas that refer to themselves the search is a least
fixed point and inclusion a greatest one. Work is counted in steps; with the budget spent the answer is unknown.

Drafts 4, 6, 7, 2019-09 and 2020-12 are read; a schema without `$schema` is read as draft 7, as stock clients do.
Nothing is ever fetched: `$ref` leads into the schema itself or to a reference that came with it, named as the text
names it, without its fragment. A schema that is no schema of its draft, repeats a name, nests deeper than 100 levels,
holds more than 50,000 values, numbers of more than 400 digits, an unknown reference or a reference to itself without
going into any part of the document, or would make a validator look at more than a million cases for one value, is
refused with its place.

Policies: **STRICT** is the truth about documents. Under **LENIENT** writers are taken at their word: an object of the
writer that names properties (in itself or in the subschemas for the same value) and says nothing of others is compared
as if it had no others; the reader stays as it is. With **required-with-default** the reader may require a property that
the writer leaves out, where its default satisfies its schema; not inside `not`, `oneOf`, `if` and `contains`.

Words of the tables: *exact*: decided, up to the budget. *Exact by cases*: decided by trying which subschemas hold, up
to the number given. *Confirmed only*: compatible where the standards say so, incompatible where a validator confirms a
document, else unknown. *Says nothing*: no document has a different verdict because of it.

This page is printed from the tables of the tests: `python tests/spec/write_pages.py`.

## Keywords"""
BETWEEN = """\
## Findings

Every change that breaks is told by itself, with the keyword's place (pointer and line) in both schemas. Most rules are
made of a keyword: `maximum-added` (only the reader has one), `maximum-narrowed` (the reader's is stricter). Beside
*compatible* stand cautions: `default-changed`, `content-encoding-changed`, `content-media-type-changed`. Others:"""
