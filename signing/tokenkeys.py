"""The keys of an e-ID issuer: a JWK set read strictly, for checking its tokens and for nothing else.

Promises: P-256 keys and RSA keys of 2048 to 8192 bits only; a key says by itself which algorithms it is for, so a token
cannot choose; a set that holds a private key, or two keys of one name, is refused whole; keys of other kinds and uses
are passed over. Leaves out: where the set comes from (`bus.usages.issuer`), and the certificates that a key may name
(`x5c`, `x5u`): the set itself is the trust.

Sources: RFC 7517 §4, §5; RFC 7518 §6.2, §6.3; NIST SP 800-131A rev. 2 (RSA of 2048 bits).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from schemas.json import JsonError
from schemas.json import read as read_json
from schemas.text import b64url_decode
from signing.keys import Algorithm

MAX_SET_BYTES: Final = 64 * 1024
MAX_KEYS: Final = 32
MAX_KID_CHARS: Final = 200
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
DEVELOPMENT: Final = "lienthong-development-"
"""How the names of keys begin that `signing.devtoken` makes."""
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_EC: Final = frozenset({Algorithm.ES256})
_RSA: Final = frozenset({Algorithm.RS256, Algorithm.PS256})


class KeySetError(ValueError):
    """The set cannot be used; the message names the rule."""


class TokenKey(NamedTuple):
    """One key of the issuer.

    Attributes:
        kid: its name, as tokens carry it.
        algorithms: what it may have signed with.
    """

    kid: str | None
    algorithms: frozenset[Algorithm]
    key: ECKey | RSAKey


class TokenKeys:
    """The keys of one issuer, found by name."""

    def __init__(self, keys: tuple[TokenKey, ...]) -> None:
        self._keys = keys
        self._named = {one.kid: one for one in keys if one.kid is not None}

    def find(self, kid: str | None) -> TokenKey | None:
        """The key of this name; for a token that names none, the only key there is."""
        if kid is not None:
            return self._named.get(kid)
        return self._keys[0] if len(self._keys) == 1 else None

    @property
    def is_development(self) -> bool:
        """Whether anybody on a developer's machine could have made one of them."""
        return any(kid.startswith(DEVELOPMENT) for kid in self._named)

    def __len__(self) -> int:
        return len(self._keys)


def read_keys(data: bytes) -> TokenKeys:
    """Read a JWK set of at most 64 KiB.

    Raises:
        KeySetError: not one, a private or repeated key in it, or no key that could check a token.
    """
    if len(data) > MAX_SET_BYTES:
        raise KeySetError(f"key set: at most {MAX_SET_BYTES} bytes")
    try:
        found = read_json(data)
    except JsonError as error:
        raise KeySetError(f"key set: JSON [{error.rule}]") from error
    rows = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(rows, list) or len(rows) > MAX_KEYS or not all(isinstance(row, dict) for row in rows):
        raise KeySetError(f"key set: an object whose keys are a list of at most {MAX_KEYS} keys (RFC 7517 §5)")
    if any(_PRIVATE & row.keys() for row in rows):
        raise KeySetError("key set: it holds a private or a shared key; whoever gave it out must make new ones")
    keys = tuple(key for row in rows if (key := _read(row)) is not None)
    names = [key.kid for key in keys]
    if len(set(names)) != len(names):
        raise KeySetError("key set: two keys of one name, or several without any")
    if not keys:
        raise KeySetError("key set: no key that could check a token")
    return TokenKeys(keys)


def _read(row: Mapping[str, object]) -> TokenKey | None:
    """One key; None for one that is of no use here."""
    kid, use, operations = row.get("kid"), row.get("use", "sig"), row.get("key_ops", ["verify"])
    if use != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= MAX_KID_CHARS):
        raise KeySetError(f"key set: a key's name is a text of at most {MAX_KID_CHARS} characters")
    algorithms = _algorithms(row)
    if not algorithms:
        return None
    try:
        return TokenKey(kid, algorithms, _key(row))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise KeySetError("key set: a key that cannot be read, or is too short or too long") from error


def _algorithms(row: Mapping[str, object]) -> frozenset[Algorithm]:
    known: frozenset[Algorithm] = frozenset()
    if row.get("kty") == "EC" and row.get("crv") == "P-256":
        known = _EC
    elif row.get("kty") == "RSA":
        known = _RSA
    named = row.get("alg")
    return known if named is None else frozenset(one for one in known if one.value == named)


def _key(row: Mapping[str, object]) -> ECKey | RSAKey:
    """The public numbers alone: nothing else that the row says reaches the library."""
    if row["kty"] == "EC":
        return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": _text(row["x"]), "y": _text(row["y"])})
    modulus = int.from_bytes(b64url_decode(_text(row["n"])))
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        raise ValueError("RSA size")
    return RSAKey.import_key({"kty": "RSA", "n": _text(row["n"]), "e": _text(row["e"])})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
