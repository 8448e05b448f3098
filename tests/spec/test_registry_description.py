"""The registry's description (OpenAPI 3.1) is valid and complete; that it is true, each call in the manual checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemas_kit import Standing


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    running = Standing(tmp_path_factory.mktemp("schemas"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def described(standing: Standing) -> dict[str, Any]:
    got = standing.ask("GET", "/openapi.json", who=None)
    assert got.status == 200
    return dict(got.body)


def test_it_is_valid_and_the_same_at_both_places(standing: Standing, described: dict[str, Any]):
    assert not list(OpenAPIV31SpecValidator(described).iter_errors())
    assert standing.ask("GET", "/registry/openapi.json", who=None).body == described
    operations = [
        one["operationId"] for path in described["paths"].values() for one in path.values() if "summary" in one
    ]
    assert len(set(operations)) == len(operations) > 45
