"""The seal: one compact JWS over a batch of envelopes, each of which carries its own way up to the signed root.

Promises: two verbs, `seal` and `check`; what is sealed is the exact bytes, never a re-serialisation; the algorithm
comes from the registered certificate, never from the header; `check` never raises on hostile bytes.
Leaves out: what an envelope says (`schemas.envelope`), who may speak for whom (the gate), who holds the key
(`begin` hands out the bytes to sign, `Pending.complete` takes the signature).

Sources: docs/seal.md; RFC 7515 §3.1, §4.1, §7.1; RFC 6962 §2.1; ETSI EN 319 102-1 §5.3 (order of the checks).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from schemas.sealed import MAX_ENVELOPE_BYTES, Sealed
from signing import sealtext
from signing.chain import SealCertificate
from signing.keys import Algorithm, KeyRefusedError, Signer, accepted_spelling, verify
from signing.merkle import leaf_hash, root_and_paths, root_from_path
from signing.policy import FreshWithin, Policy, SealFacts
from signing.sealtext import MAX_BATCH, SealTextError
from signing.verdict import Indication, Verdict, VerdictError, because

Certificates = Mapping[str, SealCertificate] | Callable[[str], SealCertificate | None]
"""Registered seal certificates by thumbprint (`x5t`)."""

LIVE: Final = FreshWithin()
"""The policy for messages on their way: sealed within the last five minutes."""


class SealError(ValueError):
    """A batch cannot be sealed; the message names the rule."""


class SealVerdict(Verdict, frozen=True):
    """The outcome of a seal's check.

    Attributes:
        seal: what the seal says, once steps 1 to 7 hold; None before that.
    """

    seal: SealFacts | None = None


class Pending:
    """A batch that waits for its signature.

    Attributes:
        to_sign: the JWS signing input, ASCII.
    """

    __slots__ = ("_alg", "_envelopes", "_paths", "to_sign")

    def __init__(
        self, envelopes: tuple[bytes, ...], paths: tuple[tuple[bytes, ...], ...], alg: Algorithm, to_sign: bytes
    ) -> None:
        self._envelopes = envelopes
        self._paths = paths
        self._alg = alg
        self.to_sign = to_sign

    def complete(self, signature: bytes) -> tuple[Sealed, ...]:
        """Add the JOSE signature over `to_sign`; each envelope comes back with the seal and its path.

        Raises:
            SealError: the signature cannot be one of the algorithm's.
        """
        try:
            seal_text = self.to_sign + b"." + sealtext.encoded(accepted_spelling(self._alg, signature))
        except KeyRefusedError as error:
            raise SealError(str(error)) from error
        size = len(self._envelopes)
        return tuple(
            Sealed(envelope, seal_text, index, size, path)
            for index, (envelope, path) in enumerate(zip(self._envelopes, self._paths, strict=True))
        )


def begin(envelopes: Sequence[bytes], *, instance: str, alg: Algorithm, x5t: str, iat_s: int) -> Pending:
    """Prepare one seal over a batch of 1 to 4096 envelopes of 1 to 16384 bytes.

    Args:
        envelopes: the exact bytes that travel.
        instance: the installation, such as `VN-test`.
        alg: the algorithm registered for the certificate.
        x5t: thumbprint of the certificate.
        iat_s: when, seconds since the epoch.

    Raises:
        SealError: the batch, an envelope or the instance is outside its limits.
    """
    if not 0 < len(envelopes) <= MAX_BATCH:
        raise SealError(f"seal: a batch has 1 to {MAX_BATCH} envelopes")
    if not all(0 < len(envelope) <= MAX_ENVELOPE_BYTES for envelope in envelopes):
        raise SealError(f"seal: an envelope has 1 to {MAX_ENVELOPE_BYTES} bytes")
    tree_root, paths = root_and_paths([leaf_hash(envelope) for envelope in envelopes])
    header = sealtext.Header(alg.value, sealtext.TYPE, x5t, iat_s)
    try:
        to_sign = sealtext.signing_input(header, instance, len(envelopes), tree_root)
    except SealTextError as error:
        raise SealError(str(error)) from error
    return Pending(tuple(envelopes), paths, alg, to_sign)


def seal(envelopes: Sequence[bytes], signer: Signer, *, instance: str, now_ms: int) -> tuple[Sealed, ...]:
    """Seal a batch with a signer at hand; the limits are those of `begin`."""
    pending = begin(envelopes, instance=instance, alg=signer.alg, x5t=signer.x5t, iat_s=now_ms // 1000)
    return pending.complete(signer.sign(pending.to_sign))


def check(
    sealed: Sealed, certificates: Certificates, *, instance: str, at_ms: int, policy: Policy = LIVE
) -> SealVerdict:
    """Judge one sealed envelope.

    Args:
        sealed: the envelope with its seal and path.
        certificates: registered certificates by thumbprint.
        instance: the installation that the seal must be for.
        at_ms: a moment at which the seal is known to exist: now, or the hub's time on a receipt.
        policy: what must hold beyond soundness; for archived evidence `policy.SealedBefore()`.
    """
    return Checker(certificates, instance=instance, policy=policy, remember=1).check(sealed, at_ms)


class _Opened(msgspec.Struct, frozen=True):
    """What a seal whose signature held says; the certificate is looked up again at every check."""

    x5t: str
    alg: Algorithm
    iat_ms: int
    size: int
    root: bytes


class Checker:
    """Judges sealed envelopes on the hot path; a seal seen before costs no second signature check.

    Only seals whose signature held are remembered, by their exact bytes, the least recently used go first.
    Registration, revocation, validity, place and policy are judged anew every time.
    """

    def __init__(
        self, certificates: Certificates, *, instance: str, policy: Policy = LIVE, remember: int = 4096
    ) -> None:
        self._certificate = certificates.get if isinstance(certificates, Mapping) else certificates
        self._instance = instance
        self._policy = policy
        self._remember = remember
        self._opened: OrderedDict[bytes, _Opened] = OrderedDict()

    def check(self, sealed: Sealed, at_ms: int, policy: Policy | None = None) -> SealVerdict:
        """Judge one sealed envelope; `policy`, when given, takes the place of the checker's own."""
        facts = None
        try:
            opened = self._open(sealed.seal)  # 1 to 6: the seal by itself
            _check_place(sealed, opened)  # 7 the envelope stands at its place under the root
            certificate = self._registered(opened.x5t, opened.alg)
            facts = SealFacts(
                opened.x5t, certificate.agency, opened.alg, self._instance, opened.iat_ms, opened.size, opened.root
            )
            _check_validity(certificate, opened.iat_ms, at_ms)  # 8 the certificate was valid
            _check_revocation(certificate, at_ms)  # 9 and not revoked
            verdict = (policy or self._policy).judge(facts, at_ms)  # 10 the policy holds
        except VerdictError as stop:
            verdict = stop.verdict
        return SealVerdict(verdict.status, verdict.reason, verdict.step, verdict.detail, facts)

    def _open(self, seal_text: bytes) -> _Opened:
        """Steps 1 to 6, or what they gave last time."""
        opened = self._opened.get(seal_text)
        if opened is not None:
            self._opened.move_to_end(seal_text)
            return opened
        opened = self._open_anew(seal_text)
        self._opened[seal_text] = opened
        if len(self._opened) > self._remember:
            self._opened.popitem(last=False)
        return opened

    def _open_anew(self, seal_text: bytes) -> _Opened:
        try:
            header_text, payload_text, signature = sealtext.parts(seal_text)  # 1 three canonical parts
            header = sealtext.header(header_text)  # 2 exactly four header members
            payload = sealtext.payload(payload_text)  # 3 exactly four payload members
        except SealTextError as error:
            raise VerdictError(because(Indication.FORMAT_FAILURE, error.step, str(error))) from error
        if payload.instance != self._instance:
            raise _stop(Indication.SIG_CONSTRAINTS_FAILURE, "3 payload", "sealed for another instance")
        certificate = self._registered(header.x5t, header.alg)  # 4 and 5 the certificate and its algorithm
        signed = seal_text[: seal_text.rindex(b".")]
        if not verify(certificate.public_key, certificate.alg, signature, signed):  # 6 the signature
            raise _stop(Indication.SIG_CRYPTO_FAILURE, "6 signature", "the signature does not hold")
        return _Opened(certificate.x5t, certificate.alg, header.iat * 1000, payload.size, payload.tree_root)

    def _registered(self, x5t: str, alg: str) -> SealCertificate:
        """Steps 4 and 5: the registered certificate, and the header names the algorithm it is registered for."""
        certificate = self._certificate(x5t)
        if certificate is None or certificate.x5t != x5t:
            raise _stop(Indication.NO_SIGNING_CERTIFICATE_FOUND, "4 certificate", "no registered certificate")
        if certificate.alg != alg:
            raise _stop(
                Indication.CRYPTO_CONSTRAINTS_FAILURE, "5 algorithm", "the certificate is registered for another"
            )
        return certificate


def _check_place(sealed: Sealed, opened: _Opened) -> None:
    if not 0 < len(sealed.envelope) <= MAX_ENVELOPE_BYTES:
        raise _stop(Indication.FORMAT_FAILURE, "7 place", f"an envelope has 1 to {MAX_ENVELOPE_BYTES} bytes")
    if sealed.size != opened.size:
        raise _stop(Indication.FORMAT_FAILURE, "7 place", "the batch size is not the sealed one")
    reached = root_from_path(leaf_hash(sealed.envelope), sealed.index, opened.size, sealed.path)
    if reached is None:
        raise _stop(Indication.FORMAT_FAILURE, "7 place", "the path is not as long as index and size imply")
    if reached != opened.root:
        raise _stop(Indication.HASH_FAILURE, "7 place", "the envelope is not at this place of the sealed batch")


def _check_validity(certificate: SealCertificate, iat_ms: int, at_ms: int) -> None:
    if iat_ms < certificate.not_before_ms:
        raise _stop(Indication.NOT_YET_VALID, "8 validity", "sealed before the certificate was valid")
    if iat_ms > certificate.not_after_ms:
        raise _stop(Indication.EXPIRED, "8 validity", "sealed after the certificate expired")
    if at_ms > certificate.not_after_ms:
        raise _stop(
            Indication.OUT_OF_BOUNDS_NO_POE,
            "8 validity",
            "no proof that the seal existed before its certificate expired",
        )


def _check_revocation(certificate: SealCertificate, at_ms: int) -> None:
    if certificate.revoked_at_ms is not None and at_ms >= certificate.revoked_at_ms:
        raise _stop(
            Indication.REVOKED_NO_POE,
            "9 revocation",
            "no proof that the seal existed before its certificate was revoked",
        )


def _stop(reason: Indication, step: str, detail: str) -> VerdictError:
    return VerdictError(because(reason, step, detail))
