"""A signed container on its way from level B to LTA: each step asks for something, and takes it.

Promises: in steps without I/O. B: `to_timestamp` → `stamped` → T: `revocation_needed` → `evidenced` → LT:
`to_timestamp` → `stamped` → LTA, and again, as often as algorithms and authorities age: an archive time-stamp covers
all evidence before it, and nothing before it is changed. A container that was written earlier is taken up by `reopen`.
Leaves out: posting and fetching (`bus`); whether anything holds (`signing.asice_check`): judge what you have made.

Sources: ETSI EN 319 132-1 v1.2.1 §5.3, §5.4, §5.5, §6.3 (levels); ETSI EN 319 102-1 §5.2.5 (evidence after the stamp).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import cached_property
from typing import Final, Self

from signing import asice_zip, manifest, revocation, xades_build
from signing.chain import issuers_of, parsed
from signing.container import ContainerError
from signing.revocation import Evidence
from signing.timestamp import authority_of
from signing.xades_read import read
from signing.xades_stamps import archive_input, signature_input
from signing.xades_values import ArchiveStamp, Certificates, Revocations, Signature, SignatureStamp, StampValue
from signing.xades_words import XadesFormatError

SIGNATURES: Final = "META-INF/signatures0.xml"


class Level(IntEnum):
    """Baseline levels (EN 319 132-1 §6): signed; time-stamped; with evidence; with archive time-stamps."""

    B = 1
    T = 2
    LT = 3
    LTA = 4


class StepError(ValueError):
    """A step that the container is not ready for, or has behind it; the message names it."""


@dataclass(frozen=True, slots=True)
class Need:
    """A certificate whose status is asked for.

    Attributes:
        certificate: DER.
        issuer: DER.
        request: an OCSP request, DER.
        responders: where the certificate says that OCSP is answered.
        lists: where it says that a CRL is.
    """

    certificate: bytes
    issuer: bytes
    request: bytes
    responders: tuple[str, ...]
    lists: tuple[str, ...]


@dataclass(frozen=True)
class Packet:
    """A signed container.

    Attributes:
        signatures: the signature file.
        files: the signed files by name.
        media_types: of each file.
    """

    signatures: bytes
    files: Mapping[str, bytes]
    media_types: Mapping[str, str]

    @classmethod
    def of(cls, signatures: bytes, files: Mapping[str, bytes], media_types: Mapping[str, str]) -> Self:
        """A packet of these parts."""
        return cls(signatures, dict(files), dict(media_types))

    @cached_property
    def signature(self) -> Signature:
        """The signature file as read."""
        return read(self.signatures)

    @property
    def level(self) -> Level:
        """How far it has come, by what stands in it; nothing is verified."""
        return level_of(self.signature)

    def container(self) -> bytes:
        """The container's bytes."""
        inside = {**self.files, manifest.NAME: manifest.write(self.media_types), SIGNATURES: self.signatures}
        return asice_zip.write(inside)

    @property
    def to_timestamp(self) -> bytes:
        """What the next time-stamp is over: the signature value at B, all evidence at LT and LTA.

        Raises:
            StepError: at T, evidence comes first.
        """
        if self.level is Level.B:
            return signature_input(self.signature)
        if self.level is Level.T:
            raise StepError("packet: evidence comes before the next time-stamp")
        by_uri = {one.uri: self.files[asice_zip.name_of(one.uri) or ""] for one in self.signature.payload}
        return archive_input(self.signature, by_uri, len(self.signature.unsigned))

    def stamped(self, token: bytes) -> Packet:
        """The packet with a time-stamp token over `to_timestamp`: at T, or at LTA.

        Raises:
            StepError: at T, evidence comes first.
        """
        if self.level is Level.T:
            raise StepError("packet: evidence comes before the next time-stamp")
        root = read(self.signatures).root
        xades_build.add_stamp(root, token, archive=self.level is not Level.B)
        return Packet(xades_build.text_of(root), self.files, self.media_types)

    def revocation_needed(self, issuers: Sequence[bytes]) -> tuple[Need, ...]:
        """Whose status must be shown next, each up to the root above it.

        At T the signer's and its time-stamping authority's; at LTA the newest time-stamp's authority's.

        Args:
            issuers: certificates above all of these, roots included, DER, in any order.

        Raises:
            StepError: an issuer is not among them, or nothing is needed at this level.
        """
        if self.level not in {Level.T, Level.LTA}:
            raise StepError("packet: evidence follows a time-stamp")
        stamps = [one for one in self.signature.unsigned if isinstance(one, StampValue)]
        authority = authority_of(stamps[-1].token)
        wanted = (self.signature.certificates[0], authority) if self.level is Level.T else (authority,)
        pool = tuple(dict.fromkeys((*certificates_of(self.signature)[1:], *issuers)))
        needs = {need.certificate: need for der in wanted if der is not None for need in _needs(der, pool)}
        return tuple(needs.values())

    def evidenced(self, evidence: Evidence, certificates: Sequence[bytes] = ()) -> Packet:
        """The packet at LT, with evidence gathered after the time-stamp and whatever certificates it lacks.

        Raises:
            StepError: it is not at T, or there is no evidence.
        """
        if self.level is not Level.T or not (evidence.ocsp or evidence.crls):
            raise StepError("packet: evidence follows the signature time-stamp, and there must be some")
        root = read(self.signatures).root
        held = set(self.signature.certificates)
        more = [der for der in dict.fromkeys(certificates) if der not in held]
        xades_build.add_evidence(xades_build.unsigned(root), more, evidence)
        return Packet(xades_build.text_of(root), self.files, self.media_types)

    def stamp_evidenced(self, evidence: Evidence, certificates: Sequence[bytes] = ()) -> Packet:
        """The packet with what shows that the newest time-stamp's authority was in order, before the next stamp.

        Raises:
            StepError: it is below LT, or there is nothing to add.
        """
        if self.level < Level.LT or not (evidence.ocsp or evidence.crls or certificates):
            raise StepError("packet: evidence of a time-stamp's authority is added at LT or LTA")
        root = read(self.signatures).root
        xades_build.add_stamp_evidence(root, certificates, evidence)
        return Packet(xades_build.text_of(root), self.files, self.media_types)


def reopen(data: bytes) -> Packet:
    """Take up a container with one signature, to lead it on. Judge it first.

    Raises:
        StepError: no such container.
    """
    try:
        files = asice_zip.read(data)
        media_types = manifest.read(files.pop(manifest.NAME))
        signatures = files.pop(SIGNATURES)
        packet = Packet(signatures, files, media_types)
        named = {asice_zip.name_of(one.uri) for one in packet.signature.payload}
    except (ContainerError, XadesFormatError, KeyError) as error:
        raise StepError("packet: not a container with one signature as this program writes them") from error
    if named != files.keys() or media_types.keys() != files.keys():
        raise StepError("packet: the container holds files that are not signed")
    return packet


def renew_by(packet: Packet) -> datetime | None:
    """When the certificate of the newest time-stamp's authority ends; None where there is no time-stamp.

    From then on nobody can tell whether the container holds, unless a newer time-stamp covers it.
    """
    stamps = [one for one in packet.signature.unsigned if isinstance(one, StampValue)]
    authority = authority_of(stamps[-1].token) if stamps else None
    return None if authority is None else parsed(authority).not_valid_after_utc


def level_of(signature: Signature) -> Level:
    """By which unsigned properties there are."""
    kinds = {type(one) for one in signature.unsigned}
    if SignatureStamp not in kinds:
        return Level.B
    if Revocations not in kinds:
        return Level.T
    return Level.LTA if ArchiveStamp in kinds else Level.LT


def certificates_of(signature: Signature) -> tuple[bytes, ...]:
    """Every certificate that a signature carries above the signer's."""
    found = list(signature.certificates)
    for one in signature.unsigned:
        if isinstance(one, Certificates):
            found += one.ders
    return tuple(dict.fromkeys(found))


def _needs(certificate: bytes, pool: Sequence[bytes]) -> Iterator[Need]:
    """A certificate, then every issuer of it, below the root."""
    while (wanted := parsed(certificate)).issuer != wanted.subject:
        found = [der for der in issuers_of(certificate, pool) if parsed(der).subject == wanted.issuer]
        if not found:
            raise StepError("packet: the issuer of a certificate is not among the issuers")
        request = revocation.request_for(certificate, found[0])
        yield Need(certificate, found[0], request, *revocation.addresses(certificate))
        certificate = found[0]
