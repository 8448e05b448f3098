"""One-time tokens of enrolment: a file of their digests, one JSON line each, which the authority reads anew each time.

Promises: the file holds no token; a token is 256 random bits, so its SHA-256 gives nothing away; one is for one agency
and one node until a moment. Leaves out: what was issued for one, which is the journal's.
"""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from schemas.text import moment_ms
from schemas.words import AgencyId, Moment, Name

PREFIX: Final = "lienthong-enrol-"
_MAX_FILE_BYTES: Final = 16 * 1024 * 1024


class Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One token: its SHA-256 (hex), for whom, until when."""

    v: Literal[1]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    agency: AgencyId
    node: Name
    until: Moment


_decoder: Final = msgspec.json.Decoder(Ticket)


def new_token(file: Path, agency: str, node: str, until: str) -> str:
    """A new token, which stands nowhere but in what this returns; its line is on the disk.

    Raises:
        ValueError: agency, node or moment are none.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    line = msgspec.json.encode(Ticket(1, sha256(token.encode()).hexdigest(), agency, node, until))
    _decoder.decode(line)
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab") as opened:
        opened.write(line + b"\n")
        opened.flush()
        os.fsync(opened.fileno())
    return token


def ticket_of(file: Path, token: str, now_ms: int) -> Ticket | None:
    """The line of a token that has not run out; None where there is none."""
    digest = sha256(token.encode("utf-8", "replace")).hexdigest()
    try:
        with file.open("rb") as opened:
            lines = opened.read(_MAX_FILE_BYTES).splitlines()
    except FileNotFoundError:
        return None
    for line in lines:
        try:
            ticket = _decoder.decode(line)
            until_ms = moment_ms(ticket.until)
        except (msgspec.DecodeError, ValueError):
            continue  # a line that somebody wrote by hand opens nothing
        if ticket.sha256 == digest:
            return ticket if now_ms <= until_ms else None
    return None
