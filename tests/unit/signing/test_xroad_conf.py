"""X-Road's signed directory: its bytes, and signatures in the encodings that others read."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha512

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from signing.keys import Algorithm
from signing.xroad_conf import ConfigurationFile, directory, signed

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FILE = ConfigurationFile("SHARED-PARAMETERS", "VN", "/V2/7/shared-params.xml", b"<conf/>")


class Fixed:
    """A signer that always gives the same value."""

    def __init__(self, alg: Algorithm, value: bytes) -> None:
        self.alg, self.value = alg, value
        self.x5t, self.certificate = "t", b"certificate"

    def sign(self, data: bytes) -> bytes:
        assert data == b"inner"
        return self.value


def value_of(body: bytes) -> bytes:
    return b64decode(body.split(b"--outer")[2].partition(b"\r\n\r\n")[2])


def test_the_directory_to_the_byte():
    digest = b64encode(sha512(b"<conf/>").digest()).decode()
    assert (
        directory([FILE], 2, AT, "in")
        == (
            "--in\r\nExpire-date: 2026-11-22T12:00:00Z\r\nVersion: 2\r\n\r\n\r\n"
            "--in\r\nContent-type: application/octet-stream\r\nContent-transfer-encoding: base64\r\n"
            'Content-identifier: SHARED-PARAMETERS; instance="VN"\r\nContent-location: /V2/7/shared-params.xml\r\n'
            "Hash-algorithm-id: http://www.w3.org/2001/04/xmlenc#sha512\r\n\r\n"
            f"{digest}\r\n--in--"
        ).encode()
    )


@pytest.mark.parametrize(
    ("r", "s"),
    [(1, 1), (0x7F, 0x80), (0x80, 0x7F), (255, 256), (2**255, 2**254), (2**256 - 1, 2**255 - 1)],
)
def test_a_signature_on_a_curve_is_der(r: int, s: int):
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    made = signed(b"inner", "in", Fixed(Algorithm.ES256, raw), "outer")
    assert decode_dss_signature(value_of(made.body)) == (r, s)
    assert b"xmldsig-more#ecdsa-sha256" in made.body


@pytest.mark.parametrize(
    ("alg", "name"),
    [(Algorithm.RS256, b"2001/04/xmldsig-more#rsa-sha256"), (Algorithm.PS256, b"2007/05/xmldsig-more#sha256-rsa-MGF1")],
)
def test_an_rsa_signature_is_as_it_is(alg: Algorithm, name: bytes):
    made = signed(b"inner", "in", Fixed(alg, b"\x00\x80value"), "outer")
    assert value_of(made.body) == b"\x00\x80value"
    assert name in made.body
    assert made.content_type == "multipart/related; charset=UTF-8; boundary=outer"
    assert made.body.startswith(
        b"--outer\r\nContent-Type: multipart/mixed; charset=UTF-8; boundary=in\r\n\r\ninner\r\n--outer\r\n"
    )
