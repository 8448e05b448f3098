"""Addresses of keys in hardware, and the frames that go to their process."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.hsm.wire import (
    Done,
    Failed,
    Fault,
    Frames,
    KeyName,
    Sign,
    SlotWireError,
    TokenName,
    framed,
    replies,
    requests,
)
from bus.keystore import KeyAddressError, open_key
from bus.keystore.pkcs11_uri import read

QUERY = "module-path=/usr/lib/m.so&pin-source=file:/etc/pin"


def test_an_address_is_read_and_written_in_one_spelling():
    text = f"pkcs11:token=C%C6%A1%20quan;object=seal;id=%01%ff?{QUERY}&certificate=/etc/seal.pem&alg=PS256"
    named = read(text)
    assert named.token == TokenName("Cơ quan")
    assert named.key == KeyName("seal", b"\x01\xff")
    assert (str(named.module), str(named.pin), str(named.certificate)) == ("/usr/lib/m.so", "/etc/pin", "/etc/seal.pem")
    assert read(named.text) == named


@pytest.mark.parametrize(
    ("path", "query", "rule"),
    [
        ("token=t;object=o", QUERY + "&pin-value=1234", "key-pin"),
        ("token=t;object=o;pin-value=1", QUERY, "key-pin"),
        ("token=t;object=o;object=p", QUERY, "key-option"),
        ("token=t;objekt=o", QUERY, "key-option"),
        ("token=t;object=o;type=public", QUERY, "key-option"),
        ("token=t", QUERY, "key-option"),
        ("object=o", QUERY, "key-option"),
        ("token=;object=o", QUERY, "key-option"),
        ("token=%f;object=o", QUERY, "key-option"),
        ("token=%ff;object=o", QUERY, "key-option"),
        ("token=t%00;object=o", QUERY, "key-option"),
        ("slot-id=x;object=o", QUERY, "key-option"),
        ("token=t;object=o", "module-path=/m.so", "key-option"),
        ("token=t;object=o", "pin-source=file:/etc/pin", "key-option"),
        ("token=t;object=o", "module-path=m.so&pin-source=file:/etc/pin", "key-option"),
        ("token=t;object=o", "module-path=/m.so&pin-source=|/bin/pin", "key-option"),
        ("token=t;object=o", "module-path=/m.so&pin-source=https://x/pin", "key-option"),
        ("token=t;object=o#x", QUERY, "key-address"),
        ("token=t;object=" + "o" * 5000, QUERY, "key-address"),
    ],
)
def test_refused_addresses(path: str, query: str, rule: str):
    with pytest.raises(KeyAddressError) as caught:
        open_key(f"pkcs11:{path}?{query}")
    assert caught.value.rule == rule
    assert "1234" not in str(caught.value)


words = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=20)


@given(label=words, key=words, key_id=st.binary(max_size=8), slot=st.none() | st.integers(0, 2**32))
def test_every_name_survives_its_address(label: str, key: str, key_id: bytes, slot: int | None):
    named = read(f"pkcs11:token=t;object=o?{QUERY}")
    whole = type(named)(named.module, TokenName(label, slot=slot), named.pin, KeyName(key, key_id))
    assert read(whole.text) == whole


@given(st.lists(st.binary(max_size=60), max_size=5), st.integers(1, 40))
def test_frames_come_out_as_they_went_in(digests: list[bytes], step: int):
    asked = [Sign(number, KeyName("k"), "ES256", digest) for number, digest in enumerate(digests)]
    wire = b"".join(map(framed, asked))
    frames = Frames()
    got = [one for at in range(0, len(wire), step) for one in frames.feed(wire[at : at + step])]
    assert [requests.decode(one) for one in got] == asked


def test_frames_have_a_limit():
    with pytest.raises(SlotWireError):
        framed(Done(1, bytes(70_000)))
    with pytest.raises(SlotWireError):
        list(Frames().feed(b"\xff\xff\xff\xff"))
    (content,) = Frames().feed(framed(Failed(1, Fault.LOST, "gone")))
    assert replies.decode(content) == Failed(1, Fault.LOST, "gone")
