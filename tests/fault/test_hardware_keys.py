"""Keys in a token: made, certified, used by many at once; its process killed, its PIN wrong, the token gone."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from time import sleep

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey
from softhsm_kit import MODULE, NOW, Hsm, needs_softhsm, softhsm

from bus.hsm import slot
from bus.hsm.slot import KeyUnavailableError
from bus.keystore import KeyAddressError, hardware, open_key, pkcs11, pkcs11_uri
from bus.keystore.pkcs11 import HardwareSigner
from bus.notary import Notary
from config.secrets import replace_secret
from schemas.envelope import Envelope, InReplyTo, Kind, Party
from signing import asice
from signing.chain import Use, check_chain, load_seal_certificate
from signing.jws import seal as seal_envelopes
from signing.keys import verify
from signing.packet import Level
from signing.verdict import Indication
from signing.xades_policy import Demands, SignatureTrust
from signing.xades_seal import File
from signing.xades_words import Method

pytestmark = needs_softhsm
KILLS = 1 + int(os.environ.get("LIENTHONG_TEST_KILLS", "20")) // 20


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hsm]:
    with softhsm(tmp_path_factory.mktemp("hsm") / "soft") as made:
        yield made


@pytest.fixture(scope="module")
def seal(hsm: Hsm) -> str:
    return hsm.certified()


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    yield
    slot.close_all()


def opened(address: str) -> HardwareSigner:
    signer = open_key(address)
    assert isinstance(signer, HardwareSigner)
    return signer


def holds(signer: HardwareSigner, data: bytes) -> bool:
    certificate = load_seal_certificate(signer.certificate, alg=signer.alg)
    return verify(certificate.public_key, signer.alg, signer.sign(data), data)


def rule(address: str) -> str:
    with pytest.raises(KeyAddressError) as caught:
        open_key(address)
    return caught.value.rule


def pid_of(signer: HardwareSigner) -> int:
    assert signer._slot.pid is not None
    return signer._slot.pid


def test_a_key_of_each_kind_signs_and_never_leaves(hsm: Hsm, seal: str):
    wide = hsm.certified("wide", bits=3072)
    for signer in (opened(seal), opened(wide), opened(f"{wide}&alg=RS256")):
        assert holds(signer, b"root")
    assert len(opened(seal).sign(b"root")) == 64
    found = {one.label: (one.kind, one.extractable) for one in hardware.listed(hsm.address(""))}
    assert found["seal"] == ("P-256", False)
    assert found["wide"] == ("RSA-3072", False)
    assert "softhsm" not in Path("/proc/self/maps").read_text()  # the vendor's library is never loaded here
    assert len(slot._slots) == 1  # one process served all of it
    assert rule(f"{seal}&alg=PS256") == "key-refused"
    assert x509.load_pem_x509_csr(hardware.request(wide, "a100001")).is_signature_valid


def test_a_key_on_p384_seals_messages_and_containers(hsm: Hsm):
    address = hsm.certified("long", bits=hardware.P384)
    signer = opened(address)
    assert (signer.alg, len(signer.sign(b"root"))) == ("ES384", 96)
    assert holds(signer, b"root")
    assert {one.label: one.kind for one in hardware.listed(hsm.address(""))}["long"] == "P-384"
    sealed = seal_envelopes([b"{}"], signer, instance="VN-test", now_ms=round(NOW.timestamp() * 1000))[0].seal
    public = x509.load_der_x509_certificate(signer.certificate).public_key()
    key = ECKey.import_key(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    registry = jws.JWSRegistry(algorithms=["ES384"], strict_check_header=False)
    assert jws.deserialize_compact(sealed, key, registry=registry).headers()["x5t#S256"] == signer.x5t
    packet = asice.seal([File("x.txt", b"x", "text/plain")], signer, NOW)
    assert packet.signature.method is Method.ECDSA_SHA384
    trust = SignatureTrust(tuple(hsm.pki.anchors), (), tuple(hsm.pki.intermediates))
    verdict = asice.check(packet.container(), trust, NOW + timedelta(minutes=1), Demands(least=Level.B)).verdict
    assert verdict.reason is Indication.TRY_LATER, "whether it was revoked is all that is not known"
    request = x509.load_pem_x509_csr(hardware.request(address, "a100001"))
    assert request.is_signature_valid
    new, asked = hardware.rotate(address, "a100001", today="2026-11-23")
    hardware.keep(new, hsm.pki.issue_for(asked, "a100001", NOW))
    slot.close_all()
    assert opened(new).alg == "ES384"
    assert rule(f"{address}&alg=ES256") == "key-refused"


def test_a_certificate_stays_with_its_key(hsm: Hsm, seal: str, tmp_path: Path):
    other = hardware.make(hsm.address("other"))
    assert rule(other) == "key-missing"  # there is no certificate yet
    asked = hardware.request(seal, "a100001")
    assert "2.5.4.97=a100001" in x509.load_pem_x509_csr(asked).subject.rfc4514_string()
    pem = hsm.pki.issue_for(asked, "a100001", NOW)
    (tmp_path / "seal.pem").write_bytes(pem)
    assert opened(f"{seal}&certificate={tmp_path}/seal.pem").certificate != opened(seal).certificate
    assert rule(f"{other}&certificate={tmp_path}/seal.pem") == "key-refused"
    with pytest.raises(KeyAddressError, match="key-refused"):
        hardware.keep(other, pem)


def test_rotation_overlaps(hsm: Hsm, seal: str):
    new, asked = hardware.rotate(seal, "a100001", today="2026-11-22")
    assert holds(opened(seal), b"before the new certificate")
    hardware.keep(new, hsm.pki.issue_for(asked, "a100001", NOW))
    slot.close_all()  # a token's process need not see what another one put there
    both = opened(seal), opened(new)
    assert both[0].x5t != both[1].x5t
    for signer in both:
        assert holds(signer, b"x")
        verdict = check_chain(signer.certificate, hsm.pki.intermediates, hsm.pki.anchors, NOW + timedelta(1), Use.SEAL)
        assert verdict.passed
    assert {"seal", "seal@2026-11-22"} <= {one.label for one in hardware.listed(hsm.address(""))}
    for again in (lambda: hardware.rotate(seal, "a100001", today="2026-11-22"), lambda: hardware.make(hsm.address())):
        with pytest.raises(KeyAddressError, match="key-taken"):
            again()


@pytest.mark.parametrize("bits", [1024, 2048])
def test_keys_outside_the_closed_list_are_not_made(hsm: Hsm, bits: int):
    with pytest.raises(KeyAddressError, match="key-option"):
        hardware.make(hsm.address("weak"), bits=bits)


def test_eight_at_once_while_the_process_is_killed(seal: str):
    signer = opened(seal)
    killed, done = set[int](), threading.Event()

    def work() -> bool:
        good = True
        while not done.is_set():
            good = good and holds(signer, os.urandom(40))
        return good

    with ThreadPoolExecutor(8) as pool:
        threads = [pool.submit(work) for _ in range(8)]
        while len(killed) < KILLS:
            pid = signer._slot.pid
            if pid is not None and pid not in killed and signer._slot._deaths == 0:  # it has answered somebody
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            sleep(0.02)
        done.set()
        assert all(one.result() for one in threads)
    assert holds(signer, b"after it all")


def test_a_wrong_pin_is_tried_once(hsm: Hsm, seal: str):
    address = seal
    right = hsm.pin.read_bytes()
    replace_secret(hsm.pin, b"wrong")
    assert [rule(address) for _ in range(12)] == ["key-pin"] * 12  # one try only: the token is not locked
    hsm.pin.chmod(0o644)
    assert rule(address) == "key-pin"
    hsm.pin.chmod(0o600)
    replace_secret(hsm.pin, right)
    assert holds(opened(address), b"x")


def test_a_token_that_is_pulled_out_and_put_back(hsm: Hsm, seal: str):
    signer = opened(seal)
    signer._slot._patience_s = 1.0
    os.kill(pid_of(signer), signal.SIGKILL)
    hsm.remove_tokens()
    with pytest.raises(KeyUnavailableError) as caught:
        signer.sign(b"x")
    assert caught.value.rule in {"key-token", "key-token-lost"}
    hsm.put_tokens_back()
    signer._slot._patience_s = 10.0
    assert holds(signer, b"x")


def test_a_process_that_hangs_is_ended(seal: str):
    signer = opened(seal)
    signer._slot._patience_s = 0.5
    hung = pid_of(signer)
    os.kill(hung, signal.SIGSTOP)
    with pytest.raises(KeyUnavailableError):
        signer.sign(b"x")
    signer._slot._patience_s = 10.0
    assert holds(signer, b"x")
    assert pid_of(signer) != hung


def test_closing_ends_the_process_for_good(seal: str):
    signer = opened(seal)
    pid = pid_of(signer)
    signer.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(KeyUnavailableError, match="key-closed"):
        signer.sign(b"x")


def test_modules_and_tokens_that_are_not_there(hsm: Hsm):
    for token, module, expected in (("lienthong", "/nowhere/lib.so", "key-module"), ("another", MODULE, "key-token")):
        address = f"pkcs11:token={token};object=seal?module-path={module}&pin-source=file:{hsm.pin}"
        slot.slot_of(pkcs11.opening_of(pkcs11_uri.read(address)))._patience_s = 0.5
        assert rule(address) == expected


async def test_a_notary_seals_off_its_loop_and_gathers_meanwhile(seal: str):
    signer = opened(seal)
    notary = Notary(agency="a100001", instance="VN-test", signer=signer, clock=lambda: 1_790_000_000_000)
    reply = InReplyTo(sha256="47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")

    def drafted() -> Envelope:
        return notary.draft(Kind.STATUS, 1000, reply, consumer=Party(agency="a100001"), correlation="c")

    first = asyncio.ensure_future(notary.seal(drafted()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = await asyncio.gather(*(notary.seal(drafted()) for _ in range(300)))
    assert (await first).size == 1
    assert sorted({one.size for one in later}) == [44, 256]
