"""A development PKI as a folder: the same layout that an operator fills with real keys.

Promises: what is there is kept, what is missing is made, so that a second run changes nothing; keys are closed to
others. Leaves out: anything fit for production; hubs and nodes set to production refuse these certificates.

    root.pem  root.crl  issuing.pem  issuing.key.pem
    tsa.pem  tsa.key.pem  ocsp.pem  ocsp.key.pem     for `bus.app.development_services`
    link/NAME.pem  link/NAME.key.pem     the certificate is followed by its issuer's, as TLS presents it
    seal/AGENCY.pem  seal/AGENCY.key.pem
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from config.secrets import read_secret, write_secret
from signing.devpki import DevPki, Issued


@dataclass(frozen=True, slots=True)
class DevelopmentKeys:
    """Where things stand in a development PKI's folder."""

    folder: Path

    @property
    def root(self) -> Path:
        """PEM file of the anchor."""
        return self.folder / "root.pem"

    @property
    def issuing(self) -> Path:
        """PEM file of the issuing authority's certificate."""
        return self.folder / "issuing.pem"

    @property
    def issuing_key(self) -> Path:
        """PEM file of the issuing authority's key."""
        return self.folder / "issuing.key.pem"

    @property
    def root_crl(self) -> Path:
        """DER file: the root's list of revoked authorities."""
        return self.folder / "root.crl"

    def service_certificate(self, name: str) -> Path:
        """PEM file with the certificate of a service, `tsa` or `ocsp`, and its issuer's."""
        return self.folder / f"{name}.pem"

    def service_key(self, name: str) -> Path:
        """PEM file of that certificate's key."""
        return self.folder / f"{name}.key.pem"

    def link_certificate(self, name: str) -> Path:
        """PEM file with the link certificate of a hub or node, and its issuer's."""
        return self.folder / "link" / f"{name}.pem"

    def link_key(self, name: str) -> Path:
        """PEM file of that certificate's key."""
        return self.folder / "link" / f"{name}.key.pem"

    def seal_certificate(self, agency: str) -> Path:
        """PEM file of an agency's seal certificate."""
        return self.folder / "seal" / f"{agency}.pem"

    def seal_key(self, agency: str) -> Path:
        """PEM file of that certificate's key."""
        return self.folder / "seal" / f"{agency}.key.pem"

    def seal_address(self, agency: str) -> str:
        """The key address of an agency's seal, for `bus.keystore.open_key` and settings files."""
        return f"file:{quote(str(self.seal_key(agency)))}?certificate={quote(str(self.seal_certificate(agency)))}"


def make_development_keys(
    folder: Path,
    *,
    now: datetime,
    agencies: Iterable[str] = (),
    nodes: Iterable[str] = (),
    hub_names: Sequence[str] = ("localhost", "127.0.0.1", "::1"),
    services: str = "",
) -> DevelopmentKeys:
    """Make what is missing of a development PKI.

    Args:
        folder: where it stands or shall stand.
        now: start of validity of what is made, aware.
        agencies: agency ids that need a seal key.
        nodes: node names that need a link key.
        hub_names: host names and IP addresses of the hub's one link certificate (`link/hub.pem`).
        services: address of its time-stamping authority and OCSP responder; empty: it has none.
    """
    keys = DevelopmentKeys(folder.absolute())
    pki = open_authority(keys, now, services)
    if services:
        _make(keys.service_certificate("tsa"), keys.service_key("tsa"), partial(pki.time_stamping, now))
        _make(keys.service_certificate("ocsp"), keys.service_key("ocsp"), partial(pki.responder, now))
    _make(keys.link_certificate("hub"), keys.link_key("hub"), partial(pki.link_server, hub_names, now))
    for node in nodes:
        _make(keys.link_certificate(node), keys.link_key(node), partial(pki.link_client, node, now))
    for agency in agencies:
        seal = partial(pki.seal, agency, now)
        _make(keys.seal_certificate(agency), keys.seal_key(agency), seal, with_issuer=False)
    return keys


def open_authority(keys: DevelopmentKeys, now: datetime, services: str = "") -> DevPki:
    """The authority of a folder, made where there is none.

    Raises:
        SecretError: its key is open to others.
    """
    if keys.issuing_key.exists():
        held = keys.root_crl.read_bytes() if keys.root_crl.exists() else b""
        key = read_secret(keys.issuing_key)
        return DevPki(keys.root.read_bytes(), keys.issuing.read_bytes(), key, root_crl=held, services=services)
    pki = DevPki.create(now, services=services)
    keys.folder.mkdir(parents=True, exist_ok=True)
    # The key comes last: until it is there the folder counts as not made.
    keys.root.write_bytes(pki.root)
    keys.root_crl.write_bytes(pki.root_crl)
    keys.issuing.write_bytes(pki.issuing)
    write_secret(keys.issuing_key, pki.issuing_key)
    return pki


def _make(certificate: Path, key: Path, issue: Callable[[], Issued], *, with_issuer: bool = True) -> None:
    if certificate.exists() and key.exists():
        return
    issued = issue()
    certificate.parent.mkdir(parents=True, exist_ok=True)
    key.unlink(missing_ok=True)
    write_secret(key, issued.key)
    certificate.write_bytes(issued.chain if with_issuer else issued.certificate)
