"""Sealing for one agency, and judging what others sealed.

Promises: envelopes sealed in the same turn of the event loop share one signature (a batch forms under load, and a
lone envelope never waits); a key that is in hardware signs off the event loop, one batch at a time, so that a slow
token makes batches larger instead of the node slower; what `Judge.open` returns was sealed by the agency it names,
with a certificate that the current snapshot vouches for at the moment of sealing. Leaves out: whether the exchange is
allowed (`bus.gate`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from bus.clock import Clock
from bus.directory import Directory
from bus.hsm.slot import KeyUnavailableError
from bus.ids import new_id
from schemas.envelope import VERSION, Envelope, InReplyTo, Kind, decode, encode
from schemas.problems import Code, ProblemError, problem
from schemas.sealed import Sealed
from schemas.text import moment, moment_ms
from signing import policy
from signing.jws import SealVerdict, seal
from signing.keys import Signer
from signing.verdict import Indication

MAX_BATCH: Final = 256
MAX_SKEW_MS: Final = 30_000
"""How far ahead of the hub's clock a sealer's may be (design: over 30 s is refused)."""

_Batch: TypeAlias = list[tuple[bytes, "asyncio.Future[Sealed]"]]


class Notary:
    """Seals for one agency with one key."""

    def __init__(self, *, agency: str, instance: str, signer: Signer, clock: Clock) -> None:
        self.agency = agency
        self.instance = instance
        self.clock = clock
        self._signer = signer
        self._waiting: list[tuple[bytes, asyncio.Future[Sealed]]] = []
        self._apart: asyncio.Task[None] | None = None

    @property
    def x5t(self) -> str:
        """Thumbprint of the certificate that seals now."""
        return self._signer.x5t

    @property
    def signer(self) -> Signer:
        """The key that seals now."""
        return self._signer

    def use(self, signer: Signer) -> None:
        """Seal with another key from the next batch on; its certificate must be registered for the same agency."""
        self._signer = signer

    def draft(self, kind: Kind, lifetime_ms: int, in_reply_to: InReplyTo | None = None, **members: object) -> Envelope:
        """A new envelope of this agency, header filled in; `members` are the kind's own."""
        now_ms = self.clock()
        return Envelope(
            v=VERSION,
            instance=self.instance,
            kind=kind,
            id=new_id(),
            created=moment(now_ms),
            expires=moment(now_ms + lifetime_ms),
            sealer=self.agency,
            in_reply_to=in_reply_to,
            **members,  # type: ignore[arg-type] # checked member by member when the other side decodes it
        )

    async def seal(self, envelope: Envelope) -> Sealed:
        """Seal one envelope, sharing a signature with all others of this turn.

        Raises:
            ProblemError: 102, it is too large; 408, the token that holds the key is away for the moment.
        """
        data = encode(envelope)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Sealed] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._drain)
        self._waiting.append((data, done))
        return await done

    def _drain(self) -> None:
        """Sign what has gathered; a failing key fails those who wait, nobody else."""
        if self._apart is not None:
            return  # what gathers while a token signs shares its next signature
        batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
        if not batch:
            return
        if getattr(self._signer, "waits", False):
            self._apart = asyncio.ensure_future(self._seal_apart(batch))
            return
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._drain)
        try:
            sealed = self._sealed(batch)
        except Exception as error:  # noqa: BLE001 - handed to every waiter, who raises it
            _fail(batch, error)
        else:
            _hand(batch, sealed)

    async def _seal_apart(self, batch: _Batch) -> None:
        """The same in a thread, for a key that another process holds."""
        try:
            sealed = await asyncio.to_thread(self._sealed, batch)
        except KeyUnavailableError as error:
            _fail(batch, problem(Code.SEAL_KEY_AWAY, rule=error.rule))
        except Exception as error:  # noqa: BLE001 - as above
            _fail(batch, error)
        else:
            _hand(batch, sealed)
        finally:
            self._apart = None
            self._drain()

    def _sealed(self, batch: _Batch) -> Sequence[Sealed]:
        return seal([data for data, _ in batch], self._signer, instance=self.instance, now_ms=self.clock())


def _fail(batch: _Batch, error: Exception) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(error)


def _hand(batch: _Batch, sealed: Sequence[Sealed]) -> None:
    for (_, done), one in zip(batch, sealed, strict=True):
        if not done.done():
            done.set_result(one)


class Opened(NamedTuple):
    """A sealed envelope that holds, read."""

    envelope: Envelope
    sealed: Sealed


_CODES: Final = {
    Indication.NO_SIGNING_CERTIFICATE_FOUND: Code.SEAL_UNKNOWN_CERTIFICATE,
    Indication.EXPIRED: Code.SEAL_CERTIFICATE_NOT_VALID,
    Indication.NOT_YET_VALID: Code.SEAL_CERTIFICATE_NOT_VALID,
    Indication.OUT_OF_BOUNDS_NO_POE: Code.SEAL_CERTIFICATE_NOT_VALID,
    Indication.REVOKED_NO_POE: Code.SEAL_CERTIFICATE_NOT_VALID,
}
_OF_ANOTHER_INSTANCE: Final = (Indication.SIG_CONSTRAINTS_FAILURE, "3 payload")


class Judge:
    """Judges seals against the current directory."""

    def __init__(self, directory: Directory, instance: str) -> None:
        self._directory = directory
        self._instance = instance

    def open(self, sealed: Sealed, now_ms: int) -> Opened:
        """Verify first, parse after.

        1. the seal holds over exactly these bytes, by a certificate in the directory
        2. the envelope reads, and is of this instance
        3. its sealer owns that certificate, and is a valid agency now
        4. it is neither expired nor from the future

        Raises:
            ProblemError: 101 to 122.
        """
        verdict = self._directory.check(sealed, now_ms)
        if not verdict.passed or verdict.seal is None:
            raise _seal_problem(verdict, now_ms)
        envelope = decode(sealed.envelope)
        if envelope.instance != self._instance:
            raise problem(Code.ENVELOPE_WRONG_INSTANCE, rule="instance", place="/instance")
        self._sealer_is_valid(envelope, verdict.seal.x5t, now_ms)
        _fresh(envelope, now_ms)
        return Opened(envelope, sealed)

    def _sealer_is_valid(self, envelope: Envelope, x5t: str, now_ms: int) -> None:
        snapshot = self._directory.snapshot
        certificate = snapshot.certificate(x5t)
        if certificate is None or certificate.use != "seal" or certificate.agency != envelope.sealer:
            raise problem(Code.SEAL_NOT_THE_CONSUMER, rule="certificate-of-the-sealer", place="/sealer")
        agency = snapshot.agency(envelope.sealer)
        if agency is None or not agency.valid(now_ms):
            successors = snapshot.successors_at(envelope.sealer, now_ms) if agency else ()
            if successors:
                raise problem(
                    Code.REPLACED_BY_SUCCESSOR, place="/sealer", successor=", ".join(agency.id for agency in successors)
                )
            raise problem(Code.SEAL_CERTIFICATE_NOT_VALID, rule="agency-valid", place="/sealer")


def _seal_problem(verdict: SealVerdict, now_ms: int) -> ProblemError:
    if verdict.seal is not None and verdict.step == policy.STEP:
        ahead = verdict.seal.iat_ms > now_ms
        return problem(
            Code.CLOCK_OFF if ahead else Code.ENVELOPE_EXPIRED, rule="sealed-now", place="/", hub_time=moment(now_ms)
        )
    if (verdict.reason, verdict.step) == _OF_ANOTHER_INSTANCE:
        return problem(Code.ENVELOPE_WRONG_INSTANCE, rule="instance", place="/")
    code = _CODES.get(verdict.reason, Code.SEAL_INVALID) if verdict.reason else Code.SEAL_INVALID
    return problem(code, rule=verdict.step, place="/")


def _fresh(envelope: Envelope, now_ms: int) -> None:
    if moment_ms(envelope.created) > now_ms + MAX_SKEW_MS:
        raise problem(Code.ENVELOPE_NOT_YET, rule="created", place="/created", hub_time=moment(now_ms))
    if moment_ms(envelope.expires) <= now_ms:
        raise problem(Code.ENVELOPE_EXPIRED, rule="expires", place="/expires", hub_time=moment(now_ms))
