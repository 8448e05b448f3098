"""Seals and link certificates that a settings file names: readable, allowed here, fit for use, days left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from bus.app.trust import DevelopmentPkiError, refuse_development_pki
from bus.doctor.finding import Finding, Health
from bus.keystore import KeyAddressError, open_key
from bus.keystore.following import NextKey
from bus.keystore.pem import PemFileError, certificates_in
from config.explain import Located
from config.hub import HubSettings
from config.node import NodeSettings
from config.parts import TlsIdentity, TrustSettings
from signing.chain import CertificateError, Use, check_chain, load_seal_certificate, parsed
from signing.keys import thumbprint
from signing.verdict import Verdict

Served: TypeAlias = HubSettings | NodeSettings


def certificates(settings: Served, values: tuple[Located, ...], now: datetime) -> Iterator[Finding]:
    """Whether the development PKI stays out, then each seal, then each end of a connection."""
    yield from _development(settings)
    for item in values:
        if item.name.rsplit(".", 1)[-1] == "seal":
            yield _seal(item.name, str(item.value), settings.trust, now)
    yield from _renewals(settings, now)
    hub = isinstance(settings, HubSettings)
    yield _link("link", settings.link, Use.LINK_SERVER if hub else Use.LINK_CLIENT, settings.trust, now)
    if isinstance(settings, NodeSettings) and settings.http.tls is not None:
        yield _link("http.tls", settings.http.tls, Use.LINK_SERVER, settings.trust, now)
        yield from _systems(settings, settings.http.tls, now)


def _systems(settings: NodeSettings, tls: TlsIdentity, now: datetime) -> Iterator[Finding]:
    """The certificates that agencies' systems show."""
    for agency_at, agency in enumerate(settings.agencies):
        for at, one in enumerate(agency.system_certificates):
            shown = TlsIdentity(certificate=one.certificate, key=tls.key, anchors=tls.anchors)
            name = f"agencies[{agency_at}].system_certificates[{at}]"
            yield _link(name, shown, Use.LINK_CLIENT, settings.trust, now)


def _development(settings: Served) -> Iterator[Finding]:
    try:
        refuse_development_pki(settings)
    except DevelopmentPkiError as error:
        yield Finding("development PKI", Health.BAD, str(error), "use real certificates")
    except (KeyAddressError, PemFileError):
        return  # the seal's or the link's own finding says so
    else:
        allowed = settings.trust.allow_development_pki
        text = "allowed here: not for production" if allowed else "nothing of it is named"
        yield Finding("development PKI", Health.WARNING if allowed else Health.GOOD, text)


def _seal(name: str, address: str, trust: TrustSettings, now: datetime) -> Finding:
    try:
        signer = open_key(address)
        certificate = load_seal_certificate(signer.certificate, alg=signer.alg)
    except (KeyAddressError, CertificateError) as error:
        return Finding(name, Health.BAD, str(error), "lienthong keys show ADDRESS")
    left = timedelta(milliseconds=certificate.not_after_ms - now.timestamp() * 1000)
    text = f"{certificate.alg}, {certificate.x5t}, {left.days} days left"
    if left <= timedelta(0):
        return Finding(name, Health.BAD, text, "renew the certificate: nothing can be sealed")
    if left < timedelta(days=trust.certificate_warning_days):
        return Finding(name, Health.WARNING, text, "renew the certificate; old and new may overlap")
    return Finding(name, Health.GOOD, text)


def _renewals(settings: Served, now: datetime) -> Iterator[Finding]:
    """The next certificates, where hubs and nodes renew them by themselves."""
    for name, folder, agency, address in _renewed(settings):
        try:
            signer = open_key(address)
            following = NextKey(folder / signer.x5t, agency, address).certificate()
            until = None if following is None else parsed(following).not_valid_after_utc
        except (KeyAddressError, CertificateError):
            continue  # the key's own finding says so
        if following is None or until is None:
            days = settings.trust.certificate_warning_days
            yield Finding(name, Health.GOOD, f"asked for from {days} days before the end on")
            continue
        text = f"the next certificate is there: {thumbprint(following)}, {(until - now).days} days left"
        yield Finding(name, Health.WARNING, text, "have it registered, and name its key in the settings (docs/keys.md)")


def _renewed(settings: Served) -> Iterator[tuple[str, Path, str, str]]:
    """Setting, folder, agency and key address of whatever renews by itself."""
    if isinstance(settings, HubSettings):
        if settings.renewal is not None and settings.renewal.folder is not None:
            yield "renewal.folder", settings.renewal.folder, settings.operator, settings.seal
        return
    link = settings.link
    if link.renewal is not None:
        address = f"file:{quote(str(link.key))}?certificate={quote(str(link.certificate))}"
        yield "link.renewal", link.renewal.folder, link.renewal.agency, address
    for number, agency in enumerate(settings.agencies):
        if agency.renewal is not None:
            yield f"agencies[{number}].renewal", agency.renewal, agency.id, agency.seal


def _link(name: str, identity: TlsIdentity, use: Use, trust: TrustSettings, now: datetime) -> Finding:
    try:
        leaf, *between = certificates_in(identity.certificate)
        anchors = [der for path in identity.anchors for der in certificates_in(path)]
    except PemFileError as error:
        return Finding(name, Health.BAD, str(error), "name PEM files, the certificate's own first")

    def at(moment: datetime) -> Verdict:
        return check_chain(leaf, between, anchors, moment, use)

    verdict = at(now)
    if not verdict.passed:
        text = f"{verdict.reason} at step {verdict.step}"
        return Finding(name, Health.BAD, text, "see docs/operators.md, certificates")
    days = trust.certificate_warning_days
    if not at(now + timedelta(days=days)).passed:
        return Finding(name, Health.WARNING, f"a certificate ends within {days} days", "renew the certificate")
    return Finding(name, Health.GOOD, f"{identity.certificate} leads to an anchor")
