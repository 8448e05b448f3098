"""Signing keys by address: `open_key("file:/keys/seal.key.pem?certificate=/keys/seal.pem")`.

A new kind of key store is one file and one line in `bus.keystore.kinds`.
"""

from bus.keystore.address import KeyAddressError
from bus.keystore.kinds import open_key

__all__ = ["KeyAddressError", "open_key"]
