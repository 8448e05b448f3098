"""A page of the ledger: records with what opens them, their inclusion proofs, and the checkpoint they lead to.

Promises: judged with nothing but the page and the reader's own log key; a page is either one JSON document or, as an
export, one JSON line for the page and one for each record after it. A record whose details were erased is proved by its
leaf alone and named as erased. Leaves out: whether the search gave everything there is: a log proves what is in it.

Source: docs/audit.md; RFC 6962 §2.1; C2SP tlog-checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.inquiry import decode_inquiry
from schemas.record import Record, RecordFormatError, decode_leaf, opens
from schemas.text import b64url_decode, b64url_encode
from schemas.usage import LeafFacts, Usage, facts_of
from signing import checkpoint
from signing.examine import Finding
from signing.merkle import leaf_hash, verify_inclusion
from signing.verdict import PASSED, Indication, Verdict, because

MAX_PAGE_BYTES: Final = 256 * 1024 * 1024
_MARK: Final = b"lienthong-page"
_LEFT_OUT: Final = {False: "details erased", True: "details shielded"}
_PAIR: Final = 2


class PageError(ValueError):
    """The bytes are no page; the message names the rule."""


class PageRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record.

    Attributes:
        index: its place in the ledger.
        leaf: its bytes, a text of JSON.
        path: inclusion path to the page's checkpoint, leaf to root, base64url.
        details: the bytes that the leaf commits to, a text of JSON; absent where erased.
        salt: what the commitment was made with, base64url; absent where erased.
        shielded: whether the details are left out because they name others than the reader.
    """

    index: Annotated[int, Meta(ge=0)]
    leaf: str
    path: tuple[str, ...] = ()
    details: str | None = None
    salt: str | None = None
    shielded: bool = False


class DelayNotice(msgspec.Struct, frozen=True):
    """A class of uses that is shown late: for how many days, by which law."""

    days: int
    basis: str


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """The page.

    Attributes:
        kind: always `lienthong-page`.
        checkpoint: the signed note that every path leads to; empty before anything was signed.
        as_of: records below this number were searched.
        inquiry: where the look itself stands in the ledger.
        next: the cursor of the next page; absent on the last.
        records: newest first; in an export they follow line by line.
        usages: on a citizen's page, what the records say in words; every line names its records.
        delays: on a citizen's page, classes of uses that are shown late, as everybody is told of them.
        look: on a citizen's page, the record of the look itself, whose details hold the digest of the lines; it has no
            path yet, for no checkpoint covers it when it is shown.
    """

    v: Literal[1]
    kind: Literal["lienthong-page"]
    checkpoint: str
    as_of: int
    inquiry: int
    next: str | None = None
    records: tuple[PageRecord, ...] = ()
    usages: tuple[Usage, ...] = ()
    delays: tuple[DelayNotice, ...] = ()
    look: PageRecord | None = None


_page: Final = msgspec.json.Decoder(Page)
_record: Final = msgspec.json.Decoder(PageRecord)


def looks_like(data: bytes) -> bool:
    """Whether these bytes claim to be a page."""
    return _MARK in data[:200]


def read(data: bytes) -> Page:
    """Decode a page or an export of at most 256 MiB.

    Raises:
        PageError: not the format.
    """
    if len(data) > MAX_PAGE_BYTES:
        raise PageError(f"page: at most {MAX_PAGE_BYTES} bytes")
    try:
        first, _, rest = data.partition(b"\n")
        if first.rstrip().endswith(b"}") and rest.strip():
            return _export(first, rest)
        return _page.decode(data)
    except (ValueError, RecursionError) as error:
        raise PageError("page: not a page of version 1") from error


def _export(first: bytes, rest: bytes) -> Page:
    records = tuple(_record.decode(line) for line in rest.splitlines() if line.strip())
    return msgspec.structs.replace(_page.decode(first), records=records)


def examine(data: bytes, log_keys: Sequence[checkpoint.NoteVerifier]) -> list[Finding]:
    """Judge a page.

    1. the page reads
    2. its checkpoint is signed by the reader's own log key
    3. every record stands in that checkpoint's tree
    4. what is shown of each record is what its leaf commits to
    5. what a line of a citizen's page says is what its record says
    6. the record of the look commits to these very lines, so that whoever showed them cannot say otherwise
    """
    try:
        page = read(data)
    except PageError as error:
        return [Finding(1, "page", because(Indication.FORMAT_FAILURE, "page", str(error)))]
    findings = [Finding(1, f"page of {len(page.records)} records, as of record {page.as_of}", PASSED)]
    if not log_keys:
        detail = "pass the ledger's public key in: the page cannot vouch for it"
        return [*findings, Finding(2, "log key", because(Indication.NO_SIGNING_CERTIFICATE_FOUND, "log key", detail))]
    verdict, head = checkpoint.check(page.checkpoint.encode(), log_keys)
    if head is None:
        return [*findings, Finding(2, "checkpoint", verdict)]
    findings.append(Finding(2, f"checkpoint of {head.origin} at size {head.size}", verdict))
    for record in page.records:
        findings.append(Finding(3, f"record {record.index}", _included(record, head)))
        about = "details" if record.details is not None else _LEFT_OUT[record.shielded]
        findings.append(Finding(4, f"record {record.index}: {about}", _opens(record)))
    leaves = {record.index: record for record in page.records}
    findings += [Finding(5, f"line {place}", _says(line, leaves)) for place, line in enumerate(page.usages, start=1)]
    if page.usages or page.look is not None:
        findings.append(Finding(6, f"look, record {page.inquiry}", _commits(page, _written.decode(data).usages)))
    return findings


def digest_of(lines: Sequence[Usage]) -> str:
    """SHA-256 of a page's lines, as they will be written in it, base64url."""
    return b64url_encode(sha256(msgspec.json.encode(lines)).digest())


class _Written(msgspec.Struct):
    """The very bytes of a page's lines: a newer hub's may have members that this reader passes over."""

    usages: msgspec.Raw = msgspec.Raw(b"[]")


_written: Final = msgspec.json.Decoder(_Written)


def _commits(page: Page, written: msgspec.Raw) -> Verdict:
    look = page.look
    if look is None or look.details is None:
        return because(Indication.SIGNED_DATA_NOT_FOUND, "look", "the page does not hold its own look's record")
    opened = _opens(look)
    if not opened.passed:
        return opened
    try:
        shown = decode_inquiry(look.details.encode()).shown
    except RecordFormatError:
        return because(Indication.FORMAT_FAILURE, "look", "not the record of a look")
    if look.index != page.inquiry or shown != b64url_encode(sha256(written).digest()):
        return because(Indication.HASH_FAILURE, "look", "it was recorded for other lines")
    return PASSED


def _says(line: Usage, leaves: Mapping[int, PageRecord]) -> Verdict:
    """Time, agencies, service, purpose and outcome of a line are those of the records that it names."""
    try:
        told = [decode_leaf(leaves[index].leaf.encode()) for index in line.records]
    except (KeyError, RecordFormatError):
        return because(Indication.SIGNED_DATA_NOT_FOUND, "line", "its record is not in the page")
    if not told or facts_of(line) != _facts(told[0]) or not _ends(line, told):
        return because(Indication.HASH_FAILURE, "line", "not what its record says")
    return PASSED


def _facts(leaf: Record) -> LeafFacts:
    return LeafFacts(leaf.time, leaf.consumer, leaf.provider, leaf.service, leaf.purpose)


def _ends(line: Usage, told: Sequence[Record]) -> bool:
    """Whether the line's outcome is that of its last record, which settles the first where there are two."""
    last = told[-1]
    settles = len(told) == 1 or (len(told) == _PAIR and last.asked == line.records[0])
    return settles and (line.outcome, line.code) == (last.outcome, last.code)


def _included(record: PageRecord, head: checkpoint.Checkpoint) -> Verdict:
    try:
        path = tuple(map(b64url_decode, record.path))
    except ValueError:
        return because(Indication.FORMAT_FAILURE, "path", "not base64url")
    if verify_inclusion(leaf_hash(record.leaf.encode()), record.index, head.size, path, head.root):
        return PASSED
    return because(Indication.HASH_FAILURE, "inclusion", "the record is not in the published tree")


def _opens(record: PageRecord) -> Verdict:
    try:
        leaf = decode_leaf(record.leaf.encode())
    except RecordFormatError:
        return because(Indication.FORMAT_FAILURE, "leaf", "not a record of version 1")
    if record.details is None and record.salt is None:
        return PASSED
    try:
        held = opens(leaf, (record.details or "").encode(), b64url_decode(record.salt or ""))
    except ValueError:
        held = False
    return PASSED if held else because(Indication.HASH_FAILURE, "details", "not what the record commits to")
