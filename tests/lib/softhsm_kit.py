"""Tokens of SoftHSM2 in a folder of their own, and what an operator does with them by hand."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bus.hsm import slot
from bus.keystore import hardware
from config.secrets import write_secret
from signing.devpki import DevPki

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
MODULE = next((path for path in _MODULES if Path(path).exists()), "")
_HERE = bool(MODULE and shutil.which("softhsm2-util") and importlib.util.find_spec("pkcs11"))
needs_softhsm = pytest.mark.skipif(not _HERE, reason="no softhsm here")
PIN = "1234-hạ"
NOW = datetime.now(UTC)


@dataclass
class Hsm:
    """One machine's SoftHSM2, with one token that is ready."""

    folder: Path
    pki: DevPki = field(default_factory=lambda: DevPki.create(NOW))

    def __post_init__(self) -> None:
        (self.folder / "tokens").mkdir(parents=True)
        config = self.folder / "softhsm2.conf"
        config.write_text(
            f"directories.tokendir = {self.folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        os.environ["SOFTHSM2_CONF"] = str(config)
        self.pin = self.folder / "pin"
        write_secret(self.pin, PIN.encode())
        self.init_token("lienthong")

    def init_token(self, label: str) -> None:
        words = ["--init-token", "--free", "--label", label, "--so-pin", "5678", "--pin", PIN]
        subprocess.run(["softhsm2-util", *words], check=True, capture_output=True)

    def remove_tokens(self) -> None:
        """As if somebody pulled the card out."""
        (self.folder / "tokens").rename(self.folder / "drawer")
        (self.folder / "tokens").mkdir()

    def put_tokens_back(self) -> None:
        (self.folder / "tokens").rmdir()
        (self.folder / "drawer").rename(self.folder / "tokens")

    def address(self, key: str = "seal", more: str = "") -> str:
        path = f"token=lienthong;object={key}" if key else "token=lienthong"
        return f"pkcs11:{path}?module-path={MODULE}&pin-source=file:{self.pin}{more}"

    def certified(self, key: str = "seal", *, bits: int = 0, agency: str = "a100001", more: str = "") -> str:
        """A new key with a certificate of the development authority beside it; its address."""
        made = hardware.make(self.address(key), bits=bits)
        issued = self.pki.issue_for(hardware.request(made, agency), agency, NOW)
        hardware.keep(made, issued)
        return made + more


@contextmanager
def softhsm(folder: Path) -> Iterator[Hsm]:
    before = os.environ.get("SOFTHSM2_CONF")
    try:
        yield Hsm(folder)
    finally:
        slot.close_all()
        if before is None:
            os.environ.pop("SOFTHSM2_CONF", None)
        else:
            os.environ["SOFTHSM2_CONF"] = before
