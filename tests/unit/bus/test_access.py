"""Who is asking: keys, certificates, and key files that change while a node runs."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import structlog
from aiohttp.test_utils import make_mocked_request
from structlog.testing import capture_logs
from wires import until

from bus.access import Grants, Principal
from bus.app import grants
from bus.app.grants import KeyFiles, certificates_of
from bus.keystore.pem import PemFileError
from config.apikeys import new_api_key, revoke_api_key
from config.node import AgencySettings
from config.secrets import SecretError
from schemas.problems import ProblemError
from signing.devpki import DevPki
from signing.keys import thumbprint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CITY = Principal("a100010", "one-stop")


def shows(**headers: str) -> object:
    return make_mocked_request("GET", "/", headers={name.replace("_", "-"): value for name, value in headers.items()})


def granted(key: str) -> Grants:
    return Grants([(sha256(key.encode()).hexdigest(), CITY)])


def number_of(grants: Grants, request: object) -> int | None:
    try:
        grants.principal(request)  # type: ignore[arg-type] # a request as aiohttp makes them
    except ProblemError as error:
        return int(error.problem.code)
    return None


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ({"X_Api_Key": "lt_right"}, None),
        ({"Authorization": "Bearer lt_right"}, None),
        ({"Authorization": "bearer lt_right"}, None),
        ({"Authorization": "Bearer lt_right", "X_Api_Key": "lt_wrong"}, None),
        ({"Authorization": "Bearer lt_wrong", "X_Api_Key": "lt_right"}, 802),
        ({"Authorization": "Bearer "}, 801),
        ({"Authorization": "Basic bHRfcmlnaHQ="}, 801),
        ({"X_Api_Key": "LT_RIGHT"}, 802),
        ({"X_Api_Key": ""}, 802),
        ({}, 801),
    ],
)
def test_what_is_shown_decides(headers: dict[str, str], number: int | None):
    assert number_of(granted("lt_right"), shows(**headers)) == number


def test_keys_are_replaced_as_a_whole():
    one = granted("lt_old")
    one.replace_keys([(sha256(b"lt_new").hexdigest(), CITY)])
    assert number_of(one, shows(X_Api_Key="lt_old")) == 802
    assert number_of(one, shows(X_Api_Key="lt_new")) is None


@asynccontextmanager
async def watched(file: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[KeyFiles]:
    monkeypatch.setattr(grants, "EVERY_S", 0.01)
    keys = KeyFiles({CITY.agency: file})
    watching = asyncio.create_task(keys.watch())
    yield keys
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def becomes(keys: KeyFiles, text: str, number: int | None) -> None:
    await until(lambda: number_of(keys.grants, shows(X_Api_Key=text)) == number)


async def test_a_key_file_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file, now = tmp_path / "keys.toml", datetime.now(UTC)
    first, line = new_api_key(file, system="one-stop", days=1, now=now)
    async with watched(file, monkeypatch) as keys:
        second, _ = new_api_key(file, system="portal", days=1, now=now)
        await becomes(keys, second, None)
        assert keys.grants.principal(shows(X_Api_Key=second)) == Principal("a100010", "portal")  # type: ignore[arg-type] # as above
        revoke_api_key(file, line.id, now)
        await becomes(keys, first, 802)
        file.unlink()
        await becomes(keys, second, 802)


async def test_a_key_file_that_cannot_be_read_leaves_what_was_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "keys.toml"
    text, _ = new_api_key(file, system="one-stop", days=1, now=datetime.now(UTC))
    structlog.configure(cache_logger_on_first_use=False)
    with capture_logs() as logs:
        async with watched(file, monkeypatch) as keys:
            file.write_text("keys = nonsense")
            await until(lambda: logs)
            assert number_of(keys.grants, shows(X_Api_Key=text)) is None
    assert [(line["event"], line["reason"]) for line in logs] == [("api-keys-not-read", "ConfigError")]


def test_an_expired_key_opens_nothing(tmp_path: Path):
    file = tmp_path / "keys.toml"
    old, _ = new_api_key(file, system="one-stop", days=1, now=datetime.now(UTC) - timedelta(days=2))
    assert number_of(KeyFiles({CITY.agency: file}).grants, shows(X_Api_Key=old)) == 802


def test_a_missing_key_file_stops_the_start(tmp_path: Path):
    with pytest.raises(SecretError):
        KeyFiles({CITY.agency: tmp_path / "none"})


def test_certificates_lead_to_agency_and_system(tmp_path: Path):
    now = datetime.now(UTC)
    issued = DevPki.create(now).link_client("portal.test", now)
    (tmp_path / "portal.pem").write_bytes(issued.chain)
    agency = {
        "id": "a100010",
        "seal": "file:x?certificate=y",
        "archive": tmp_path,
        "archive_key": tmp_path,
        "system_certificates": ({"system": "portal", "certificate": tmp_path / "portal.pem"},),
    }
    settings = AgencySettings.model_validate(agency)
    assert list(certificates_of([settings])) == [(thumbprint(issued.der), Principal("a100010", "portal"))]
    (tmp_path / "portal.pem").write_text("nothing")
    with pytest.raises(PemFileError):
        list(certificates_of([settings]))
