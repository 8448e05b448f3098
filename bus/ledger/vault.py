"""How details stand in the store: salt and details in one sealed box, bound to their leaf.

Promises: a box opened beside another leaf does not open. Erasing the box erases the salt with it, and what is left of
the record, its commitment, then tells nothing.
Leaves out: the cipher (`signing.vault`); two callables are handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bus.ledger.port import SALT_BYTES, Append, Details
from signing.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable

_PURPOSE: Final = b"lienthong ledger details v1\x00"


@dataclass(frozen=True, slots=True)
class Vault:
    """A cipher that authenticates.

    Attributes:
        seal: (plain bytes, context) to sealed bytes; two calls never give the same.
        open: (sealed bytes, context) to plain bytes; raises when either was altered.
    """

    seal: Callable[[bytes, bytes], bytes]
    open: Callable[[bytes, bytes], bytes]

    def box(self, item: Append, hashed: bytes) -> bytes:
        """Seal a record's salt and details for the leaf with this hash."""
        return self.seal(item.salt + item.details, _PURPOSE + hashed)

    def unbox(self, box: bytes, leaf: bytes) -> Details:
        """Open a box that stands beside `leaf`."""
        plain = self.open(box, _PURPOSE + leaf_hash(leaf))
        return Details(plain[SALT_BYTES:], plain[:SALT_BYTES])
