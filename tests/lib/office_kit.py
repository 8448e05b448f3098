"""A development PKI with its trusted list, and a container at level LT: what tools that are not ours are shown."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bus.keystore import open_key
from bus.keystore.development import DevelopmentKeys, make_development_keys
from bus.keystore.pem import certificates_in
from signing import asice, batch, revocation, timestamp, trustlist
from signing.devocsp import DevResponder
from signing.devtsa import DevTimeStamper
from signing.revocation import Evidence
from signing.trustlist import Names, Scheme, Service, ServiceKind
from signing.xades_seal import File

AGENCY = "a100001"
FILES = (File("đơn.json", b'{"id":1}', "application/json"), File("b.txt", b"two", "text/plain"))
WHO = Names(vi="Trục thử nghiệm", en="Test bus")
SCHEME = Scheme(WHO, WHO, "1 Phố Mẫu", "Hà Nội", "pki@example.test", "https://example.test/list")


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Office:
    """A development PKI, its list, and a container at level LT."""

    folder: Path
    keys: DevelopmentKeys

    def service(self, kind: ServiceKind) -> Service:
        files = {
            ServiceKind.CA: self.keys.issuing,
            ServiceKind.TSA: self.keys.service_certificate("tsa"),
            ServiceKind.OCSP: self.keys.service_certificate("ocsp"),
        }
        return Service(kind, WHO, certificates_in(files[kind])[0], now() - timedelta(days=3))

    def list(self, *kinds: ServiceKind) -> bytes:
        signer = open_key(self.keys.seal_address(AGENCY))
        services = [self.service(kind) for kind in kinds]
        lifetime = timedelta(days=180)
        pending = trustlist.begin(SCHEME, services, signer.certificate, now(), sequence=1, lifetime=lifetime)
        return pending.complete(signer.sign(pending.to_sign))

    def container(self, files: tuple[File, ...] = FILES) -> bytes:
        signer, issuing = open_key(self.keys.seal_address(AGENCY)), certificates_in(self.keys.issuing)[0]
        packet = asice.seal(files, signer, now(), issuers=[issuing])
        tsa, ocsp = (
            (self.keys.service_key(name).read_bytes(), self.keys.service_certificate(name).read_bytes())
            for name in ("tsa", "ocsp")
        )
        asked = timestamp.begin(packet.to_timestamp)
        packet = packet.stamped(asked.complete(DevTimeStamper(*tsa).answer(asked.request, now())))
        request = revocation.request_for(signer.certificate, issuing)
        told = DevResponder(*ocsp, self.keys.issuing.read_bytes()).answer(request, {}, now())
        return packet.evidenced(Evidence((told,)), [issuing]).container()

    @property
    def signer(self) -> bytes:
        """The list's, DER."""
        return certificates_in(self.keys.seal_certificate(AGENCY))[0]


def new_office(folder: Path) -> Office:
    """Everything made two days ago."""
    since = now() - timedelta(days=2)
    return Office(
        folder, make_development_keys(folder / "pki", now=since, agencies=[AGENCY], services="http://127.0.0.1:9")
    )


def altered(container: bytes, folder: Path) -> bytes:
    before, after = folder / "before.zip", folder / "after.zip"
    before.write_bytes(container)
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(after, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            touched = data.replace(b"2", b"3", 1) if info.filename == batch.NAME else data
            new.writestr(info, b"2wo" if info.filename == "b.txt" else touched)
    return after.read_bytes()
