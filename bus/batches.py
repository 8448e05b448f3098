"""A day's digests sealed: lists of digests, each the one file of an ASiC-E container at level B-LT.

Promises: what is made is judged before it is handed out, and again as it lies on the disk. Without services for
time-stamps and status the level is B, and `Sealing.lasting` says so beforehand: whoever asks tells people. A day that
was begun is gone on with, never begun twice; a list that is there is never made anew, whatever was erased meanwhile.
`renew` may be repeated for ever. Leaves out: which digests (`bus.ledger.seals`, `bus.node.seals`), the list's form
(`signing.batch`), services (`bus.signatures`).

Source: docs/xades.md §7.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from bus.signatures import ServiceError, Services, lead_on
from bus.storage.durable import replace_durably
from signing import asice, batch
from signing.keys import Signer
from signing.packet import Level, StepError, reopen
from signing.second_seal import SUFFIX, SecondKey
from signing.verdict import Indication, Verdict
from signing.xades_policy import Demands, SignatureTrust
from signing.xades_seal import SealRefusedError

ENTRIES: Final = 512
_CLOCKS_APART: Final = timedelta(minutes=5)
SEALED: Final = re.compile(r"sealed-\d{4}-\d{2}-\d{2}(-[1-9]\d{0,5}\.asice(\.mldsa65\.json)?|\.json)", re.ASCII)
"""The files of `SealedDays`."""
_NAME: Final = re.compile(r"sealed-(?P<day>\d{4}-\d{2}-\d{2})-(?P<number>[1-9]\d{0,5})\.asice", re.ASCII)
_DOUBTS_AT_B: Final = {Indication.NO_CERTIFICATE_CHAIN_FOUND, Indication.TRY_LATER}
"""What nobody can know of a container at level B: whose its signer is where no anchor was brought, and its status."""


class NotSealedError(Exception):
    """A day's digests are not sealed; the message says why."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """With what days are sealed.

    Attributes:
        signer: opens the key; called when there is something to sign.
        services: who is asked for time-stamps and status; None makes level B.
        trust: under which the result is judged.
        entries: how many entries a list has at most.
        second: opens the key of second seals (ML-DSA-65) over the lists; None makes none.
    """

    signer: Callable[[], Signer]
    services: Services | None = None
    trust: SignatureTrust = field(default_factory=lambda: SignatureTrust((), ()))
    entries: int = ENTRIES
    second: Callable[[], SecondKey] | None = None

    @property
    def lasting(self) -> bool:
        """Whether what is made outlives its certificates: time-stamped, with evidence."""
        return self.services is not None


async def seal(digests: Mapping[str, bytes], sealing: Sealing) -> bytes:
    """One container over these digests.

    Raises:
        NotSealedError: a service gives nothing that can be used, the key is refused, the result does not hold.
        KeyAddressError: the key cannot be opened.
    """
    signer = sealing.signer()
    issuers = sealing.services.issuers if sealing.services else ()
    between = [der for der in issuers if der not in {*sealing.trust.anchors, *sealing.trust.time_stamp_anchors}]
    try:
        pending = batch.begin_batch(
            digests, signer.certificate, datetime.now(UTC), issuers=between, pss=signer.alg == "PS256"
        )
        packet = pending.complete(signer.sign(pending.to_sign))
        if sealing.services is not None:
            packet = await lead_on(packet, Level.LT, sealing.services, sealing.trust)
    except (batch.BatchError, SealRefusedError, StepError, ServiceError) as error:
        raise NotSealedError(str(error)) from error
    data = packet.container()
    must_hold(data, sealing)
    return data


async def renew(data: bytes, sealing: Sealing) -> bytes:
    """The container with one more archive time-stamp; from below that level, with everything before it.

    Raises:
        NotSealedError: no services are named, they give nothing that can be used, or the result does not hold.
    """
    if sealing.services is None:
        raise NotSealedError("no time-stamping authority is set: name [evidence] in the settings")
    try:
        packet = await lead_on(reopen(data), Level.LTA, sealing.services, sealing.trust)
    except (StepError, ServiceError) as error:
        raise NotSealedError(str(error)) from error
    return packet.container()


def judge(data: bytes, sealing: Sealing) -> tuple[Level, asice.Checked]:
    """The level that a container has, and the strict judge's word on it at that level, now."""
    level = reopen(data).level
    return level, asice.check(data, sealing.trust, datetime.now(UTC) + _CLOCKS_APART, Demands(least=level))


def holds(level: Level, verdict: Verdict) -> bool:
    """Whether a verdict is all that can be asked of this level: at B and T status is not known yet."""
    return verdict.passed or (level < Level.LT and verdict.reason in _DOUBTS_AT_B)


def must_hold(data: bytes, sealing: Sealing) -> Level:
    """The level of a container that holds.

    Raises:
        NotSealedError: it does not.
    """
    try:
        level, checked = judge(data, sealing)
    except StepError as error:
        raise NotSealedError(str(error)) from error
    if not holds(level, checked.verdict):
        raise NotSealedError(f"the container does not hold ({checked.verdict.step}: {checked.verdict.detail})")
    return level


class _Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One container: its file, how many entries, the first and the last of their names."""

    file: str
    entries: int
    first: str
    last: str


class _Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: Literal[1]
    day: date
    containers: Annotated[tuple[_Listed, ...], Meta(max_length=1_000_000)]


class SealedDays:
    """The containers of one ledger or archive, by day: `sealed-DAY-N.asice`, and `sealed-DAY.json` once all are there.

    What asks services blocks: call it off the event loop.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def done(self) -> list[date]:
        """The days that are sealed, rising."""
        names = (path.stem.removeprefix("sealed-") for path in self._folder.glob("sealed-????-??-??.json"))
        return sorted(date.fromisoformat(name) for name in names)

    def containers(self, day: date | None = None) -> list[Path]:
        """The containers of a day, or of all days, in their order."""
        found = []
        for path in self._folder.glob("sealed-*.asice"):
            match = _NAME.fullmatch(path.name)
            if match and (day is None or match["day"] == day.isoformat()):
                found.append((match["day"], int(match["number"]), path))
        return [path for _, _, path in sorted(found)]

    def seal(self, day: date, digests: Mapping[str, bytes], sealing: Sealing) -> list[Path]:
        """Seal a day: its containers that were not there yet. A day without digests has none.

        Raises:
            NotSealedError: as `seal`; what was sealed before stays, and the rest is sealed next time.
            KeyAddressError: the key cannot be opened.
        """
        there = self.containers(day)
        lists = {path: listed_in(path.read_bytes()) for path in there}
        rows = [_row(path, one) for path, one in lists.items()]
        listed = {name for one in lists.values() for name in one}
        left = {name: digest for name, digest in digests.items() if name not in listed}
        made = []
        for number, chunk in enumerate(cut(left, sealing.entries), start=len(there) + 1):
            data = asyncio.run(seal(chunk, sealing))
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._folder / f"sealed-{day.isoformat()}-{number}.asice"
            if sealing.second is not None:
                replace_durably(path.with_name(path.name + SUFFIX), sealing.second().seal(batch.write(chunk)))
            replace_durably(path, data)
            must_hold(path.read_bytes(), sealing)
            made.append(path)
            rows.append(_row(path, chunk))
        if rows:
            done = msgspec.json.format(msgspec.json.encode(_Done(1, day, tuple(rows))), indent=2)
            replace_durably(self._folder / f"sealed-{day.isoformat()}.json", done + b"\n")
        return made

    def listing(self, day: date, prefix: str) -> list[Path]:
        """The containers of a day that may list names beginning so: by the day's file where it is whole, else all."""
        try:
            done = msgspec.json.decode((self._folder / f"sealed-{day.isoformat()}.json").read_bytes(), type=_Done)
        except (FileNotFoundError, ValueError):
            return self.containers(day)
        near = [one.file for one in done.containers if one.first[: len(prefix)] <= prefix <= one.last[: len(prefix)]]
        return [path for path in self.containers(day) if path.name in near]

    def renew(self, path: Path, sealing: Sealing) -> Level:
        """Replace a container by itself with one more archive time-stamp, judged before and after it is written.

        Raises:
            NotSealedError: as `renew`; the container stays as it is.
        """
        data = asyncio.run(renew(path.read_bytes(), sealing))
        replace_durably(path, data)
        return must_hold(path.read_bytes(), sealing)


def _row(path: Path, digests: Mapping[str, bytes]) -> _Listed:
    return _Listed(path.name, len(digests), min(digests), max(digests))


def listed_in(data: bytes) -> dict[str, bytes]:
    """The digests by name that a container lists; nothing is judged.

    Raises:
        NotSealedError: it is no container over a list.
    """
    try:
        return batch.read(reopen(data).files.get(batch.NAME, b""))
    except (StepError, batch.BatchError) as error:
        raise NotSealedError(f"a container of an earlier day does not read ({error})") from error


def cut(digests: Mapping[str, bytes], most: int) -> Iterator[dict[str, bytes]]:
    """Lists of at most `most` entries, by name; entries that share what stands before the first slash stay together."""
    chunk: dict[str, bytes] = {}
    for _, names in groupby(sorted(digests), key=lambda name: name.partition("/")[0]):
        group = list(names)
        if chunk and len(chunk) + len(group) > most:
            yield chunk
            chunk = {}
        for name in group:
            if len(chunk) == most:
                yield chunk
                chunk = {}
            chunk[name] = digests[name]
    if chunk:
        yield chunk
