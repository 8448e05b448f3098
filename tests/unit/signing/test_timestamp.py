"""Time-stamps by an authority that is not ours, and every way in which one must not pass."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from hypothesis import given
from hypothesis import strategies as st
from tsa_kit import Authority, content_of, run, with_status

from signing.timestamp import Digest, TimeStampRefusedError, begin, check, file_of
from signing.verdict import Indication

DATA = b"ledger.test/one\n3\n9u6LzJ2qIrwNU1X7fT8sQp/EPaB4OPQojKoZM3PJXlY=\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory):
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def token(authority: Authority):
    pending = begin(DATA)
    return pending.complete(authority.reply(pending.request))


def now():
    return datetime.now(UTC) + timedelta(seconds=2)


def reason(token: bytes, authority: Authority, data: bytes = DATA, at: datetime | None = None):
    verdict, stamp = check(token, data, authority.anchors, at or now())
    assert (stamp is None) == (not verdict.passed)
    return verdict.reason


@pytest.mark.parametrize("digest", list(Digest))
def test_a_real_time_stamp_passes_and_tells_when_and_by_whom(authority: Authority, digest: Digest):
    pending = begin(DATA, digest)
    token = pending.complete(authority.reply(pending.request))
    verdict, stamp = check(token, DATA, authority.anchors, now())
    assert verdict.passed, str(verdict)
    assert stamp.policy == "1.3.6.1.4.1.99999.1"
    assert stamp.authority == "CN=tsa,C=VN"
    assert stamp.accuracy == timedelta(seconds=1)
    assert stamp.at.tzinfo is not None


@pytest.mark.parametrize("kind", ["P-384", "RSA-3072"])
def test_keys_of_the_closed_list_pass(authority: Authority, kind: str):
    key = ec.generate_private_key(ec.SECP384R1()) if kind == "P-384" else rsa.generate_private_key(65537, 3072)
    authority.issue(kind, key=key)
    pending = begin(DATA)
    assert reason(pending.complete(authority.reply(pending.request, kind)), authority) is None


def test_an_issuing_authority_in_between_comes_with_the_token_or_from_the_reader(authority: Authority):
    under = authority.below("issuing")
    pending = begin(DATA)
    carried = pending.complete(under.reply(pending.request, more=f"certs = {under.folder}/root.pem\n"))
    assert reason(carried, authority) is None
    pending = begin(DATA)
    bare = pending.complete(under.reply(pending.request))
    assert reason(bare, authority) is Indication.NO_CERTIFICATE_CHAIN_FOUND
    assert check(bare, DATA, authority.anchors, now(), under.anchors)[0].passed


def test_openssl_takes_the_kept_token_too(authority: Authority, token: bytes):
    (authority.folder / "kept.tst").write_bytes(token)
    (authority.folder / "kept.txt").write_bytes(DATA)
    files = ("-in", authority.folder / "kept.tst", "-data", authority.folder / "kept.txt")
    said = run("ts", "-verify", "-token_in", *files, "-CAfile", authority.folder / "root.pem")
    assert b"OK" in said
    (authority.folder / "kept.tsr").write_bytes(file_of(token))
    run("ts", "-reply", "-in", authority.folder / "kept.tsr", "-text")


def test_an_authority_that_sends_its_certificate_twice_passes(authority: Authority):
    pending = begin(DATA)
    answer = authority.reply(pending.request, more=f"certs = {authority.folder}/tsa.pem\n")
    assert reason(pending.complete(answer), authority) is None


def test_two_requests_differ_by_their_nonce():
    one, other = begin(DATA), begin(DATA)
    assert one.imprint == other.imprint
    assert one.nonce != other.nonce


def test_an_answer_to_another_request_is_refused(authority: Authority):
    with pytest.raises(TimeStampRefusedError, match="another nonce"):
        begin(DATA).complete(authority.reply(begin(DATA).request))


def test_an_answer_over_other_data_or_by_another_digest_is_refused(authority: Authority):
    pending = begin(DATA)
    answer = authority.reply(pending.request)
    for other in (begin(b"other"), begin(DATA, Digest.SHA512)):
        twin = type(pending)(pending.request, pending.nonce, other.digest, other.imprint)
        with pytest.raises(TimeStampRefusedError, match="other data"):
            twin.complete(answer)


@pytest.mark.parametrize("status", [1, 2, 3, 4, 5, 6])
def test_only_what_was_granted_as_asked_counts(authority: Authority, status: int):
    pending = begin(DATA)
    with pytest.raises(TimeStampRefusedError):
        pending.complete(with_status(authority.reply(pending.request), status))


def test_what_is_no_answer_is_refused(authority: Authority):
    pending = begin(DATA)
    answer = authority.reply(pending.request)
    for body in (b"", b"\x30\x00", answer + b"\0", answer[:-1], b"<html>", b"0" * 70_000):
        with pytest.raises(TimeStampRefusedError):
            pending.complete(body)


def test_a_rejection_by_the_authority_is_refused(authority: Authority):
    (authority.folder / "other").write_bytes(DATA)
    query = authority.folder / "other.tsq"
    run("ts", "-query", "-data", authority.folder / "other", "-sha224", "-cert", "-out", query)
    with pytest.raises(TimeStampRefusedError):
        begin(DATA).complete(authority.reply(query.read_bytes()))


def test_other_bytes_are_told_apart(authority: Authority, token: bytes):
    assert reason(token, authority, data=DATA + b" ") is Indication.HASH_FAILURE


def test_bytes_behind_the_token_are_refused(authority: Authority, token: bytes):
    assert reason(token + b"\0", authority) is Indication.FORMAT_FAILURE
    assert reason(token[:-1], authority) is Indication.FORMAT_FAILURE
    assert reason(b"", authority) is Indication.FORMAT_FAILURE
    assert reason(b"0" * 70_000, authority) is Indication.FORMAT_FAILURE


def test_a_token_from_after_the_check_is_refused(authority: Authority, token: bytes):
    before = datetime.now(UTC) - timedelta(days=1)
    assert reason(token, authority, at=before) is Indication.TIMESTAMP_ORDER_FAILURE


def test_a_root_of_the_same_name_is_no_anchor(authority: Authority, token: bytes, tmp_path: Path):
    rogue = Authority(tmp_path, authority.name)
    assert rogue.root.subject == authority.root.subject
    assert reason(token, rogue) is Indication.NO_CERTIFICATE_CHAIN_FOUND
    forged = rogue.forge(content_of(token), "tsa")
    assert reason(forged, authority) is Indication.NO_CERTIFICATE_CHAIN_FOUND
    assert reason(forged, rogue) is None


@pytest.mark.parametrize(("since", "days"), [(400, -30), (-30, 60)])
def test_a_certificate_that_is_not_valid_at_the_stated_time_does_not_pass(
    authority: Authority, token: bytes, since: int, days: int
):
    authority.issue("late", since=since, days=days)
    expected = Indication.EXPIRED if days < 0 else Indication.NOT_YET_VALID
    assert reason(authority.forge(content_of(token), "late"), authority) is expected


CROSSED = {
    "no purpose": (),
    "not critical": ((x509.ExtendedKeyUsage([Eku.TIME_STAMPING]), False),),
    "another purpose": ((x509.ExtendedKeyUsage([Eku.CLIENT_AUTH]), True),),
    "one purpose more": ((x509.ExtendedKeyUsage([Eku.TIME_STAMPING, Eku.CODE_SIGNING]), True),),
    "any purpose": ((x509.ExtendedKeyUsage([Eku.ANY_EXTENDED_KEY_USAGE]), True),),
    "an authority": (
        (x509.ExtendedKeyUsage([Eku.TIME_STAMPING]), True),
        (x509.BasicConstraints(ca=True, path_length=None), True),
    ),
}


@pytest.mark.parametrize("name", list(CROSSED))
def test_a_certificate_for_anything_else_does_not_pass(authority: Authority, token: bytes, name: str):
    authority.issue("crossed", CROSSED[name])
    forged = authority.forge(content_of(token), "crossed")
    assert reason(forged, authority) is Indication.CHAIN_CONSTRAINTS_FAILURE


def test_a_weak_key_does_not_pass(authority: Authority, token: bytes):
    authority.issue("weak", key=rsa.generate_private_key(65537, 2048))
    assert reason(authority.forge(content_of(token), "weak"), authority) is Indication.CRYPTO_CONSTRAINTS_FAILURE


def test_sha_1_does_not_pass_anywhere(authority: Authority, token: bytes):
    signed = authority.forge(content_of(token), "tsa", "-md", "sha1")
    assert reason(signed, authority) in {Indication.CRYPTO_CONSTRAINTS_FAILURE, Indication.SIG_CONSTRAINTS_FAILURE}
    # An imprint by SHA-1, signed by a modern algorithm: the content is made by hand, for our authority refuses it.
    by_sha256 = content_of(token)
    oid_256, oid_1 = bytes.fromhex("0609608648016503040201"), bytes.fromhex("06052b0e03021a")
    assert oid_256 in by_sha256
    short = _shorter(by_sha256, oid_256, oid_1)
    assert reason(authority.forge(short, "tsa"), authority) is Indication.CRYPTO_CONSTRAINTS_FAILURE


def _shorter(content: bytes, old: bytes, new: bytes) -> bytes:
    """The TSTInfo with a shorter algorithm OID and a digest of 20 bytes, its lengths mended."""
    at = content.index(old)
    digest = content.index(b"\x04\x20", at)
    algorithm = b"\x30" + bytes([len(new) + 2]) + new + b"\x05\x00"
    imprint = algorithm + b"\x04\x14" + content[digest + 2 : digest + 22]
    head = content[2 : content.index(b"\x30", 2)]
    body = head + b"\x30" + bytes([len(imprint)]) + imprint + content[digest + 34 :]
    return b"\x30" + bytes([len(body)]) + body


def test_a_certificate_that_is_not_signed_for_does_not_pass(authority: Authority, token: bytes):
    bare = authority.forge(content_of(token), "tsa", cades=False)
    assert reason(bare, authority) is Indication.SIG_CONSTRAINTS_FAILURE


def test_a_token_without_its_certificate_does_not_pass(authority: Authority, token: bytes):
    bare = authority.forge(content_of(token), "tsa", "-md", "sha256", "-nocerts")
    assert reason(bare, authority) is Indication.NO_SIGNING_CERTIFICATE_FOUND


def test_two_signers_or_a_signer_by_key_identifier_are_refused(authority: Authority, token: bytes):
    authority.issue("second")
    both = ("-md", "sha256", "-signer", authority.folder / "second.pem", "-inkey", authority.folder / "second.key")
    for options in (both, ("-md", "sha256", "-keyid")):
        odd = authority.forge(content_of(token), "tsa", *map(str, options))
        assert reason(odd, authority) is Indication.FORMAT_FAILURE


def test_other_content_under_the_same_wrapping_is_refused(authority: Authority):
    assert reason(authority.forge(b"no TSTInfo", "tsa"), authority) is Indication.FORMAT_FAILURE


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # serial numbers below one
@given(st.data())
def test_every_flipped_byte_is_seen(authority: Authority, token: bytes, data: st.DataObject):
    at = data.draw(st.integers(0, len(token) - 1))
    flipped = bytearray(token)
    flipped[at] ^= data.draw(st.integers(1, 255))
    verdict, _ = check(bytes(flipped), DATA, authority.anchors, now())
    assert not verdict.passed


@given(st.binary(max_size=200))
def test_no_bytes_raise(authority: Authority, junk: bytes):
    assert not check(junk, DATA, authority.anchors, now())[0].passed
    with pytest.raises(TimeStampRefusedError):
        begin(DATA).complete(junk)
