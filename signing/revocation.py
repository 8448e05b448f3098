"""Evidence that a certificate was not revoked, judged against the moment that it must speak for.

Promises: about a signer, evidence counts that was made after the signature's time-stamp and soon after; evidence of a
revocation counts from whenever it is. Each piece is the issuer's own word (`signing.revocation_sources`).
Leaves out: fetching (`bus`); nonces: evidence is kept and must be the same for all readers.

Sources: ETSI EN 319 102-1 §5.2.5 (freshness), §5.3.4; RFC 6960 §4.1; RFC 5280 §4.2.1.13, §4.2.2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from signing.revocation_sources import EvidenceRefusedError, Said, extension, read_crl, read_ocsp
from signing.verdict import Indication, VerdictError, because


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was gathered: OCSP answers and CRLs, DER."""

    ocsp: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence((*self.ocsp, *other.ocsp), (*self.crls, *other.crls))


@dataclass(frozen=True, slots=True)
class Freshness:
    """From when evidence about a signer must be, around the moment at which the signature is known to exist.

    Attributes:
        before: how long before it; nothing: evidence is gathered after the time-stamp.
        ocsp_after: how long after it an OCSP answer may be made.
        crl_after: how long after it a CRL may be issued.
    """

    before: timedelta = timedelta(0)
    ocsp_after: timedelta = timedelta(minutes=15)
    crl_after: timedelta = timedelta(days=7)


def request_for(certificate: bytes, issuer: bytes) -> bytes:
    """An OCSP request (RFC 6960 §4.1), DER, without nonce: the answer is kept as evidence.

    Raises:
        ValueError: one of them is no certificate.
    """
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(certificate),
        x509.load_der_x509_certificate(issuer),
        hashes.SHA1(),  # noqa: S303 - a name tag that every responder knows, not a proof (RFC 6960 §4.3)
    )
    return builder.build().public_bytes(serialization.Encoding.DER)


def addresses(certificate: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where a certificate says that its OCSP responder and its CRL are.

    Raises:
        ValueError: it is no certificate.
    """
    read = x509.load_der_x509_certificate(certificate)
    access = extension(read, x509.AuthorityInformationAccess)
    points = extension(read, x509.CRLDistributionPoints)
    named = [one.access_location for one in access.value] if access else []
    wanted = [one.access_method == AuthorityInformationAccessOID.OCSP for one in access.value] if access else []
    responders = [name for name, fits in zip(named, wanted, strict=True) if fits]
    lists = [name for point in points.value for name in point.full_name or ()] if points else []
    return _urls(responders), _urls(lists)


def speaks(certificate: bytes, issuer: bytes, evidence: Evidence) -> bool:
    """Whether evidence that counts is about a certificate (both DER), whatever it says and from whenever it is.

    Raises:
        ValueError: one of them is no certificate.
    """
    about, by = x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(issuer)
    return bool(last_said(about, by, evidence))


def judge_signer(  # noqa: D417 - the first four are what the sentence names
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    evidence: Evidence,
    at: datetime,
    freshness: Freshness,
    now: datetime,
) -> Said:
    """What the evidence says of a signer whose signature is known to exist at a moment.

    Args:
        freshness: from when evidence must be.
        now: the reader's moment, with what clocks may differ: evidence from after it does not count.

    Raises:
        VerdictError: revoked by then (REVOKED_NO_POE), or no evidence that counts (TRY_LATER).
    """

    def fresh(said: Said) -> str:
        if said.issued > now:
            return f"the {said.kind} evidence is from after this moment"
        after = freshness.ocsp_after if said.kind == "OCSP" else freshness.crl_after
        if said.issued < at - freshness.before or said.status_at < at - max(freshness.before, freshness.ocsp_after):
            return f"the {said.kind} evidence is from before the time-stamp"
        return f"the {said.kind} evidence was made too late after the time-stamp" if said.issued > at + after else ""

    return _judged(certificate, issuer, evidence, at, fresh, Indication.REVOKED_NO_POE)


def judge_authority(certificate: x509.Certificate, issuer: x509.Certificate, evidence: Evidence, at: datetime) -> Said:
    """What the evidence says of an issuer's or a time-stamping authority's certificate at a moment.

    Its lists are issued rarely: evidence counts that is in use at the moment, or from after it.

    Raises:
        VerdictError: revoked by then (REVOKED_CA_NO_POE), or no evidence that counts (TRY_LATER).
    """

    def fresh(said: Said) -> str:
        in_use = said.until is not None and said.status_at <= at <= said.until
        return "" if in_use or said.issued >= at else f"the {said.kind} evidence does not speak for that moment"

    return _judged(certificate, issuer, evidence, at, fresh, Indication.REVOKED_CA_NO_POE)


def last_said(certificate: x509.Certificate, issuer: x509.Certificate, evidence: Evidence) -> list[Said]:
    """Whatever evidence that counts says of a certificate, from whenever it is."""
    return list(_all_said(certificate, issuer, evidence, []))


def _judged(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    evidence: Evidence,
    at: datetime,
    fresh: Callable[[Said], str],
    revoked: Indication,
) -> Said:
    said: list[Said] = []
    faults: list[str] = []
    for one in _all_said(certificate, issuer, evidence, faults):
        if one.revoked_at is not None and one.revoked_at <= at:
            raise VerdictError(because(revoked, "revocation", f"revoked, says the {one.kind} evidence"))
        fault = fresh(one)
        if fault:
            faults.append(fault)
        else:
            said.append(one)
    if not said:
        detail = faults[0] if faults else "no evidence that the certificate was not revoked"
        raise VerdictError(because(Indication.TRY_LATER, "revocation", detail))
    return said[0]


def _all_said(
    certificate: x509.Certificate, issuer: x509.Certificate, evidence: Evidence, faults: list[str]
) -> Iterator[Said]:
    """Every piece that counts and is about the certificate; why others do not goes to `faults`."""
    for read, pieces in ((read_ocsp, evidence.ocsp), (read_crl, evidence.crls)):
        for piece in pieces:
            try:
                said = read(piece, certificate, issuer)
            except EvidenceRefusedError as error:
                faults.append(str(error))
                continue
            if said is not None:
                yield said


def _urls(names: Sequence[x509.GeneralName]) -> tuple[str, ...]:
    found = (str(one.value) for one in names if isinstance(one, x509.UniformResourceIdentifier))
    return tuple(url for url in found if url.startswith(("http://", "https://")))
