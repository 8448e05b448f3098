"""The process of one token: `python -P -m bus.hsm.process FD`, a socket pair's end as its only way in.

Promises: one thread, one session, requests in the order they come; an answer goes out as soon as it stands, several
in one write where they stand together; the end of the other side, whatever ended it, is the end here. Nothing of the
vendor's library is ever loaded into a serving process: what it leaks or corrupts dies with this one.
Leaves out: who asks (`slot`), what a token can do (`device`).
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

import msgspec

from bus.hsm.wire import (
    Certificate,
    Done,
    Failed,
    Fault,
    Frames,
    Keep,
    Look,
    Make,
    Public,
    Reply,
    Request,
    Sign,
    SlotWireError,
    encoded,
    framed,
    openings,
    requests,
)

if TYPE_CHECKING:
    from bus.hsm.device import Token

HOLD_S: Final = 0.001
"""How long an answer may wait for others, so that they share a write."""
_READ_BYTES: Final = 262_144


def main(arguments: list[str]) -> int:
    """Serve until the other end closes; 1 where the token cannot be used."""
    # Ctrl-C goes to the whole group: the serving process decides when its last seal is made.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(arguments[0])) as link:
        try:
            return _serve(link)
        except (ConnectionError, SlotWireError, msgspec.DecodeError):
            return 1


def _serve(link: socket.socket) -> int:
    frames = Frames()
    token, rest = _opened(link, frames)
    if token is None:
        return 1
    try:
        while True:
            if not _answer(link, token, rest):
                return 1
            data = link.recv(_READ_BYTES)
            if not data:
                return 0
            rest = list(frames.feed(data))
    finally:
        token.close()


def _opened(link: socket.socket, frames: Frames) -> tuple[Token | None, list[bytes]]:
    """The token that the first frame names, and what came behind that frame."""
    contents: list[bytes] = []
    while not contents:
        data = link.recv(_READ_BYTES)
        if not data:
            return None, []
        contents = list(frames.feed(data))
    try:
        from bus.hsm.device import Token, TokenError  # noqa: PLC0415 - the library is an extra, loaded here only
    except ImportError:
        words = "python-pkcs11 is not installed: pip install 'lienthong[pkcs11]'"
        link.sendall(framed(Failed(0, Fault.LIBRARY, words)))
        return None, []
    try:
        token = Token(openings.decode(contents[0]))
    except TokenError as error:
        link.sendall(framed(Failed(0, error.fault, str(error))))
        return None, []
    link.sendall(framed(Done(0)))
    return token, contents[1:]


def _answer(link: socket.socket, token: Token, contents: list[bytes]) -> bool:
    """Whether the token still stands after these requests."""
    ready, began = bytearray(), monotonic()
    for content in contents:
        reply = _reply(token, requests.decode(content))
        ready += framed(reply)
        lost = isinstance(reply, Failed) and reply.fault is Fault.LOST
        if lost or monotonic() - began > HOLD_S:
            link.sendall(ready)
            ready, began = bytearray(), monotonic()
        if lost:
            return False
    link.sendall(ready)
    return True


def _reply(token: Token, request: Request) -> Reply:
    from bus.hsm.device import TokenError  # noqa: PLC0415 - as above; loaded by now

    try:
        return Done(request.number, _DO[type(request)](token, request))
    except TokenError as error:
        return Failed(request.number, error.fault, str(error))


def _sign(token: Token, asked: Sign) -> bytes:
    return token.sign(asked.key, asked.alg, asked.digest)


def _public(token: Token, asked: Public) -> bytes:
    return token.public(asked.key)


def _certificate(token: Token, asked: Certificate) -> bytes:
    return token.certificate(asked.key)


def _look(token: Token, _asked: Look) -> bytes:
    return encoded(token.look())


def _make(token: Token, asked: Make) -> bytes:
    token.make(asked.key, asked.bits)
    return b""


def _keep(token: Token, asked: Keep) -> bytes:
    token.keep(asked.key, asked.certificate, asked.subject)
    return b""


_DO: Final[dict[type, Callable[..., bytes]]] = {
    Sign: _sign,
    Public: _public,
    Certificate: _certificate,
    Look: _look,
    Make: _make,
    Keep: _keep,
}


if __name__ == "__main__":
    # Without the interpreter's own farewell: some vendors' libraries crash in it, after the work is done.
    os._exit(main(sys.argv[1:]))
