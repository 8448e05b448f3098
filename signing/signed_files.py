"""Which files `lienthong-check` judges as signatures or time-stamps, and how: containers, detached signatures, tokens.

Promises: a file is told by its bytes, not by its name; what is judged is one of ASiC-E, X-Road's container, a XAdES
signature file beside its data, an RFC 3161 token beside its data, a trusted list; a signature of an older format is
reported as not verified. Leaves out: everything else (`signing.__main__`), reading files.

Source: docs/xades.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from signing import asice, asice_zip, batch, legacy_xml, second_seal, timestamp, trustlist_check, xroad
from signing.container import ContainerError
from signing.examine import Finding
from signing.verdict import PASSED, Indication, VerdictError, because
from signing.xades_check import check as check_signature
from signing.xades_policy import Demands, SignatureTrust
from signing.xades_read import tree
from signing.xades_values import Signature
from signing.xades_words import ASIC, XadesFormatError

_LIST: Final = 15


@dataclass(frozen=True, slots=True)
class Reader:
    """What the reader brings.

    Attributes:
        trust: whom to believe.
        at: the moment of the judgement, aware.
        demands: what must hold beyond soundness.
        data: files that stand beside a detached signature or a token, or are held against a list, by name.
        list_signers: certificates that may sign trusted lists, DER.
        second_keys: public keys of second seals, DER.
    """

    trust: SignatureTrust
    at: datetime
    demands: Demands = field(default_factory=Demands)
    data: Mapping[str, bytes] = field(default_factory=dict)
    list_signers: tuple[bytes, ...] = ()
    second_keys: tuple[bytes, ...] = ()


def judge(file: bytes, reader: Reader) -> list[Finding] | None:
    """Judge a file; None where it is of no kind that is judged here."""
    if asice_zip.looks_like(file):
        return judge_container(file, reader).findings
    if second_seal.looks_like(file):
        return second_seal.check(file, _list_beside(reader.data), reader.second_keys)
    if file[:1] == b"\x30":
        return _token(file, reader)
    if file.lstrip()[:1] == b"<" or file.startswith(b"\xef\xbb\xbf"):
        return _xml(file, reader)
    return None


def judge_container(file: bytes, reader: Reader) -> asice.Checked:
    """Judge an ASiC-E container, X-Road's or any other; what passes comes with its verified files."""
    if _is_xroad(file):
        demands = Demands(
            least=reader.demands.least,
            freshness=xroad.FRESHNESS,
            retired=reader.demands.retired,
            stamp_policies=reader.demands.stamp_policies,
            stamp_evidence=reader.demands.stamp_evidence,
        )
        return xroad.check(file, reader.trust, reader.at, demands)
    checked = asice.check(file, reader.trust, reader.at, reader.demands)
    if checked.files.keys() == {batch.NAME}:
        checked.findings += _listed(checked.files, reader.data)
    return checked


def _listed(files: Mapping[str, bytes], data: Mapping[str, bytes]) -> list[Finding]:
    """What a list of digests says of the files that the reader holds against it."""
    try:
        digests = batch.read(files[batch.NAME])
    except batch.BatchError as error:
        return [Finding(_LIST, "list of digests", because(Indication.FORMAT_FAILURE, "15 list", str(error)))]
    findings = [Finding(_LIST, f"list of {len(digests)} digests", PASSED)]
    for name, message in data.items():
        under = sorted(one for one, digest in digests.items() if digest == sha256(message).digest())
        detail = "the batch holds no message of these bytes"
        verdict = PASSED if under else because(Indication.HASH_FAILURE, "15 list", detail)
        findings.append(Finding(_LIST, f"listed: {under[0] if under else name}", verdict))
    return findings


def _list_beside(data: Mapping[str, bytes]) -> bytes | None:
    """The list that a second seal is held against: the one file brought, or the list in the one container brought."""
    if len(data) != 1:
        return None
    (file,) = data.values()
    if not asice_zip.looks_like(file):
        return file
    try:
        return asice_zip.read(file).get(batch.NAME)
    except ContainerError:
        return None


def _is_xroad(file: bytes) -> bool:
    try:
        return xroad.looks_like(asice_zip.read(file, strict=False))
    except ContainerError:
        return False


def _token(file: bytes, reader: Reader) -> list[Finding] | None:
    """A time-stamp, bare or as the answer that it came in."""
    token = timestamp.token_in(file)
    if token is None:
        return None
    if len(reader.data) != 1:
        detail = "name the one file that it is over"
        return [Finding(1, "time-stamp", because(Indication.SIGNED_DATA_NOT_FOUND, "1 token", detail))]
    data = next(iter(reader.data.values()))
    anchors = reader.trust.time_stamp_anchors
    verdict, stamp = timestamp.check(token, data, anchors, reader.at, reader.trust.intermediates)
    if stamp is None:
        return [Finding(1, "time-stamp", verdict)]
    return [Finding(1, f"time-stamp of {stamp.at:%Y-%m-%dT%H:%M:%SZ} by {stamp.authority}", PASSED)]


def _xml(file: bytes, reader: Reader) -> list[Finding] | None:
    if trustlist_check.looks_like(file):
        return list(trustlist_check.check(file, reader.list_signers, reader.at).findings)
    try:
        detached = tree(file).tag == f"{{{ASIC}}}XAdESSignatures"
    except XadesFormatError:
        detached = False
    if detached:
        return check_signature(file, _Beside(reader.data), reader.trust, reader.demands, reader.at).findings
    return legacy_xml.signatures_in(file) or None


class _Beside:
    """Gives a detached signature's files, which must be exactly those that stand beside it."""

    def __init__(self, data: Mapping[str, bytes]) -> None:
        self._data = data

    def __call__(self, signature: Signature) -> dict[str, bytes]:
        names = {one.uri: asice_zip.name_of(one.uri) for one in signature.payload}
        if len(set(names.values())) != len(signature.payload) or set(names.values()) != self._data.keys():
            detail = "name exactly the files that it is over"
            raise VerdictError(because(Indication.SIGNED_DATA_NOT_FOUND, "4 references", detail))
        return {uri: self._data[name or ""] for uri, name in names.items()}
