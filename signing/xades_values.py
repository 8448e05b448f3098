"""What a signature file says, as values: `signing.xades_read` gives them.

Promises: frozen; the elements that canonical forms are made from are kept as they were read.
Leaves out: reading, and whether anything holds.

Source: ETSI EN 319 132-1 v1.2.1 §5 (qualifying properties).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.xml import Element
from signing.xades_words import Canonical, Digest, Method, XadesFormatError


class Dialect(StrEnum):
    """Whose signature file it is.

    X-Road's names the signed properties without a type, may sign for the certificate in the older way
    (SigningCertificate, its digest counts), says that its policy is implied, and may carry references to certificates.
    """

    BASELINE = "baseline"
    XROAD = "x-road"


class AlgorithmRefusedError(XadesFormatError):
    """An algorithm outside the closed lists: SHA-1, HMAC, DSA, XPath, base64 as a transform."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One ds:Reference: what it names, in which canonical form (None: the bytes as they are), and its digest."""

    id: str
    uri: str
    form: Canonical | None
    method: Digest
    digest: bytes


@dataclass(frozen=True, slots=True)
class NamedCertificate:
    """One certificate of SigningCertificateV2: its digest, and IssuerSerialV2 (DER) where it is given."""

    method: Digest
    digest: bytes
    issuer_serial: bytes | None


@dataclass(frozen=True, slots=True)
class StampValue:
    """A time-stamp in the signature: over the named canonical form."""

    element: Element
    form: Canonical
    token: bytes


@dataclass(frozen=True, slots=True)
class Certificates:
    """CertificateValues."""

    element: Element
    ders: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Revocations:
    """RevocationValues."""

    element: Element
    ocsp: tuple[bytes, ...]
    crls: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StampData:
    """TimeStampValidationData: what shows that a time-stamping authority was in order."""

    element: Element
    ders: tuple[bytes, ...]
    ocsp: tuple[bytes, ...]
    crls: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SignatureStamp(StampValue):
    """SignatureTimeStamp."""


@dataclass(frozen=True, slots=True)
class ArchiveStamp(StampValue):
    """ArchiveTimeStamp of XAdES 1.4.1."""


Unsigned = SignatureStamp | Certificates | Revocations | StampData | ArchiveStamp


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature file says.

    Attributes:
        root: the whole file.
        signed_info: what is signed.
        form: the canonical form of `signed_info`.
        method: the signature's algorithm.
        references: what is signed for, in its order.
        value: the signature, as the algorithm has it.
        value_element: where it stands: what a signature time-stamp is over.
        key_info: where the certificates stand.
        certificates: those of `key_info`, DER.
        signed_properties: the element.
        signing_time: what the signer says.
        named: the certificates that are signed for; the first is the signer's.
        formats: media type by the id of a reference.
        unsigned: the unsigned properties in their order.
    """

    root: Element
    signed_info: Element
    form: Canonical
    method: Method
    references: tuple[Reference, ...]
    value: bytes
    value_element: Element
    key_info: Element
    certificates: tuple[bytes, ...]
    signed_properties: Element
    signing_time: datetime
    named: tuple[NamedCertificate, ...]
    formats: dict[str, str]
    unsigned: tuple[Unsigned, ...]

    @property
    def payload(self) -> tuple[Reference, ...]:
        """The references to files."""
        return tuple(one for one in self.references if one.form is None)

    @property
    def own(self) -> Reference:
        """The reference to the signed properties."""
        return next(one for one in self.references if one.form is not None)
