"""What is sealed opens under the same key and data, and nothing else does."""

import pytest

from signing import vault
from signing.vault import CHUNK_BYTES, BodyOpener, BodySealer, VaultError

KEY, OTHER = bytes(32), bytes([1]) * 32


def test_a_record_opens_under_its_key_and_its_data_only():
    sealed = vault.seal_record(KEY, b"record", b"ledger|7")
    assert len(sealed) == 6 + 28
    assert vault.open_record(KEY, sealed, b"ledger|7") == b"record"
    assert sealed != vault.seal_record(KEY, b"record", b"ledger|7")
    for key, data, blob in (
        (OTHER, b"ledger|7", sealed),
        (KEY, b"ledger|8", sealed),
        (KEY, b"ledger|7", sealed[:-1]),
        (KEY, b"ledger|7", bytes([sealed[0] ^ 1]) + sealed[1:]),
        (KEY, b"ledger|7", b""),
    ):
        with pytest.raises(VaultError):
            vault.open_record(key, blob, data)


def test_a_wrapped_key_opens_under_its_key_encryption_key_only():
    wrapped = vault.wrap_key(KEY, OTHER)
    assert len(wrapped) == vault.WRAPPED_BYTES
    assert vault.unwrap_key(KEY, wrapped) == OTHER
    for key, blob in ((OTHER, wrapped), (KEY, wrapped[:-1]), (KEY, bytes(40)), (KEY, b"")):
        with pytest.raises(VaultError):
            vault.unwrap_key(key, blob)


def test_the_wrap_is_rfc_3394_section_4_6():
    key_encryption_key = bytes.fromhex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")
    key = bytes.fromhex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F")
    wrapped = "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"
    assert vault.wrap_key(key_encryption_key, key).hex().upper() == wrapped


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(31), bytes(33)])
def test_keys_have_32_bytes(key: bytes):
    for use in (
        lambda: vault.seal_record(key, b"", b""),
        lambda: vault.open_record(key, bytes(28), b""),
        lambda: vault.wrap_key(key, KEY),
        lambda: vault.wrap_key(KEY, key),
        lambda: BodySealer(key, b""),
        lambda: BodyOpener(key, b""),
    ):
        with pytest.raises(VaultError):
            use()
    assert len(vault.new_key()) == 32 != len({vault.new_key(), vault.new_key()})


def sealed_body(body: bytes, aad: bytes = b"x") -> list[bytes]:
    sealer = BodySealer(KEY, aad)
    cuts = range(0, len(body) or 1, CHUNK_BYTES)
    return [sealer.chunk(body[i : i + CHUNK_BYTES], last=i == cuts[-1]) for i in cuts]


def opened_body(chunks: list[bytes], aad: bytes = b"x") -> bytes:
    opener = BodyOpener(KEY, aad)
    body = b"".join(opener.chunk(chunk, last=i == len(chunks) - 1) for i, chunk in enumerate(chunks))
    assert opener.done
    return body


@pytest.mark.parametrize("length", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_bodies_of_every_length_go_round(length: int):
    body = bytes(length)
    chunks = sealed_body(body)
    assert opened_body(chunks) == body
    assert sum(map(len, chunks)) == length + 16 * len(chunks)


def test_a_body_is_whole_in_order_and_bound():
    chunks = sealed_body(bytes(2 * CHUNK_BYTES + 5))
    for wrong in (
        chunks[:2],
        chunks[1:],
        [chunks[1], chunks[0], chunks[2]],
        [chunks[0], chunks[0], chunks[2]],
        [chunks[0], chunks[2]],
        [*chunks, chunks[2]],
        [chunks[0], bytes(len(chunks[1])), chunks[2]],
    ):
        with pytest.raises(VaultError):
            opened_body(wrong)
    with pytest.raises(VaultError):
        opened_body(chunks, b"y")


def test_a_body_is_cut_in_one_way_only():
    for length, last in ((5, False), (CHUNK_BYTES + 1, True), (CHUNK_BYTES + 1, False), (0, False)):
        with pytest.raises(VaultError):
            BodySealer(KEY, b"").chunk(bytes(length), last=last)
    full = BodySealer(KEY, b"")
    full.chunk(bytes(CHUNK_BYTES), last=False)
    with pytest.raises(VaultError):
        full.chunk(b"", last=True)
    sealer = BodySealer(KEY, b"")
    sealer.chunk(b"all", last=True)
    with pytest.raises(VaultError):
        sealer.chunk(b"more", last=True)
    opener = BodyOpener(KEY, b"")
    with pytest.raises(VaultError):
        opener.chunk(b"short", last=True)
