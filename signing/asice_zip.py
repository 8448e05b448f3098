"""The ZIP of an associated signature container (ASiC-E): written one way, read with distrust.

Promises: the same files give the same bytes. What is read is one list of files for every reader: entries lie one behind
the other from the first byte to the directory, local and central headers say the same, no name stands twice even where
capitals and accents count for nothing, and none could lead an unpacking tool astray. Inflating is counted
(`signing.container`).
Leaves out: what the files mean (`signing.asice`); ZIP64.

Sources: ETSI EN 319 162-1 v1.1.1 §4.3.3, §A.1 (mimetype); PKWARE APPNOTE 6.3.10 §4.3, §4.4.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from signing.container import ContainerError, unpack

MIMETYPE: Final = "mimetype"
ASIC_E: Final = b"application/vnd.etsi.asic-e+zip"
MAX_FILES: Final = 1_024
MAX_NAME_CHARS: Final = 240
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL_BYTES: Final = 46
_END_BYTES: Final = 22
_DESCRIPTOR: Final = 0x8
_UTF8: Final = 0x800
_ZIP64: Final = 0xFFFFFFFF
_BIRTH: Final = (1980, 1, 1, 0, 0, 0)
_STEP: Final = re.compile(r'[^\x00-\x1f\x7f\\/:*?"<>|]{1,120}')
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Names that Windows takes for devices, whatever their ending."""
_URI: Final = re.compile(r"/?[A-Za-z0-9._~!$&'()*+,;=@%/-]{1,2000}", re.ASCII)


def write(files: Mapping[str, bytes]) -> bytes:
    """The container's bytes: `mimetype` first and stored, then the files in their order.

    Raises:
        ContainerError: a name is not taken, or stands twice.
    """
    check_names(files)
    target = BytesIO()
    with zipfile.ZipFile(target, "w", allowZip64=False) as archive:
        for name, data in {MIMETYPE: ASIC_E, **files}.items():
            entry = zipfile.ZipInfo(name, _BIRTH)
            entry.create_system = 3  # Unix, whatever this machine is
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name == MIMETYPE else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return target.getvalue()


def read(data: bytes, *, strict: bool = True) -> dict[str, bytes]:
    """The container's files by name, `mimetype` apart.

    Args:
        data: the container.
        strict: `mimetype` stands first, stored and without extras; X-Road's containers do not keep to it.

    Raises:
        ContainerError: no container that is taken.
    """
    files = unpack(data, must_be_taken, most=MAX_FILES)
    check_names(files)
    first = _check_layout(data)
    if files.get(MIMETYPE) != ASIC_E or first.filename != MIMETYPE:
        raise ContainerError("container: its first file is mimetype, application/vnd.etsi.asic-e+zip")
    if strict and (first.compress_type != zipfile.ZIP_STORED or first.extra or first.flag_bits & _DESCRIPTOR):
        raise ContainerError("container: mimetype is stored, without extra fields")
    del files[MIMETYPE]
    return files


def looks_like(data: bytes) -> bool:
    """Whether a ZIP begins as an ASiC container does, X-Road's included."""
    return data.startswith(b"PK\x03\x04") and data[30:38] == b"mimetype"


def must_be_taken(name: str) -> None:
    """A relative path of plain steps, in one spelling (NFC), that no system reads as something else.

    Raises:
        ContainerError: any other.
    """
    steps = name.split("/")
    plain = all(_STEP.fullmatch(step) and step[0] != " " and step[-1] not in " ." for step in steps)
    if not plain or len(name) > MAX_NAME_CHARS or any(_DEVICE.fullmatch(step) for step in steps):
        raise ContainerError("container: a name that is no plain relative path")
    if unicodedata.normalize("NFC", name) != name or any(unicodedata.category(one) in {"Cf", "Cs"} for one in name):
        raise ContainerError("container: a name in another spelling than NFC, or with unseen characters")


def check_names(files: Mapping[str, bytes]) -> None:
    """No two names that a file system without capitals would take for one; none that is another's folder.

    Raises:
        ContainerError: they collide, or one is not taken.
    """
    seen: set[str] = set()
    for name in files:
        must_be_taken(name)
        folded = name.casefold()
        if folded in seen:
            raise ContainerError("container: two names differ in capitals alone")
        seen.add(folded)
    for name in seen:
        if any(name[:at] in seen for at in range(len(name)) if name[at] == "/"):
            raise ContainerError("container: a file has the name of a folder")


def uri_of(name: str) -> str:
    """A file's name as a relative reference (RFC 3986 §2.1)."""
    return quote(name, safe="/")


def name_of(uri: str) -> str | None:
    """The name that a relative reference spells; None where it is none (a scheme, a query, a fragment)."""
    if not _URI.fullmatch(uri) or re.search(r"%(?![0-9A-Fa-f]{2})", uri):
        return None
    try:
        return unquote_to_bytes(uri).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _check_layout(data: bytes) -> zipfile.ZipInfo:
    """Nothing lies before, between or behind the entries; gives the first of them."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = sorted(archive.infolist(), key=lambda one: one.header_offset)
        directory, comment = archive.start_dir, len(archive.comment)
    if not entries:
        raise ContainerError("container: empty")
    at = 0
    for entry in entries:
        if entry.header_offset != at:
            raise ContainerError("container: bytes between its entries, or entries over one another")
        at = _end_of(data, entry)
    length = sum(_CENTRAL_BYTES + _central_name(one) + len(one.extra) + len(one.comment) for one in entries)
    if at != directory or len(data) != directory + length + _END_BYTES + comment:
        raise ContainerError("container: bytes before, between or behind its parts")
    return entries[0]


def _central_name(entry: zipfile.ZipInfo) -> int:
    return len(entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8 else "cp437"))


def _end_of(data: bytes, entry: zipfile.ZipInfo) -> int:
    """Where the entry ends; its local header must say what the directory says."""
    head = data[entry.header_offset : entry.header_offset + _LOCAL.size]
    if len(head) < _LOCAL.size:
        raise ContainerError("container: cut off")
    _, _, flags, method, _, _, crc, packed, whole, name_bytes, extra_bytes = _LOCAL.unpack(head)
    if not entry.filename.isascii() and not flags & _UTF8:
        raise ContainerError("container: a name beyond ASCII that is not marked as UTF-8")
    described = flags & _DESCRIPTOR
    sizes = (crc, packed, whole)
    told = (entry.CRC, entry.compress_size, entry.file_size)
    fits = sizes == told or (described and sizes in {(0, 0, 0), told})
    if not fits or (flags, method) != (entry.flag_bits, entry.compress_type) or _ZIP64 in told:
        raise ContainerError("container: a local header says otherwise than the directory")
    end: int = entry.header_offset + _LOCAL.size + name_bytes + extra_bytes + entry.compress_size
    return end + _descriptor(data, end, told) if described else end


def _descriptor(data: bytes, at: int, told: tuple[int, int, int]) -> int:
    plain = struct.pack("<3L", *told)
    if data[at : at + 16] == b"PK\x07\x08" + plain:
        return 16
    if data[at : at + 12] == plain:
        return 12
    raise ContainerError("container: a data descriptor says otherwise than the directory")
