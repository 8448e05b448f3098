"""Who this system is to its node: an API key, or an OAuth2 client with tokens fetched when needed.

Promises: a token is fetched once and used until shortly before it ends; one that the node refuses is fetched anew once.
Leaves out mutual TLS: that is the connection's (`tls_context`), and needs no credentials at all.
"""

from __future__ import annotations

import time
from base64 import b64encode
from typing import Final, Protocol
from urllib.parse import quote_plus, urlencode

import msgspec

from bus.client.errors import NodeAnswerError, TokenRefusedError
from bus.client.wire import Call, Reply

EARLY_S: Final = 30.0
"""A token is renewed this long before it ends, or at half of its time where that is shorter."""


class _Token(msgspec.Struct):
    access_token: str
    expires_in: int
    token_type: str


class _Refused(msgspec.Struct):
    error: str
    error_description: str = ""


class Credentials(Protocol):
    """What is shown with each request."""

    def headers(self) -> dict[str, str] | None:
        """The headers; None: a token is to be fetched first."""

    def fetching(self) -> Call[bytes] | None:
        """The request that fetches a token; None: there is none to fetch."""

    def fetched(self, reply: Reply) -> None:
        """Take the token.

        Raises:
            TokenRefusedError, NodeAnswerError: there is none.
        """

    def refused(self) -> bool:
        """The node took it no more; whether another may be fetched."""


class ApiKey:
    """A key of `lienthong keys api-key new`."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "ApiKey(…)"

    def headers(self) -> dict[str, str]:
        """See `Credentials`."""
        return {"X-Api-Key": self._key}

    def fetching(self) -> None:
        """See `Credentials`."""

    def fetched(self, reply: Reply) -> None:
        """See `Credentials`."""

    def refused(self) -> bool:
        """See `Credentials`."""
        return False


class OAuth2:
    """A client of `lienthong keys oauth-client new` (RFC 6749 §4.4, Basic authentication)."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._id = client_id
        self._secret = client_secret
        self._token = ""
        self._until_s = 0.0

    def __repr__(self) -> str:
        return f"OAuth2({self._id!r}, …)"

    def headers(self) -> dict[str, str] | None:
        """See `Credentials`."""
        if time.monotonic() >= self._until_s:
            return None
        return {"Authorization": f"Bearer {self._token}"}

    def fetching(self) -> Call[bytes]:
        """See `Credentials`."""
        pair = f"{quote_plus(self._id)}:{quote_plus(self._secret)}"
        basic = b64encode(pair.encode()).decode()
        return Call(
            "POST",
            "/oauth2/token",
            bytes,
            urlencode({"grant_type": "client_credentials"}).encode(),
            headers={"Authorization": f"Basic {basic}"},
            media_type="application/x-www-form-urlencoded",
        )

    def fetched(self, reply: Reply) -> None:
        """See `Credentials`."""
        try:
            if reply.status != 200:  # noqa: PLR2004 - HTTP's own number
                refused = msgspec.json.decode(reply.body, type=_Refused)
                raise TokenRefusedError(refused.error, refused.error_description)
            token = msgspec.json.decode(reply.body, type=_Token)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise NodeAnswerError(reply.status, "not a token endpoint's answer") from None
        self._token = token.access_token
        self._until_s = time.monotonic() + max(token.expires_in - EARLY_S, token.expires_in / 2)

    def refused(self) -> bool:
        """See `Credentials`."""
        self._until_s = 0.0
        return True
