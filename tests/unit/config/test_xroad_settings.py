"""The X-Road face's settings: the manual's example loads, and what would let in too many is named."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config.xroad import XRoadClientSettings, XRoadSettings

PAGE = (Path(__file__).parents[3] / "docs/xroad.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## 6. Settings")[1]
EXAMPLE = re.findall(r"```toml\n(.*?)```", SECTION, re.DOTALL)[0]
FIRST_CELLS = " ".join(line.split("|")[1] for line in SECTION.splitlines() if line.startswith("|"))


def parsed(table: dict[str, Any]) -> XRoadSettings:
    return XRoadSettings.model_validate_json(json.dumps(table))  # JSON's lists may become tuples, as TOML's do


def test_the_example_loads():
    settings = parsed(tomllib.loads(EXAMPLE)["xroad"])
    assert (settings.listen, settings.clients[0].networks) == ("0.0.0.0:8580", ("10.20.0.0/24",))


def test_every_key_stands_in_the_table():
    assert {name for name in XRoadSettings.model_fields if f"`{name}`" not in FIRST_CELLS} == set()


def test_by_default_nobody_is_let_in_and_nobody_elsewhere_reaches_it():
    settings = XRoadSettings()
    assert (settings.clients, settings.listen.rpartition(":")[0]) == ((), "127.0.0.1")
    assert XRoadClientSettings(id="VN/GOV/H26").networks == ()


@pytest.mark.parametrize(
    "network", ["10.0.0.1/8", "everybody", "", "10.0.0.0/33", "::1/0", "10.0.0.0/8 ", "0x0a000000/8"]
)
def test_networks_are_written_exactly(network: str):
    with pytest.raises(ValidationError, match="a network is written"):
        parsed({"clients": [{"id": "VN/GOV/H26/s", "networks": [network]}]})


@pytest.mark.parametrize("name", ["VN/GOV", "VN/GOV/H26/s/x", "VN//H26", "VN/GOV/H%32", "VN/GOV/ H26", "VN/GOV/H26:1"])
def test_clients_are_identifiers(name: str):
    with pytest.raises(ValidationError, match="clients"):
        parsed({"clients": [{"id": name}]})


@pytest.mark.parametrize(
    "table",
    [
        {"clients": [{"id": "VN/GOV/H26"}, {"id": "VN/GOV/H26"}]},
        {"error_style": "kebab"},
        {"api_key_header": "X Api"},
        {"timeout_ms": 0},
        {"max_body_bytes": 10},
        {"colour": "red"},
    ],
)
def test_mistakes(table: dict[str, Any]):
    with pytest.raises(ValidationError):
        parsed(table)
