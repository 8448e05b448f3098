"""Judge a proof file: four numbered steps from its bytes to a yes, a no, or a doubt.

Promises: as `signing.examine`: without the reader's own log key or policy the answer is a doubt, never a yes; what the
record says is shown, and it names nobody.
Leaves out: printing (`signing.__main__`).

Source: c2sp.org/tlog-proof@v1, c2sp.org/tlog-policy.
"""

from __future__ import annotations

from collections.abc import Sequence

from schemas.record import RecordFormatError, decode_leaf
from signing.checkpoint import NoteVerifier
from signing.examine import Finding
from signing.merkle import leaf_hash, verify_inclusion
from signing.tlog_policy import NONE, Policy
from signing.tlog_proof import ProofFile, ProofFileError, read
from signing.verdict import PASSED, Indication, Verdict, because


def examine_proof(data: bytes, leaf: bytes | None, policy: Policy, log_keys: Sequence[NoteVerifier]) -> list[Finding]:
    """Judge the bytes of a `.tlog-proof` file.

    1. the file is as specified
    2. a log that the reader knows has signed the checkpoint, and a quorum of the reader's witnesses has cosigned it
    3. the record's bytes are at hand: the reader's, or the file's own
    4. the path leads from them to the checkpoint's root

    Args:
        data: the file.
        leaf: the record as the reader holds it (from a receipt, or an entry bundle); None takes the file's.
        policy: the reader's policy; an empty one asks for no witness.
        log_keys: the reader's log keys, beside the policy's.
    """
    try:
        proof = read(data)
    except ProofFileError as error:
        return [Finding(1, "proof file", because(Indication.FORMAT_FAILURE, "1 file", str(error)))]
    findings = [Finding(1, f"proof file for record {proof.index}", PASSED)]
    judged, checkpoint = policy.judge(proof.note, tuple(log_keys))
    if checkpoint is None:
        return [*findings, Finding(2, "checkpoint", judged)]
    cosigned = "no witness asked for" if policy.quorum == NONE else f"cosigned by quorum {_shown(policy.quorum)}"
    findings.append(Finding(2, f"checkpoint of {checkpoint.origin}, {checkpoint.size} records, {cosigned}", PASSED))
    own = proof.extra if leaf is None else leaf
    if own is None:
        detail = "the file does not hold the record: bring its bytes (--leaf)"
        verdict = because(Indication.SIGNED_DATA_NOT_FOUND, "3 record", detail)
        return [*findings, Finding(3, "record", verdict)]
    findings.append(Finding(3, _about(own), PASSED))
    findings.append(Finding(4, f"inclusion at {proof.index}", _included(proof, own, checkpoint.size, checkpoint.root)))
    return findings


def _included(proof: ProofFile, leaf: bytes, size: int, root: bytes) -> Verdict:
    if verify_inclusion(leaf_hash(leaf), proof.index, size, proof.path, root):
        return PASSED
    return because(Indication.HASH_FAILURE, "4 inclusion", "the path does not lead from the record to the root")


def _about(leaf: bytes) -> str:
    try:
        record = decode_leaf(leaf)
    except RecordFormatError:
        return f"record of {len(leaf)} bytes, in no format known here"
    parties = f"{record.consumer or '-'} to {record.provider or '-'}, {record.service or '-'}"
    return f"record: {record.type.name.lower()} at {record.time}, {parties}"


def _shown(name: str) -> str:
    return name.encode("utf-8", "replace").decode()
