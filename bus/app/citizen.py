"""A citizen's side of the view, over HTTP, as a portal would carry it: a challenge, then a page with the token.

Promises: number and token stand in headers and bodies, never in an address. Leaves out: judging what came
(`lienthong-check`).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from bus.app.auditor import AuditRefusedError
from signing.page import Page

_TIMEOUT: Final = aiohttp.ClientTimeout(total=60)


class UsagesRefusedError(AuditRefusedError):
    """The citizens' view refused: the problem's number, rule and text."""


class Portal:
    """One portal at one hub.

    Args:
        url: the address of the citizens' view.
        key: the portal's API key, where portals are told apart.
        anchors: PEM file of the certificates to trust; None trusts the machine's own.
    """

    def __init__(self, url: str, key: str | None = None, anchors: Path | None = None) -> None:
        self._url = url.rstrip("/")
        self._headers = {"X-Api-Key": key} if key else {}
        self._tls = ssl.create_default_context(cafile=str(anchors)) if anchors else None

    async def challenge(self) -> str:
        """A nonce for the next login.

        Raises:
            UsagesRefusedError: the portal is not known.
            aiohttp.ClientError: the view does not answer.
        """
        async with self._session() as session, session.post("/usages/challenge") as answer:
            given: dict[str, str] = msgspec.json.decode(await _taken(answer))
        return given["nonce"]

    async def page(self, token: str, members: Mapping[str, str]) -> tuple[Page, bytes]:
        """One page: read, and as the bytes that came, for keeping.

        Raises:
            UsagesRefusedError: the token or the question was refused.
            aiohttp.ClientError: the view does not answer.
        """
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            self._session() as session,
            session.post("/usages", json=dict(members), headers=headers) as answer,
        ):
            data = await _taken(answer)
        return msgspec.json.decode(data, type=Page), data

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=self._tls) if self._tls else None
        return aiohttp.ClientSession(
            self._url, headers=self._headers, timeout=_TIMEOUT, connector=connector, trust_env=False
        )


async def _taken(answer: aiohttp.ClientResponse) -> bytes:
    data = await answer.read()
    if answer.ok:
        return data
    try:
        body = msgspec.json.decode(data, type=dict[str, Any])
    except ValueError:
        body = {"title": f"HTTP {answer.status}"}
    raise UsagesRefusedError(body)
