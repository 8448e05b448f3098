"""What integration tests share: one embedded nation for all that only ask it things."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from nation import EmbeddedNation


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNation]:
    """The embedded bus with the sample nation. Whoever stops it, or changes its registry, starts one of their own."""
    running = EmbeddedNation(tmp_path_factory.mktemp("nation"))
    yield running
    running.close()
