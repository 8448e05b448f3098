"""Checkpoints: C2SP's own examples, and every way in which a note is none."""

from base64 import b64encode

import pytest

from signing import checkpoint
from signing.checkpoint import Checkpoint, NoteError, NoteKey, NoteVerifier
from signing.verdict import Indication

# The example key and note of golang.org/x/mod/sumdb/note, which c2sp.org/signed-note describes.
GO_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="

ORIGIN = "ledger.example/vn-test"
LOG = NoteKey(ORIGIN, bytes(range(32)))
WITNESS = NoteKey("witness.example", bytes(range(1, 33)))
ROOT = bytes(range(32))
KNOWN = [LOG.verifier, WITNESS.verifier]


def test_the_published_key_and_signature():
    key = NoteKey.from_text(GO_SKEY)
    assert key.verifier.text == GO_VKEY
    assert key.to_text() == GO_SKEY
    assert NoteVerifier.from_text(GO_VKEY) == key.verifier
    blob = b64encode(key.verifier.key_id + key.sign(GO_TEXT)).decode()
    assert f"PeterNeumann {blob}" == GO_LINE


def test_a_checkpoint_goes_round():
    note = checkpoint.seal(ORIGIN, 12, ROOT, LOG, WITNESS)
    verdict, read = checkpoint.check(note, KNOWN)
    assert verdict.passed
    assert read == Checkpoint(ORIGIN, 12, ROOT)
    assert note.startswith(f"{ORIGIN}\n12\n{b64encode(ROOT).decode()}\n\n— {ORIGIN} ".encode())
    assert checkpoint.check(note, [LOG.verifier])[0].passed


def test_sealing_in_steps_gives_the_same_note():
    pending = checkpoint.begin(ORIGIN, 0, ROOT)
    assert pending.to_sign == pending.checkpoint.body
    note = pending.complete([(LOG.verifier, LOG.sign(pending.to_sign))])
    assert note == checkpoint.seal(ORIGIN, 0, ROOT, LOG)


def test_extension_lines_are_kept():
    body = f"{ORIGIN}\n1\n{b64encode(ROOT).decode()}\nmore\n".encode()
    line = b64encode(LOG.verifier.key_id + LOG.sign(body)).decode()
    verdict, read = checkpoint.check(body + f"\n— {ORIGIN} {line}\n".encode(), KNOWN)
    assert verdict.passed
    assert read is not None
    assert read.extensions == ("more",)
    assert read.body == body


def signed(body: str, *keys: NoteKey) -> bytes:
    lines = [f"— {k.verifier.name} {b64encode(k.verifier.key_id + k.sign(body.encode())).decode()}\n" for k in keys]
    return f"{body}\n{''.join(lines)}".encode()


GOOD_BODY = f"{ORIGIN}\n5\n{b64encode(ROOT).decode()}\n"


def test_a_log_must_have_signed_itself():
    verdict, read = checkpoint.check(signed(GOOD_BODY, WITNESS), KNOWN)
    assert (verdict.reason, read) == (Indication.NO_SIGNING_CERTIFICATE_FOUND, None)
    assert checkpoint.check(signed(GOOD_BODY, LOG), [])[0].reason is Indication.NO_SIGNING_CERTIFICATE_FOUND
    other = NoteKey(ORIGIN, bytes(32))
    assert checkpoint.check(signed(GOOD_BODY, other), KNOWN)[0].reason is Indication.NO_SIGNING_CERTIFICATE_FOUND


def test_unknown_keys_are_passed_over_and_a_known_keys_bad_line_spoils_the_note():
    unknown = NoteKey("unknown.example", bytes(32))
    assert checkpoint.check(signed(GOOD_BODY, unknown, LOG), KNOWN)[0].passed
    other = signed(GOOD_BODY.replace("\n5\n", "\n6\n"), WITNESS).split(b"\n\n")[1]
    assert checkpoint.check(signed(GOOD_BODY, LOG) + other, KNOWN)[0].reason is Indication.SIG_CRYPTO_FAILURE
    assert checkpoint.check(signed(GOOD_BODY, LOG) + other, [LOG.verifier])[0].passed


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\n\n",
        GOOD_BODY.encode(),
        signed(GOOD_BODY, LOG)[:-1],
        signed(GOOD_BODY, LOG) + b"\n",
        signed(GOOD_BODY, LOG).replace("— ".encode(), b"- "),
        signed(GOOD_BODY, LOG).replace(b"\n\n", b"\n"),
        signed(GOOD_BODY, LOG).replace(b"\n", b"\r\n"),
        signed(GOOD_BODY, LOG) + b"\xff\n",
        signed(GOOD_BODY, LOG) + "— x AAAA\n".encode() * 100,
        signed(GOOD_BODY, LOG) + "— x AAAA\n".encode(),
        signed(GOOD_BODY, LOG) + "— x A\n".encode(),
        signed(GOOD_BODY, LOG) + "— x\n".encode(),
        signed(GOOD_BODY, LOG) + "—  AAAAAAAA\n".encode(),
        signed(GOOD_BODY, LOG) + "— x AAAAAAB=\n".encode(),
        signed(f"{ORIGIN}\n5\n", LOG),
        signed(f"{ORIGIN}\n05\n{b64encode(ROOT).decode()}\n", LOG),
        signed(f"{ORIGIN}\n-5\n{b64encode(ROOT).decode()}\n", LOG),
        signed(f"{ORIGIN}\n+5\n{b64encode(ROOT).decode()}\n", LOG),
        signed(f"{ORIGIN}\n\N{ARABIC-INDIC DIGIT FIVE}\n{b64encode(ROOT).decode()}\n", LOG),
        signed(f"{ORIGIN}\n5\n{b64encode(ROOT[1:]).decode()}\n", LOG),
        signed(f"{ORIGIN}\n5\n{b64encode(ROOT).decode()[:-1]}\n", LOG),
        signed(f"{ORIGIN}\n5\n{'A' * 42}B=\n", LOG),
        signed(f"\n5\n{b64encode(ROOT).decode()}\n", LOG),
        signed(f"{ORIGIN}\n5\n{b64encode(ROOT).decode()}\n{'x' * 70000}\n", LOG),
    ],
)
def test_what_is_no_note_is_a_format_failure(note: bytes):
    verdict, read = checkpoint.check(note, KNOWN)
    assert (verdict.reason, read) == (Indication.FORMAT_FAILURE, None)


def test_what_cannot_be_vouched_for_is_refused():
    for size, root in ((-1, ROOT), (1 << 63, ROOT), (1, ROOT[1:])):
        with pytest.raises(NoteError):
            checkpoint.begin(ORIGIN, size, root)
    for name in ("", "a b", "a+b", "a\nb", "a\u2003b", "x" * 256):
        with pytest.raises(NoteError):
            checkpoint.begin(name, 1, ROOT)
    pending = checkpoint.begin(ORIGIN, 1, ROOT)
    for signatures in ([], [(LOG.verifier, bytes(64))], [(LOG.verifier, b"")], [(WITNESS.verifier, LOG.sign(b""))]):
        with pytest.raises(NoteError):
            pending.complete(signatures)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        GO_VKEY[:-1],
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("c74f20a3", "c74f20"),
        GO_VKEY.replace("PeterNeumann", "Peter Neumann"),
        GO_VKEY.replace("+ARpc", "+Ahpc"),
        GO_VKEY.replace("+ARpc", "+!Rpc"),
    ],
)
def test_a_keys_text_is_exact(text: str):
    with pytest.raises(NoteError):
        NoteVerifier.from_text(text)
    with pytest.raises(NoteError) as caught:
        NoteKey.from_text("PRIVATE+KEY+" + text)
    assert "AYEKFA" not in str(caught.value)
    with pytest.raises(NoteError):
        NoteKey.from_text(GO_SKEY.replace("c74f20a3", "c74f20a4"))
    with pytest.raises(NoteError):
        NoteKey.from_text(GO_VKEY)


def test_fresh_keys_differ_and_come_back():
    one, two = NoteKey.generate(ORIGIN), NoteKey.generate(ORIGIN)
    assert one.verifier != two.verifier
    again = NoteKey.from_text(one.to_text())
    assert again.verifier == one.verifier
    assert not one.verifier.verify(b"", b"")
