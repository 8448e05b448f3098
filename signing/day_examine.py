"""Judge a day's archive of a log, and whether several follow one another: to a yes, a no, or a doubt.

Promises: as `signing.examine`: without the reader's own log key or policy the answer is a doubt, never a yes;
cosignatures count where the reader's policy asks for them, time-stamps where the reader names whose. Nothing in a file
is believed.
Leaves out: printing (`signing.__main__`); whether the day's selection is all that was published.

Source: docs/transparency.md §8.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from signing.checkpoint import Checkpoint, NoteVerifier, parse
from signing.container import ContainerError
from signing.day_archive import DayArchive, DayArchiveError, read
from signing.dispute import judged_stamp
from signing.examine import Finding
from signing.merkle import verify_consistency
from signing.timestamp import check as check_stamp
from signing.tlog_policy import NONE, Policy
from signing.verdict import PASSED, Indication, Verdict, because


def examine_day(
    data: bytes, policy: Policy, log_keys: Sequence[NoteVerifier], time_stamp_anchors: Sequence[bytes], at_ms: int
) -> list[Finding]:
    """Judge the bytes of a day's archive.

    1. the file is as specified: every file named, nothing else, one spelling
    2. every checkpoint is of this log, signed under the reader's keys, with the quorum that the reader's policy asks
    3. each goes on from the one before: sizes rise, and the consistency paths hold
    4. the first goes on from the last of the archive before
    5. every time-stamp holds under the reader's authorities, and their times rise with the sizes; only where asked for

    Args:
        data: the file.
        policy: the reader's policy; an empty one asks for no witness.
        log_keys: the reader's log keys, beside the policy's.
        time_stamp_anchors: the reader's roots of time-stamping authorities; with any, a time-stamp must be there.
        at_ms: the moment of this check, ms since the epoch.
    """
    try:
        archive = read(data)
    except (ContainerError, DayArchiveError) as error:
        return [Finding(1, "day's archive", because(Indication.FORMAT_FAILURE, "1 file", str(error)))]
    findings = [Finding(1, f"day's archive of {archive.day.isoformat()}, {archive.origin}", PASSED)]
    heads, verdict = _heads(archive, policy, tuple(log_keys))
    asked = "no witness asked for" if policy.quorum == NONE else "each with the policy's quorum"
    findings.append(Finding(2, f"{len(archive.checkpoints)} checkpoints, {asked}", verdict))
    if not verdict.passed:
        return findings
    before = heads[:1] if archive.previous is not None else []
    own = heads[len(before) :]
    findings.append(Finding(3, f"from {own[0].size} to {own[-1].size} records", _consistent(own, _own_paths(archive))))
    if before:
        about = f"goes on from {before[0].size} records of {archive.previous_day}"
        findings.append(Finding(4, about, _consistent([before[0], own[0]], archive.paths[:1])))
    return [*findings, *_time_stamps(archive, time_stamp_anchors, datetime.fromtimestamp(at_ms / 1000, UTC))]


def follow(archives: Sequence[DayArchive]) -> Finding | None:
    """Whether archives of one log, by their days, name each other as the one before; None for fewer than two.

    Each was judged by itself before: here only that what one calls the last of the day before is that.
    """
    ordered = sorted(archives, key=lambda one: one.day)
    if len(ordered) < 2:  # noqa: PLR2004 - one follows nothing
        return None
    about = f"{len(ordered)} days in a row, {ordered[0].day.isoformat()} to {ordered[-1].day.isoformat()}"
    for earlier, later in pairwise(ordered):
        if earlier.origin != later.origin:
            return Finding(4, about, because(Indication.SIG_CONSTRAINTS_FAILURE, "days", "they are of different logs"))
        if later.previous is None or later.previous_day != earlier.day:
            detail = "a day between them is missing: it goes on from another day"
            return Finding(4, about, because(Indication.SIGNED_DATA_NOT_FOUND, "days", detail))
        if parse(later.previous)[0] != parse(earlier.checkpoints[-1].note)[0]:
            detail = "one goes on from another checkpoint than the day before ended with"
            return Finding(4, about, because(Indication.HASH_FAILURE, "days", detail))
    return Finding(4, about, PASSED)


def _heads(archive: DayArchive, policy: Policy, log_keys: tuple[NoteVerifier, ...]) -> tuple[list[Checkpoint], Verdict]:
    """The checkpoint of the day before, where there is one, and the day's own, as far as each counts."""
    if not log_keys and not policy.logs:
        detail = "pass the ledger's public key in: the file cannot vouch for it"
        return [], because(Indication.NO_SIGNING_CERTIFICATE_FOUND, "2 log key", detail)
    notes = [archive.previous] if archive.previous is not None else []
    heads: list[Checkpoint] = []
    for note in (*notes, *(one.note for one in archive.checkpoints)):
        verdict, head = policy.judge(note, log_keys)
        if head is None:
            return [], verdict
        if head.origin != archive.origin:
            return [], because(Indication.SIG_CONSTRAINTS_FAILURE, "2 origin", "a checkpoint is of another log")
        heads.append(head)
    return heads, PASSED


def _own_paths(archive: DayArchive) -> tuple[tuple[bytes, ...], ...]:
    return archive.paths if archive.previous is None else archive.paths[1:]


def _consistent(heads: Sequence[Checkpoint], paths: Sequence[tuple[bytes, ...]]) -> Verdict:
    if len(paths) != len(heads) - 1:
        return because(Indication.SIGNED_DATA_NOT_FOUND, "3 consistency", "a consistency path is missing")
    for (first, second), path in zip(pairwise(heads), paths, strict=True):
        rises = first.size < second.size
        if not rises or not verify_consistency(first.size, second.size, first.root, second.root, path):
            detail = "a checkpoint does not go on from the one before"
            return because(Indication.HASH_FAILURE, "3 consistency", detail)
    return PASSED


def _time_stamps(archive: DayArchive, anchors: Sequence[bytes], at: datetime) -> list[Finding]:
    if not anchors:
        return []
    stamped = [(one.note, one.token) for one in archive.checkpoints if one.token is not None]
    if not stamped:
        detail = "the archive holds no time-stamp"
        return [Finding(5, "time-stamp", because(Indication.SIGNED_DATA_NOT_FOUND, "5 time-stamps", detail))]
    findings = [judged_stamp(5, token, note, anchors, at) for note, token in stamped]
    if all(one.verdict.passed for one in findings):
        told = [stamp.at for note, token in stamped if (stamp := check_stamp(token, note, anchors, at)[1]) is not None]
        if any(earlier > later for earlier, later in pairwise(told)):
            detail = "time-stamps do not rise with the sizes that they are over"
            findings.append(
                Finding(5, "time-stamps", because(Indication.TIMESTAMP_ORDER_FAILURE, "5 time-stamps", detail))
            )
    return findings
