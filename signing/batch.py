"""Evidence for a batch: one signed list of digests serves hundreds of messages.

Promises: the list is what `sha256sum` prints, sorted by name, one line for each message, so that anybody checks
inclusion with `sha256sum` and `grep`; signed as the one file of an ASiC-E container, so one key operation, one
time-stamp and one set of evidence serve all of it. The same batch gives the same list.
Leaves out: the messages themselves, which stay where they are; selective disclosure (the names stand in the list).

Source: coreutils sha256sum(1); docs/xades.md §7.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from signing.verdict import PASSED, Indication, Verdict, because
from signing.xades_seal import File, PendingSeal, begin

NAME: Final = "digests.sha256"
MEDIA_TYPE: Final = "text/plain"
MAX_ENTRIES: Final = 65_536
_ENTRY: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:@+=/-]{0,199}", re.ASCII)
_LINE: Final = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<name>[A-Za-z0-9_][A-Za-z0-9._:@+=/-]{0,199})", re.ASCII)


class BatchError(ValueError):
    """No list of digests; the message names the rule."""


def write(digests: Mapping[str, bytes]) -> bytes:
    """The list for messages by name, with their SHA-256.

    Raises:
        BatchError: empty, over 65,536 messages, a name that is not plain, a digest that is none.
    """
    if not 0 < len(digests) <= MAX_ENTRIES:
        raise BatchError(f"batch: 1 to {MAX_ENTRIES} messages")
    if not all(_ENTRY.fullmatch(name) and len(digest) == sha256().digest_size for name, digest in digests.items()):
        raise BatchError("batch: a plain name of at most 200 characters, and a SHA-256")
    return "".join(f"{digests[name].hex()}  {name}\n" for name in sorted(digests)).encode("ascii")


def begin_batch(
    digests: Mapping[str, bytes], certificate: bytes, at: datetime, *, issuers: Sequence[bytes] = (), pss: bool = False
) -> PendingSeal:
    """Prepare the signature over a batch; the arguments and errors are those of `write` and `xades_seal.begin`."""
    return begin([File(NAME, write(digests), MEDIA_TYPE)], certificate, at, issuers=issuers, pss=pss)


def read(data: bytes) -> dict[str, bytes]:
    """The digests by name, of a list in its one spelling.

    Raises:
        BatchError: any other bytes.
    """
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BatchError("batch: lines of ASCII") from None
    if len(lines) > MAX_ENTRIES + 1 or lines.pop() != "":
        raise BatchError(f"batch: 1 to {MAX_ENTRIES} whole lines")
    found: dict[str, bytes] = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            raise BatchError("batch: a line is a digest, two blanks and a plain name")
        found[match["name"]] = bytes.fromhex(match["digest"])
    if write(found) != data:
        raise BatchError("batch: sorted by name, each name once")
    return found


def check(files: Mapping[str, bytes], name: str, message: bytes) -> Verdict:
    """Whether a batch holds a message under a name.

    Args:
        files: the verified files of the batch's container, as `asice.check` gives them.
        name: the message's name.
        message: its bytes.
    """
    try:
        digests = read(files.get(NAME, b""))
    except BatchError as error:
        return because(Indication.FORMAT_FAILURE, "batch", str(error))
    if name not in digests:
        return because(Indication.SIGNED_DATA_NOT_FOUND, "batch", "the batch holds no message of that name")
    if digests[name] != sha256(message).digest():
        return because(Indication.HASH_FAILURE, "batch", "the batch holds another message under that name")
    return PASSED
