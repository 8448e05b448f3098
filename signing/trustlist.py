"""Trusted lists: whom the evidence of this installation rests on, in the form in which EU tools read trust, signed.

A list names certificate authorities, time-stamping authorities and OCSP responders (ETSI TS 119 612).

Promises: `begin` gives the bytes to sign, whoever holds the key; `complete` gives a list that validates against ETSI's
schema and bears one enveloped XAdES baseline B signature, as TS 119 612 §5.7 has it. Each service is named by its
certificate, its status is `granted` since a moment that the caller gives, and names stand in Vietnamese and English.
Leaves out: the judgement (`signing.trustlist_check`); pointers to other lists, histories, withdrawn services: a
service that ended is left out of the next list, and old lists are kept beside the evidence of their time.

Sources: ETSI TS 119 612 v2.2.1 §5, annex B, annex D (URIs); ETSI EN 319 132-1 §6.3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509
from lxml import etree

from schemas.xml import Element
from signing.chain import CertificateError, parsed
from signing.xades_build import base64, qualifying
from signing.xades_words import (
    DS,
    SIGNED_PROPERTIES_TYPE,
    XADES,
    Canonical,
    Digest,
    Method,
    canonical,
    ds,
    holds,
    key_title,
    method_for,
)

TSL: Final = "http://uri.etsi.org/02231/v2#"
TAG: Final = "http://uri.etsi.org/19612/TSLTag"
MEDIA_TYPE: Final = "application/vnd.etsi.tsl+xml"
VERSION: Final = 5
_PREFIXES: Final = {"tsl": TSL, "ds": DS, "xades": XADES}
_ROOT: Final = "http://uri.etsi.org/TrstSvc/TrustedList"
TYPE: Final = f"{_ROOT}/TSLType/EUgeneric"
GRANTED: Final = f"{_ROOT}/Svcstatus/granted"
_DETERMINATION: Final = f"{_ROOT}/StatusDetn/EUappropriate"
_RULES: Final = f"{_ROOT}/schemerules/EUcommon"
_PURPOSES: Final = (f"{_ROOT}/SvcInfoExt/ForeSignatures", f"{_ROOT}/SvcInfoExt/ForeSeals")
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SIGNATURE_ID: Final = "S0"
LIST_ID: Final = "list"
LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
MAX_SERVICES: Final = 100
MAX_LIFETIME: Final = timedelta(days=3660)
_ALL_HISTORY: Final = 65535
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class TrustListError(ValueError):
    """A list cannot be made so; the message names the rule."""


class ServiceKind(StrEnum):
    """What a service is (TS 119 612 §5.5.1)."""

    CA = "http://uri.etsi.org/TrstSvc/Svctype/CA/QC"
    TSA = "http://uri.etsi.org/TrstSvc/Svctype/TSA/QTST"
    OCSP = "http://uri.etsi.org/TrstSvc/Svctype/Certstatus/OCSP/QC"


@dataclass(frozen=True, slots=True)
class Names:
    """A text in Vietnamese and English."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Service:
    """One trust service: its kind, its name, its certificate (DER), and since when it is trusted (aware)."""

    kind: ServiceKind
    name: Names
    certificate: bytes
    since: datetime


@dataclass(frozen=True, slots=True)
class Scheme:
    """Who issues the list.

    Attributes:
        operator: the operator's name.
        name: the list's name.
        street, locality: the postal address.
        email: where people ask.
        page: the https address of a page about the list.
        territory: two capital letters (ISO 3166-1).
    """

    operator: Names
    name: Names
    street: str
    locality: str
    email: str
    page: str
    territory: str = "VN"


class PendingList:
    """A list that waits for its signature.

    Attributes:
        to_sign: the bytes under the signature.
        method: the algorithm that it must be made with.
    """

    __slots__ = ("_certificate", "_root", "_signature", "method", "to_sign")

    def __init__(self, root: Element, signature: Element, certificate: bytes, method: Method) -> None:
        self._root = root
        self._signature = signature
        self._certificate = certificate
        self.method = method
        self.to_sign = canonical(signature[0], Canonical.EXCLUSIVE)

    def complete(self, signature: bytes) -> bytes:
        """The signed list, XML; `signature` is over `to_sign`: r ‖ s on a curve, the modulus' length for RSA.

        Raises:
            TrustListError: it is not the certificate's key's.
        """
        if not holds(self.method, parsed(self._certificate).public_key(), signature, self.to_sign):
            raise TrustListError("list: the signature is not the certificate's key's over these bytes")
        self._signature[1].text = base64(signature)
        return etree.tostring(self._root, xml_declaration=True, encoding="UTF-8")


def begin(
    scheme: Scheme,
    services: Sequence[Service],
    certificate: bytes,
    at: datetime,
    *,
    sequence: int,
    lifetime: timedelta,
    pss: bool = False,
) -> PendingList:
    """Prepare a list.

    Args:
        scheme: who issues it.
        services: 1 to 100, none twice.
        certificate: the signer's, DER: P-256, P-384, or RSA from 3072 bits; readers pin it.
        at: when the list is issued and signed, aware.
        sequence: its number, from 1, one more than that of the list before it.
        lifetime: how long until the next list at the latest.
        pss: RSASSA-PSS in place of RSASSA-PKCS1-v1_5, for an RSA key.

    Raises:
        TrustListError: something is outside its limits.
    """
    _check(scheme, services, sequence, lifetime)
    title = key_title(_read(certificate).public_key())
    if title is None:
        raise TrustListError("list: keys are P-256, P-384, or RSA from 3072 bits")
    root = etree.Element(_t("TrustServiceStatusList"), nsmap=_PREFIXES)
    root.set("TSLTag", TAG)
    root.set("Id", LIST_ID)
    _information(root, scheme, at, sequence, lifetime)
    _provider(root, scheme, services)
    method = method_for(title, pss=pss)
    signature = _signature(root, method, certificate, at)
    return PendingList(root, signature, certificate, method)


def _check(scheme: Scheme, services: Sequence[Service], sequence: int, lifetime: timedelta) -> None:
    texts = (scheme.operator.vi, scheme.operator.en, scheme.name.vi, scheme.name.en, scheme.street, scheme.locality)
    names = [text for one in services for text in (one.name.vi, one.name.en)]
    if not all(text.strip() and not _CONTROL.search(text) for text in (*texts, scheme.email, scheme.page, *names)):
        raise TrustListError("list: every name and address is a line of text")
    if not re.fullmatch(r"[A-Z]{2}", scheme.territory):
        raise TrustListError("list: a territory is two capital letters")
    if not 0 < len(services) <= MAX_SERVICES or len({(one.kind, one.certificate) for one in services}) < len(services):
        raise TrustListError(f"list: 1 to {MAX_SERVICES} services, none twice")
    if sequence < 1 or not timedelta(0) < lifetime <= MAX_LIFETIME:
        raise TrustListError("list: it has a number from 1, and a next one within ten years")
    for one in services:
        _read(one.certificate)


def _read(certificate: bytes) -> x509.Certificate:
    try:
        return parsed(certificate)
    except CertificateError as error:
        raise TrustListError(f"list: {error}") from error


def _information(root: Element, scheme: Scheme, at: datetime, sequence: int, lifetime: timedelta) -> None:
    """What the list says of itself (§5.3), in the schema's order."""
    place = _add(root, "SchemeInformation")
    _add(place, "TSLVersionIdentifier", str(VERSION))
    _add(place, "TSLSequenceNumber", str(sequence))
    _add(place, "TSLType", TYPE)
    _names(_add(place, "SchemeOperatorName"), scheme.operator)
    _address(_add(place, "SchemeOperatorAddress"), scheme)
    _names(_add(place, "SchemeName"), scheme.name)
    _uri(_add(place, "SchemeInformationURI"), scheme.page)
    _add(place, "StatusDeterminationApproach", _DETERMINATION)
    _uri(_add(place, "SchemeTypeCommunityRules"), _RULES)
    _add(place, "SchemeTerritory", scheme.territory)
    notice = _add(place, "PolicyOrLegalNotice")
    _add(notice, "TSLLegalNotice", scheme.name.en).set(LANG, "en")
    _add(place, "HistoricalInformationPeriod", str(_ALL_HISTORY))
    _add(place, "ListIssueDateTime", _moment(at))
    _add(_add(place, "NextUpdate"), "dateTime", _moment(at + lifetime))


def _provider(root: Element, scheme: Scheme, services: Sequence[Service]) -> None:
    """The one provider, with its services (§5.4, §5.5)."""
    one = _add(_add(root, "TrustServiceProviderList"), "TrustServiceProvider")
    about = _add(one, "TSPInformation")
    _names(_add(about, "TSPName"), scheme.operator)
    _names(_add(about, "TSPTradeName"), scheme.operator)
    _address(_add(about, "TSPAddress"), scheme)
    _uri(_add(about, "TSPInformationURI"), scheme.page)
    place = _add(one, "TSPServices")
    for service in services:
        told = _add(_add(place, "TSPService"), "ServiceInformation")
        _add(told, "ServiceTypeIdentifier", service.kind.value)
        _names(_add(told, "ServiceName"), service.name)
        identity = _add(_add(told, "ServiceDigitalIdentity"), "DigitalId")
        _add(identity, "X509Certificate", base64(service.certificate))
        _add(told, "ServiceStatus", GRANTED)
        _add(told, "StatusStartingTime", _moment(service.since))
        if service.kind is ServiceKind.CA:
            extensions = _add(told, "ServiceInformationExtensions")
            for purpose in _PURPOSES:
                extension = _add(extensions, "Extension")
                extension.set("Critical", "false")
                _uri(_add(extension, "AdditionalServiceInformation"), purpose)


def _signature(root: Element, method: Method, certificate: bytes, at: datetime) -> Element:
    """An enveloped signature without value: over the whole document, and over what is said of the signature itself."""
    digest = Digest[method.digest]
    whole = digest.of(canonical(root, Canonical.EXCLUSIVE))
    holder = etree.Element(
        "holder", nsmap=_PREFIXES
    )  # `qualifying` fills the signature that its argument's first child is
    sign = etree.SubElement(holder, ds("Signature"), Id=SIGNATURE_ID)
    info = etree.SubElement(sign, ds("SignedInfo"))
    etree.SubElement(info, ds("CanonicalizationMethod"), Algorithm=Canonical.EXCLUSIVE.value)
    etree.SubElement(info, ds("SignatureMethod"), Algorithm=method.value)
    _reference(info, {"Id": f"{SIGNATURE_ID}-file0", "URI": ""}, (ENVELOPED, Canonical.EXCLUSIVE.value), digest, whole)
    own = {"Type": SIGNED_PROPERTIES_TYPE, "URI": f"#{SIGNATURE_ID}-properties"}
    _reference(info, own, (Canonical.EXCLUSIVE.value,), digest, b"")
    etree.SubElement(sign, ds("SignatureValue"), Id=f"{SIGNATURE_ID}-value")
    qualifying(holder, (certificate,), at, (MEDIA_TYPE,), digest)
    root.append(sign)
    etree.cleanup_namespaces(root, keep_ns_prefixes=list(_PREFIXES))
    properties = sign[3][0][0]
    info[-1][-1].text = base64(digest.of(canonical(properties, Canonical.EXCLUSIVE)))
    return sign


def _reference(
    info: Element, attributes: dict[str, str], transforms: Sequence[str], digest: Digest, value: bytes
) -> None:
    one = etree.SubElement(info, ds("Reference"), attributes)
    box = etree.SubElement(one, ds("Transforms"))
    for transform in transforms:
        etree.SubElement(box, ds("Transform"), Algorithm=transform)
    etree.SubElement(one, ds("DigestMethod"), Algorithm=digest.value)
    etree.SubElement(one, ds("DigestValue")).text = base64(value)


def _address(place: Element, scheme: Scheme) -> None:
    box = _add(_add(place, "PostalAddresses"), "PostalAddress")
    box.set(LANG, "en")
    _add(box, "StreetAddress", scheme.street)
    _add(box, "Locality", scheme.locality)
    _add(box, "CountryName", scheme.territory)
    electronic = _add(place, "ElectronicAddress")
    _uri(electronic, f"mailto:{scheme.email}")
    _uri(electronic, scheme.page)


def _names(place: Element, names: Names) -> None:
    for language, text in (("en", names.en), ("vi", names.vi)):
        _add(place, "Name", text).set(LANG, language)


def _uri(place: Element, text: str) -> None:
    _add(place, "URI", text).set(LANG, "en")


def _add(place: Element, name: str, text: str | None = None) -> Element:
    made = etree.SubElement(place, _t(name))
    made.text = text
    return made


def _t(name: str) -> str:
    return f"{{{TSL}}}{name}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
