"""What production must never trust: keys and anchors that anyone on a developer's machine could have made.

Promises: a process whose settings do not allow the development PKI does not start with any of it: not with its seal,
not with its link certificate, not with its root among the anchors, those of time-stamps included. Leaves out: whether
certificates are otherwise good.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bus.keystore import open_key
from bus.keystore.pem import certificates_in
from config.embedded import EmbeddedSettings
from config.hub import HubSettings
from config.node import NodeSettings
from config.parts import TlsIdentity
from signing.devpki import is_development


class DevelopmentPkiError(Exception):
    """The settings do not allow the development PKI, and name something of it."""


def refuse_development_pki(settings: HubSettings | NodeSettings | EmbeddedSettings) -> None:
    """Stop a start that would trust the development PKI where that is not allowed.

    Raises:
        DevelopmentPkiError: names the first setting at fault.
        KeyAddressError, PemFileError: a key or certificate cannot be read.
    """
    if settings.trust.allow_development_pki:
        return
    if isinstance(settings, EmbeddedSettings):
        raise DevelopmentPkiError("the embedded bus makes a development PKI of its own: run a hub and nodes instead")
    for name, certificate in _certificates(settings):
        if is_development(certificate):
            raise DevelopmentPkiError(f"{name}: of the development PKI, which trust.allow_development_pki refuses")


def _certificates(settings: HubSettings | NodeSettings) -> Iterator[tuple[str, bytes]]:
    yield from _identity("link", settings.link)
    for kind in ("anchors", "authority_anchors"):
        for number, path in enumerate(getattr(settings.evidence, kind, ())):
            yield from _named(f"evidence.{kind}[{number}]", path)
    if isinstance(settings, HubSettings):
        yield "seal", open_key(settings.seal).certificate
        for number, path in enumerate(settings.anchoring.anchors if settings.anchoring else ()):
            yield from _named(f"anchoring.anchors[{number}]", path)
        return
    for number, agency in enumerate(settings.agencies):
        yield f"agencies[{number}].seal", open_key(agency.seal).certificate
    if settings.http.tls is not None:
        yield from _identity("http.tls", settings.http.tls)


def _identity(name: str, identity: TlsIdentity) -> Iterator[tuple[str, bytes]]:
    yield from _named(f"{name}.certificate", identity.certificate)
    for number, path in enumerate(identity.anchors):
        yield from _named(f"{name}.anchors[{number}]", path)


def _named(name: str, path: Path) -> Iterator[tuple[str, bytes]]:
    for certificate in certificates_in(path):
        yield name, certificate
