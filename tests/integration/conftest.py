"""What integration tests share: one embedded nation for all that only ask it things."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from nation import EmbeddedNation
from processes import Processes


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNation]:
    """The embedded bus with the sample nation. Whoever stops it, or changes its registry, starts one of their own."""
    running = EmbeddedNation(tmp_path_factory.mktemp("nation"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A hub with two workers and every node of the sample nation, as processes. Tests kill them and bring them back."""
    laid = Processes.lay_out(tmp_path_factory.mktemp("group"))
    try:
        asyncio.run(laid.start())
        yield laid
    finally:
        asyncio.run(laid.close())
