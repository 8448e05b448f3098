"""The file of keys of a registry of schemas, and its settings as a part of a hub."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.hub import RegistrationSettings
from config.keylines import ApiKeyError, digest
from config.mistakes import ConfigError
from config.registrants import Grant, Right, load_registrants, new_registrant, revoke_registrant
from config.secrets import SecretError

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OWN = Grant(subjects="own-", may=(Right.READ, Right.WRITE))


def add(file: Path, name: str = "dev", **more: object) -> str:
    given = {"agency": "a100001", "rights": [OWN], "days": 10, "now": NOW} | more
    return new_registrant(file, name=name, **given)[0]


def test_a_key_is_kept_as_its_digest_with_its_rights(tmp_path: Path):
    file = tmp_path / "registrants.toml"
    text = add(file, note='for "CI"')
    add(file, "card", certificate="A" * 43)
    dev, card = load_registrants(file)
    assert (dev.sha256, dev.certificate, card.sha256) == (digest(text), None, None)
    assert dev.rights == (OWN,)
    assert dev.note == 'for "CI"'
    assert text not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    assert dev.valid(NOW)
    assert not dev.valid(NOW + timedelta(days=11))


def test_a_revoked_key_keeps_its_line(tmp_path: Path):
    file = tmp_path / "registrants.toml"
    add(file)
    revoke_registrant(file, "dev", NOW)
    (line,) = load_registrants(file)
    assert not line.valid(NOW)
    for wrong in ("dev", "nobody"):
        with pytest.raises(ApiKeyError):
            revoke_registrant(file, wrong, NOW)
    with pytest.raises(ApiKeyError):
        add(file)


@pytest.mark.parametrize(
    "line",
    [
        'id = "x"\nagency = "a100001"',
        'id = "x"\nagency = "nobody"\nsha256 = "' + "0" * 64 + '"',
        'id = "x"\nagency = "a100001"\nsha256 = "' + "0" * 64 + '"\nrights = [{ subjects = "a", may = ["rule"] }]',
        'id = "x"\nagency = "a100001"\nsha256 = "' + "0" * 64 + '"\nrights = [{ subjects = ":.a b:", may = ["read"] }]',
        'id = "x"\nagency = "a100001"\nsha256 = "' + "0" * 64 + '"\nrights = [{ subjects = "a", may = [] }]',
    ],
)
def test_a_line_that_says_too_little_or_too_much_is_refused(tmp_path: Path, line: str):
    file = tmp_path / "registrants.toml"
    dates = "created_at = 2026-01-01T00:00:00Z\nexpires_at = 2027-01-01T00:00:00Z\n"
    file.write_text(f"[[registrants]]\n{dates}{line}\n", encoding="utf-8")
    with pytest.raises(SecretError):
        load_registrants(file)
    file.chmod(0o600)
    with pytest.raises(ConfigError):
        load_registrants(file)


@pytest.mark.parametrize("more", [{"certificate": Path("c.pem")}, {"client_anchors": (Path("a.pem"),)}])
def test_certificates_go_together(more: dict[str, object]):
    good = {"registrants": Path("r.toml"), "folder": Path("schemas")}
    assert RegistrationSettings(**good).listen == "127.0.0.1:8081"
    with pytest.raises(ValidationError):
        RegistrationSettings(**good, **more)
