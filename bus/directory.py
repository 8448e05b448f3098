"""The registry as this process sees it now: the newest snapshot, and the seal keys that it vouches for.

Promises: replaced as a whole, forward only, in one assignment, so that a revocation acts on the next message; every
seal certificate was chained to the operator's anchors when its snapshot came, so no message parses a certificate.
Leaves out: how a snapshot is fetched and trusted (`bus.registry`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import structlog

from registry.model import Certificate
from registry.snapshot import Snapshot
from schemas.sealed import Sealed
from signing.chain import CertificateError, SealCertificate, Use, check_chain, load_seal_certificate
from signing.jws import Checker, SealVerdict

log = structlog.get_logger(__name__)


class SnapshotRolledBackError(Exception):
    """A snapshot older than the one in use was offered."""


class Directory:
    """The current snapshot and its keys."""

    def __init__(self, snapshot: Snapshot, *, now_ms: int) -> None:
        self.snapshot = snapshot
        self._listeners: list[Callable[[Snapshot], None]] = []
        self._seals: dict[str, SealCertificate] = {}
        self._seals = self._load(snapshot, now_ms)
        self._checker = Checker(self._seal, instance=snapshot.instance)

    def _seal(self, x5t: str) -> SealCertificate | None:
        return self._seals.get(x5t)

    def check(self, sealed: Sealed, now_ms: int) -> SealVerdict:
        """Judge a seal by the certificates of the current snapshot."""
        return self._checker.check(sealed, now_ms)

    def on_change(self, listener: Callable[[Snapshot], None]) -> None:
        """Call `listener` after each replacement."""
        self._listeners.append(listener)

    def replace(self, snapshot: Snapshot, *, now_ms: int) -> None:
        """Move forward to a newer snapshot.

        Raises:
            SnapshotRolledBackError: it is older, or of another instance.
        """
        if snapshot.version < self.snapshot.version or snapshot.instance != self.snapshot.instance:
            raise SnapshotRolledBackError(f"snapshot {snapshot.version} offered, {self.snapshot.version} in use")
        self._seals = self._load(snapshot, now_ms)
        self.snapshot = snapshot
        log.info("snapshot-replaced", version=snapshot.version)
        for listener in self._listeners:
            listener(snapshot)

    def _load(self, snapshot: Snapshot, now_ms: int) -> dict[str, SealCertificate]:
        at = datetime.fromtimestamp(now_ms / 1000, UTC)
        return dict(self._usable(_seal_certificates(snapshot), snapshot.anchors, at))

    def _usable(
        self, certificates: Iterable[Certificate], anchors: tuple[bytes, ...], at: datetime
    ) -> Iterable[tuple[str, SealCertificate]]:
        """Those whose chain holds; the others are named in the log and seal nothing."""
        for certificate in certificates:
            verdict = check_chain(certificate.der, anchors, anchors, at, Use.SEAL)
            if not verdict.passed:
                log.warning("seal-certificate-unusable", agency=certificate.agency, step=verdict.step)
                continue
            try:
                loaded = load_seal_certificate(
                    certificate.der, agency=certificate.agency, revoked_at_ms=certificate.revoked_at_ms
                )
            except CertificateError as error:
                log.warning("seal-certificate-unusable", agency=certificate.agency, step=str(error))
                continue
            yield certificate.x5t, loaded


def _seal_certificates(snapshot: Snapshot) -> Iterable[Certificate]:
    for agency in snapshot.agencies():
        yield from snapshot.certificates_of(agency.id, "seal")
