"""Judging a trusted list that we issued: whose it is, whether a byte of it was touched, whether it is still the list.

Promises: exactly the shape that `signing.trustlist` writes is read, everything else is refused; the signer's
certificate is pinned by the reader and never taken from the list; services are returned only of a list that passed.
Leaves out: lists of other makers, which are larger in every direction: tools that read those read ours too.

Steps: 1 the XML has one reading and the one shape · 2 one enveloped signature, last in the list, over the whole of it
and over its own properties · 3 by the pinned certificate, which is signed for and was valid then · 4 the digests
hold · 5 the signature holds · 6 issued by now, and the next list is not due.

Sources: ETSI TS 119 612 v2.2.1 §5; ETSI EN 319 102-1 §5.3; XML Signature 1.1 §4.4, §6.6.4.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from schemas.xml import Element, XmlError, XmlLimits, parse
from signing.chain import CertificateError, parsed
from signing.examine import Finding
from signing.trustlist import (
    ENVELOPED,
    GRANTED,
    LANG,
    LIST_ID,
    MAX_SERVICES,
    SIGNATURE_ID,
    TAG,
    TSL,
    TYPE,
    VERSION,
    Names,
    Service,
    ServiceKind,
)
from signing.verdict import PASSED, Indication, Verdict, VerdictError, because
from signing.xades_shape import Children, attribute, base64_of, leaf, moment_of
from signing.xades_words import (
    SIGNED_PROPERTIES_TYPE,
    Canonical,
    Digest,
    Method,
    XadesFormatError,
    canonical,
    ds,
    fits,
    holds,
    xades,
)

LIMITS: Final = XmlLimits(max_bytes=1024 * 1024, max_depth=16, max_elements=10_000, max_attributes=4)
_IDS: Final = {LIST_ID, SIGNATURE_ID, f"{SIGNATURE_ID}-file0", f"{SIGNATURE_ID}-value", f"{SIGNATURE_ID}-properties"}


@dataclass(frozen=True, slots=True)
class TrustList:
    """What a list says.

    Attributes:
        verdict: whether it holds.
        sequence: its number; 0 where it was not read.
        issued: when it was issued.
        until: when the next one is due.
        operator: who issues it.
        services: those that are granted; none unless the list passed.
        findings: of each step, up to the one that decided.
    """

    verdict: Verdict
    sequence: int = 0
    issued: datetime | None = None
    until: datetime | None = None
    operator: Names | None = None
    services: tuple[Service, ...] = ()
    findings: tuple[Finding, ...] = ()


def looks_like(data: bytes) -> bool:
    """Whether XML means to be a trusted list, whoever made it."""
    try:
        return parse(data, LIMITS, exact=True).tag == _t("TrustServiceStatusList")
    except XmlError:
        return False


def check(data: bytes, signers: tuple[bytes, ...], at: datetime) -> TrustList:
    """Judge a list.

    Args:
        data: the XML; never believed.
        signers: certificates of the list's signer that the reader pinned, DER: the one in use, and the next.
        at: the moment of the judgement, aware.
    """
    findings: list[Finding] = []
    try:
        return replace(_judged(data, signers, at, findings), findings=tuple(findings))
    except (XmlError, XadesFormatError, CertificateError) as error:
        verdict = because(Indication.FORMAT_FAILURE, f"{len(findings) + 1} format", str(error))
    except VerdictError as stop:
        verdict = stop.verdict
    findings.append(Finding(int(verdict.step[0]), "trusted list", verdict))
    return TrustList(verdict, findings=tuple(findings))


def _judged(data: bytes, signers: tuple[bytes, ...], at: datetime, findings: list[Finding]) -> TrustList:
    def note(about: str) -> None:
        findings.append(Finding(len(findings) + 1, about, PASSED))

    root = _tree(data)  # 1
    information, provider, signature = _parts(root)
    told = _information(information)
    services = _services(provider)
    note(f"trusted list {told.sequence}, {len(services)} services")
    signed = _signed(signature)  # 2
    note(f"one enveloped signature, {signed.method.name}")
    _pinned(signed, signers)  # 3
    note("signer of the list, as pinned")
    _digests(root, signed)  # 4
    note("digests of the list and of the signed properties")
    _value(signed)  # 5
    note("signature value")
    _timely(told.issued, told.until, at)  # 6
    note(f"issued {told.issued:%Y-%m-%d}, the next one due {told.until:%Y-%m-%d}")
    return TrustList(PASSED, told.sequence, told.issued, told.until, told.operator, services)


@dataclass(frozen=True, slots=True)
class _Told:
    sequence: int
    issued: datetime
    until: datetime
    operator: Names


@dataclass(frozen=True, slots=True)
class _Signed:
    element: Element
    info: Element
    method: Method
    digests: tuple[tuple[Digest, bytes], ...]
    value: bytes
    certificate: bytes
    properties: Element
    named: tuple[Digest, bytes]
    at: datetime


def _tree(data: bytes) -> Element:
    root = parse(data, LIMITS, exact=True)
    ids = [str(value) for one in root.iter() for name, value in one.attrib.items() if name == "Id"]
    if root.getprevious() is not None or root.getnext() is not None or sorted(ids) != sorted(_IDS):
        raise XadesFormatError("list: each Id stands once, and nothing beside the list")
    return root


def _parts(root: Element) -> tuple[Element, Element, Element]:
    if root.tag != _t("TrustServiceStatusList") or root.get("TSLTag") != TAG:
        raise XadesFormatError("list: its root is a TrustServiceStatusList")
    parts = Children(root, "TSLTag", "Id")
    information = parts.one(_t("SchemeInformation"))
    providers = Children(parts.one(_t("TrustServiceProviderList")))
    signature = parts.one(ds("Signature"))
    parts.end()
    provider = providers.one(_t("TrustServiceProvider"))
    providers.end()
    if signature.tail:
        raise XadesFormatError("list: the signature is the last of it")
    return information, provider, signature


def _information(element: Element) -> _Told:
    parts = Children(element)
    version, number = leaf(parts.one(_t("TSLVersionIdentifier"))), leaf(parts.one(_t("TSLSequenceNumber")))
    kind = leaf(parts.one(_t("TSLType")))
    operator = _names(parts.one(_t("SchemeOperatorName")))
    for name in ("SchemeOperatorAddress", "SchemeName", "SchemeInformationURI", "StatusDeterminationApproach"):
        parts.one(_t(name))
    for name in ("SchemeTypeCommunityRules", "SchemeTerritory", "PolicyOrLegalNotice", "HistoricalInformationPeriod"):
        parts.one(_t(name))
    issued = moment_of(parts.one(_t("ListIssueDateTime")))
    following = Children(parts.one(_t("NextUpdate")))
    until = moment_of(following.one(_t("dateTime")))
    following.end()
    parts.end()
    if version != str(VERSION) or kind != TYPE or not (number.isascii() and number.isdigit() and len(number) < 10):  # noqa: PLR2004 - an xs:integer that is a list's number
        raise XadesFormatError("list: its version, type or number is not one of ours")
    return _Told(int(number), issued, until, operator)


def _services(provider: Element) -> tuple[Service, ...]:
    parts = Children(provider)
    parts.one(_t("TSPInformation"))
    place = Children(parts.one(_t("TSPServices")))
    parts.end()
    found = place.many(_t("TSPService"))
    place.end()
    if not 0 < len(found) <= MAX_SERVICES:
        raise XadesFormatError(f"list: 1 to {MAX_SERVICES} services")
    return tuple(_service(one) for one in found)


def _service(element: Element) -> Service:
    outer = Children(element)
    parts = Children(outer.one(_t("ServiceInformation")))
    outer.end()
    kind = leaf(parts.one(_t("ServiceTypeIdentifier")))
    name = _names(parts.one(_t("ServiceName")))
    identity = Children(parts.one(_t("ServiceDigitalIdentity")))
    number = Children(identity.one(_t("DigitalId")))
    identity.end()
    certificate = base64_of(number.one(_t("X509Certificate")))
    number.end()
    status = leaf(parts.one(_t("ServiceStatus")))
    since = moment_of(parts.one(_t("StatusStartingTime")))
    parts.maybe(_t("ServiceInformationExtensions"))
    parts.end()
    if kind not in set(ServiceKind) or status != GRANTED:
        raise XadesFormatError("list: a service's kind or status is not one of ours")
    parsed(certificate)
    return Service(ServiceKind(kind), name, certificate, since)


def _names(element: Element) -> Names:
    parts = Children(element)
    found = {one.get(LANG): leaf(one, LANG) for one in parts.many(_t("Name"))}
    parts.end()
    if set(found) != {"en", "vi"}:
        raise XadesFormatError("list: names stand in English and Vietnamese")
    return Names(vi=found["vi"], en=found["en"])


def _signed(element: Element) -> _Signed:
    parts = Children(element, "Id")
    info, value = parts.one(ds("SignedInfo")), base64_of(parts.one(ds("SignatureValue")), "Id")
    key_info, box = Children(parts.one(ds("KeyInfo"))), Children(parts.one(ds("Object")))
    parts.end()
    held = Children(key_info.one(ds("X509Data")))
    key_info.end()
    certificate = base64_of(held.one(ds("X509Certificate")))
    held.end()
    outer = Children(box.one(xades("QualifyingProperties")), "Target")
    box.end()
    properties = outer.one(xades("SignedProperties"))
    outer.end()  # baseline B: nothing unsigned
    method, digests = _info(info)
    at, named = _properties(properties)
    return _Signed(element, info, method, digests, value, certificate, properties, named, at)


def _info(element: Element) -> tuple[Method, tuple[tuple[Digest, bytes], ...]]:
    parts = Children(element)
    form = attribute(parts.one(ds("CanonicalizationMethod")), "Algorithm")
    method = attribute(parts.one(ds("SignatureMethod")), "Algorithm")
    whole, own = parts.one(ds("Reference")), parts.one(ds("Reference"))
    parts.end()
    if form != Canonical.EXCLUSIVE or method not in set(Method):
        raise XadesFormatError("SignedInfo: an algorithm outside the closed list")
    exclusive = Canonical.EXCLUSIVE.value
    expected = (
        (whole, {"Id": f"{SIGNATURE_ID}-file0", "URI": ""}, [ENVELOPED, exclusive]),
        (own, {"Type": SIGNED_PROPERTIES_TYPE, "URI": f"#{SIGNATURE_ID}-properties"}, [exclusive]),
    )
    return Method(method), tuple(_reference(*one) for one in expected)


def _reference(element: Element, attributes: dict[str, str], transforms: list[str]) -> tuple[Digest, bytes]:
    parts = Children(element, *attributes)
    box = Children(parts.one(ds("Transforms")))
    found = [attribute(one, "Algorithm") for one in box.many(ds("Transform")) if not len(one)]
    box.end()
    digest = _digest(parts)
    parts.end()
    if found != transforms or set(element.items()) != set(attributes.items()):
        raise XadesFormatError("Reference: one to the whole list, one to the signature's own properties")
    return digest


def _digest(parts: Children) -> tuple[Digest, bytes]:
    method = attribute(parts.one(ds("DigestMethod")), "Algorithm")
    value = base64_of(parts.one(ds("DigestValue")))
    if method not in set(Digest):
        raise XadesFormatError("DigestMethod: outside the closed list")
    return Digest(method), value


def _properties(element: Element) -> tuple[datetime, tuple[Digest, bytes]]:
    parts = Children(element, "Id")
    if element.get("Id") != f"{SIGNATURE_ID}-properties":
        raise XadesFormatError("SignedProperties: where the reference looks for them")
    own = Children(parts.one(xades("SignedSignatureProperties")))
    parts.one(xades("SignedDataObjectProperties"))
    parts.end()
    at = moment_of(own.one(xades("SigningTime")))
    certificates = Children(own.one(xades("SigningCertificateV2")))
    own.end()
    one = Children(certificates.one(xades("Cert")))
    certificates.end()
    pair = Children(one.one(xades("CertDigest")))
    named = _digest(pair)
    pair.end()
    return at, named


def _pinned(signed: _Signed, signers: tuple[bytes, ...]) -> None:
    if not signers:
        detail = "name the certificate that signs the list (--list-signer)"
        raise _stop(Indication.NO_SIGNING_CERTIFICATE_FOUND, "3 signer", detail)
    if signed.certificate not in signers:
        raise _stop(Indication.NO_SIGNING_CERTIFICATE_FOUND, "3 signer", "signed by a certificate that is not pinned")
    digest, value = signed.named
    if digest.of(signed.certificate) != value:
        raise _stop(Indication.HASH_FAILURE, "3 signer", "another certificate is signed for")
    certificate = parsed(signed.certificate)
    if not certificate.not_valid_before_utc <= signed.at <= certificate.not_valid_after_utc:
        raise _stop(
            Indication.OUT_OF_BOUNDS_NO_POE, "3 signer", "the certificate was not valid when the list was signed"
        )


def _digests(root: Element, signed: _Signed) -> None:
    bare = deepcopy(root)
    bare.remove(bare[-1])  # what the enveloped-signature transform does: nothing stands behind it
    pieces = (canonical(bare, Canonical.EXCLUSIVE), canonical(signed.properties, Canonical.EXCLUSIVE))
    for (digest, value), piece in zip(signed.digests, pieces, strict=True):
        if digest.of(piece) != value:
            raise _stop(Indication.HASH_FAILURE, "4 digests", "the list is not the one that was signed")


def _value(signed: _Signed) -> None:
    key = parsed(signed.certificate).public_key()
    if not fits(signed.method, key):
        raise _stop(Indication.CRYPTO_CONSTRAINTS_FAILURE, "5 signature", "the algorithm is not the key's")
    if not holds(signed.method, key, signed.value, canonical(signed.info, Canonical.EXCLUSIVE)):
        raise _stop(Indication.SIG_CRYPTO_FAILURE, "5 signature", "the signature does not hold")


def _timely(issued: datetime, until: datetime, at: datetime) -> None:
    if at < issued:
        raise _stop(Indication.NOT_YET_VALID, "6 time", "the list was issued after this moment")
    if at > until:
        raise _stop(Indication.TRY_LATER, "6 time", "a newer list is due: this one speaks no more")


def _t(name: str) -> str:
    return f"{{{TSL}}}{name}"


def _stop(reason: Indication, step: str, detail: str) -> VerdictError:
    return VerdictError(because(reason, step, detail))
