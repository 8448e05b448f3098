"""The address of a key in hardware: a PKCS #11 URI (RFC 7512), read strictly.

    pkcs11:token=agency;object=seal;id=%01?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/lienthong/pin

Promises: an attribute that nobody here understands, that is repeated or misspelt is an error; the PIN is named by the
path of its file and never stands in an address (`pin-value` is refused). Leaves out: whether there is such a token.
Two query attributes are our own, as RFC 7512 §2.4 allows: `certificate` (a PEM file; else the token's certificate of
the same id is taken) and `alg`. Errors never hold values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from bus.hsm.wire import KeyName, TokenName
from bus.keystore.address import KeyAddressError

SCHEME: Final = "pkcs11"
MAX_ADDRESS_CHARACTERS: Final = 4096
_PATH: Final = frozenset({"token", "serial", "slot-id", "object", "id", "type"})
_QUERY: Final = frozenset({"module-path", "pin-source", "certificate", "alg"})
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEPT: Final = "-._~:[]@!$'()*+,="
"""What stands unescaped in a path attribute's value (RFC 7512 §2.3, pk11-res-avail), `/` escaped all the same."""


@dataclass(frozen=True, slots=True)
class HardwareKey:
    """One address, read.

    Attributes:
        module: the vendor's PKCS #11 library.
        token: which token, by label, serial number or slot.
        pin: file with the user's PIN.
        key: which key in the token; its members may both be empty where the address names no key.
        certificate: PEM file of the key's certificate, None where the token holds it.
        alg: JOSE name of the algorithm, None for the key's usual one.
    """

    module: Path
    token: TokenName
    pin: Path
    key: KeyName
    certificate: Path | None = None
    alg: str | None = None

    @property
    def text(self) -> str:
        """The address in its one spelling."""
        path = [
            *(("token", self.token.label),) * bool(self.token.label),
            *(("serial", self.token.serial),) * bool(self.token.serial),
            *(("slot-id", str(self.token.slot)),) * (self.token.slot is not None),
            *(("object", self.key.label),) * bool(self.key.label),
        ]
        attributes = [f"{name}={quote(value, safe=_KEPT)}" for name, value in path]
        if self.key.id:
            attributes.append("id=" + "".join(f"%{byte:02X}" for byte in self.key.id))
        query = [f"module-path={quote(str(self.module))}", f"pin-source=file:{quote(str(self.pin))}"]
        if self.certificate is not None:
            query.append(f"certificate={quote(str(self.certificate))}")
        if self.alg is not None:
            query.append(f"alg={self.alg}")
        return f"{SCHEME}:{';'.join(attributes)}?{'&'.join(query)}"


def read(text: str, *, needs_key: bool = True) -> HardwareKey:
    """Read an address.

    Args:
        text: the whole URI.
        needs_key: whether it must name a key, by `object` or `id`.

    Raises:
        KeyAddressError: as the module's promises say.
    """
    scheme, _, rest = text.partition(":")
    if scheme != SCHEME or len(text) > MAX_ADDRESS_CHARACTERS or "#" in text:
        raise _refused("key-address", "an address is pkcs11:token=…;object=…?module-path=…&pin-source=file:…")
    before, _, after = rest.partition("?")
    path, query = _attributes(before, ";", _PATH), _attributes(after, "&", _QUERY)
    if path.get("type", b"private") != b"private":
        raise _refused("key-option", "a signing key is type=private")
    token = TokenName(_text(path, "token"), _text(path, "serial"), _slot(path))
    if not (token.label or token.serial or token.slot is not None):
        raise _refused("key-option", "the token is named by token, serial or slot-id")
    key = KeyName(_text(path, "object"), path.get("id", b""))
    if needs_key and not (key.label or key.id):
        raise _refused("key-option", "the key is named by object or id")
    certificate = _text(query, "certificate")
    return HardwareKey(
        module=_absolute(query, "module-path"),
        token=token,
        pin=_absolute(query, "pin-source"),
        key=key,
        certificate=Path(certificate) if certificate else None,
        alg=_text(query, "alg") or None,
    )


def _attributes(text: str, separator: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in text.split(separator) if text else ():
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise _refused("key-pin", "a PIN never stands in an address: pin-source=file:PATH")
        if name not in known or not equals:
            raise _refused("key-option", f"there is no option {name[:40]!r}")
        if name in found:
            raise _refused("key-option", "an option stands twice")
        if _ESCAPE.search(value) or not value:
            raise _refused("key-option", f"the value of {name!r} is empty or wrongly escaped")
        found[name] = unquote_to_bytes(value)
    return found


def _text(found: Mapping[str, bytes], name: str) -> str:
    try:
        text = found.get(name, b"").decode()
    except UnicodeDecodeError:
        raise _refused("key-option", f"the value of {name!r} is not UTF-8") from None
    if "\0" in text:
        raise _refused("key-option", f"the value of {name!r} holds a zero")
    return text


def _slot(found: Mapping[str, bytes]) -> int | None:
    digits = found.get("slot-id")
    if digits is None:
        return None
    if not digits.isdigit() or len(digits) > 20:  # noqa: PLR2004 - CK_ULONG has at most 20 digits
        raise _refused("key-option", "slot-id is a number")
    return int(digits)


def _absolute(found: Mapping[str, bytes], name: str) -> Path:
    text = _text(found, name)
    if not text:
        raise _refused("key-option", f"the option {name!r} is missing")
    if name == "pin-source":
        text = text.removeprefix("file:").removeprefix("//")
    path = Path(text)
    if not path.is_absolute() or text.startswith("|"):
        raise _refused("key-option", f"{name!r} is the absolute path of a file")
    return path


def _refused(rule: str, sentence: str) -> KeyAddressError:
    return KeyAddressError(SCHEME, rule, sentence)
