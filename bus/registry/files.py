"""An authored folder on disk → path → bytes, as ``registry.snapshot.compile`` wants it.

Promises that nothing outside the folder is read (symbolic links are refused) and that sizes are bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

MAX_FILE_BYTES: Final = 16 * 1024 * 1024
MAX_FILES: Final = 100_000


class FolderError(Exception):
    """The folder cannot be read as a registry folder; the message names the path."""


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file of the folder by its path inside it, "/" between the parts; hidden files are left out.

    Raises:
        FolderError: no folder, a symbolic link, too many files or one too large.
        OSError: a file cannot be read.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder} is no folder")
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if any(part.startswith(".") for part in name.parts) or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() or not path.is_file():
            raise FolderError(f"{path} is a link or no plain file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise FolderError(f"{path} is larger than {MAX_FILE_BYTES} bytes")
        files[name.as_posix()] = path.read_bytes()
        if len(files) > MAX_FILES:
            raise FolderError(f"{folder} holds more than {MAX_FILES} files")
    return files
