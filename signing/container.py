"""The ZIP around a dispute bundle: one spelling when written, distrust when read.

Promises: the same files give the same bytes, on every machine (stored, sorted, no times). `unpack` inflates nothing
beyond its limits, counts while it inflates, believes no size that the archive states, and takes only plain lower-case
names that no unpacking tool could lead astray. Nothing is written to a disk.
Leaves out: what the files mean (`signing.bundle`).

Source: PKWARE APPNOTE 6.3.10 §4.3 (local header, central directory, end record).
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Final

MAX_BYTES: Final = 256 * 1024 * 1024
"""Of the archive, and of all its files together."""
MAX_FILES: Final = 512
MAX_RATIO: Final = 100
"""Inflated bytes for one stored byte, beyond the first 64 KiB of a file."""
_FREE_BYTES: Final = 64 * 1024
_CHUNK_BYTES: Final = 64 * 1024
_MAX_DIRECTORY_BYTES: Final = 256 * 1024
_END: Final = struct.Struct("<4s4H2LH")
_END_MAGIC: Final = b"PK\x05\x06"
_MAX_COMMENT_BYTES: Final = 0xFFFF
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}(/[a-z0-9][a-z0-9._-]{0,99}){0,4}", re.ASCII)
_BIRTH: Final = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE: Final = 0o100644
_TYPE_MASK: Final = 0o170000
_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    ValueError,
    OSError,
)


class ContainerError(ValueError):
    """The bytes are no archive that we take; the message names the rule."""


def looks_packed(data: bytes) -> bool:
    """Whether a file begins as a ZIP does."""
    return data.startswith(b"PK")


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive's bytes; names in their sorted order.

    Raises:
        ContainerError: a name, the number of files or their sum is over its limit.
    """
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        raise ContainerError(f"container: at most {MAX_FILES} files and {MAX_BYTES} bytes")
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in sorted(files):
            _must_be_plain(name)
            entry = zipfile.ZipInfo(name, _BIRTH)
            entry.create_system = 3  # Unix, whatever this machine is
            entry.external_attr = _PLAIN_FILE << 16
            archive.writestr(entry, files[name])
    return target.getvalue()


def unpack(
    data: bytes, must_be_taken: Callable[[str], None] | None = None, *, most: int = MAX_FILES
) -> dict[str, bytes]:
    """The files of an archive, stored or deflated, by name.

    Args:
        data: the archive.
        must_be_taken: raises `ContainerError` at a name that is not taken; None takes plain names alone.
        most: how many files it may have.

    Raises:
        ContainerError: malformed, over a limit, a name that is not plain or stands twice, a checksum that differs.
    """
    if len(data) > MAX_BYTES:
        raise ContainerError(f"container: at most {MAX_BYTES} bytes")
    _must_have_small_directory(data, most)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _inflated(archive, must_be_taken or _must_be_plain, most)
    except ContainerError:
        raise
    except _UNREADABLE as error:
        raise ContainerError(f"container: not a readable ZIP ({type(error).__name__})") from error


def _must_have_small_directory(data: bytes, most: int) -> None:
    """Before anything is parsed: an end record whose directory is small, so that no list of millions is built."""
    at = data.rfind(_END_MAGIC, max(0, len(data) - _END.size - _MAX_COMMENT_BYTES))
    if at < 0 or at + _END.size > len(data):
        raise ContainerError("container: no end record")
    _, disk, first_disk, here, total, length, _, _ = _END.unpack_from(data, at)
    if disk or first_disk or here != total or total > most or length > _MAX_DIRECTORY_BYTES:
        raise ContainerError(f"container: one disk, at most {most} files")


def _inflated(archive: zipfile.ZipFile, must_be_taken: Callable[[str], None], most: int) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > most:
        raise ContainerError(f"container: at most {most} files")
    files: dict[str, bytes] = {}
    left = MAX_BYTES
    for entry in entries:
        must_be_taken(entry.orig_filename)
        if entry.filename in files:
            raise ContainerError("container: a name stands twice")
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
            raise ContainerError("container: files are stored or deflated, and not encrypted")
        if (entry.external_attr >> 16) & _TYPE_MASK not in (0, _PLAIN_FILE & _TYPE_MASK):
            raise ContainerError("container: plain files only")
        files[entry.filename] = _read(archive, entry, left)
        left -= len(files[entry.filename])
    return files


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    """One file, counted while it inflates."""
    limit = min(left, _FREE_BYTES + MAX_RATIO * max(0, entry.compress_size))
    pieces, length = [], 0
    with archive.open(entry) as source:
        while piece := source.read(_CHUNK_BYTES):
            length += len(piece)
            if length > limit:
                raise ContainerError(f"container: inflates beyond {MAX_RATIO} for one, or beyond {MAX_BYTES} bytes")
            pieces.append(piece)
    if length != entry.file_size:
        raise ContainerError("container: a file has not the length that the directory states")
    return b"".join(pieces)


def _must_be_plain(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ContainerError("container: names are lower-case ASCII, of at most five plain steps")
