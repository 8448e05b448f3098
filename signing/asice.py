"""ASiC-E containers: `seal` files with a key at hand, `check` a container and get the very bytes that were verified.

Promises: a yes covers every file of the container, byte for byte, by every signature in it; nothing in it is unsigned
but `mimetype`, the manifest, which must say the same, and the signatures. `check` never raises on hostile bytes.
Leaves out: containers with CAdES, ASiC-S, ASiCManifest (X-Road's: `signing.xroad`), evidence records.

Sources: ETSI EN 319 162-1 v1.1.1 §4.3; docs/xades.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from signing import asice_zip, manifest
from signing.asice_zip import name_of
from signing.container import ContainerError
from signing.examine import Finding
from signing.keys import Algorithm, Signer
from signing.packet import Packet
from signing.verdict import PASSED, Indication, Verdict, VerdictError, because
from signing.xades_check import Report
from signing.xades_check import check as check_signature
from signing.xades_policy import Demands, SignatureTrust
from signing.xades_seal import File, begin
from signing.xades_values import Signature
from signing.xades_words import XadesFormatError

MAX_SIGNATURES: Final = 16
_SIGNATURES: Final = re.compile(r"META-INF/[A-Za-z0-9_-]{0,60}signatures[A-Za-z0-9_-]{0,60}\.xml", re.ASCII)


@dataclass
class Checked:
    """What was found about a container.

    Attributes:
        findings: of the container, then of each signature.
        reports: of each signature, by its file's name.
        files: the signed files' bytes by name, as they were verified; empty unless everything held.
        media_types: as signed for.
    """

    findings: list[Finding] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    media_types: Mapping[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """Passed when every step did, else the verdict of the first that did not."""
        return next((one.verdict for one in self.findings if not one.verdict.passed), PASSED)


def seal(files: Sequence[File], signer: Signer, at: datetime, *, issuers: Sequence[bytes] = ()) -> Packet:
    """Sign files with a signer at hand: a container at level B.

    Raises:
        SealRefusedError: the files or the key are outside their limits.
    """
    pending = begin(files, signer.certificate, at, issuers=issuers, pss=signer.alg is Algorithm.PS256)
    return pending.complete(signer.sign(pending.to_sign))


def check(container: bytes, trust: SignatureTrust, at: datetime, demands: Demands | None = None) -> Checked:
    """Judge a container.

    Args:
        container: its bytes; never believed.
        trust: whom the reader believes.
        at: the moment of the judgement, aware.
        demands: what must hold beyond soundness; None asks for level B-LT.
    """
    checked = Checked()
    try:
        inside = _opened(container, checked)  # 1 the ZIP has one reading
        files, media_types, signatures = _sorted(inside, checked)  # 2 signed files, manifest, signatures, no more
    except VerdictError as stop:
        checked.findings.append(Finding(int(stop.verdict.step[0]), stop.verdict.step, stop.verdict))
        return checked
    wanted = Demands() if demands is None else demands
    for name in sorted(signatures):  # 3 to 14, for each signature
        report = check_signature(signatures[name], _Cover(files, media_types), trust, wanted, at)
        checked.reports[name] = report
        checked.findings += report.findings
    if checked.verdict.passed:
        checked.files, checked.media_types = files, media_types
    return checked


def _opened(container: bytes, checked: Checked) -> dict[str, bytes]:
    try:
        inside = asice_zip.read(container)
    except ContainerError as error:
        raise VerdictError(because(Indication.FORMAT_FAILURE, "1 container", str(error))) from error
    checked.findings.append(Finding(1, f"container of {len(inside)} files", PASSED))
    return inside


def _sorted(inside: Mapping[str, bytes], checked: Checked) -> tuple[dict[str, bytes], dict[str, str], dict[str, bytes]]:
    signatures = {name: data for name, data in inside.items() if _SIGNATURES.fullmatch(name)}
    others = {name for name in inside if name.casefold().startswith("meta-inf/")} - signatures.keys() - {manifest.NAME}
    if others:
        raise _stop(Indication.FORMAT_FAILURE, "META-INF holds something that no signature covers")
    files = {name: data for name, data in inside.items() if not name.casefold().startswith("meta-inf/")}
    if not files or not 0 < len(signatures) <= MAX_SIGNATURES:
        detail = f"a container holds signed files and 1 to {MAX_SIGNATURES} signatures"
        raise _stop(Indication.SIGNED_DATA_NOT_FOUND, detail)
    media_types = _media_types(inside, files)
    checked.findings.append(Finding(2, f"{len(files)} files, {len(signatures)} signatures, nothing else", PASSED))
    return files, media_types, signatures


def _media_types(inside: Mapping[str, bytes], files: Mapping[str, bytes]) -> dict[str, str]:
    if manifest.NAME not in inside:
        raise _stop(Indication.FORMAT_FAILURE, "the manifest is missing")
    try:
        found = manifest.read(inside[manifest.NAME])
    except XadesFormatError as error:
        raise _stop(Indication.FORMAT_FAILURE, str(error)) from error
    if found.keys() != files.keys():
        raise _stop(Indication.FORMAT_FAILURE, "the manifest does not list exactly the files that are here")
    return found


class _Cover:
    """Gives a signature's files, if its references name each file of the container once."""

    def __init__(self, files: Mapping[str, bytes], media_types: Mapping[str, str]) -> None:
        self._files = files
        self._media_types = media_types

    def __call__(self, signature: Signature) -> dict[str, bytes]:
        step = "4 references"
        names = {one.uri: name_of(one.uri) for one in signature.payload}
        if len(names) != len(signature.payload) or len(set(names.values())) != len(names):
            raise VerdictError(because(Indication.FORMAT_FAILURE, step, "a file is referred to twice"))
        if any(name not in self._files for name in names.values()):
            detail = "a file that was signed for is not in the container"
            raise VerdictError(because(Indication.SIGNED_DATA_NOT_FOUND, step, detail))
        if len(names) != len(self._files):
            detail = "the container holds a file that was not signed for"
            raise VerdictError(because(Indication.FORMAT_FAILURE, step, detail))
        for one in signature.payload:
            name = names[one.uri]
            if one.id in signature.formats and signature.formats[one.id] != self._media_types[name or ""]:
                detail = "the manifest gives a file another media type than was signed for"
                raise VerdictError(because(Indication.FORMAT_FAILURE, step, detail))
        return {uri: self._files[name or ""] for uri, name in names.items()}


def _stop(reason: Indication, detail: str) -> VerdictError:
    return VerdictError(because(reason, "2 contents", detail))
