"""Dispute bundles under random hands: never an exception, and no altered bundle is a yes, whatever is made to fit."""

import hashlib
import json

import msgspec
import pytest
from bundle_kit import LATER_MS, case
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.bundle import MANIFEST, BundleError, read
from signing.casefile import check, write
from signing.container import pack, unpack
from signing.examine import overall
from signing.registry_proof import RegistryFormatError
from signing.verdict import Status

pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning", "ignore:Duplicate")

WHOLE = case()
FILES = unpack(WHOLE.consumer)
SEALED = sorted(name for name in FILES if name != MANIFEST)
MADE = {"authorities", "certificates", "leaves", "verdict.html", "commands.html"}
"""What follows from the rest and is made anew by whoever writes a bundle."""
SOURCES = [name for name in SEALED if name.partition("/")[0] not in MADE]


def answer(data: bytes) -> Status:
    return overall(check(data, WHOLE.trust, LATER_MS, WHOLE.root))


def flipped(data: bytes, place: int, mask: int) -> bytes:
    changed = bytearray(data)
    changed[place % len(data)] ^= mask
    return bytes(changed)


def with_manifest(files: dict[str, bytes]) -> dict[str, bytes]:
    """The manifest that names these files, as a forger who has read our documents would write it."""
    named = [
        {"name": name, "length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(files.items())
        if name != MANIFEST
    ]
    manifest = json.loads(FILES[MANIFEST]) | {"files": named}
    return files | {MANIFEST: msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"}


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(WHOLE.consumer) - 1), st.integers(1, 255))
def test_no_flipped_byte_of_the_archive_is_a_yes(place: int, mask: int):
    assert answer(flipped(WHOLE.consumer, place, mask)) is not Status.PASSED


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEALED), st.integers(0, 100_000), st.integers(1, 255))
def test_no_file_altered_under_a_faithful_manifest_is_a_yes(name: str, place: int, mask: int):
    files = with_manifest(FILES | {name: flipped(FILES[name], place, mask)})
    assert answer(pack(files)) is not Status.PASSED


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SOURCES), st.integers(0, 100_000), st.integers(1, 255))
def test_no_source_altered_is_a_yes_where_all_that_follows_is_made_anew(name: str, place: int, mask: int):
    try:
        forged = write(read(with_manifest(FILES | {name: flipped(FILES[name], place, mask)})))
    except (BundleError, RegistryFormatError):
        return
    if forged != WHOLE.consumer:  # what was altered may follow from the rest as well
        assert answer(forged) is not Status.PASSED


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(WHOLE.consumer)), st.binary(max_size=64), st.integers(0, 64))
def test_no_cut_or_stuffed_archive_is_a_yes(place: int, stuff: bytes, cut: int):
    data = WHOLE.consumer[:place] + stuff + WHOLE.consumer[place + cut :]
    if data != WHOLE.consumer:
        assert answer(data) is not Status.PASSED


@given(st.binary(max_size=300))
def test_random_bytes_are_a_no_and_never_an_exception(data: bytes):
    assert answer(data) is Status.FAILED


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*SEALED, MANIFEST]), st.binary(max_size=40) | st.none(), max_size=4))
def test_files_replaced_by_anything_are_judged_and_never_a_yes(changes: dict[str, bytes | None]):
    files = {name: data for name, data in (FILES | changes).items() if data is not None}
    for made in (files, with_manifest(files)):
        if made != FILES:
            assert answer(pack(made)) is not Status.PASSED
