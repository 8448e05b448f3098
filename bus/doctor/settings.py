"""Is a settings file, and all that it names, fit to run? Files, secrets, keys, certificates, space."""

import base64
import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bus.doctor.finding import Finding, Health
from bus.keystore import KeyAddressError, open_key
from config.explain import Located, located
from config.hub import HubSettings
from config.load import KINDS, kind_of, load
from config.mistakes import ConfigError
from config.model import Settings
from config.node import NodeSettings
from config.parts import Environment, TlsIdentity
from config.secrets import SecretError, read_secret
from signing.chain import CertificateError, Use, check_chain, load_seal_certificate
from signing.devpki import is_development
from signing.verdict import Verdict

MIN_FREE_BYTES = 1 << 30


def look_at(file: Path, now: datetime) -> Iterator[Finding]:
    """One finding for each thing that the file sets or names."""
    try:
        settings = load(file, KINDS[kind_of(file)]).settings
    except ConfigError as error:
        mend = f"lienthong explain-config {file}"
        yield from (Finding("settings", Health.BAD, str(mistake), mend) for mistake in error.mistakes)
        return
    except OSError as error:
        yield Finding("settings", Health.BAD, f"{file}: {error.strerror}", "name a file that can be read")
        return
    yield Finding("settings", Health.GOOD, f"{file}: {type(settings).__name__}")
    values = located(settings)
    yield from _folders(values)
    yield from _secrets(values)
    yield from _seals(settings, values, now)
    yield from _links(settings, now)


def _folders(values: tuple[Located, ...]) -> Iterator[Finding]:
    for item in values:
        if item.name.rsplit(".", 1)[-1] == "state_folder":
            yield _folder(item.name, Path(str(item.value)))


def _folder(name: str, folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return Finding(name, Health.BAD, f"{there} cannot be written to", "give the folder to this user")
    free = shutil.disk_usage(there).free
    text = f"{folder}: {free >> 30} GiB free"
    if free < MIN_FREE_BYTES:
        return Finding(name, Health.WARNING, text, "a full disk stops the ledger, and so the hub")
    return Finding(name, Health.GOOD, text)


def _secrets(values: tuple[Located, ...]) -> Iterator[Finding]:
    for item in values:
        if item.secret and item.value is not None:
            try:
                read_secret(Path(str(item.value)))
            except SecretError as error:
                yield Finding(item.name, Health.BAD, str(error), "put the file there, owned by this user, mode 600")
            else:
                yield Finding(item.name, Health.GOOD, f"{item.value} can be read, by this user alone")


def _seals(settings: Settings, values: tuple[Located, ...], now: datetime) -> Iterator[Finding]:
    for item in values:
        if item.name.rsplit(".", 1)[-1] == "seal":
            yield _seal(item.name, str(item.value), settings, now)


def _seal(name: str, address: str, settings: Settings, now: datetime) -> Finding:
    try:
        signer = open_key(address)
        certificate = load_seal_certificate(signer.certificate, alg=signer.alg)
    except (KeyAddressError, CertificateError) as error:
        return Finding(name, Health.BAD, str(error), "lienthong keys show ADDRESS")
    if _refused_here(settings, signer.certificate):
        return _development(name)
    left = timedelta(milliseconds=certificate.not_after_ms - now.timestamp() * 1000)
    text = f"{certificate.alg}, {certificate.x5t}, {left.days} days left"
    if left <= timedelta(0):
        return Finding(name, Health.BAD, text, "renew the certificate: nothing can be sealed")
    if left < timedelta(days=_warning_days(settings)):
        return Finding(name, Health.WARNING, text, "renew the certificate; old and new may overlap")
    return Finding(name, Health.GOOD, text)


def _links(settings: Settings, now: datetime) -> Iterator[Finding]:
    if isinstance(settings, HubSettings):
        yield _link("link", settings.link, Use.LINK_SERVER, settings, now)
    elif isinstance(settings, NodeSettings):
        yield _link("link", settings.link, Use.LINK_CLIENT, settings, now)
        if settings.http.tls is not None:
            yield _link("http.tls", settings.http.tls, Use.LINK_SERVER, settings, now)


def _link(name: str, identity: TlsIdentity, use: Use, settings: Settings, now: datetime) -> Finding:
    try:
        leaf, *between = _certificates(identity.certificate)
        anchors = [der for path in identity.anchors for der in _certificates(path)]
    except (OSError, ValueError):
        text = f"{identity.certificate} or an anchor is missing or holds no PEM certificate"
        return Finding(name, Health.BAD, text, "name PEM files, the certificate's own first")
    if _refused_here(settings, leaf):
        return _development(name)

    def at(moment: datetime) -> Verdict:
        return check_chain(leaf, between, anchors, moment, use)

    verdict = at(now)
    if not verdict.passed:
        return Finding(
            name, Health.BAD, f"{verdict.reason} at step {verdict.step}", "see docs/operators.md, certificates"
        )
    days = _warning_days(settings)
    if not at(now + timedelta(days=days)).passed:
        return Finding(name, Health.WARNING, f"a certificate ends within {days} days", "renew the certificate")
    return Finding(name, Health.GOOD, f"{identity.certificate} leads to an anchor")


def _certificates(path: Path) -> list[bytes]:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    blocks = [block.partition(begin)[2] for block in path.read_text(encoding="ascii").split(end)[:-1]]
    if not blocks:
        raise ValueError("no certificate")
    return [base64.b64decode("".join(block.split()), validate=True) for block in blocks]


def _refused_here(settings: Settings, certificate: bytes) -> bool:
    trust = getattr(settings, "trust", None)
    production = getattr(settings, "environment", None) is Environment.PRODUCTION
    return (production or not getattr(trust, "allow_development_pki", False)) and is_development(certificate)


def _development(name: str) -> Finding:
    mend = "use a real certificate, or in development set trust.allow_development_pki"
    return Finding(name, Health.BAD, "a certificate of the development PKI, which is not allowed here", mend)


def _warning_days(settings: Settings) -> int:
    trust = getattr(settings, "trust", None)
    return int(getattr(trust, "certificate_warning_days", 30))
