"""The node's token endpoint: access tokens for systems that can do nothing but OAuth2 client credentials.

Sources: RFC 6749 §2.3.1, §4.4, §5 (grant, client authentication, answers), RFC 6750 §2.1 (use), RFC 8414 (metadata).
Promises: over TLS or from this machine only; secrets are compared in constant time, failures are bounded per address;
answers are never cached, errors are RFC 6749's and never quote what was sent.
Leaves out: other grants, refresh tokens (RFC 6749 §4.4.3 advises against them here), scopes beyond the one.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
import time
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

import msgspec
import structlog
from aiohttp import web

from bus.access import Grants
from bus.http.edge import json_answer
from bus.tokens import Client

log = structlog.get_logger(__name__)
TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - a path
METADATA_PATH: Final = "/.well-known/oauth-authorization-server"
SCOPE: Final = "lienthong"
MAX_BYTES: Final = 8 * 1024
BODY_S: Final = 10.0
"""How long a request's body may take to come."""
FAILURES: Final = 20
"""Wrong secrets from one address within a minute; above: 429 with Retry-After."""
WINDOW_S: Final = 60.0
MAX_ADDRESSES: Final = 10_000
_FORM: Final = "application/x-www-form-urlencoded"
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}

OAuthErrorCode = Literal["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"]


class TokenView(msgspec.Struct, frozen=True):
    """An access token (RFC 6749 §5.1); `expires_in` is seconds."""

    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the kind of token
    scope: str = SCOPE


class TokenRefusedView(msgspec.Struct, frozen=True):
    """Why there is none (RFC 6749 §5.2)."""

    error: OAuthErrorCode
    error_description: str


class MetadataView(msgspec.Struct, frozen=True):
    """What an OAuth2 library may find out by itself (RFC 8414 §2)."""

    issuer: str
    token_endpoint: str
    grant_types_supported: tuple[str, ...] = ("client_credentials",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic", "client_secret_post")
    response_types_supported: tuple[str, ...] = ()
    scopes_supported: tuple[str, ...] = (SCOPE,)


class _RefusedError(Exception):
    def __init__(self, error: OAuthErrorCode, description: str, status: int = 400, **headers: str) -> None:
        super().__init__(error)
        self.view = TokenRefusedView(error, description)
        self.status = status
        self.headers = {name.replace("_", "-"): text for name, text in headers.items()}


class _Shown(NamedTuple):
    client_id: str
    secret: str
    by_header: bool


class Failures:
    """Wrong secrets, counted per address and client within a minute; whoever guesses shuts nobody else out."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def wait_s(self, who: tuple[str, str]) -> int:
        """How long this one must wait, in whole seconds; 0: not at all."""
        began, count = self._seen.get(who, (0.0, 0))
        left = began + WINDOW_S - self._now_s()
        return int(left) + 1 if count >= FAILURES and left > 0 else 0

    def count(self, who: tuple[str, str]) -> None:
        """One more."""
        now_s = self._now_s()
        began, count = self._seen.pop(who, (now_s, 0))
        self._seen[who] = (began, count + 1) if now_s - began < WINDOW_S else (now_s, 1)
        if len(self._seen) > MAX_ADDRESSES:
            del self._seen[next(iter(self._seen))]


class TokenFace:
    """The token endpoint and its metadata, for one node's clients.

    Args:
        public_url: the address by which systems reach the node, where a proxy stands in front; None: as they say.
    """

    def __init__(self, grants: Grants, public_url: str | None = None) -> None:
        self._grants = grants
        self._public_url = public_url
        self._failures = Failures()

    def add_to(self, app: web.Application) -> None:
        """Its two routes."""
        app.router.add_post(TOKEN_PATH, self.token)
        app.router.add_get(METADATA_PATH, self.metadata)

    async def token(self, request: web.Request) -> web.Response:
        """An access token for whoever shows a client's id and secret."""
        try:
            must_be_private(request)
            given = await _given(request)
            client = self._authenticated(request, _shown(request, given))
            _must_be_asked_for(given)
        except _RefusedError as error:
            answer = json_answer(error.view, status=error.status)
            answer.headers.update(_NO_STORE | error.headers)
            return answer
        tokens = self._grants.tokens
        answer = json_answer(TokenView(tokens.issue(client), tokens.lifetime_s))
        answer.headers.update(_NO_STORE)
        return answer

    async def metadata(self, request: web.Request) -> web.Response:
        """Where the token endpoint is and what it takes."""
        issuer = self._public_url or f"{request.scheme}://{request.host}"
        return json_answer(MetadataView(issuer, issuer + TOKEN_PATH))

    def _authenticated(self, request: web.Request, shown: _Shown) -> Client:
        tokens = self._grants.tokens
        who = (request.remote or "", shown.client_id if tokens.knows(shown.client_id) else "")
        wait_s = self._failures.wait_s(who)
        if wait_s:
            raise _RefusedError("invalid_client", "too many wrong secrets", 429, Retry_After=str(wait_s))
        client = tokens.authenticated(shown.client_id, shown.secret)
        if client is None:
            self._failures.count(who)
            log.warning("oauth-client-refused", known=bool(who[1]))
            challenge = {"WWW_Authenticate": 'Basic realm="lienthong", charset="UTF-8"'} if shown.by_header else {}
            raise _RefusedError("invalid_client", "unknown client or wrong secret", 401, **challenge)
        return client


def must_be_private(request: web.Request) -> None:
    """Refuse to talk of secrets in the clear over a network (RFC 6749 §3.2)."""
    transport = request.transport
    if transport is not None and transport.get_extra_info("ssl_object") is not None:
        return
    try:
        inside = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise _RefusedError("invalid_request", "the token endpoint is used over TLS or from this machine")


async def _given(request: web.Request) -> Mapping[str, str]:
    """The form's members, each once (RFC 6749 §3.2)."""
    if request.content_type != _FORM:
        raise _RefusedError("invalid_request", f"the body is {_FORM}")
    if request.query_string:
        raise _RefusedError("invalid_request", "nothing belongs into the query")
    try:
        async with asyncio.timeout(BODY_S):
            data = await _taken(request)
    except TimeoutError:
        raise _RefusedError("invalid_request", "the body did not come in time", 408) from None
    try:
        pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise _RefusedError("invalid_request", "the body is no form") from None
    given = dict(pairs)
    if len(given) != len(pairs):
        raise _RefusedError("invalid_request", "each member stands once")
    return given


async def _taken(request: web.Request) -> bytes:
    data = bytearray()
    async for piece in request.content.iter_any():
        data += piece
        if len(data) > MAX_BYTES:
            raise _RefusedError("invalid_request", "the body is too large", 413)
    return bytes(data)


def _shown(request: web.Request, given: Mapping[str, str]) -> _Shown:
    """The client's id and secret, by one of the two ways (RFC 6749 §2.3.1)."""
    header = request.headers.get("Authorization")
    if header is not None:
        if "client_secret" in given:
            raise _RefusedError("invalid_request", "one way of authentication, not two")
        shown = _basic(header)
        if given.get("client_id", shown.client_id) != shown.client_id:
            raise _RefusedError("invalid_request", "two client ids")
        return shown
    if "client_id" not in given or "client_secret" not in given:
        raise _RefusedError(
            "invalid_client", "no client authentication", 401, WWW_Authenticate='Basic realm="lienthong"'
        )
    return _Shown(given["client_id"], given["client_secret"], by_header=False)


def _basic(header: str) -> _Shown:
    scheme, _, text = header.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
        shown = _Shown(unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict"), by_header=True)
    except (ValueError, binascii.Error):
        colon, shown = "", _Shown("", "", by_header=True)
    if scheme.lower() != "basic" or not colon:
        why = "the Authorization header holds no Basic credentials"
        raise _RefusedError("invalid_client", why, 401, WWW_Authenticate='Basic realm="lienthong"')
    return shown


def _must_be_asked_for(given: Mapping[str, str]) -> None:
    if not given.get("grant_type"):
        raise _RefusedError("invalid_request", "grant_type is missing")
    if given["grant_type"] != "client_credentials":
        raise _RefusedError("unsupported_grant_type", "only client_credentials")
    if set(given.get("scope", "").split()) - {SCOPE}:
        raise _RefusedError("invalid_scope", f"the only scope is {SCOPE}")
