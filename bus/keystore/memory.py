"""`memory:` — keys that this process made itself: tests and one-process worlds.

Promises: a name is put once; nothing is written anywhere.
"""

from bus.keystore.address import KeyAddress, KeyAddressError
from signing.keys import Signer

_signers: dict[str, Signer] = {}


def put(name: str, signer: Signer) -> str:
    """Keep a signer under a name and return its address.

    Raises:
        KeyAddressError: the name is taken.
    """
    if name in _signers:
        raise KeyAddressError("memory", "key-taken", "a key of this name is kept already")
    _signers[name] = signer
    return f"memory:{name}"


def forget(name: str) -> None:
    """Drop a signer; unknown names are fine."""
    _signers.pop(name, None)


def open_address(address: KeyAddress) -> Signer:
    """The signer kept under a name.

    Raises:
        KeyAddressError: there is none.
    """
    address.only(frozenset())
    signer = _signers.get(address.place)
    if signer is None:
        raise KeyAddressError(address.scheme, "key-missing", "no key of this name was put into this process")
    return signer
