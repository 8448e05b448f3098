"""One token for a whole serving process: its queue, its process, and a new process when that one dies.

Promises: any number of threads may ask at once; requests that a dead process leaves behind are put to the next one
(signing may be repeated: it changes nothing), at most `MAX_TRIES` times and within `PATIENCE_S`; processes are started
again after pauses that grow with each death; a token that says nothing for `PATIENCE_S` is taken for hung and its
process ended. A PIN that the token refused is never tried again until its file changes, for tokens lock themselves.
Every failure is a `KeyUnavailableError` or, at the token's own word, a `SlotRefusedError`. Leaves out: what is asked.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from concurrent.futures import TimeoutError as WaitedTooLongError
from itertools import count
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Final

import structlog

from bus.hsm.life import SlotDiedError, SlotLife, SlotRefusedError
from bus.hsm.wire import Fault, Open, Request

PATIENCE_S: Final = 10.0
START_S: Final = 10.0
MAX_TRIES: Final = 5
MAX_WAITING: Final = 1024
PAUSES_S: Final = (0.0, 0.1, 0.3, 1.0, 2.0, 5.0)
"""How long after each death in a row no process is started."""
_LASTING: Final = frozenset({Fault.LIBRARY, Fault.MODULE, Fault.KEY, Fault.REFUSED})

log = structlog.get_logger(__name__)


class KeyUnavailableError(Exception):
    """A key in hardware cannot be used now; `rule` names why, and whether waiting helps stands in the sentence."""

    def __init__(self, rule: str, sentence: str) -> None:
        self.rule = rule
        super().__init__(f"{sentence} [{rule}]")


class Slot:
    """One token, whoever holds it at the moment."""

    def __init__(self, opening: Open, *, patience_s: float = PATIENCE_S) -> None:
        self._opening = opening
        self._patience_s = patience_s
        self._starting = Lock()
        self._numbers = count(1)
        self._life: SlotLife | None = None
        self._deaths = 0
        self._not_before = 0.0
        self._refused_pin: tuple[int, ...] | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The number of the process that holds the token now."""
        return self._life.pid if self._life is not None and not self._life.over else None

    def ask(self, made: Callable[[int], Request]) -> bytes:
        """What the token replies to the request that `made` makes of a number. Blocks: not for an event loop.

        Raises:
            SlotRefusedError: the token refuses this request.
            KeyUnavailableError: no process could reply in time.
        """
        until = monotonic() + self._patience_s
        for _ in range(MAX_TRIES):
            life = self._living(until)
            if life.waiting >= MAX_WAITING:
                raise KeyUnavailableError(
                    "key-busy", "more requests wait for the token than it can be given; try later"
                )
            try:
                value = life.ask(made(next(self._numbers))).result(max(until - monotonic(), 0))
            except WaitedTooLongError:
                self._too_long(life)
                break
            except SlotDiedError:
                continue
            self._deaths = 0
            return value
        raise KeyUnavailableError("key-token-lost", "the token or its process went away; it is being looked for")

    def close(self) -> None:
        """Log out and end the process: with it goes whatever of PIN and keys was in its memory. Final."""
        with self._starting:
            self._closed = True
            life, self._life = self._life, None
        if life is not None:
            life.close()

    def _living(self, until: float) -> SlotLife:
        """The process that lives, a new one where there is none; callers wait for each other here."""
        life = self._life
        if life is not None and not life.over:
            return life
        with self._starting:
            if self._closed:
                raise KeyUnavailableError("key-closed", "the key store was closed")
            if self._life is not None and not self._life.over:
                return self._life
            if self._life is not None:
                self._died(self._life.pid)
            self._pin_may_be_tried()
            while self._life is None:
                self._wait_until_allowed(until)
                self._life = self._started(until)
            return self._life

    def _started(self, until: float) -> SlotLife | None:
        """A new process; None where another try may help and there is time for it."""
        stamp = _stamp(self._opening.pin_file)
        try:
            life = SlotLife(self._opening, START_S)
        except SlotRefusedError as error:
            if error.fault is Fault.PIN:
                self._refused_pin = stamp
            if error.fault in _LASTING or error.fault is Fault.PIN:
                raise KeyUnavailableError(error.fault, str(error)) from None
            self._died(None)
            if self._not_before > until:
                raise KeyUnavailableError(error.fault, str(error)) from None
            return None
        except SlotDiedError:
            self._died(None)
            return None
        if self._deaths:
            log.info("key-process-started-again", hsm=self._opening.token.label, pid=life.pid)
        return life

    def _died(self, pid: int | None) -> None:
        self._life = None
        pause = PAUSES_S[min(self._deaths, len(PAUSES_S) - 1)]
        self._deaths += 1
        self._not_before = monotonic() + pause
        log.error("key-process-died", hsm=self._opening.token.label, pid=pid, deaths=self._deaths, pause_s=pause)

    def _wait_until_allowed(self, until: float) -> None:
        pause = self._not_before - monotonic()
        if self._not_before > until:
            raise KeyUnavailableError("key-token-lost", f"the token is gone; it is looked for again in {pause:.0f} s")
        if pause > 0:
            sleep(pause)

    def _pin_may_be_tried(self) -> None:
        if self._refused_pin is not None and self._refused_pin == _stamp(self._opening.pin_file):
            sentence = "the token refused this PIN: it is not tried again until its file changes"
            raise KeyUnavailableError(Fault.PIN, sentence)
        self._refused_pin = None

    def _too_long(self, life: SlotLife) -> None:
        if monotonic() - life.heard_at >= self._patience_s / 2:
            log.error("key-process-hung", hsm=self._opening.token.label, pid=life.pid)
            life.kill()


def _stamp(file: str) -> tuple[int, ...]:
    """What changes when a file's content does; nothing where there is none."""
    try:
        found = Path(file).stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns)


_slots: dict[Open, Slot] = {}
_lock: Final = Lock()


def slot_of(opening: Open) -> Slot:
    """The one `Slot` of this process for a token: keys of the same token share its process."""
    with _lock:
        slot = _slots.get(opening)
        if slot is None:
            slot = _slots[opening] = Slot(opening)
        return slot


def close_all() -> None:
    """Log out of every token and end their processes."""
    with _lock:
        slots = list(_slots.values())
        _slots.clear()
    for slot in slots:
        slot.close()


atexit.register(close_all)
