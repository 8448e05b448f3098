"""X-Road's message containers: plain, signed in a batch, time-stamped in a batch.

Promises: judged by the steps of `signing.xades_check`, and as strictly: message and attachments are bound by the
signature, directly or through its hash chain; a file that neither signature nor time-stamp binds is refused, which
X-Road's own tool lets pass. The verified bytes are given back.
Leaves out: whether the signer is the member that the message names (whoever reads the message compares them);
containers encrypted with GPG. RSA keys below 3072 bits, which many members still have, are in no list of ours.

Sources: X-Road 7 message log (container layout), batch signatures and batch time-stamps; docs/xades.md §6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import new
from typing import Final

from signing import asice_zip, hashchain
from signing.asice import Checked
from signing.container import ContainerError
from signing.examine import Finding
from signing.revocation import Freshness
from signing.timestamp import imprint_of
from signing.verdict import PASSED, Indication, VerdictError, because
from signing.xades_check import check as check_signature
from signing.xades_policy import Demands, SignatureTrust
from signing.xades_proofs import OuterStamp
from signing.xades_read import read
from signing.xades_values import Dialect, Signature, SignatureStamp
from signing.xades_words import XadesFormatError

SIGNATURES: Final = "META-INF/signatures.xml"
MESSAGE: Final = "message.xml"
SIGNED_RESULT: Final = "sig-hashchainresult.xml"
STAMPED_RESULT: Final = "ts-hashchainresult.xml"
STAMP: Final = "META-INF/timestamp.tst"
_LISTS: Final = frozenset({"META-INF/manifest.xml", "META-INF/ASiCManifest.xml"})
"""Lists of what the container holds: neither signed nor believed."""
_DATA: Final = re.compile(r"message\.xml|attachment[1-9][0-9]{0,3}", re.ASCII)

FRESHNESS: Final = Freshness(before=timedelta(hours=5))
"""X-Road signs with an OCSP answer of at most an hour, and time-stamps batches within four: its defaults."""


def looks_like(files: Mapping[str, bytes]) -> bool:
    """Whether a container's files are those of X-Road."""
    return SIGNATURES in files and MESSAGE in files


def check(container: bytes, trust: SignatureTrust, at: datetime, demands: Demands | None = None) -> Checked:
    """Judge a container.

    Args:
        container: its bytes; never believed.
        trust: whom the reader believes: X-Road's approved certification and time-stamping services.
        at: the moment of the judgement, aware.
        demands: what must hold beyond soundness; None asks for level B-LT with X-Road's ages of OCSP answers.
    """
    checked = Checked()
    try:
        files = _opened(container)  # 1 the ZIP has one reading
        checked.findings.append(Finding(1, f"X-Road container of {len(files)} files", PASSED))
        outer, stamped = _stamp(files)  # 2 what the batch time-stamp binds
        checked.findings.append(Finding(2, f"message and {sum(map(_is_attachment, files))} attachments", PASSED))
    except VerdictError as stop:
        checked.findings.append(Finding(int(stop.verdict.step[0]), stop.verdict.step, stop.verdict))
        return checked
    wanted = Demands(freshness=FRESHNESS) if demands is None else demands
    cover = _Cover(files, stamped)
    report = check_signature(files[SIGNATURES], cover, trust, wanted, at, outer, Dialect.XROAD)  # 3 to 14
    checked.reports[SIGNATURES] = report
    checked.findings += report.findings
    if checked.verdict.passed:
        checked.files = {name: data for name, data in files.items() if _DATA.fullmatch(name)}
    return checked


def _opened(container: bytes) -> dict[str, bytes]:
    try:
        files = asice_zip.read(container, strict=False)
    except ContainerError as error:
        raise VerdictError(because(Indication.FORMAT_FAILURE, "1 container", str(error))) from error
    if not looks_like(files):
        raise _stop(Indication.SIGNED_DATA_NOT_FOUND, "2 contents", "no message or no signature of X-Road")
    return files


def _is_attachment(name: str) -> bool:
    return name != MESSAGE and _DATA.fullmatch(name) is not None


def _stamp(files: Mapping[str, bytes]) -> tuple[OuterStamp | None, frozenset[str]]:
    """The time-stamp where it is not XAdES's: over a batch's result, or over the bare signature value."""
    token, result = files.get(STAMP), files.get(STAMPED_RESULT)
    if (token is None) != (result is None):
        raise _stop(Indication.FORMAT_FAILURE, "2 contents", "a batch time-stamp is a token and a hash chain result")
    if token is not None and result is not None:
        bound = _bound(result, files, "2 contents")
        if SIGNATURES not in bound:
            detail = "the batch time-stamp does not bind the signature"
            raise _stop(Indication.SIGNED_DATA_NOT_FOUND, "2 contents", detail)
        return OuterStamp(token, result), bound | {STAMP, STAMPED_RESULT}
    return _bare_stamp(files[SIGNATURES]), frozenset()


def _bare_stamp(signatures: bytes) -> OuterStamp | None:
    """X-Road stamps the decoded signature value where XAdES has the element."""
    try:
        signature = read(signatures, Dialect.XROAD)
    except XadesFormatError:
        return None  # step 3 says why
    for one in signature.unsigned:
        if isinstance(one, SignatureStamp):
            imprint = imprint_of(one.token)
            if imprint is not None and new(imprint[0], signature.value).digest() == imprint[1]:
                return OuterStamp(one.token, signature.value)
    return None


class _Cover:
    """Gives a signature's files, if message and attachments and every other file is bound."""

    def __init__(self, files: Mapping[str, bytes], stamped: frozenset[str]) -> None:
        self._files = files
        self._stamped = stamped

    def __call__(self, signature: Signature) -> dict[str, bytes]:
        names = {one.uri: one.uri.removeprefix("/") for one in signature.payload}
        if len(set(names.values())) != len(signature.payload):
            raise _stop(Indication.FORMAT_FAILURE, "4 references", "a file is referred to twice")
        if not set(names.values()) <= self._files.keys():
            detail = "a file that was signed for is not in the container"
            raise _stop(Indication.SIGNED_DATA_NOT_FOUND, "4 references", detail)
        bound = frozenset(names.values())
        if SIGNED_RESULT in bound:
            bound |= _bound(self._files[SIGNED_RESULT], self._files, "4 references")
        if MESSAGE not in bound:
            raise _stop(Indication.SIGNED_DATA_NOT_FOUND, "4 references", "the message was not signed for")
        if self._files.keys() - bound - self._stamped - _LISTS - {SIGNATURES}:
            detail = "the container holds a file that was not signed for"
            raise _stop(Indication.FORMAT_FAILURE, "4 references", detail)
        if any(_DATA.fullmatch(name) for name in self._files.keys() - bound):
            detail = "a part of the message was time-stamped and not signed for"
            raise _stop(Indication.FORMAT_FAILURE, "4 references", detail)
        return {uri: self._files[name] for uri, name in names.items()}


def _bound(result: bytes, files: Mapping[str, bytes], step: str) -> frozenset[str]:
    try:
        return hashchain.check(result, files)
    except hashchain.ChainMismatchError as error:
        raise _stop(Indication.HASH_FAILURE, step, str(error)) from error
    except XadesFormatError as error:
        raise _stop(Indication.FORMAT_FAILURE, step, str(error)) from error


def _stop(reason: Indication, step: str, detail: str) -> VerdictError:
    return VerdictError(because(reason, step, detail))
