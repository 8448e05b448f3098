"""Damaged certificates: a verdict or a `CertificateError`, never anything else, and never a yes for a damaged chain."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seal_kit import NOW, issued, pki

from signing.chain import CertificateError, Use, check_chain, load_seal_certificate, subject_agency

# The library warns of what it will refuse one day (negative serial numbers and the like); here both are answers.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

LEAF, ISSUING, ROOT = issued().der, pki().intermediates[0], pki().anchors[0]


def damaged(der: bytes) -> st.SearchStrategy[bytes]:
    changes = st.lists(st.tuples(st.integers(0, len(der) - 1), st.integers(0, 255)), min_size=1, max_size=3)
    return changes.map(lambda pairs: apply(der, pairs)).filter(lambda blob: blob != der)


def apply(der: bytes, pairs: list[tuple[int, int]]) -> bytes:
    blob = bytearray(der)
    for place, value in pairs:
        blob[place] = value
    return bytes(blob)


@given(damaged(LEAF) | st.binary(max_size=300))
def test_a_damaged_leaf_is_never_a_yes(der: bytes):
    for use in Use:
        assert not check_chain(der, [ISSUING], [ROOT], NOW, use).passed
    for read in (load_seal_certificate, subject_agency):
        try:
            read(der)
        except CertificateError:
            continue


@given(damaged(ISSUING))
def test_a_damaged_issuer_is_never_a_yes(der: bytes):
    assert not check_chain(LEAF, [der], [ROOT], NOW).passed


@given(damaged(ROOT))
def test_a_damaged_anchor_never_raises(der: bytes):
    # An anchor is trusted by itself: its own signature is not looked at, so damage there may pass.
    check_chain(LEAF, [ISSUING], [der], NOW)


@given(st.integers(-(10**9), 10**9))
def test_any_moment_is_judged(seconds: int):
    at = NOW + timedelta(seconds=seconds)
    certificate = load_seal_certificate(LEAF)
    valid = certificate.not_before_ms <= at.timestamp() * 1000 <= certificate.not_after_ms
    assert check_chain(LEAF, [ISSUING], [ROOT], at).passed is valid
