"""docs/adapters.md is built and compared: every example works, every key and reason stands in a table."""

from __future__ import annotations

import re
import tomllib
import unittest
from pathlib import Path
from typing import get_args

import pytest

from adapters import (
    files,
    files_rows,
    limits,
    mapping,
    memory,
    operation,
    rest,
    soap,
    sql,
    token,
    xroad_bridge_settings,
    xroad_rest,
    xroad_soap,
)
from adapters.kinds import KINDS, build
from adapters.port import PeerError, PeerFault, Query

TEXT = (Path(__file__).parents[3] / "docs" / "adapters.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)(?: ([\w-]+))?\n(.*?)```", TEXT, re.DOTALL)
ROWS = [line for line in TEXT.splitlines() if line.startswith("|")]
FIRST_CELLS = " ".join(line.split("|")[1] for line in ROWS)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for _, kind, text in BLOCKS if kind])
def test_every_example_builds(kind: str, text: str):
    assert build(kind, tomllib.loads(text)).operations


def test_every_kind_has_an_example():
    assert {kind for _, kind, _ in BLOCKS if kind} == set(KINDS)


def test_the_python_examples_run():
    snippets = [text for language, _, text in BLOCKS if language == "python"]
    assert len(snippets) == 2
    for snippet in snippets:
        names: dict[str, object] = {}
        exec(compile(snippet, "docs/adapters.md", "exec"), names)  # noqa: S102 - our own page
        if "TestOurSystem" in names:
            _run_contract(names["TestOurSystem"])


def _run_contract(contract: type) -> None:
    ran = 0
    for name in [name for name in dir(contract) if name.startswith("test_")]:
        try:
            getattr(contract(), name)()
        except unittest.SkipTest:
            continue
        ran += 1
    assert ran >= 8


async def test_the_files_example_is_answered_from_the_data_beside_it(tmp_path: Path):
    (incoming := tmp_path / "exchange" / "incoming").mkdir(parents=True)
    block = {language: text for language, kind, text in BLOCKS if language in {"csv", "json"} and not kind}
    (incoming / "people.csv").write_text(block["csv"], encoding="utf-8")
    (incoming / "2026-11-22.manifest.json").write_text(block["json"], encoding="utf-8")
    example = next(text for _, kind, text in BLOCKS if kind == "files")
    adapter = build("files", {**tomllib.loads(example), "max_age_s": None}, folder=tmp_path)
    await adapter.start()
    found = await adapter.ask(Query("person", {"citizen_number": "096199000001"}))
    await adapter.close()
    assert found.body == {"full_name": "Nguyễn Thị An", "birth": "1999-12-31"}


@pytest.mark.parametrize(
    "model",
    [
        limits.BreakerSettings, limits.RetrySettings, operation.Settings, operation.Operation,
        operation.Answer, mapping.Field, rest.RestSettings,
        rest.RestOperation, token.TokenSettings, soap.SoapSettings, soap.SoapOperation, sql.SqlSettings,
        sql.SqlOperation, files.FilesSettings, files.FilesOperation, files_rows.Table,
        memory.MemorySettings, memory.MemoryOperation,
        xroad_bridge_settings.BridgeSettings, xroad_bridge_settings.RestCall, xroad_bridge_settings.SoapCall,
        xroad_bridge_settings.RelayCall,
        xroad_rest.XRoadRestSettings, xroad_rest.XRoadRestOperation,
        xroad_soap.XRoadSoapSettings, xroad_soap.XRoadSoapOperation,
    ],
)  # fmt: skip
def test_every_key_stands_in_a_table(model: type):
    keys = {info.alias or name for name, info in model.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in FIRST_CELLS} == set()


def test_every_type_and_fact_stands_in_a_table():
    names = {*get_args(mapping.As), *get_args(operation.Fact)}
    assert {name for name in names if f"`{name}`" not in FIRST_CELLS} == set()


def test_the_reasons_are_all_there_with_their_usual_case():
    section = TEXT.split("## 7. Reasons")[1].split("## 8.")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|.*\| (yes|no) \| (yes|no) \|$", section, re.MULTILINE)
    assert [(kind, retry == "yes", known == "yes") for kind, retry, known in rows] == [
        (error.kind.value, error.retry, error.outcome_known) for error in map(PeerError, PeerFault)
    ]


def test_every_rule_named_in_the_code_is_explained():
    code = "".join(
        (Path(__file__).parents[3] / "adapters" / name).read_text(encoding="utf-8")
        for name in ("values.py", "dates.py", "mapping.py", "token.py", "http.py")
    )
    rules = set(re.findall(r'(?:RuleError|DateError|MapError)\("([a-z-]+)"', code))
    rules |= set(re.findall(r'BAD_ANSWER, rule="([a-z-]+)"', code))
    assert {rule for rule in rules if f"`{rule}`" not in TEXT} <= {"target-clash"}
