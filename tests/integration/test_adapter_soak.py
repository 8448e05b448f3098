"""Mixed adapters in one process, one provider hung, one slow, one crashing: the others keep answering, every time.

Figures: tests/bench/test_adapter_soak_figures.py. Longer: LIENTHONG_TEST_SOAK_S=600.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from soak_kit import GOOD, soak
from wires import free_ports

if TYPE_CHECKING:
    from pathlib import Path

SOAK_S = float(os.environ.get("LIENTHONG_TEST_SOAK_S", "8"))


@pytest.mark.timeout(SOAK_S * 2 + 60)
async def test_bad_providers_harm_nobody_but_who_asks_them(tmp_path: Path):
    watched, deaths = await soak(tmp_path / "soak", SOAK_S, free_ports(1), bad=True)
    # Whoever asks a good one gets the right answer, always.
    assert {name: list(watched[name].outcomes) for name in GOOD} == {name: ["right"] for name in GOOD}
    # A slow one is slow; that is all.
    assert set(watched["slow"].outcomes) == {"right"}
    # A hung one holds its questions up a few times, then is left alone and tried by one at a time.
    hung = watched["hung"]
    assert set(hung.outcomes) == {"timeout", "circuit-open"}
    assert hung.outcomes["circuit-open"] > hung.outcomes["timeout"]
    assert "open" in hung.circuits
    # A crashing one answers when it is up, and is left alone when it is not.
    crashing = watched["crashing"]
    assert deaths > 0
    assert crashing.outcomes["right"] > 0
    assert crashing.outcomes["wrong"] == 0
    # Nothing is left behind.
    assert [one.adapter.tally.inside for one in watched.values()] == [0] * len(watched)
