"""TLS contexts, the certificate of a request's peer, and the helpers that post bytes to a stranger or get them.

Promises: on our own connections TLS 1.3 only; a server context demands a client certificate issued under the given
anchors; a client context trusts the given anchors alone and checks the host name; no session is resumed, so that
every connection shows its certificate again. Towards agencies' own systems (`system_context`) TLS 1.2 too.
Leaves out: whose certificate it is and whether it is still valid in the registry: the callers' affair on every
connection.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, TypedDict

import aiohttp
from aiohttp import web

_CHUNK_BYTES: Final = 64 * 1024


class PostError(Exception):
    """The other side did not give a whole answer of at most the size allowed."""


class TlsIdentityError(Exception):
    """A certificate or its key cannot be used; the message names both files."""


def server_context(certificate: Path, key: Path, client_anchors: str) -> ssl.SSLContext:
    """TLS for a listener that only talks to holders of a certificate.

    Args:
        certificate: PEM file, the server's chain, its own certificate first.
        key: PEM file of its private key.
        client_anchors: PEM text of the certificates under which clients' certificates are issued.

    Raises:
        TlsIdentityError: the files cannot be used.
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER, client_anchors)
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0
    _load(context, certificate, key)
    return context


def face_context(certificate: Path, key: Path, client_anchors: str | None = None) -> ssl.SSLContext:
    """TLS for a listener whose callers show a key in the request, or a certificate where anchors are given.

    Args:
        certificate: PEM file, the server's chain, its own certificate first.
        key: PEM file of its private key.
        client_anchors: PEM text of the certificates under which callers' certificates are issued; None asks for none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if client_anchors is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_verify_locations(cadata=client_anchors)
    _load(context, certificate, key)
    return context


def client_context(certificate: Path, key: Path, server_anchors: str) -> ssl.SSLContext:
    """TLS for a caller that shows a certificate and trusts these anchors alone (the machine's own are not read).

    Args:
        certificate: PEM file, the caller's chain, its own certificate first.
        key: PEM file of its private key.
        server_anchors: PEM text of the certificates under which the server's certificate is issued.

    Raises:
        TlsIdentityError: the files cannot be used.
    """
    context = _context(ssl.PROTOCOL_TLS_CLIENT, server_anchors)
    _load(context, certificate, key)
    return context


def caller_context(server_anchors: str) -> ssl.SSLContext:
    """TLS 1.3 for a caller that shows no certificate and trusts these anchors alone, PEM text."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, server_anchors)


def anchors_in(files: Iterable[Path]) -> str:
    """The PEM text of several files of anchors, as the contexts above take it."""
    return "".join(file.read_text("ascii") for file in files)


def system_context(
    ca_file: str | None, certificate_file: str | None, key_file: str | None, *, verify: bool = True
) -> ssl.SSLContext:
    """TLS towards an agency's own system, which may be old: 1.2 or 1.3, its certificate and name checked.

    Args:
        ca_file: PEM file of the anchors; None trusts the machine's own.
        certificate_file: PEM file of what we show, where the system asks for a certificate.
        key_file: PEM file of its private key; None where it stands in the certificate's file.
        verify: False believes whoever answers; the caller sees to it that only development does that.
    """
    context = ssl.create_default_context(cafile=ca_file)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate_file is not None:
        context.load_cert_chain(certificate_file, key_file)
    return context


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl's own errors too: a file that is no PEM, a key of another certificate
        why = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        raise TlsIdentityError(f"{certificate} with {key}: {why}") from error


def _context(protocol: int, anchors: str) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["http/1.1"])
    context.load_verify_locations(cadata=anchors)
    return context


def peer_certificate(request: web.BaseRequest) -> bytes | None:
    """The DER certificate that the peer of this request proved to hold; nothing over plain HTTP."""
    return _peer_certificate(None if request.transport is None else request.transport.get_extra_info("ssl_object"))


def peer_certificate_of(socket: aiohttp.ClientWebSocketResponse) -> bytes | None:
    """The DER certificate that the server of this WebSocket proved to hold."""
    return _peer_certificate(socket.get_extra_info("ssl_object"))


def _peer_certificate(tls: ssl.SSLObject | None) -> bytes | None:
    return None if tls is None else tls.getpeercert(binary_form=True)


def thumbprint(certificate: bytes) -> str:
    """`x5t#S256` of a DER certificate: base64url of its SHA-256, no padding (RFC 7515 §4.1.8)."""
    return base64.urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode("ascii")


async def post(
    session: aiohttp.ClientSession, url: str, body: bytes, *, media_type: str, timeout_s: float, max_bytes: int
) -> bytes:
    """Post bytes and return the answer's.

    Raises:
        PostError: not reachable, too slow, a status other than 200, or a longer answer.
    """
    headers = {"Content-Type": media_type}
    return await _whole(session.post(url, data=body, headers=headers, **_once(timeout_s)), max_bytes)


async def get(session: aiohttp.ClientSession, url: str, *, timeout_s: float, max_bytes: int) -> bytes:
    """Get bytes; no redirect is followed.

    Raises:
        PostError: not reachable, too slow, a status other than 200, or a longer answer.
    """
    return await _whole(session.get(url, **_once(timeout_s)), max_bytes)


class _Once(TypedDict):
    timeout: aiohttp.ClientTimeout
    allow_redirects: bool


def _once(timeout_s: float) -> _Once:
    return {"timeout": aiohttp.ClientTimeout(total=timeout_s), "allow_redirects": False}


async def _whole(request: AbstractAsyncContextManager[aiohttp.ClientResponse], max_bytes: int) -> bytes:
    try:
        async with request as answer:
            if answer.status != web.HTTPOk.status_code:
                raise PostError(f"status {answer.status}")
            got = bytearray()
            async for piece in answer.content.iter_chunked(_CHUNK_BYTES):
                got += piece
                if len(got) > max_bytes:
                    raise PostError(f"an answer of more than {max_bytes} bytes")
            return bytes(got)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise PostError(type(error).__name__) from error
