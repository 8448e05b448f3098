"""Anchoring: once per interval a time-stamping authority that is not ours stamps the published checkpoint (RFC 3161).

Promises: off the way of every record, and lawful without an answer: records are taken and checkpoints published while
no authority answers; they are asked in their order, with pauses that grow, and an alarm tells by age. A token counts
only if it holds under the settings' anchors. One request at a time, bounded in size and time.
Leaves out: revocation of an authority (its operator says so; take it out of the settings).

Source: RFC 3161 §3.4 (time-stamps over HTTP).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import structlog

from bus.ledger.anchors import Anchor, AnchorFolder
from bus.ledger.cosigning import HttpPost, Post
from bus.storage.durable import replace_durably
from signing.checkpoint import parse
from signing.timestamp import Digest, TimeStampRefusedError, begin, check

log = structlog.get_logger(__name__)
STATE_FILE: Final = "anchoring.json"
QUERY: Final = "application/timestamp-query"
_OK: Final = 200
_CLOCKS_APART: Final = timedelta(minutes=5)
_LATE: Final = 3
"""How many intervals without an anchor raise the alarm."""
_PAUSES_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class AnchoringPlan:
    """Who is asked, and how often.

    Attributes:
        authorities: URLs of time-stamping authorities, asked in this order until one answers.
        anchors: the roots that their certificates must lead to, DER.
        interval_s: seconds between anchors.
        digest: with what the note is hashed.
        timeout_s: how long one authority may take, in seconds.
    """

    authorities: tuple[str, ...]
    anchors: tuple[bytes, ...]
    interval_s: float = 3600.0
    digest: Digest = Digest.SHA256
    timeout_s: float = 10.0


class AnchoringState(msgspec.Struct):
    """How it stands, for `doctor`.

    Attributes:
        size: of the newest anchored checkpoint; None before the first.
        at_ms: its time by the authority, ms since the epoch.
        authority: the subject of that authority's certificate.
        waiting_ms: since when something newer waits to be anchored; None where nothing does.
        alarm: why the last attempt failed; empty where it did not.
    """

    size: int | None = None
    at_ms: int | None = None
    authority: str = ""
    waiting_ms: int | None = None
    alarm: str = ""


class NotStampedError(Exception):
    """No authority gave a time-stamp that holds; the message says why of each."""


class Anchoring:
    """One ledger's anchoring.

    Args:
        plan: who is asked.
        checkpoint: gives the newest published note, empty before the first.
        kept: where anchors are kept.
        now: the moment, aware.
        state_file: for `doctor`; None writes none.
        post: posts requests; None makes one over HTTP.
    """

    def __init__(
        self,
        plan: AnchoringPlan,
        checkpoint: Callable[[], Awaitable[bytes]],
        kept: AnchorFolder,
        *,
        now: Callable[[], datetime],
        state_file: Path | None = None,
        post: Post | None = None,
    ) -> None:
        self._plan = plan
        self._checkpoint = checkpoint
        self._kept = kept
        self._now = now
        self._state_file = state_file
        self._post = post
        self._http: HttpPost | None = None
        self._late = False
        self.state = AnchoringState()

    async def run(self) -> None:
        """Anchor for ever, until cancelled."""
        await asyncio.to_thread(self._resume)
        failures = 0
        while True:
            anchored = await self.turn()
            failures = 0 if anchored else failures + 1
            pause = self._plan.interval_s if anchored else _PAUSES_S[min(failures, len(_PAUSES_S)) - 1]
            await asyncio.sleep(min(pause, self._plan.interval_s))

    async def turn(self) -> bool:
        """Anchor what was published, if it is news; returns whether nothing newer is left to anchor."""
        note = await self._checkpoint()
        size = parse(note)[0].size if note else 0
        if size <= (self.state.size or 0):
            return True
        if self.state.waiting_ms is None:
            self.state.waiting_ms = _ms(self._now())
        try:
            await self.anchor(note)
        except NotStampedError as error:
            self.state.alarm = str(error)
            self._tell_when_late()
        await self._write_state()
        return not self.state.alarm

    async def anchor(self, note: bytes) -> Anchor:
        """Have a note stamped by the first authority that does, and keep it.

        Raises:
            NotStampedError: none does.
        """
        reasons = []
        for url in self._plan.authorities:
            try:
                token = await self._stamped(url, note)
            except (OSError, TimeoutError) as error:
                reasons.append(f"{url}: not reached ({type(error).__name__})")
            except (TimeStampRefusedError, NotStampedError) as error:
                reasons.append(f"{url}: {error}")
            else:
                anchor = await asyncio.to_thread(self._kept.keep, note, token)
                self._anchored(anchor)
                return anchor
        raise NotStampedError("; ".join(reasons))

    async def close(self) -> None:
        """End the connections."""
        if self._http is not None:
            await self._http.close()

    async def _stamped(self, url: str, note: bytes) -> bytes:
        """A token over the note that holds."""
        pending = begin(note, self._plan.digest)
        said = await self._poster()(url, pending.request)
        if said.status != _OK:
            raise NotStampedError(f"it answered {said.status}")
        token = pending.complete(said.body)
        verdict, _ = check(token, note, self._plan.anchors, self._now() + _CLOCKS_APART)
        if not verdict.passed:
            raise NotStampedError(f"its time-stamp does not hold ({verdict.step}: {verdict.detail})")
        return token

    def _poster(self) -> Post:
        if self._post is not None:
            return self._post
        if self._http is None:
            self._http = HttpPost(self._plan.timeout_s, QUERY)
        return self._http

    def _resume(self) -> None:
        """Where the last process left off."""
        newest = self._kept.newest()
        if newest is not None:
            self._anchored(newest)

    def _anchored(self, anchor: Anchor) -> None:
        # A kept anchor was judged when it came; at a start it only tells where things stand.
        _, stamp = check(anchor.token, anchor.note, self._plan.anchors, self._now() + _CLOCKS_APART)
        at_ms, authority = (_ms(stamp.at), stamp.authority) if stamp is not None else (None, "")
        self.state = AnchoringState(anchor.size, at_ms, authority)
        self._late = False
        log.info("checkpoint-anchored", size=anchor.size, authority=authority)

    def _tell_when_late(self) -> None:
        waited_s = (_ms(self._now()) - (self.state.waiting_ms or 0)) / 1000
        late = waited_s > _LATE * self._plan.interval_s
        if late and not self._late:
            log.error("anchor-alarm", waited_s=int(waited_s), reason=self.state.alarm)
        else:
            log.warning("checkpoint-not-anchored", reason=self.state.alarm)
        self._late = late

    async def _write_state(self) -> None:
        if self._state_file is None:
            return
        try:
            await asyncio.to_thread(replace_durably, self._state_file, msgspec.json.encode(self.state))
        except OSError as error:
            log.warning("anchoring-state-not-written", reason=type(error).__name__)


def read_state(path: Path) -> AnchoringState | None:
    """What the running ledger has written; None where it never anchored."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=AnchoringState)
    except (OSError, msgspec.DecodeError):
        return None


def wall() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
