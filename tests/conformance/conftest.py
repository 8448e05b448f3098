"""What several conformance tests need: EU DSS, fetched and built once."""

from __future__ import annotations

import pytest
from dss_kit import built


@pytest.fixture(scope="session")
def dss(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The class path of EU DSS with our runners."""
    return built(tmp_path_factory.mktemp("dss") / "dss")
