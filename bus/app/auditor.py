"""An auditor's side of the search, over HTTP: pages, exports, reports.

Promises: a question goes as JSON, so that no person's number stands in an address; an export is written as it comes,
and counted. Leaves out: judging what came (`lienthong-check`).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import aiohttp
import msgspec

from signing.page import Page

_TOTAL: Final = "X-Total-Records"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)


class AuditRefusedError(Exception):
    """The search refused: the problem's number, rule and text."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.rule = str(body.get("rule") or body.get("number") or "refused")
        self.number = body.get("number")
        super().__init__(f"{body.get('number', '')} {body.get('title', 'refused')} {body.get('place', '')}".strip())


class Auditor:
    """One auditor at one search.

    Args:
        url: the search's address, such as `https://audit.example.vn`.
        key: the auditor's key.
        anchors: PEM file of the certificates to trust; None trusts the machine's own.
    """

    def __init__(self, url: str, key: str, anchors: Path | None = None) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}
        self._tls = ssl.create_default_context(cafile=str(anchors)) if anchors else None

    async def page(self, filters: Mapping[str, str]) -> tuple[Page, bytes]:
        """One page: read, and as the bytes that came, for keeping.

        Raises:
            AuditRefusedError: the search refused.
            aiohttp.ClientError: it does not answer.
        """
        async with self._session() as session, session.post("/audit/records", json=dict(filters)) as answer:
            data = await _taken(answer)
        return msgspec.json.decode(data, type=Page), data

    async def export(
        self, filters: Mapping[str, str], form: str, out: BinaryIO, told: Callable[[int, int], None]
    ) -> int:
        """Write everything that a question gives; returns how many bytes.

        Args:
            filters: the question.
            form: `csv` or `jsonl`.
            out: where to write.
            told: called with (records so far, records in all).

        Raises:
            AuditRefusedError, aiohttp.ClientError: as `page`; a stream that is cut short raises too.
        """
        question = {**filters, "format": form}
        lines, size = -1, 0  # the first line is the head
        async with self._session() as session, session.post("/audit/records", json=question) as answer:
            if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
                await _taken(answer)
            total = int(answer.headers.get(_TOTAL, "0"))
            async for data in answer.content.iter_any():
                out.write(data)
                size += len(data)
                lines += data.count(b"\n")
                told(max(lines, 0), total)
        return size

    async def report(self, name: str, period: Mapping[str, str]) -> dict[str, Any]:
        """A report's JSON.

        Raises:
            AuditRefusedError, aiohttp.ClientError: as `page`.
        """
        async with self._session() as session, session.get(f"/audit/reports/{name}", params=dict(period)) as answer:
            found: dict[str, Any] = msgspec.json.decode(await _taken(answer))
        return found

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=self._tls) if self._tls else None
        return aiohttp.ClientSession(
            self._url, headers=self._headers, timeout=_TIMEOUT, connector=connector, trust_env=False
        )


async def _taken(answer: aiohttp.ClientResponse) -> bytes:
    data = await answer.read()
    if answer.status == 200:  # noqa: PLR2004 - HTTP's OK
        return data
    try:
        body = msgspec.json.decode(data, type=dict[str, Any])
    except ValueError:
        body = {"title": f"HTTP {answer.status}"}
    raise AuditRefusedError(body)
