"""The keys that sign the registry: who holds which role, made, kept and opened as files.

Promises Ed25519 keys through securesystemslib, one PEM (PKCS#8) and one public part per key, readable by the owner
only. Leaves out ceremonies and hardware: these are development keys, and a registry of record keeps root and directory
keys apart, offline, in several hands.
Source: TUF specification 1.0.33 §2.1 (roles and PKI).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from securesystemslib.signer import CryptoSigner, Key, Signer

if TYPE_CHECKING:
    from pathlib import Path

ROOT: Final = "root"
DIRECTORY: Final = "directory"
REGISTRAR: Final = "registrar"
ONLINE: Final = "online"

KEYS_PER_ROLE: Final = {ROOT: 3, DIRECTORY: 3, REGISTRAR: 1, ONLINE: 1}
THRESHOLDS: Final = {ROOT: 2, DIRECTORY: 2, REGISTRAR: 1, ONLINE: 1}


class RoleKeysError(Exception):
    """Keys are missing, too few, unreadable, or would be overwritten; the message names role and folder."""


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """Signers per role; a role whose keys are elsewhere has none."""

    root: tuple[Signer, ...] = ()
    directory: tuple[Signer, ...] = ()
    registrar: tuple[Signer, ...] = ()
    online: tuple[Signer, ...] = ()

    def of(self, role: str) -> tuple[Signer, ...]:
        """The role's signers, enough for its threshold.

        Raises:
            RoleKeysError: fewer than the threshold.
        """
        signers: tuple[Signer, ...] = getattr(self, role)
        if len({signer.public_key.keyid for signer in signers}) < THRESHOLDS[role]:
            raise RoleKeysError(f"role {role} needs {THRESHOLDS[role]} keys to sign, {len(signers)} at hand")
        return signers


def create_role_keys(folder: Path) -> RoleKeys:
    """Make all development keys in a folder that has none.

    Raises:
        RoleKeysError: the folder already holds role keys; they are never overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(_private(folder, role, number).exists() for role, count in KEYS_PER_ROLE.items() for number in range(count)):
        raise RoleKeysError(f"{folder} already holds registry keys")
    made = {role: tuple(_create(folder, role, n) for n in range(count)) for role, count in KEYS_PER_ROLE.items()}
    return RoleKeys(**made)


def load_role_keys(folder: Path) -> RoleKeys:
    """Open whatever role keys the folder holds; roles without keys stay empty.

    Raises:
        RoleKeysError: a key file is there and cannot be used.
    """
    found = {role: tuple(_load_role(folder, role, count)) for role, count in KEYS_PER_ROLE.items()}
    return RoleKeys(**found)


def load_online_keys(private: Path) -> tuple[Signer, ...]:
    """The online role's key from its own file, as hubs have it: no other role's key is near.

    Raises:
        RoleKeysError: it cannot be used.
    """
    folder, name = private.parent, private.name.removesuffix(".pem")
    return (_open(private, folder / f"{name}.pub.json"),)


def _load_role(folder: Path, role: str, count: int) -> list[Signer]:
    return [_load(folder, role, number) for number in range(count) if _private(folder, role, number).exists()]


def _private(folder: Path, role: str, number: int) -> Path:
    return folder / f"{role}-{number + 1}.pem"


def _public(folder: Path, role: str, number: int) -> Path:
    return folder / f"{role}-{number + 1}.pub.json"


def _create(folder: Path, role: str, number: int) -> Signer:
    signer = CryptoSigner.generate_ed25519()
    public = {"keyid": signer.public_key.keyid, **signer.public_key.to_dict()}
    _write(_private(folder, role, number), signer.private_bytes, 0o600)
    _write(_public(folder, role, number), json.dumps(public, indent=2).encode(), 0o644)
    return signer


def _write(path: Path, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)


def _load(folder: Path, role: str, number: int) -> Signer:
    return _open(_private(folder, role, number), _public(folder, role, number))


def _open(private: Path, public: Path) -> Signer:
    try:
        parts = json.loads(public.read_bytes())
        key = Key.from_dict(parts.pop("keyid"), parts)
        return Signer.from_priv_key_uri(f"file2:{private.resolve()}", key)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise RoleKeysError(f"the key {private} cannot be used: {type(error).__name__}") from error
