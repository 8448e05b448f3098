"""Leaves, details and the commitment between them."""

from __future__ import annotations

import hashlib
import hmac

import msgspec
import pytest

from schemas.record import (
    MAX_LEAF_BYTES,
    Details,
    LeafType,
    PartDigest,
    Record,
    RecordFormatError,
    commit,
    decode_details,
    decode_leaf,
    encode_details,
    encode_leaf,
    opens,
)

DIGEST = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
DETAILS = Details(
    exchange="01982b74-9c00-7000-8000-000000000001",
    sealer="a200003",
    envelope=DIGEST,
    seal=DIGEST,
    parts=(PartDigest(id="body", sha256=DIGEST, length=2),),
    hops={"received": 1},
)
SALT = bytes(range(32))
LEAF = Record(
    v=1,
    type=LeafType.OUTCOME,
    time="2026-11-22T05:00:00.123Z",
    consumer="a200003",
    commit=commit(encode_details(DETAILS), SALT),
    provider="a100001",
    service="a100001/population/person",
    purpose="dossier",
    outcome="fault",
    code=507,
    asked=41,
)


def test_a_leaf_has_one_spelling_and_these_are_its_bytes():
    data = encode_leaf(LEAF)
    assert data == (
        b'{"v":1,"type":2,"time":"2026-11-22T05:00:00.123Z","consumer":"a200003","commit":"'
        + LEAF.commit.encode()
        + b'","provider":"a100001","service":"a100001/population/person","purpose":"dossier","outcome":"fault",'
        b'"code":507,"asked":41}'
    )
    assert decode_leaf(data) == LEAF
    assert data.isascii()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v": 1'),
        (b'"type":2', b'"type":99'),
        (b'"v":1,"type":2', b'"type":2,"v":1'),
        (b'"code":507', b'"code":507,"code":507'),
        (b'"asked":41', b'"asked":41,"person":"x"'),
        (b'"asked":41', b'"asked":41,"validated":null'),
        (b'"consumer":"a200003"', b'"consumer":"H56.20"'),
        (b"2026-11-22", b"2026-11-31"),
        (b'"outcome":"fault"', b'"outcome":"lost"'),
        (b'"fault"', rb'"\u0066ault"'),
    ],
)
def test_any_other_spelling_is_no_leaf(old: bytes, new: bytes):
    data = encode_leaf(LEAF).replace(old, new)
    assert data != encode_leaf(LEAF)
    with pytest.raises(RecordFormatError):
        decode_leaf(data)


def test_leaf_types_are_numbered_for_ever():
    assert {one.name.lower(): one.value for one in LeafType} == {
        "asked": 1,
        "outcome": 2,
        "declared": 3,
        "registry": 4,
        "delivered": 5,
        "status": 6,
        "inquiry": 7,
        "erasure": 8,
    }


def test_a_leaf_is_never_large():
    with pytest.raises(RecordFormatError):
        decode_leaf(encode_leaf(LEAF) + b" " * MAX_LEAF_BYTES)


def test_the_commitment_is_plain_hmac_and_opens_only_with_its_salt_and_details():
    data = encode_details(DETAILS)
    expected = hmac.new(SALT, data, hashlib.sha256).digest()
    assert msgspec.json.decode(b'"' + LEAF.commit.encode() + b'"') == LEAF.commit
    assert LEAF.commit == commit(data, SALT)
    assert len(expected) == 32
    assert opens(LEAF, data, SALT)
    assert not opens(LEAF, data, bytes(32))
    assert not opens(LEAF, data + b" ", SALT)


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33)])
def test_a_salt_has_32_bytes(salt: bytes):
    with pytest.raises(RecordFormatError):
        commit(b"{}", salt)


def test_details_of_a_newer_hub_are_read_without_what_is_new():
    data = encode_details(DETAILS)[:-1] + b',"later":{"a":[1]}}'
    assert decode_details(data) == DETAILS


@pytest.mark.parametrize(
    "tail", [b',"sealer":"a100001"}', b',"later":1,"later":2}', b',"deep":' + b"[" * 6000 + b"]" * 6000 + b"}"]
)
def test_details_that_could_be_read_in_two_ways_are_refused(tail: bytes):
    with pytest.raises(RecordFormatError):
        decode_details(encode_details(DETAILS)[:-1] + tail)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"exchange":"x"}'])
def test_what_is_no_details_is_refused(data: bytes):
    with pytest.raises(RecordFormatError):
        decode_details(data)
