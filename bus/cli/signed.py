"""What the commands about signed files read: files of bounded size, certificates, levels."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from signing.evidence import EvidenceError, der_from_pem
from signing.packet import Level

MAX_BYTES: Final = 200 * 1024 * 1024


def level_named(name: str) -> Level:
    """A level by its name.

    Raises:
        CommandError: there is none.
    """
    if name.upper() not in Level.__members__:
        raise CommandError(Exit.USAGE, "level", "a level is B, T, LT or LTA")
    return Level[name.upper()]


def whole(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        CommandError: over 200 MiB.
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CommandError(Exit.NO, "too-large", f"{path}: over {MAX_BYTES} bytes")
    return data


def ders(files: Iterable[Path] | None) -> tuple[bytes, ...]:
    """The certificates in PEM files, DER.

    Raises:
        CommandError: a file holds none.
    """
    try:
        return tuple(der for file in files or () for der in der_from_pem(whole(file)))
    except EvidenceError as error:
        raise CommandError(Exit.SECRET, "certificate", str(error)) from error
