"""A body that does not come holds nobody's place for ever."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest
from aiohttp.test_utils import TestServer

from bus.access import Grants, Principal
from bus.http import agency, oauth
from bus.http.agency import AgencyFace, Desk

KEY = "lt_key"
GRANTS = Grants([(sha256(KEY.encode()).hexdigest(), Principal("a100010", "one-stop"))])


@pytest.mark.parametrize(
    ("path", "kind", "status", "said"),
    [
        ("/oauth2/token", "application/x-www-form-urlencoded", 408, b"did not come in time"),
        ("/ask/a100001/population/person/confirm", "application/json", 504, b"body-in-time"),
    ],
)
async def test_a_body_that_stops_is_refused(
    monkeypatch: pytest.MonkeyPatch, path: str, kind: str, status: int, said: bytes
):
    monkeypatch.setattr(agency, "BODY_S", 0.05)
    monkeypatch.setattr(oauth, "BODY_S", 0.05)
    desk = Desk(None, None, None, None)  # type: ignore[arg-type]  # nobody is asked
    face = AgencyFace(GRANTS, {"a100010": desk}, max_body_bytes=1 << 20)
    async with TestServer(face.application()) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Api-Key: {KEY}\r\nContent-Type: {kind}\r\nContent-Length: 9\r\n\r\n"
        )
        writer.write(head.encode() + b"a=")
        answer = await asyncio.wait_for(reader.read(4096), 10)
        writer.close()
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert said in answer
