"""A registry of schemas seen from outside: ours or another that speaks the same calls.

Promises: a refusal is an error with the registry's own code and text; nothing else than the address given is called.
Leaves out: what is asked (`bus.cli.schemas`), moving whole registries (`bus.app.schemas_moves`).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

_TYPE: Final = "application/vnd.schemaregistry.v1+json"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=120, sock_connect=10)
_OK: Final = range(200, 300)


class SchemasRefusedError(Exception):
    """The registry refused.

    Attributes:
        status: of HTTP.
        code: `error_code`.
        body: the whole answer.
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status: Final = status
        self.code: Final = int(body.get("error_code", status))
        self.body: Final = body
        self.rule: Final = str(self.code)
        super().__init__(str(body.get("message", f"HTTP {status}")))


class SchemasClient:
    """One registry, with what is shown to it.

    Args:
        url: its address, with a path where it has one.
        secret: a secret of ours (shown as a bearer token) or `name:secret` (shown as Basic); None shows nothing.
        anchors: PEM file of the certificates to trust; None trusts the machine's own.
    """

    def __init__(self, url: str, secret: str | None = None, anchors: Path | None = None) -> None:
        self._url = url.rstrip("/")
        headers = {"Content-Type": _TYPE, "Accept": _TYPE}
        auth = None
        if secret is not None and ":" in secret:
            auth = aiohttp.BasicAuth(*secret.split(":", 1))
        elif secret is not None:
            headers["Authorization"] = f"Bearer {secret}"
        tls = ssl.create_default_context(cafile=str(anchors)) if anchors else None
        self._session = aiohttp.ClientSession(
            headers=headers,
            auth=auth,
            timeout=_TIMEOUT,
            connector=aiohttp.TCPConnector(ssl=tls) if tls else None,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def ask(self, method: str, *steps: str | int, body: object = None, **query: str | int | bool) -> Any:  # noqa: ANN401 - JSON
        """One call; the steps of the path are escaped, slashes too.

        Raises:
            SchemasRefusedError: it refused.
            aiohttp.ClientError: it does not answer.
        """
        path = "/".join(quote(str(step), safe="") for step in steps)
        asked = "&".join(f"{name}={quote(_word(value), safe='')}" for name, value in query.items())
        url = URL(f"{self._url}/{path}" + (f"?{asked}" if asked else ""), encoded=True)
        data = None if body is None else msgspec.json.encode(body)
        async with self._session.request(method, url, data=data, allow_redirects=False) as answer:
            got = await answer.read()
            if answer.status in _OK:
                return msgspec.json.decode(got) if got else None
        raise SchemasRefusedError(answer.status, _said(answer.status, got))


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _said(status: int, data: bytes) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except ValueError:
        return {"message": f"HTTP {status}"}
