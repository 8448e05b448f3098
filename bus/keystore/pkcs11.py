"""`pkcs11:` — a seal key that never leaves its hardware: `pkcs11:token=T;object=K?module-path=M&pin-source=file:P`.

Promises: the vendor's library runs in a process of its own, one for all keys of a token (`bus.hsm`); only digests go
there; opening a key proves by a signature that the token holds the certificate's key. `sign` waits for that process,
so that whoever has an event loop calls it elsewhere (`waits`); any number of threads may. Leaves out: making keys and
putting certificates beside them (`hardware`).
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from bus.hsm.life import SlotRefusedError
from bus.hsm.slot import KeyUnavailableError, Slot, slot_of
from bus.hsm.wire import Certificate, KeyName, Open, Public, Sign
from bus.keystore import pkcs11_uri
from bus.keystore.address import KeyAddress, KeyAddressError
from bus.keystore.pkcs11_uri import HardwareKey
from signing.keys import Algorithm, KeyRefusedError, digest_for, thumbprint
from signing.outside import OutsideKey

MAX_CERTIFICATE_BYTES: Final = 65_536


class HardwareSigner:
    """A `Signer` whose key is in a token."""

    __slots__ = ("_key", "_slot", "alg", "certificate", "x5t")

    waits: Final = True
    """Signing waits for another process: keep it off the event loop."""

    def __init__(self, slot: Slot, key: OutsideKey, certificate: bytes) -> None:
        self._slot = slot
        self._key = key
        self.alg = key.alg
        self.certificate = certificate
        self.x5t = thumbprint(certificate)

    def sign(self, data: bytes) -> bytes:
        """The JOSE signature over `data`; blocks until the token has made it.

        Raises:
            KeyUnavailableError: the token or its process is away; asking again later is safe.
            SlotRefusedError: the token refuses this key's use.
        """
        return self._key.sign(data)

    def close(self) -> None:
        """Log out and end the token's process, for every key of the token."""
        self._slot.close()


def open_address(address: KeyAddress) -> HardwareSigner:
    """The signer of a key in a token.

    Raises:
        KeyAddressError: the address is wrong, the token, PIN, key or certificate is not there or does not fit.
    """
    named = pkcs11_uri.read(address.written)
    slot = slot_of(opening_of(named))
    try:
        key = outside_key(slot, named.key, named.alg)
        key.prove(secrets.token_bytes(32))
        certificate = key.certified_by(_certificate(slot, named))
    except (KeyUnavailableError, SlotRefusedError) as error:
        rule = error.rule if isinstance(error, KeyUnavailableError) else error.fault
        raise KeyAddressError(address.scheme, rule, str(error).removesuffix(f" [{rule}]")) from None
    except KeyRefusedError as error:
        raise KeyAddressError(address.scheme, "key-refused", str(error)) from None
    return HardwareSigner(slot, key, certificate)


def opening_of(named: HardwareKey, *, write: bool = False) -> Open:
    """What the token's process is told first."""
    return Open(str(named.module), named.token, str(named.pin), write)


def outside_key(slot: Slot, name: KeyName, alg: str | None = None) -> OutsideKey:
    """The key of a token as one that signs outside.

    Raises:
        KeyUnavailableError, SlotRefusedError: as `Slot.ask`.
        KeyRefusedError: outside the closed list.
    """

    def sign(algorithm: Algorithm, data: bytes) -> bytes:
        digest = digest_for(algorithm, data)
        return slot.ask(lambda number: Sign(number, name, algorithm.value, digest))

    return OutsideKey(slot.ask(lambda number: Public(number, name)), sign, alg)


def _certificate(slot: Slot, named: HardwareKey) -> bytes:
    if named.certificate is None:
        return slot.ask(lambda number: Certificate(number, named.key))
    return read_certificate(named.certificate)


def read_certificate(path: Path) -> bytes:
    """A certificate's file.

    Raises:
        KeyAddressError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_CERTIFICATE_BYTES)
    except OSError as error:
        raise KeyAddressError(pkcs11_uri.SCHEME, "key-certificate", f"{path}: {error.strerror}") from None
