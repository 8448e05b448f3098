"""What `doctor` says of a node's X-Road face: a listener in the open, and networks that are too wide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bus.doctor import xroad
from bus.doctor.finding import Health
from config.node import NodeSettings
from config.xroad import XRoadClientSettings, XRoadSettings, XRoadTls

GOOD, WARNING, BAD = Health.GOOD, Health.WARNING, Health.BAD
TLS = XRoadTls(certificate=Path("c.pem"), key=Path("k.pem"))


def found(**settings: Any) -> list[Health]:  # noqa: ANN401 - any setting
    face = XRoadSettings(**settings)
    return [one.health for one in xroad.face(NodeSettings.model_construct(xroad=face))]


def test_without_a_face_there_is_nothing_to_say():
    assert list(xroad.face(NodeSettings.model_construct(xroad=None))) == []


@pytest.mark.parametrize(
    ("listen", "tls", "health"),
    [
        ("127.0.0.1:8580", None, GOOD),
        ("[::1]:8580", None, GOOD),
        ("localhost:8580", None, GOOD),
        ("0.0.0.0:8580", None, WARNING),
        ("10.0.0.7:8580", None, WARNING),
        ("node.example.vn:8580", None, WARNING),
        ("0.0.0.0:8580", TLS, GOOD),
    ],
)
def test_the_listener(listen: str, tls: XRoadTls | None, health: Health):
    assert found(listen=listen, tls=tls) == [health]


@pytest.mark.parametrize(
    ("network", "health"),
    [("10.20.0.0/24", GOOD), ("0.0.0.0/0", BAD), ("128.0.0.0/1", BAD), ("::/0", BAD), ("fd00:1::/64", GOOD)],
)
def test_networks(network: str, health: Health):
    client = XRoadClientSettings(id="VN/GOV/H26/one-stop", networks=(network,))
    assert found(clients=(client, XRoadClientSettings(id="VN/GOV/H26"))) == [GOOD, health]
