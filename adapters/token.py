"""Access tokens for REST systems: fetched once, kept until shortly before they expire, never logged.

Promises: a token without a known lifetime is refused (a token kept for ever fails on a bad day);
one fetch at a time, which all who wait share, and which goes on for the others when the one who began it gives up;
a token that the system rejects is dropped and fetched once more.
Leaves out: clients that prove themselves by a signature (private_key_jwt).
Source: OAuth 2.0 client credentials, RFC 6749 clause 4.4, and the near relatives that portals use.
"""

from __future__ import annotations

import asyncio
import re
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Annotated, Final, Literal
from urllib.parse import quote, urlencode

import orjson
from pydantic import AfterValidator, Field, model_validator

from adapters import values
from adapters.http import BaseUrl, HttpPipe, Reply, Request
from adapters.mapping import SourcePath
from adapters.operation import Strict
from adapters.port import PeerError, PeerFault

if TYPE_CHECKING:
    from adapters.surroundings import Surroundings

_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,8192}")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~\-]{1,100}")


def _is_header(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError("no name of an HTTP header")
    return name


HeaderName = Annotated[str, AfterValidator(_is_header)]


class TokenSettings(Strict):
    """How to get a token: `basic` puts the client in a header, `form` and `json` into the body."""

    path: str | None = Field(default=None, pattern=r"^/")
    """Below the adapter's own `base_url`."""
    url: BaseUrl | None = None
    """Elsewhere, whole; instead of `path`."""
    style: Literal["basic", "form", "json"] = "basic"
    client_id: str = Field(min_length=1)
    secret_file: str = Field(min_length=1)
    client_id_name: str = "client_id"
    secret_name: str = "client_secret"  # noqa: S105 - the name of a form field
    extra: dict[str, str] = Field(default_factory=lambda: {"grant_type": "client_credentials"})
    token: SourcePath = "access_token"  # noqa: S105 - a place in the reply
    expires: SourcePath = "expires_in"
    lifetime_s: int | None = Field(default=None, ge=1)
    """Used when the reply does not tell."""
    early_s: int = Field(default=30, ge=0)
    """A token is renewed this long before it expires."""
    timeout_s: float = Field(default=10.0, gt=0, le=300, strict=False)
    """For one fetch, whoever waits for it."""
    header: HeaderName = "Authorization"
    prefix: str = "Bearer "

    @model_validator(mode="after")
    def _one_place(self) -> TokenSettings:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either `path`, below the base URL, or `url`")
        return self


class TokenKeeper:
    """Holds the one token of one adapter."""

    def __init__(self, settings: TokenSettings, pipe: HttpPipe) -> None:
        self._settings = settings
        self._pipe = pipe
        self._secret = ""
        self._token = ""
        self._good_until = 0.0
        self._fetching: asyncio.Task[None] | None = None

    def start(self, surroundings: Surroundings) -> None:
        """Read the secret."""
        self._secret = surroundings.secrets(self._settings.secret_file).strip()

    async def close(self) -> None:
        """End a fetch that is under way, and forget the token."""
        fetching, self._fetching = self._fetching, None
        self._good_until = 0.0
        if fetching is not None:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)

    def drop(self, headers: dict[str, str]) -> None:
        """Forget the token these headers carried, unless it has been replaced meanwhile."""
        if headers.get(self._settings.header) == self._settings.prefix + self._token:
            self._good_until = 0.0

    async def headers(self) -> dict[str, str]:
        """The header that carries a token that is still good; fetches one when needed."""
        if time.monotonic() >= self._good_until:
            if self._fetching is None or self._fetching.done():
                self._fetching = asyncio.create_task(self._fetch_in_time(), name="adapter-token")
                self._fetching.add_done_callback(_noted)
            await asyncio.shield(self._fetching)
        return {self._settings.header: self._settings.prefix + self._token}

    async def _fetch_in_time(self) -> None:
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                await self._fetch()
        except TimeoutError:
            raise PeerError(PeerFault.TIMEOUT, rule="token-timeout", outcome_known=True) from None

    async def _fetch(self) -> None:
        asked = time.monotonic()
        reply = await self._pipe.move(self._request())
        if not reply.is_success:
            raise PeerError(PeerFault.NOT_PERMITTED, rule="token-refused", peer_code=str(reply.status))
        token, lifetime_s = self._read(reply)
        self._token = token
        self._good_until = asked + lifetime_s - self._settings.early_s

    def _request(self) -> Request:
        settings = self._settings
        fields = dict(settings.extra)
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        if settings.style == "basic":  # RFC 6749 clause 2.3.1 percent-encodes both halves
            pair = f"{quote(settings.client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        else:
            fields |= {settings.client_id_name: settings.client_id, settings.secret_name: self._secret}
        body = urlencode(fields).encode()
        if settings.style == "json":
            headers["Content-Type"] = "application/json"
            body = orjson.dumps(fields)
        return Request("POST", settings.url or f"{self._pipe.base_url}{settings.path}", headers, body)

    def _read(self, reply: Reply) -> tuple[str, int]:
        try:
            data = orjson.loads(reply.body)
            token = values.at(data, values.path(self._settings.token))
            expires = values.at(data, values.path(self._settings.expires))
            lifetime_s = self._settings.lifetime_s if expires is values.ABSENT else values.integer(expires)
        except (orjson.JSONDecodeError, values.ValueRuleError):
            raise PeerError(PeerFault.BAD_ANSWER, rule="token-reply", outcome_known=True) from None
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise PeerError(PeerFault.BAD_ANSWER, rule="token-reply", outcome_known=True)
        if lifetime_s is None:
            raise PeerError(PeerFault.BAD_ANSWER, rule="token-without-lifetime", outcome_known=True)
        return token, lifetime_s


def _noted(fetching: asyncio.Task[None]) -> None:
    """Those who wait are told; where all have gone, nobody is, and that is no accident."""
    if not fetching.cancelled():
        fetching.exception()
