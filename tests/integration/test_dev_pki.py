"""The development PKI's services, asked by our own code and by OpenSSL; evidence made with them lasts."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from bus.app.development_services import NotLoopbackError, run_services
from bus.app.trust import DevelopmentPkiError, refuse_development_pki
from bus.cli.app import build
from bus.cli.exits import Exit
from bus.cli.failures import failure_of
from bus.http.development import RevokedFile
from bus.keystore import open_key
from bus.keystore.development import DevelopmentKeys, make_development_keys
from bus.keystore.pem import certificates_in
from config.hub import AnchoringSettings, HubSettings
from config.parts import TlsIdentity, TrustSettings
from config.secrets import write_secret
from signing import asice, devtsa, revocation, timestamp
from signing.revocation import Evidence
from signing.xades_policy import SignatureTrust
from signing.xades_seal import File

AGENCY = "a100001"
LISTED = (("ca", "issuing"), ("tsa", "tsa"), ("ocsp", "ocsp"))
FILES = (File("don.json", b'{"id":1}', "application/json"),)
app = build(["dev-pki", "keys"])
runner = CliRunner()


def whole_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def keys(tmp_path: Path) -> DevelopmentKeys:
    return make_development_keys(
        tmp_path / "pki", now=whole_now(), agencies=[AGENCY], nodes=["node-1"], services="http://127.0.0.1:8491"
    )


@asynccontextmanager
async def served(keys: DevelopmentKeys) -> AsyncIterator[str]:
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(run_services(keys.folder, "127.0.0.1:0", stop, ready))
    try:
        yield f"http://127.0.0.1:{await asyncio.wait_for(ready, 10)}"
    finally:
        stop.set()
        await serving


async def post(url: str, body: bytes, kind: str) -> bytes:
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers={"Content-Type": f"application/{kind}"}) as answer,
    ):
        assert answer.status == 200
        return await answer.read()


async def get(url: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.read()


def openssl(*words: object) -> str:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, check=False, text=True)
    return done.stdout + done.stderr


async def test_evidence_made_with_it_holds_to_the_long_term(keys: DevelopmentKeys):
    signer = open_key(keys.seal_address(AGENCY))
    root, issuing = certificates_in(keys.root)[0], certificates_in(keys.issuing)[0]
    async with served(keys) as url:
        packet = asice.seal(FILES, signer, whole_now(), issuers=[issuing])
        pending = timestamp.begin(packet.to_timestamp)
        token = pending.complete(await post(f"{url}/tsa", pending.request, "timestamp-query"))
        packet = packet.stamped(token)
        tsa = certificates_in(keys.service_certificate("tsa"))[0]
        asked = [revocation.request_for(one, issuing) for one in (signer.certificate, tsa)]
        answers = [await post(f"{url}/ocsp", one, "ocsp-request") for one in asked]
        lists = (await get(f"{url}/root.crl"), await get(f"{url}/issuing.crl"))
    packet = packet.evidenced(Evidence(tuple(answers), lists), [root, issuing])
    trust = SignatureTrust((root,), (root,))
    checked = asice.check(packet.container(), trust, whole_now() + timedelta(minutes=1))
    assert checked.verdict.passed, checked.verdict
    later = asice.check(packet.container(), trust, whole_now() + timedelta(days=1000))
    assert later.verdict.passed, later.verdict


async def test_openssl_takes_its_time_stamps_and_answers(keys: DevelopmentKeys, tmp_path: Path):
    data, query, reply = (tmp_path / name for name in ("data", "query.tsq", "reply.tsr"))
    data.write_bytes(b"checkpoint")
    openssl("ts", "-query", "-data", data, "-sha512", "-cert", "-out", query)
    seal, chain = keys.seal_certificate(AGENCY), tmp_path / "chain.pem"
    chain.write_bytes(keys.issuing.read_bytes())
    async with served(keys) as url:
        reply.write_bytes(await post(f"{url}/tsa", query.read_bytes(), "timestamp-query"))
        ca = ("-CAfile", keys.root, "-untrusted", chain)
        verified = await asyncio.to_thread(openssl, "ts", "-verify", "-in", reply, "-data", data, *ca)
        assert "Verification: OK" in verified
        ask = ("ocsp", "-issuer", keys.issuing, "-cert", seal, "-CAfile", keys.root, "-verify_other", keys.issuing)
        told = await asyncio.to_thread(openssl, *ask, "-url", f"{url}/ocsp")
        assert "Response verify OK" in told
        assert f"{seal}: good" in told
        RevokedFile(keys).revoke(x509.load_pem_x509_certificate(seal.read_bytes()).serial_number, whole_now())
        assert f"{seal}: revoked" in await asyncio.to_thread(openssl, *ask, "-url", f"{url}/ocsp")
        listed = x509.load_der_x509_crl(await get(f"{url}/issuing.crl"))
    assert len(list(listed)) == 1
    data.write_bytes(b"another")
    assert "Verification: OK" not in openssl("ts", "-verify", "-in", reply, "-data", data, *ca)


@pytest.mark.parametrize("query", [b"", b"\x30\x00", b"\x30" * 5000])
def test_what_is_no_request_is_refused_by_the_standards_word(keys: DevelopmentKeys, query: bytes):
    stamper = devtsa.DevTimeStamper(keys.service_key("tsa").read_bytes(), keys.service_certificate("tsa").read_bytes())
    answer = stamper.answer(query, whole_now())
    shown = subprocess.run(
        ["openssl", "ts", "-reply", "-in", "/dev/stdin", "-text"], input=answer, capture_output=True, check=False
    )
    assert "Status: Rejected" in shown.stdout.decode()
    assert "Data submitted has the wrong format" in shown.stdout.decode() or shown.stdout
    with pytest.raises(timestamp.TimeStampRefusedError):
        timestamp.begin(b"x").complete(answer)


async def test_another_authoritys_certificate_is_not_spoken_for(keys: DevelopmentKeys, tmp_path: Path):
    other = make_development_keys(tmp_path / "other", now=whole_now(), agencies=[AGENCY])
    foreign = certificates_in(other.seal_certificate(AGENCY))[0], certificates_in(other.issuing)[0]
    async with served(keys) as url:
        answer = await post(f"{url}/ocsp", revocation.request_for(*foreign), "ocsp-request")
        junk = await post(f"{url}/ocsp", b"junk", "ocsp-request")
    assert ocsp.load_der_ocsp_response(answer).response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED
    assert ocsp.load_der_ocsp_response(junk).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


async def test_it_is_served_to_this_machine_alone(keys: DevelopmentKeys):
    for listen in ("0.0.0.0:0", "192.0.2.1:8491", "example.vn:8491"):
        with pytest.raises(NotLoopbackError):
            await run_services(keys.folder, listen, asyncio.Event())


def test_production_refuses_its_time_stamps(keys: DevelopmentKeys, tmp_path: Path):
    real, key = tmp_path / "real.pem", tmp_path / "real.key"
    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "real")])
    until = whole_now() + timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, made.public_key(), 1, whole_now(), until)
    real.write_bytes(builder.sign(made, hashes.SHA256()).public_bytes(Encoding.PEM))
    write_secret(key, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    settings = HubSettings.model_construct(
        trust=TrustSettings(),
        link=TlsIdentity(certificate=real, key=key, anchors=(real,)),
        seal=f"file:{key}?certificate={real}",
        anchoring=AnchoringSettings(authorities=("http://127.0.0.1:8491/tsa",), anchors=(keys.root,)),
    )
    with pytest.raises(DevelopmentPkiError, match=r"anchoring\.anchors\[0\]"):
        refuse_development_pki(settings)


def test_by_command(tmp_path: Path):
    folder = tmp_path / "pki"
    made = json.loads(runner.invoke(app, ["dev-pki", "make", str(folder), "--agency", AGENCY, "--json"]).stdout)
    assert (folder / "tsa.pem").exists()
    old = json.loads(runner.invoke(app, ["keys", "dev-pki", str(folder), "--agency", AGENCY, "--json"]).stdout)
    assert old == made
    revoked = runner.invoke(app, ["dev-pki", "revoke", str(folder), str(folder / "seal" / f"{AGENCY}.pem"), "--json"])
    assert set(json.loads(revoked.stdout)) == {"serial", "since"}
    refused = runner.invoke(app, ["dev-pki", "serve", str(folder), "--listen", "0.0.0.0:1"])
    assert refused.exception is not None
    assert failure_of(refused.exception).code == Exit.USAGE


def test_a_trusted_list_of_it_by_command(tmp_path: Path):
    folder, file = tmp_path / "pki", tmp_path / "list.xml"
    made = json.loads(runner.invoke(app, ["dev-pki", "make", str(folder), "--agency", AGENCY, "--json"]).stdout)
    services = [f"--{name}={folder}/{file_name}.pem" for name, file_name in LISTED]
    who = ["--operator=Test", "--operator-vi=Thử", "--street=1 Mẫu", "--locality=Hà Nội"]
    where = ["--email=pki@example.test", "--page=https://example.test/list"]
    command = ["keys", "trusted-list", "export", *services, *who, *where, f"--key={made['seal'][AGENCY]}"]
    assert runner.invoke(app, [*command, f"--out={file}"]).exit_code == 0
    check = ["keys", "trusted-list", "check", str(file), "--signer"]
    told = runner.invoke(app, [*check, str(folder / "seal" / f"{AGENCY}.pem"), "--json"])
    assert told.exit_code == 0
    assert [kind for kind, _, _ in json.loads(told.stdout)["services"]] == ["CA", "TSA", "OCSP"]
    assert runner.invoke(app, [*check, str(folder / "root.pem")]).exit_code == Exit.NO
    refused = runner.invoke(app, [*command[:3], *who, *where, command[-1], f"--out={file}"])
    assert failure_of(refused.exception).rule == "trusted-list"
