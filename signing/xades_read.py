"""A signature file (`META-INF/signatures*.xml`) read into values: one signature, one shape.

Promises: `read` takes the shape of a XAdES baseline signature and nothing else: fixed children in a fixed order, no
element or attribute that is unknown, algorithms of the closed lists, payload references without transforms, exactly one
reference to the signed properties, which stand at their one place. Nothing is verified here.
Leaves out: whether anything holds (`signing.xades_check`).

Sources: XML Signature 1.1 §4; ETSI EN 319 132-1 v1.2.1 §4, §5, §6.3 (baseline); ETSI EN 319 162-1 §4.3.3.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from schemas.xml import Element, XmlError, XmlLimits, parse
from signing.xades_shape import (
    Children,
    attribute,
    base64_of,
    check_attributes,
    check_tree,
    leaf,
    moment_of,
    name_of,
)
from signing.xades_values import (
    AlgorithmRefusedError,
    ArchiveStamp,
    Certificates,
    Dialect,
    NamedCertificate,
    Reference,
    Revocations,
    Signature,
    SignatureStamp,
    StampData,
    Unsigned,
)
from signing.xades_words import (
    ASIC,
    SIGNED_PROPERTIES_TYPE,
    Canonical,
    Digest,
    Method,
    XadesFormatError,
    ds,
    xades,
    xades141,
)

LIMITS: Final = XmlLimits(max_bytes=8 * 1024 * 1024, max_depth=24, max_elements=50_000)
MAX_REFERENCES: Final = 2_048
MAX_CERTIFICATES: Final = 16
MAX_EVIDENCE: Final = 32
MAX_UNSIGNED: Final = 128
_REFERENCES_TO_EVIDENCE: Final = (xades("CompleteCertificateRefs"), xades("CompleteRevocationRefs"))
_STAGES: Final = {SignatureStamp: 0, Certificates: 1, Revocations: 1, StampData: 2, ArchiveStamp: 2}
_E = TypeVar("_E", bound=StrEnum)


def read(data: bytes, dialect: Dialect = Dialect.BASELINE) -> Signature:
    """Read a signature file.

    Raises:
        XadesFormatError: not the shape, or an algorithm outside the closed lists.
    """
    return of_root(tree(data), dialect)


def tree(data: bytes) -> Element:
    """A signature file's XML, as strict as the whole file can be judged.

    Raises:
        XadesFormatError: no XML that is taken.
    """
    try:
        root = parse(data, LIMITS, exact=True)
    except XmlError as error:
        raise XadesFormatError(f"XML: {error.rule}") from None
    check_tree(root)
    return root


def of_root(root: Element, dialect: Dialect = Dialect.BASELINE) -> Signature:
    """Read a signature file's tree; raises as `read`."""
    if root.tag != f"{{{ASIC}}}XAdESSignatures":
        raise XadesFormatError("XML: the root is XAdESSignatures")
    whole = Children(root)
    signature = whole.one(ds("Signature"))
    whole.end()
    parts = Children(signature, "Id")
    name = attribute(signature, "Id")
    signed_info = parts.one(ds("SignedInfo"))
    value = parts.one(ds("SignatureValue"))
    key_info = parts.one(ds("KeyInfo"))
    box = Children(parts.one(ds("Object")), "Id")
    parts.end()
    qualifying = box.one(xades("QualifyingProperties"))
    box.end()
    properties, unsigned = _qualifying(qualifying, name, dialect)
    own = f"#{attribute(properties, 'Id')}"
    form, method, references = _signed_info(signed_info, own, dialect)
    if [one.uri for one in references if one.form is not None] != [own]:
        raise XadesFormatError("SignedInfo: exactly one reference to the signed properties where they stand")
    names = {one.id for one in references if one.id and one.form is None}
    signing_time, named, formats = _signed_properties(properties, names, dialect)
    return Signature(
        root=root,
        signed_info=signed_info,
        form=form,
        method=method,
        references=tuple(references),
        value=base64_of(value, "Id"),
        value_element=value,
        key_info=key_info,
        certificates=_key_info(key_info),
        signed_properties=properties,
        signing_time=signing_time,
        named=named,
        formats=formats,
        unsigned=unsigned,
    )


def _signed_info(element: Element, own: str, dialect: Dialect) -> tuple[Canonical, Method, list[Reference]]:
    parts = Children(element, "Id")
    form = _listed(Canonical, parts.one(ds("CanonicalizationMethod")))
    method = _listed(Method, parts.one(ds("SignatureMethod")))
    references = parts.many(ds("Reference"))
    parts.end()
    if not 1 < len(references) <= MAX_REFERENCES:
        raise XadesFormatError(f"SignedInfo: 2 to {MAX_REFERENCES} references")
    return form, method, [_reference(one, own, dialect) for one in references]


def _reference(element: Element, own: str, dialect: Dialect) -> Reference:
    parts = Children(element, "Id", "URI", "Type")
    transforms = parts.maybe(ds("Transforms"))
    method = _listed(Digest, parts.one(ds("DigestMethod")))
    digest = base64_of(parts.one(ds("DigestValue")))
    parts.end()
    uri = attribute(element, "URI")
    untyped = dialect is Dialect.XROAD and element.get("Type") is None and uri == own
    to_properties = untyped or element.get("Type") == SIGNED_PROPERTIES_TYPE
    if not to_properties and (element.get("Type") is not None or transforms is not None or uri.startswith("#")):
        raise XadesFormatError("Reference: files are referred to by name, without transforms or types")
    form = _transform(transforms) if to_properties else None
    return Reference(element.get("Id", ""), uri, form, method, digest)


def _transform(transforms: Element | None) -> Canonical:
    """The canonical form of the signed properties; without any it is the inclusive one (XML Signature §4.4.3.2)."""
    if transforms is None:
        return Canonical.INCLUSIVE
    parts = Children(transforms)
    form = _listed(Canonical, parts.one(ds("Transform")))
    parts.end()
    return form


def _key_info(element: Element) -> tuple[bytes, ...]:
    parts = Children(element, "Id")
    data = Children(parts.one(ds("X509Data")))
    parts.end()
    certificates = data.many(ds("X509Certificate"))
    data.end()
    return _bounded([base64_of(one) for one in certificates], MAX_CERTIFICATES, "KeyInfo")


def _qualifying(element: Element, signature_id: str, dialect: Dialect) -> tuple[Element, tuple[Unsigned, ...]]:
    parts = Children(element, "Id", "Target")
    if element.get("Target") != f"#{signature_id}":
        raise XadesFormatError("QualifyingProperties: its Target is the signature that holds it")
    signed = parts.one(xades("SignedProperties"))
    unsigned = parts.maybe(xades("UnsignedProperties"))
    parts.end()
    if unsigned is None:
        return signed, ()
    outer = Children(unsigned, "Id")
    properties = Children(outer.one(xades("UnsignedSignatureProperties")), "Id")
    outer.end()
    found = properties.rest()
    if dialect is Dialect.XROAD:  # digests of certificates that stand beside them: they prove nothing more
        found = [one for one in found if one.tag not in _REFERENCES_TO_EVIDENCE]
    if len(found) > MAX_UNSIGNED:
        raise XadesFormatError(f"UnsignedSignatureProperties: at most {MAX_UNSIGNED}")
    read_ones = tuple(_unsigned(one) for one in found)
    _check_order(read_ones)
    return signed, read_ones


def _check_order(unsigned: tuple[Unsigned, ...]) -> None:
    """The first time-stamp, then evidence once, then archive time-stamps: what comes late is covered by less."""
    stages = [_STAGES[type(one)] for one in unsigned]
    if stages != sorted(stages):
        raise XadesFormatError("UnsignedSignatureProperties: out of their order")
    for kind in (Certificates, Revocations):
        if sum(isinstance(one, kind) for one in unsigned) > 1:
            raise XadesFormatError("UnsignedSignatureProperties: evidence stands once")


def _signed_properties(
    element: Element, references: set[str], dialect: Dialect
) -> tuple[datetime, tuple[NamedCertificate, ...], dict[str, str]]:
    parts = Children(element, "Id")
    own = Children(parts.one(xades("SignedSignatureProperties")), "Id")
    data = parts.maybe(xades("SignedDataObjectProperties"))
    parts.end()
    signing_time = moment_of(own.one(xades("SigningTime")))
    older = own.maybe(xades("SigningCertificate")) if dialect is Dialect.XROAD else None
    certificates = Children(own.one(xades("SigningCertificateV2")) if older is None else older)
    if dialect is Dialect.XROAD:
        _implied(own.maybe(xades("SignaturePolicyIdentifier")))
    own.end()
    named = tuple(_named(one) for one in certificates.many(xades("Cert")))
    certificates.end()
    if not 0 < len(named) <= MAX_CERTIFICATES:
        raise XadesFormatError("SigningCertificateV2: it names the signer's certificate")
    return signing_time, named, _formats(data, references) if data is not None else {}


def _implied(element: Element | None) -> None:
    if element is not None:
        parts = Children(element)
        leaf(parts.one(xades("SignaturePolicyImplied")))
        parts.end()


def _named(element: Element) -> NamedCertificate:
    parts = Children(element)
    method, digest = _digest_pair(parts.one(xades("CertDigest")))
    issuer_serial = parts.maybe(xades("IssuerSerialV2"))
    _ = parts.maybe(xades("IssuerSerial"))  # of the older way: a name written as text; the digest is what counts
    parts.end()
    return NamedCertificate(method, digest, None if issuer_serial is None else base64_of(issuer_serial))


def _digest_pair(element: Element) -> tuple[Digest, bytes]:
    parts = Children(element)
    method = _listed(Digest, parts.one(ds("DigestMethod")))
    digest = base64_of(parts.one(ds("DigestValue")))
    parts.end()
    return method, digest


def _formats(element: Element, references: set[str]) -> dict[str, str]:
    """Media types; each names a reference by its Id, once."""
    parts = Children(element, "Id")
    formats: dict[str, str] = {}
    for one in parts.many(xades("DataObjectFormat")):
        inner = Children(one, "ObjectReference")
        media_type = leaf(inner.one(xades("MimeType")))
        inner.end()
        target = attribute(one, "ObjectReference").removeprefix("#")
        if target not in references or target in formats:
            raise XadesFormatError("DataObjectFormat: it names a file's reference, once")
        formats[target] = media_type
    parts.end()
    return formats


def _unsigned(element: Element) -> Unsigned:
    if element.tag == xades("SignatureTimeStamp"):
        return SignatureStamp(element, *_stamp(element))
    if element.tag == xades141("ArchiveTimeStamp"):
        return ArchiveStamp(element, *_stamp(element))
    if element.tag == xades("CertificateValues"):
        return Certificates(element, _certificate_values(element))
    if element.tag == xades("RevocationValues"):
        return Revocations(element, *_revocation_values(element))
    if element.tag == xades141("TimeStampValidationData"):
        return _stamp_data(element)
    raise XadesFormatError(f"UnsignedSignatureProperties: {name_of(element)} is unknown")


def _stamp(element: Element) -> tuple[Canonical, bytes]:
    parts = Children(element, "Id")
    method = parts.maybe(ds("CanonicalizationMethod"))
    token = base64_of(parts.one(xades("EncapsulatedTimeStamp")), "Id")
    parts.end()
    return Canonical.INCLUSIVE if method is None else _listed(Canonical, method), token


def _certificate_values(element: Element) -> tuple[bytes, ...]:
    parts = Children(element, "Id")
    ders = [base64_of(one, "Id") for one in parts.many(xades("EncapsulatedX509Certificate"))]
    parts.end()
    return _bounded(ders, MAX_CERTIFICATES, "CertificateValues")


def _revocation_values(element: Element) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    parts = Children(element, "Id")
    crls = parts.maybe(xades("CRLValues"))
    ocsp = parts.maybe(xades("OCSPValues"))
    parts.end()
    if crls is None and ocsp is None:
        raise XadesFormatError("RevocationValues: empty")
    return _values(ocsp, xades("EncapsulatedOCSPValue")), _values(crls, xades("EncapsulatedCRLValue"))


def _values(element: Element | None, tag: str) -> tuple[bytes, ...]:
    if element is None:
        return ()
    parts = Children(element)
    ders = [base64_of(one, "Id") for one in parts.many(tag)]
    parts.end()
    return _bounded(ders, MAX_EVIDENCE, name_of(element))


def _stamp_data(element: Element) -> StampData:
    parts = Children(element, "Id", "URI")
    certificates = parts.maybe(xades("CertificateValues"))
    revocations = parts.maybe(xades("RevocationValues"))
    parts.end()
    ders = () if certificates is None else _certificate_values(certificates)
    ocsp, crls = ((), ()) if revocations is None else _revocation_values(revocations)
    return StampData(element, ders, ocsp, crls)


def _listed(kind: type[_E], element: Element) -> _E:
    """An algorithm of a closed list, without parameters."""
    check_attributes(element, ("Algorithm",))
    if len(element) or (element.text or "").strip():
        raise XadesFormatError(f"{name_of(element)}: an algorithm without parameters")
    try:
        return kind(attribute(element, "Algorithm"))
    except ValueError:
        raise AlgorithmRefusedError(f"{name_of(element)}: an algorithm outside the closed list") from None


def _bounded(values: list[bytes], most: int, name: str) -> tuple[bytes, ...]:
    if not 0 < len(values) <= most:
        raise XadesFormatError(f"{name}: 1 to {most} values")
    return tuple(values)
