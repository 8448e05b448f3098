"""Every kind of key store, by scheme."""

from collections.abc import Callable, Mapping

from bus.keystore import file, memory, pkcs11
from bus.keystore.address import KeyAddress, KeyAddressError, parse
from signing.keys import Signer

OPENERS: Mapping[str, Callable[[KeyAddress], Signer]] = {
    "file": file.open_address,
    "memory": memory.open_address,
    "pkcs11": pkcs11.open_address,
}


def open_key(address: str) -> Signer:
    """The signer at an address.

    Raises:
        KeyAddressError: unknown scheme, or what that scheme refuses.
    """
    parsed = parse(address)
    opener = OPENERS.get(parsed.scheme)
    if opener is None:
        known = ", ".join(sorted(OPENERS))
        raise KeyAddressError(parsed.scheme[:20], "key-scheme", f"unknown kind of key store; there are: {known}")
    return opener(parsed)
