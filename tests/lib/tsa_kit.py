"""A time-stamping authority that is not ours: OpenSSL's `ts` under a test CA, over loopback; forgeries by its `cms`.

Certificates are made by cryptography; every time-stamp is made and signed by the openssl program.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID

from signing import cms

TST_INFO = "1.2.840.113549.1.9.16.1.4"
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
NOW = datetime.now(UTC)  # openssl takes no other moment
ONLY_STAMPS = ((x509.ExtendedKeyUsage([Eku.TIME_STAMPING]), True),)
_CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/{name}.pem
signer_key = {folder}/{name}.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """A root of its own, and whatever it issues."""

    folder: Path
    name: str = "Test time-stamping root"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP384R1()))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        usage = _usage(key_cert_sign=True, crl_sign=True)
        more = ((x509.BasicConstraints(ca=True, path_length=1), True), (usage, True))
        self.root = self._made(self.name, self.key.public_key(), more, 3650)
        (self.folder / "root.pem").write_bytes(self.root.public_bytes(PEM))
        (self.folder / "serial").write_text("01\n")
        self.issue("tsa")

    @property
    def anchors(self) -> list[bytes]:
        return [self.root.public_bytes(DER)]

    def issue(
        self,
        name: str,
        more: Sequence[tuple[x509.ExtensionType, bool]] = ONLY_STAMPS,
        *,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
        days: int = 365,
        since: int = 1,
        usage: x509.KeyUsage | None = None,
    ) -> x509.Certificate:
        """A certificate and its key as `name`.pem and `name`.key; `days` from now until its end."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        usage = usage or _usage(digital_signature=True)
        made = self._made(name, key.public_key(), ((usage, True), *more), days, since)
        (self.folder / f"{name}.pem").write_bytes(made.public_bytes(PEM))
        plain = serialization.NoEncryption()
        (self.folder / f"{name}.key").write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, plain))
        return made

    def below(self, name: str) -> Authority:
        """An issuing authority under this one, with a time-stamping certificate of its own."""
        under = Authority(self.folder / name, name)
        usage = _usage(key_cert_sign=True, crl_sign=True)
        more = ((x509.BasicConstraints(ca=True, path_length=0), True), (usage, True))
        under.root = self._made(name, under.key.public_key(), more, 3650)
        (under.folder / "root.pem").write_bytes(under.root.public_bytes(PEM))
        return under

    def reply(self, request: bytes, name: str = "tsa", more: str = "") -> bytes:
        """What `openssl ts` answers; `more` are further lines of its configuration."""
        config, query, answer = (self.folder / f"{name}.{end}" for end in ("cnf", "tsq", "tsr"))
        config.write_text(_CONFIG.format(folder=self.folder, name=name) + more)
        query.write_bytes(request)
        run("ts", "-reply", "-config", config, "-section", "one", "-queryfile", query, "-out", answer)
        return answer.read_bytes()

    def forge(self, tst_info: bytes, name: str, *options: str, cades: bool = True) -> bytes:
        """The same content signed by any certificate: what no time-stamping program would do."""
        content, token = self.folder / "content", self.folder / "token"
        content.write_bytes(tst_info)
        said = ["-cades"] if cades else []
        signer = ["-signer", self.folder / f"{name}.pem", "-inkey", self.folder / f"{name}.key"]
        how = ["-binary", "-nodetach", "-nosmimecap", "-econtent_type", TST_INFO, "-outform", "DER"]
        run("cms", "-sign", "-in", content, *signer, *how, *said, "-out", token, *(options or ("-md", "sha256")))
        return token.read_bytes()

    def _made(
        self, name: str, key: object, more: Sequence[tuple[x509.ExtensionType, bool]], days: int, since: int = 1
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(self.name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=since))
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
        for extension, critical in more:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, hashes.SHA384())


def run(*words: object) -> bytes:
    """An openssl command that must work."""
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, check=False)
    if done.returncode:
        raise AssertionError(f"openssl {words[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def content_of(token: bytes) -> bytes:
    """The TSTInfo of a token."""
    return cms.read(token).content


def with_status(response: bytes, status: int) -> bytes:
    """The same answer under another status."""
    read = asn1.decode_der(_Answer, response)
    read.status = _Status(status=status, failure=None)
    return asn1.encode_der(read)


@asn1.sequence
class _Status:
    status: int
    failure: asn1.BitString | None


@asn1.sequence
class _Token:
    kind: x509.ObjectIdentifier
    content: asn1.TLV


@asn1.sequence
class _Answer:
    status: _Status
    token: _Token | None


@asynccontextmanager
async def serving(authority: Authority) -> AsyncIterator[Server]:
    """The authority over HTTP (RFC 3161 §3.4) on loopback."""
    server = Server(authority)
    application = web.Application()
    application.router.add_post("/", server.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield server
    finally:
        await runner.cleanup()


class Server:
    """What it answers can be bent."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.url = ""
        self.asked = 0
        self.status = 200
        self.body: bytes | None = None
        """What is answered instead of a time-stamp."""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        query = await request.read()
        body = self.body
        if body is None:
            body = await asyncio.to_thread(self.authority.reply, query)
        return web.Response(status=self.status, body=body, content_type="application/timestamp-reply")


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(**bits: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    none = dict.fromkeys((*names, "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(**{**none, **bits})
