"""What an adapter is handed at start, besides its settings: secrets, its folder, TLS.

Settings name secrets by file path only; who reads files, checks their permissions and makes TLS
contexts is the composition root's affair, and arrives here as functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.operation import Strict
from adapters.port import DeclarationError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable


class TlsFiles(Strict):
    """Files for TLS towards the system: whom to trust, and who we are where the system asks for it."""

    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    verify: bool = True
    """False, for development only: whoever answers is believed. A node of another environment does not start."""


def no_secrets(path: str) -> str:
    """Refuse: these settings were built without a way to read secrets."""
    raise DeclarationError(f"a secret is named but nobody can read it: {path}")


def no_tls(files: TlsFiles) -> ssl.SSLContext:
    """Refuse: these settings were built without a way to make TLS contexts."""
    raise DeclarationError(f"TLS files are named but nobody can make a context: {files.ca_file}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the composition root hands to an adapter.

    Attributes:
        secrets: reads a secret by path.
        folder: where relative paths of the settings start.
        tls: makes a TLS context from files.
        development: whether what only development may do is allowed.
    """

    secrets: Callable[[str], str] = field(default=no_secrets, repr=False)
    folder: Path = field(default_factory=Path)
    tls: Callable[[TlsFiles], ssl.SSLContext] = field(default=no_tls, repr=False)
    development: bool = False
