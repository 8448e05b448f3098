"""The file of sample questions: TOML or JSON, mistakes by place, never a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from bus.kit.check.samples import load
from config.mistakes import ConfigError

TOML = """\
[asker]
officer = { id = "CB-1", unit = "H26" }

[[known]]
name = "somebody"
operation = "person"
body = { number = "096199000001" }
"""
WRONG_REASON = '\n[[refused]]\noperation = "p"\nbody = {}\nreason = "096199000001"\n'


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_toml_and_json_say_the_same(tmp_path: Path):
    text = (
        '{"asker": {"officer": {"id": "CB-1", "unit": "H26"}},'
        ' "known": [{"name": "somebody", "operation": "person", "body": {"number": "096199000001"}}]}'
    )
    assert load(written(tmp_path, "s.json", text)) == load(written(tmp_path, "s.toml", TOML))


def test_a_question_carries_what_the_asker_is(tmp_path: Path):
    samples = load(written(tmp_path, "s.toml", TOML))
    query = samples.known[0].query(samples.asker, "r-1", 2.5)
    assert (query.operation, query.request_id, query.timeout_s) == ("person", "r-1", 2.5)
    assert query.officer is not None
    assert query.officer.unit == "H26"


def test_every_sample_has_a_name_to_call_it_by(tmp_path: Path):
    text = TOML + '[[nobody]]\noperation = "person"\nbody = {}\n'
    assert [name for name, _ in load(written(tmp_path, "s.toml", text)).named()] == ["somebody", "nobody[0]"]


@pytest.mark.parametrize(
    ("text", "place", "rule"),
    [
        (TOML + "\n[[refused]]\noperation = 1\n", "s.toml:10:13", "string_type"),
        (TOML + WRONG_REASON, "s.toml:12:10", "string_pattern_mismatch"),
        (TOML + '\n[known2]\nnumber = "096199000001"\n', "s.toml:9:2", "extra_forbidden"),
        (TOML + "\n[[known]\n", "s.toml:9", None),
    ],
)  # fmt: skip
def test_a_mistake_has_its_place_and_no_value(tmp_path: Path, text: str, place: str, rule: str | None):
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, "s.toml", text))
    said = str(caught.value)
    assert place in said
    assert "096199000001" not in said
    if rule is not None:
        assert rule in {one.rule for one in caught.value.mistakes}


def test_a_huge_file_is_not_read(tmp_path: Path):
    with pytest.raises(ConfigError, match="too-large"):
        load(written(tmp_path, "s.toml", "# " + "x" * 2**20))


def test_a_blank_question_is_passed_over_but_a_malformed_one_may_be_blank(tmp_path: Path):
    text = (
        TOML
        + '[[nobody]]\noperation = "person"\nbody = { number = "" }\n[[malformed]]\noperation = "person"\n'
        + 'body = { number = "" }\n'
    )
    samples = load(written(tmp_path, "s.toml", text))
    assert (len(samples.known), len(samples.nobody), len(samples.malformed)) == (1, 0, 1)
