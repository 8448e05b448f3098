"""What is done to keys in a token by hand: make one, list them, ask for a certificate, put it in, begin a rotation.

Promises: each call opens the token writable in a process of its own and ends it; a key is never written over: a new
one stands beside the old one under an id of its own, so that both can be used while their certificates overlap;
a certificate is put in only beside the key that it certifies. Leaves out: initialising tokens and setting PINs, which
is the vendor's tool's affair (`softhsm2-util`, `pkcs11-tool`).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bus.hsm.life import SlotRefusedError
from bus.hsm.slot import KeyUnavailableError, Slot
from bus.hsm.wire import Found, Keep, KeyName, Look, Make, found
from bus.keystore import pkcs11_uri
from bus.keystore.address import KeyAddressError
from bus.keystore.pkcs11 import opening_of, outside_key
from bus.keystore.pkcs11_uri import HardwareKey
from signing.chain import CertificateError, parsed
from signing.keys import KeyRefusedError, thumbprint
from signing.outside import request_for, subject_of

ID_BYTES: Final = 8
RSA_BITS: Final = (3072, 4096)
P384: Final = 384


@dataclass(frozen=True, slots=True)
class Listed:
    """One signing key of a token.

    Attributes:
        address: the key's, with label and id.
        label: CKA_LABEL.
        kind: `P-256`, `P-384`, `RSA-3072`…
        extractable: whether the token would give the key away; it should not.
        x5t: thumbprint of the certificate beside it; empty where there is none.
        not_after: when that certificate ends.
    """

    address: str
    label: str
    kind: str
    extractable: bool
    x5t: str
    not_after: datetime | None


def make(address: str, *, bits: int = 0) -> str:
    """Make a key pair under the address' label: P-256 (0), P-384 (384) or RSA of `bits`; its full address.

    Raises:
        KeyAddressError: the label is missing or taken, or the token refuses.
    """
    named = pkcs11_uri.read(address)
    if bits not in {0, P384, *RSA_BITS} or not named.key.label:
        raise _refused("key-option", "a new key has a label (object=), and is P-256, P-384 or RSA of 3072 or 4096 bits")
    with _token(named) as slot:
        if any(one.label == named.key.label for one in _looked(slot)):
            raise _refused("key-taken", "a key of this label is there: rotate makes the next one")
        return _made(slot, named, named.key.label, bits)


def listed(address: str) -> list[Listed]:
    """Every signing key of the token that the address names.

    Raises:
        KeyAddressError: the token cannot be used.
    """
    named = pkcs11_uri.read(address, needs_key=False)
    with _token(named) as slot:
        return [_listed(named, one) for one in _looked(slot)]


def request(address: str, agency: str, *, common: str | None = None) -> bytes:
    """A certificate request (PKCS #10, PEM) signed by the key at the address.

    Raises:
        KeyAddressError: the token or the key cannot be used.
    """
    named = pkcs11_uri.read(address)
    with _token(named) as slot:
        return request_for(outside_key(slot, named.key, named.alg), agency, common=common)


def keep(address: str, certificate: bytes) -> str:
    """Put a certificate (PEM or DER) beside its key; the thumbprint.

    Raises:
        KeyAddressError: it is another key's, or the token refuses.
    """
    named = pkcs11_uri.read(address)
    with _token(named) as slot:
        der = outside_key(slot, named.key, named.alg).certified_by(certificate)
        slot.ask(lambda number: Keep(number, named.key, der, subject_of(der)))
        return thumbprint(der)


def rotate(address: str, agency: str, *, today: str) -> tuple[str, bytes]:
    """Make the next key beside the one at the address, of the same kind; its address and a request for it.

    Args:
        address: the key that is in use; it stays as it is.
        agency: the agency id for the request.
        today: what tells the new label from the old one, such as `2026-11-22`.

    Raises:
        KeyAddressError: the token or the key cannot be used, or there is one of that label.
    """
    named = pkcs11_uri.read(address)
    with _token(named) as slot:
        keys = _looked(slot)
        now = [one for one in keys if named.key.label in {"", one.label} and named.key.id in {b"", one.id}]
        if len(now) != 1:
            raise _refused("key-missing", f"{len(now)} keys of this name, exactly one is needed")
        label = f"{now[0].label.partition('@')[0]}@{today}"
        if any(one.label == label for one in keys):
            raise _refused("key-taken", "the next key of this day is there already: give it its certificate (import)")
        bits = now[0].kind.partition("-")[2]
        made = _made(slot, replace(named, certificate=None), label, 0 if now[0].kind == "P-256" else int(bits))
        next_key = outside_key(slot, pkcs11_uri.read(made).key, named.alg)
        return made, request_for(next_key, agency)


def follow(address: str, agency: str) -> tuple[str, bytes]:
    """As `rotate`, with a label that is never taken: for whoever renews without a person."""
    return rotate(address, agency, today=secrets.token_hex(ID_BYTES))


def _made(slot: Slot, named: HardwareKey, label: str, bits: int) -> str:
    key = KeyName(label, secrets.token_bytes(ID_BYTES))
    slot.ask(lambda number: Make(number, key, bits))
    return replace(named, key=key).text


def _looked(slot: Slot) -> list[Found]:
    return found.decode(slot.ask(Look))


def _listed(named: HardwareKey, one: Found) -> Listed:
    until, der = None, one.certificate
    if der:
        try:
            until = parsed(der).not_valid_after_utc
        except CertificateError:
            der = b""
    address = replace(named, key=KeyName(one.label, one.id), certificate=None).text
    return Listed(address, one.label, one.kind, one.extractable, thumbprint(der) if der else "", until)


@contextmanager
def _token(named: HardwareKey) -> Iterator[Slot]:
    """The token, writable, in a process that ends with the block; its errors as those of an address."""
    slot = Slot(opening_of(named, write=True))
    try:
        yield slot
    except KeyUnavailableError as error:
        raise _refused(error.rule, str(error).removesuffix(f" [{error.rule}]")) from None
    except SlotRefusedError as error:
        raise _refused(error.fault, str(error)) from None
    except KeyRefusedError as error:
        raise _refused("key-refused", str(error)) from None
    finally:
        slot.close()


def _refused(rule: str, sentence: str) -> KeyAddressError:
    return KeyAddressError(pkcs11_uri.SCHEME, rule, sentence)
