"""The elements of a XAdES signature, as we write them: one prefix for each namespace, exclusive canonical form.

Promises: what is written here `signing.xades_read` reads. Leaves out: the order of steps (`signing.xades_seal`,
`signing.packet`).

Source: ETSI EN 319 132-1 v1.2.1 §4, §5, annex A (schema); ETSI EN 319 162-1 §A.4.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from schemas.xml import Element
from signing.revocation import Evidence
from signing.xades_words import (
    ASIC,
    DS,
    SIGNED_PROPERTIES_TYPE,
    XADES,
    XADES141,
    Canonical,
    Digest,
    Method,
    ds,
    xades,
    xades141,
)

ID: Final = "S0"
PROPERTIES_ID: Final = f"{ID}-properties"
_NAMES: Final = {"asic": ASIC, "ds": DS, "xades": XADES, "xades141": XADES141}


def signature(references: Sequence[tuple[str, str, bytes]], method: Method, digest: Digest) -> Element:
    """A signature file without values: references are media type, URI and digest of each file.

    The signed properties' digest and the signature value are still empty.
    """
    root = etree.Element(f"{{{ASIC}}}XAdESSignatures", nsmap=_NAMES)
    sign = etree.SubElement(root, ds("Signature"), Id=ID)
    info = etree.SubElement(sign, ds("SignedInfo"))
    etree.SubElement(info, ds("CanonicalizationMethod"), Algorithm=Canonical.EXCLUSIVE.value)
    etree.SubElement(info, ds("SignatureMethod"), Algorithm=method.value)
    for number, (_, uri, value) in enumerate(references):
        one = etree.SubElement(info, ds("Reference"), Id=f"{ID}-file{number}", URI=uri)
        _digest(one, digest, value)
    own = etree.SubElement(info, ds("Reference"), Type=SIGNED_PROPERTIES_TYPE, URI=f"#{PROPERTIES_ID}")
    transforms = etree.SubElement(own, ds("Transforms"))
    etree.SubElement(transforms, ds("Transform"), Algorithm=Canonical.EXCLUSIVE.value)
    _digest(own, digest, b"")
    etree.SubElement(sign, ds("SignatureValue"), Id=f"{ID}-value")
    return root


def qualifying(
    root: Element, certificates: Sequence[bytes], at: datetime, media_types: Sequence[str], digest: Digest
) -> Element:
    """Add the certificates (the signer's first) and what is signed about the signature; gives the signed properties."""
    sign = root[0]
    data = etree.SubElement(etree.SubElement(sign, ds("KeyInfo")), ds("X509Data"))
    for der in certificates:
        etree.SubElement(data, ds("X509Certificate")).text = base64(der)
    box = etree.SubElement(sign, ds("Object"))
    outer = etree.SubElement(box, xades("QualifyingProperties"), Target=f"#{ID}")
    properties = etree.SubElement(outer, xades("SignedProperties"), Id=PROPERTIES_ID)
    own = etree.SubElement(properties, xades("SignedSignatureProperties"))
    etree.SubElement(own, xades("SigningTime")).text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    named = etree.SubElement(etree.SubElement(own, xades("SigningCertificateV2")), xades("Cert"))
    _digest(etree.SubElement(named, xades("CertDigest")), digest, digest.of(certificates[0]))
    formats = etree.SubElement(properties, xades("SignedDataObjectProperties"))
    for number, media_type in enumerate(media_types):
        one = etree.SubElement(formats, xades("DataObjectFormat"), ObjectReference=f"#{ID}-file{number}")
        etree.SubElement(one, xades("MimeType")).text = media_type
    return properties


def unsigned(root: Element) -> Element:
    """Where unsigned properties go; made where there is none."""
    outer = root[0][3][0]
    found = outer.find(xades("UnsignedProperties"))
    if found is None:
        found = etree.SubElement(outer, xades("UnsignedProperties"))
        etree.SubElement(found, xades("UnsignedSignatureProperties"))
    return found[0]


def add_stamp(root: Element, token: bytes, *, archive: bool) -> None:
    """Add a signature time-stamp or an archive time-stamp."""
    place = unsigned(root)
    one = etree.SubElement(place, xades141("ArchiveTimeStamp") if archive else xades("SignatureTimeStamp"))
    one.set("Id", f"{ID}-stamp{len(place) - 1}")
    etree.SubElement(one, ds("CanonicalizationMethod"), Algorithm=Canonical.EXCLUSIVE.value)
    etree.SubElement(one, xades("EncapsulatedTimeStamp")).text = base64(token)


def add_evidence(place: Element, certificates: Sequence[bytes], evidence: Evidence) -> None:
    """Add certificates and revocation evidence to an element."""
    if certificates:
        values = etree.SubElement(place, xades("CertificateValues"))
        for der in certificates:
            etree.SubElement(values, xades("EncapsulatedX509Certificate")).text = base64(der)
    if evidence.ocsp or evidence.crls:
        values = etree.SubElement(place, xades("RevocationValues"))
        for name, pieces in (("CRL", evidence.crls), ("OCSP", evidence.ocsp)):
            if pieces:
                inner = etree.SubElement(values, xades(f"{name}Values"))
                for der in pieces:
                    etree.SubElement(inner, xades(f"Encapsulated{name}Value")).text = base64(der)


def add_stamp_evidence(root: Element, certificates: Sequence[bytes], evidence: Evidence) -> None:
    """Add what shows that the newest time-stamp's authority was in order (TimeStampValidationData)."""
    add_evidence(etree.SubElement(unsigned(root), xades141("TimeStampValidationData")), certificates, evidence)


def text_of(root: Element) -> bytes:
    """The signature file."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def base64(data: bytes) -> str:
    """One line of base64."""
    return b64encode(data).decode("ascii")


def _digest(place: Element, method: Digest, value: bytes) -> None:
    etree.SubElement(place, ds("DigestMethod"), Algorithm=method.value)
    etree.SubElement(place, ds("DigestValue")).text = base64(value)
