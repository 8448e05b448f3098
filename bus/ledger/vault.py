"""How personal things stand in the store: details and salt in one sealed box bound to their leaf, facts as digests.

Promises: a box opened beside another leaf does not open. Erasing the box erases the salt with it, and what is left of
the record, its commitment, then tells nothing. A fact's digest tells nothing without the vault's key.
Leaves out: the cipher (`signing.vault`), where the key is kept.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from bus.ledger.port import SALT_BYTES, Append, Details, LedgerError
from signing.merkle import leaf_hash
from signing.vault import WRAPPED_BYTES, VaultError, new_key, open_record, seal_record, unwrap_key, wrap_key

if TYPE_CHECKING:
    from collections.abc import Callable

_DETAILS: Final = b"lienthong ledger details v1\x00"
_FACTS: Final = b"lienthong ledger facts v1"


class DetailsUnreadableError(LedgerError):
    """The details do not open: another key, or altered bytes."""


@dataclass(frozen=True, slots=True)
class Vault:
    """A cipher that authenticates, and a keyed digest.

    Attributes:
        seal: (plain bytes, context) to sealed bytes; two calls never give the same.
        open: (sealed bytes, context) to plain bytes; raises `DetailsUnreadableError` when either was altered.
        hide: a fact's 32-byte digest, the same for the same fact.
    """

    seal: Callable[[bytes, bytes], bytes]
    open: Callable[[bytes, bytes], bytes]
    hide: Callable[[str], bytes]

    @classmethod
    def under(cls, key_encryption_key: bytes) -> Self:
        """The vault of a 32-byte key: AES-256-GCM, one fresh key per record, wrapped beside it (40 bytes in front)."""

        def seal(plain: bytes, context: bytes) -> bytes:
            key = new_key()
            return wrap_key(key_encryption_key, key) + seal_record(key, plain, context)

        def open_(sealed: bytes, context: bytes) -> bytes:
            try:
                key = unwrap_key(key_encryption_key, sealed[:WRAPPED_BYTES])
                return open_record(key, sealed[WRAPPED_BYTES:], context)
            except VaultError as error:
                raise DetailsUnreadableError("ledger: the details do not open") from error

        facts_key = hmac.digest(key_encryption_key, _FACTS, hashlib.sha256)
        return cls(seal, open_, lambda fact: hmac.digest(facts_key, fact.encode(), hashlib.sha256))

    def box(self, item: Append, hashed: bytes) -> bytes:
        """Seal a record's salt and details for the leaf with this hash."""
        return self.seal(item.salt + item.details, _DETAILS + hashed)

    def unbox(self, box: bytes, leaf: bytes) -> Details:
        """Open a box that stands beside `leaf`."""
        plain = self.open(box, _DETAILS + leaf_hash(leaf))
        return Details(plain[SALT_BYTES:], plain[:SALT_BYTES])
