"""One life of a token's process, seen from the serving process: started, asked, ended.

Promises: every request gets exactly one end: its reply, or `SlotDiedError` when the process ends first, whatever ended
it. Any thread may ask; replies come by number. Leaves out: starting again (`slot`).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import Final

import msgspec

from bus.hsm.wire import Failed, Fault, Frames, Open, Reply, Request, SlotWireError, framed, replies

ROOT: Final = Path(__file__).resolve().parents[2]
END_S: Final = 2.0
_READ_BYTES: Final = 262_144


class SlotDiedError(Exception):
    """The process ended before it replied; asking another one is safe, for every request may be repeated."""


class SlotRefusedError(Exception):
    """The token's process says why it cannot do it; `fault` is the closed list's word."""

    def __init__(self, fault: Fault, words: str) -> None:
        self.fault = fault
        super().__init__(words)


class SlotLife:
    """A running process that holds a token."""

    def __init__(self, opening: Open, start_s: float) -> None:
        """Start a process and wait until it has logged in.

        Raises:
            SlotRefusedError: it cannot, and says why.
            SlotDiedError: it ended, or said nothing for `start_s` seconds.
        """
        self._lock = Lock()
        self._waiting: dict[int, Future[bytes]] = {}
        self._over = False
        self.heard_at = monotonic()
        self._link, self._process = _start()
        self._frames = Frames()
        try:
            self._first_reply(opening, start_s)
        except BaseException:
            self.kill()
            self._reaped()
            raise
        Thread(target=self._listen, name=f"slot-{self._process.pid}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process' number."""
        return self._process.pid

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._over

    @property
    def waiting(self) -> int:
        """How many requests have no reply yet."""
        return len(self._waiting)

    def ask(self, request: Request) -> Future[bytes]:
        """Send a request; the future ends with the reply, `SlotRefusedError` or `SlotDiedError`."""
        done: Future[bytes] = Future()
        frame = framed(request)
        with self._lock:
            if self._over:
                done.set_exception(SlotDiedError())
                return done
            if not self._waiting:
                self.heard_at = monotonic()  # it owes nothing from before
            self._waiting[request.number] = done
            try:
                self._link.sendall(frame)
            except OSError:
                self._over = True  # the next one who asks starts another at once, whenever this end is noticed
                self._waiting.pop(request.number, None)
                done.set_exception(SlotDiedError())
        return done

    def close(self) -> None:
        """Let it log out and end; what is still asked is answered first, or dies with it."""
        with self._lock:
            if not self._over:
                self._shut(socket.SHUT_WR)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process.wait()

    def kill(self) -> None:
        """End it at once: the vendor's library hangs."""
        self._process.kill()

    def _first_reply(self, opening: Open, start_s: float) -> None:
        try:
            self._link.settimeout(start_s)
            self._link.sendall(framed(opening))
            contents: list[bytes] = []
            while not contents:
                data = self._link.recv(_READ_BYTES)
                if not data:
                    raise SlotDiedError
                contents = list(self._frames.feed(data))
            reply = replies.decode(contents[0])
            self._link.settimeout(None)
        except (OSError, SlotWireError, msgspec.DecodeError) as error:
            raise SlotDiedError from error
        if isinstance(reply, Failed):
            raise SlotRefusedError(reply.fault, reply.words)

    def _listen(self) -> None:
        """Hand replies to those who wait, until the process ends."""
        try:
            while data := self._link.recv(_READ_BYTES):
                self.heard_at = monotonic()
                for content in self._frames.feed(data):
                    self._hand(replies.decode(content))
        except (OSError, SlotWireError, msgspec.DecodeError):
            self.kill()  # what does not speak our language holds no keys for us
        self._reaped()

    def _hand(self, reply: Reply) -> None:
        lost = isinstance(reply, Failed) and reply.fault is Fault.LOST
        with self._lock:
            self._over = self._over or lost  # it ends by itself; nobody else is to ask it
            done = self._waiting.pop(reply.number, None)
        if done is None or not done.set_running_or_notify_cancel():
            return
        if isinstance(reply, Failed):
            done.set_exception(SlotDiedError(reply.words) if lost else SlotRefusedError(reply.fault, reply.words))
        else:
            done.set_result(reply.value)

    def _reaped(self) -> None:
        with self._lock:
            self._over = True
            left, self._waiting = self._waiting, {}
            self._shut(socket.SHUT_RDWR)
        self._process.wait()
        self._link.close()
        for done in left.values():
            if done.set_running_or_notify_cancel():
                done.set_exception(SlotDiedError())

    def _shut(self, how: int) -> None:
        try:
            self._link.shutdown(how)
        except OSError:
            return  # the other end was quicker


def _start() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own module, by this interpreter
            [sys.executable, "-P", "-m", "bus.hsm.process", str(theirs.fileno())],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    return ours, process
