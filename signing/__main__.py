"""`lienthong-check FILE…`: judge evidence files, print the steps, answer yes, no, or cannot tell.

Promises: needs nothing but `signing` and `schemas`; exit 0 when every step of every file passed, 1 when one failed,
2 when one is in doubt or a file cannot be opened. What it prints names agencies, services and times, no citizen.
Leaves out: fetching anything. Anchors, the ledger's key and the operator are the reader's to bring.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from schemas.text import moment_ms
from signing import day_archive, signed_files
from signing.casefile import check as check_bundle
from signing.checkpoint import NoteVerifier
from signing.container import ContainerError, looks_packed
from signing.day_examine import examine_day, follow
from signing.evidence import EvidenceError, der_from_pem, read
from signing.examine import Finding, Trust, examine, overall
from signing.packet import Level
from signing.page import examine as examine_page
from signing.page import looks_like as is_page
from signing.second_seal import public_from_pem
from signing.signed_files import Reader
from signing.tlog_examine import examine_proof
from signing.tlog_policy import MAX_POLICY_BYTES, Policy
from signing.tlog_proof import looks_like
from signing.verdict import Indication, Status, because
from signing.words import LANGUAGES, STEPS, Language, about, reason
from signing.xades_policy import Demands, SignatureTrust

EXITS: Final = {Status.PASSED: 0, Status.FAILED: 1, Status.INDETERMINATE: 2}
ANSWERS: Final = {
    Status.PASSED: "YES: every step holds. / CÓ: mọi bước đều đúng.",
    Status.FAILED: "NO: a step failed. / KHÔNG: có bước sai.",
    Status.INDETERMINATE: "CANNOT TELL: a step is in doubt. / CHƯA RÕ: có bước chưa đủ căn cứ.",
}
_MARKS: Final = {Status.PASSED: "ok  ", Status.FAILED: "FAIL", Status.INDETERMINATE: "?   "}


class Report(NamedTuple):
    """One file's outcome."""

    file: str
    findings: list[Finding]
    status: Status
    titled: bool = True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    files = options.files[1:] if options.files[0] == "check" and len(options.files) > 1 else options.files
    try:
        trust = _trust(options)
        proofs = _proof_trust(options)
        at_ms = moment_ms(options.at) if options.at else time.time_ns() // 1_000_000
        root = options.registry_root.read_bytes() if options.registry_root else None
        reader = _reader(options, trust, at_ms)
        reports = [_judge(Path(file), trust, proofs, at_ms, root, reader) for file in files]
        reports += _days(files)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"lienthong-check: {error}\n")
        return EXITS[Status.INDETERMINATE]
    sys.stdout.write(_as_json(reports) if options.json else _as_text(reports, options.language))
    found = {report.status for report in reports}
    worst = next((one for one in (Status.FAILED, Status.INDETERMINATE) if one in found), Status.PASSED)
    return EXITS[worst]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lienthong-check",
        description="Judge dispute bundles (docs/evidence.md), evidence files (docs/seal.md), .tlog-proof files and "
        "days' archives of a ledger (docs/transparency.md), ASiC-E containers, XAdES signatures, time-stamps "
        "(docs/xades.md) and trusted lists (docs/keys.md), offline.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="evidence files; a first word 'check' is ignored")
    parser.add_argument("--anchor", action="append", default=[], type=Path, metavar="PEM", help="roots that you trust")
    parser.add_argument(
        "--tsa-anchor",
        action="append",
        default=[],
        type=Path,
        metavar="PEM",
        help="roots of time-stamping authorities that you trust; with any, a time-stamp is asked for",
    )
    parser.add_argument(
        "--intermediate",
        action="append",
        default=[],
        type=Path,
        metavar="PEM",
        help="certificates that may stand between a signer and a root",
    )
    parser.add_argument(
        "--list-signer",
        action="append",
        default=[],
        type=Path,
        metavar="PEM",
        help="certificates that may have signed a trusted list",
    )
    parser.add_argument(
        "--second-key",
        action="append",
        default=[],
        type=Path,
        metavar="PEM",
        help="public keys (ML-DSA-65) of second seals that you trust",
    )
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="what a time-stamp or a signature that stands apart is over, or is looked for in a list; repeat",
    )
    parser.add_argument(
        "--level",
        choices=[one.name for one in Level],
        default=Level.LT.name,
        help="the least level of a signature; default LT",
    )
    parser.add_argument("--operator", metavar="AGENCY", help="the agency that runs the hub, such as a100000")
    parser.add_argument("--log-key", action="append", default=[], metavar="VKEY", help="the ledger's public key")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="tlog-policy: logs, witnesses and their quorum")
    parser.add_argument("--leaf", type=Path, metavar="FILE", help="the record that a .tlog-proof file proves")
    parser.add_argument(
        "--owner",
        action="append",
        default=[],
        metavar="THUMBPRINT=AGENCY",
        help="whose a certificate is, where its subject does not say",
    )
    parser.add_argument(
        "--registry-root",
        type=Path,
        metavar="ROOT.json",
        help="the registry's root that you trust; for bundles it vouches for anchors, operator and owners",
    )
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of what is printed; default en")
    parser.add_argument("--at", metavar="MOMENT", help="from when on the files are known to exist; default now")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    return parser


def _trust(options: argparse.Namespace) -> Trust:
    return Trust(
        anchors=tuple(der for file in options.anchor for der in der_from_pem(file.read_bytes())),
        log_keys=tuple(NoteVerifier.from_text(text) for text in options.log_key),
        operator=options.operator,
        owners=dict(_pair(text) for text in options.owner),
        time_stamp_anchors=tuple(der for file in options.tsa_anchor for der in der_from_pem(file.read_bytes())),
    )


def _reader(options: argparse.Namespace, trust: Trust, at_ms: int) -> Reader:
    between = tuple(der for file in options.intermediate for der in der_from_pem(file.read_bytes()))
    return Reader(
        SignatureTrust(trust.anchors, trust.time_stamp_anchors, between),
        datetime.fromtimestamp(at_ms / 1000, UTC),
        Demands(least=Level[options.level]),
        {file.name: file.read_bytes() for file in options.data},
        tuple(der for file in options.list_signer for der in der_from_pem(file.read_bytes())),
        tuple(public_from_pem(file.read_bytes()) for file in options.second_key),
    )


class ProofTrust(NamedTuple):
    """What proof files are judged under."""

    policy: Policy
    leaf: bytes | None


def _proof_trust(options: argparse.Namespace) -> ProofTrust:
    leaf = options.leaf.read_bytes() if options.leaf else None
    if options.policy is None:
        return ProofTrust(Policy(), leaf)
    with options.policy.open("rb") as file:
        return ProofTrust(Policy.from_text(file.read(MAX_POLICY_BYTES + 1)), leaf)


def _pair(text: str) -> tuple[str, str]:
    thumbprint, equals, agency = text.partition("=")
    if not equals:
        raise ValueError("--owner is THUMBPRINT=AGENCY")
    return thumbprint, agency


def _judge(
    file: Path, trust: Trust, proofs: ProofTrust, at_ms: int, registry_root: bytes | None, reader: Reader
) -> Report:
    data = file.read_bytes()
    if looks_like(data):
        findings = examine_proof(data, proofs.leaf, proofs.policy, trust.log_keys)
        return Report(str(file), findings, overall(findings), titled=False)
    if is_page(data):
        findings = examine_page(data, trust.log_keys)
        return Report(str(file), findings, overall(findings), titled=False)
    signed = signed_files.judge(data, reader)
    if signed is not None:
        return Report(str(file), signed, overall(signed), titled=False)
    if looks_packed(data) and _is_day(data):
        findings = examine_day(data, proofs.policy, trust.log_keys, trust.time_stamp_anchors, at_ms)
        return Report(str(file), findings, overall(findings), titled=False)
    if looks_packed(data):
        findings = check_bundle(data, trust, at_ms, registry_root, proofs.policy)
        return Report(str(file), findings, overall(findings))
    try:
        findings = examine(read(data), trust, at_ms)
    except EvidenceError as error:
        findings = [Finding(0, "evidence file", because(Indication.FORMAT_FAILURE, "file", str(error)))]
    return Report(str(file), findings, overall(findings))


def _is_day(data: bytes) -> bool:
    try:
        return day_archive.looks_like(data)
    except ContainerError:
        return False


def _days(files: Sequence[str]) -> list[Report]:
    """Whether the days' archives among the files follow one another."""
    archives = []
    for file in files:
        try:
            archives.append(day_archive.read(Path(file).read_bytes()))
        except (ContainerError, day_archive.DayArchiveError):
            continue  # another kind of file, or one that was judged not to read
    finding = follow(archives)
    return [] if finding is None else [Report("days", [finding], finding.verdict.status, titled=False)]


def _as_text(reports: list[Report], language: Language) -> str:
    lines: list[str] = []
    for report in reports:
        lines.append(report.file)
        step = None
        for finding in report.findings:
            if report.titled and finding.step != step:
                step = finding.step
                lines.append(f"  {step} {STEPS[step][language]}")
            lines.append(f"  {finding.step} {_MARKS[finding.verdict.status]} {about(finding, language)}")
            if not finding.verdict.passed:
                lines.append(f"         {_why(finding, language)}")
        lines.append(ANSWERS[report.status])
    return "".join(f"{_printable(line)}\n" for line in lines)


def _why(finding: Finding, language: Language) -> str:
    verdict = finding.verdict
    if language == "en":
        return f"{verdict.reason}: {verdict.step}: {verdict.detail}"
    return f"{verdict.reason}: {reason(finding, language)}"


def _printable(line: str) -> str:
    """A file may try to write to the reader's terminal: whatever is not printable shows as a question mark."""
    return "".join(character if character.isprintable() else "?" for character in line)


def _as_json(reports: list[Report]) -> str:
    return json.dumps([_plain(report) for report in reports], ensure_ascii=False, indent=2) + "\n"


def _plain(report: Report) -> dict[str, object]:
    return {
        "file": report.file,
        "status": report.status.value,
        "findings": [
            {
                "step": finding.step,
                "about": finding.about,
                "status": finding.verdict.status.value,
                "reason": finding.verdict.reason,
                "rule": finding.verdict.detail,
            }
            for finding in report.findings
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
