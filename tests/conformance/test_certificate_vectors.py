"""NIST's certification paths, and OCSP answers of others: our verdict is theirs, but for a documented list."""

from __future__ import annotations

from collections.abc import Iterator

import certificate_vectors as vectors
import pytest
from cryptography import x509

from signing import chain, keys, xades_words
from signing.revocation_sources import EvidenceRefusedError, read_ocsp

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number")  # one path is about a negative one


@pytest.fixture(scope="module", autouse=True)
def keys_of_2010() -> Iterator[None]:
    """The vectors' keys are RSA of 2048 bits, which we refuse: `test_..._too_short` shows it."""
    with pytest.MonkeyPatch.context() as patched:
        for module in (chain, keys, xades_words):
            patched.setattr(module, "MIN_RSA_BITS", 2048)
        yield


@pytest.mark.parametrize("name", vectors.tests())
def test_a_path_gets_the_suite_s_verdict(name: str):
    said = vectors.judged(name)
    assert (said == "") == vectors.expected(name), said


def test_no_exception_is_idle():
    """Each line of the list is about a path of the suite, and none but those lines is needed."""
    names = vectors.tests()
    assert len(names) > 170
    used = {vectors.reason(name) for name in names if name.startswith("Valid")} - {""}
    assert used == set(vectors.STRICTER.values())
    assert set(vectors.LAXER) <= set(names)


def test_as_they_are_their_keys_are_too_short():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chain, "MIN_RSA_BITS", 3072)
        assert "too weak" in vectors.judged("ValidCertificatePathTest1EE")


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (vectors.X509 / "ocsp").glob("*resp*.der") if not path.name.startswith("req-"))
)
def test_an_ocsp_answer_about_another_is_never_heard(name: str):
    pair = [(vectors.X509 / file).read_bytes() for file in ("cryptography.io.pem", "rapidssl_sha256_ca_g3.pem")]
    certificate, issuer = (x509.load_pem_x509_certificate(pem) for pem in pair)
    answer = (vectors.X509 / "ocsp" / name).read_bytes()
    if vectors.OCSP[name]:
        with pytest.raises(EvidenceRefusedError, match=vectors.OCSP[name]):
            read_ocsp(answer, certificate, issuer)
    else:
        assert read_ocsp(answer, certificate, issuer) is None
