"""NIST's path validation suite and OCSP answers, as `cryptography_vectors` ships them, and what we leave out.

PKITS: *Public Key Interoperability Test Suite, Certification Path Validation*, NIST, 2011. A file's name says what a
full implementation of RFC 5280 answers: `Valid…` or `Invalid…`; what is named otherwise depends on initial policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import cryptography_vectors

from signing.chain import CertificateError, Use, issuers_of, parsed, path_of
from signing.revocation import Evidence, judge_authority
from signing.verdict import VerdictError

X509: Final = Path(cryptography_vectors.__file__).parent / "x509"
PKITS: Final = X509 / "PKITS_data"
AT: Final = datetime(2020, 1, 1, tzinfo=UTC)
ANCHOR: Final = "TrustAnchorRootCertificate"
_TEST: Final = re.compile(r"(?P<name>.+)Test(?P<number>\d+)EE")

STRICTER: Final = {
    r"ValidDSA.*": "DSA is in no list of ours",
    r"ValidGeneralizedTimenotBeforeDate.*": "dates before 2050 are UTCTime (RFC 5280 §4.1.2.5); the suite lets it pass",
    r"ValidbasicConstraintsNotCritical.*": "an authority's basic constraints are critical (RFC 5280 §4.2.1.9)",
    r"Valid(NameChaining|Rollover|UTF8StringCaseInsensitive).*": "names are compared byte by byte",
    r"Valid(DN(?!S)|URI).*[cC]onstraints.*": "critical name constraints of kinds that are not judged are refused",
    r"Valid.*(Policy|inhibit).*": "certificate policies are not judged; where an issuer makes them critical, refused",
    r"ValidSelfIssuedpathLen.*": "of two certificates of one name and other keys one path is tried",
    r"Valid(pathLenConstraintTest(8|14)|onlyContainsCACertsTest13)EE": "an authority's own certificate seals nothing",
    r"Valid(distributionPoint|onlySomeReasons|cRLIssuer|IDPwith|SeparateCertificateandCRLKeys).*": (
        "lists of a part, and lists that somebody else signs, are not heard"
    ),
    r"ValidBasicSelfIssued.*": "lists of a part, and lists under another key of the same name, are not heard",
    r"ValiddeltaCRLTest5EE": "delta lists are not heard, so what one takes back stays revoked",
}
"""Paths that RFC 5280 lets through and we do not, and why."""
LAXER: Final = {
    "InvaliddeltaCRLTest4EE": "delta lists are not heard: the whole list, in use then, says nothing against it",
}
"""Paths that a full implementation refuses and we let through, and why."""

OCSP: Final = {
    "ocsp-army.deps.mil-resp.der": "an answer about one certificate",
    "resp-delegate-unknown-cert.der": "",
    "resp-invalid-signature-oid.der": "",
    "resp-invalid-version.der": "not an answer of RFC 6960",
    "resp-responder-key-hash.der": "",
    "resp-response-type-unknown-oid.der": "not an answer of RFC 6960",
    "resp-revoked-no-next-update.der": "the responder's certificate is not in the answer",
    "resp-revoked-reason.der": "",
    "resp-revoked.der": "",
    "resp-sct-extension.der": "",
    "resp-sha256.der": "",
    "resp-single-extension-reason.der": "the responder's certificate is not in the answer",
    "resp-successful-no-response-bytes.der": "not an answer of RFC 6960",
    "resp-unauthorized.der": "the responder gave no answer",
    "resp-unknown-extension.der": "",
    "resp-unknown-hash-alg.der": "not an answer of RFC 6960",
    "resp-unknown-response-status.der": "not an answer of RFC 6960",
}
"""Why an answer is not heard about a certificate of somebody else; empty: because it is about another."""


def tests() -> list[str]:
    """Every end entity of the suite that a file name judges."""
    return [
        name for name in sorted(_files("certs", ".crt")) if _TEST.fullmatch(name) and name.startswith(("Valid", "Inv"))
    ]


def judged(name: str) -> str:
    """Empty where the path holds and nothing on it is revoked; else why not."""
    leaf = _files("certs", ".crt")[name]
    try:
        chain = path_of(leaf, issuers_of(leaf, _authorities()), [_files("certs", ".crt")[ANCHOR]], AT, Use.DOCUMENT)
        for certificate, issuer in pairwise(chain):
            judge_authority(certificate, issuer, Evidence(crls=tuple(_files("crls", ".crl").values())), AT)
    except (VerdictError, CertificateError) as error:
        return str(error)
    return ""


def expected(name: str) -> bool:
    """Whether we let the path through."""
    return name in LAXER or (name.startswith("Valid") and reason(name) == "")


def reason(name: str) -> str:
    """Why we are stricter with this one than RFC 5280; empty where we are not."""
    return next((why for pattern, why in STRICTER.items() if re.fullmatch(pattern, name)), "")


def page() -> Iterator[str]:
    """The lines of docs/certificate-vectors.md."""
    names = tests()
    agreed = [name for name in names if expected(name) == name.startswith("Valid")]
    yield "# Public vectors of certificates"
    yield ""
    yield "Printed from `tests/lib/certificate_vectors.py`: `python tests/spec/write_pages.py`. The package"
    yield "`cryptography_vectors` ships them; RSA of 2048 bits, which they use, is let through for them alone."
    yield ""
    yield "## NIST PKITS"
    yield ""
    yield f"{len(agreed)} of {len(names)} paths get the suite's own verdict. Tests of initial policies are not run."
    yield ""
    yield "| refused here, valid by RFC 5280 | why |"
    yield "|---|---|"
    for why in dict.fromkeys(STRICTER.values()):
        held = [name.removesuffix("EE") for name in names if name not in agreed and reason(name) == why]
        if held:
            yield f"| {', '.join(held)} | {why} |"
    yield ""
    yield "| let through here, invalid by RFC 5280 | why |"
    yield "|---|---|"
    for name, why in LAXER.items():
        yield f"| {name.removesuffix('EE')} | {why} |"
    yield ""
    yield "## OCSP answers"
    yield ""
    yield "None of them is about a certificate that stands beside them, so none may be heard:"
    yield ""
    yield "| answer | why it is not heard |"
    yield "|---|---|"
    for name, why in OCSP.items():
        yield f"| {name} | {why or 'it is about another certificate'} |"


@cache
def _files(folder: str, ending: str) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted((PKITS / folder).glob(f"*{ending}"))}


@cache
def _authorities() -> tuple[bytes, ...]:
    """Every certificate of the suite that is no end entity and reads."""
    return tuple(
        der for name, der in _files("certs", ".crt").items() if "EE" not in name and name != ANCHOR and _reads(der)
    )


def _reads(der: bytes) -> bool:
    try:
        parsed(der)
    except CertificateError:
        return False
    return True
