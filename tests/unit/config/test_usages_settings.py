"""Settings of the citizens' view: the page's example loads, and what would be unsafe or meaningless is refused."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bus.app.usages import disclosure_of, policy_of
from config.usages import DelayedDisclosure, UsagesSettings

PAGE = (Path(__file__).parents[3] / "docs/usages.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
LEAST: dict[str, Any] = {"listen": "127.0.0.1:8460", "issuer": "https://id.example.vn", "audiences": ("x",)}


def read(text: str) -> dict[str, Any]:
    return dict(tomllib.loads(text)["usages"])


def loaded(**members: Any) -> UsagesSettings:  # noqa: ANN401 - whatever a file holds
    return UsagesSettings.model_validate_json(json.dumps(LEAST | members))


def test_the_page_s_examples_load():
    delayed, whole = (read(block) for block in sorted(BLOCKS, key=lambda block: "listen" in block))
    settings = loaded(**whole, **delayed)
    policy = policy_of(settings)
    assert policy.levels["2"] == "substantial"
    assert policy.subject_claim == "SoDinhDanh"
    assert policy.number.fullmatch("001190000011")
    assert not policy.number.fullmatch("00119000001")
    assert disclosure_of(settings).announced == ((30, "Luật Thanh tra, Điều 5"),)


@pytest.mark.parametrize(
    "members",
    [
        {"issuer": "http://id.example.vn"},
        {"key_set_url": "http://keys.example.vn/keys"},
        {"framed_by": ["http://portal.example.vn"]},
        {"key_set": "keys.json", "key_set_url": "https://keys.example.vn"},
        {"certificate": "usages.pem"},
        {"portal_anchors": "root.pem", "certificate": "a.pem", "key": "a.key"},
        {"portal_anchors": "root.pem", "portal_certificates": [{"portal": "p", "certificate": "p.pem"}]},
        {"subject_pattern": "[0-9"},
        {"audiences": []},
        {"levels": {"2": "very-high"}},
        {"least_level": "none"},
        {"looks_per_hour": 0},
        {"challenge_seconds": 3601},
        {"colour": "red"},
    ],
)
def test_what_is_unsafe_or_meaningless_is_refused(members: dict[str, Any]):
    with pytest.raises(ValidationError):
        loaded(**members)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"looks": True, "purpose": "dossier"},
        {"purpose": "dossier", "days": 0},
        {"purpose": "dossier", "basis": "a\nb"},
        {"service": "population"},
    ],
)
def test_a_class_names_what_it_holds_back(members: dict[str, Any]):
    with pytest.raises(ValidationError):
        DelayedDisclosure.model_validate({"days": 30, "basis": "X"} | members)


def test_plain_http_is_for_this_machine_alone():
    assert loaded(issuer="http://127.0.0.1:9000").issuer == "http://127.0.0.1:9000"
