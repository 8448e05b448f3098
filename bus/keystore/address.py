"""The address of a key, taken apart: `scheme:place?option=value&option=value`.

Promises: unknown and repeated options are errors, so that a misspelt `certificate` is not silently ignored.
Leaves out: what a scheme does with its place. Errors never hold options' values: one may be a password's path.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote


class KeyAddressError(Exception):
    """A key cannot be opened: `rule` names why, the sentence how to mend it."""

    def __init__(self, scheme: str, rule: str, sentence: str) -> None:
        self.scheme = scheme
        self.rule = rule
        super().__init__(f"{scheme}: {sentence} [{rule}]")


@dataclass(frozen=True, slots=True)
class KeyAddress:
    """One address: its scheme, the place within it, its options, and the whole as it was written."""

    scheme: str
    place: str
    options: Mapping[str, str]
    written: str = ""

    def only(self, known: AbstractSet[str], required: AbstractSet[str] = frozenset()) -> None:
        """Refuse options outside `known`, and the absence of those in `required`."""
        for name in self.options.keys() - known:
            raise KeyAddressError(self.scheme, "key-option", f"there is no option {name[:40]!r}")
        for name in required - self.options.keys():
            raise KeyAddressError(self.scheme, "key-option", f"the option {name!r} is missing")


def parse(text: str) -> KeyAddress:
    """Take an address apart.

    Raises:
        KeyAddressError: no scheme, no place, or an option that is repeated.
    """
    scheme, colon, rest = text.partition(":")
    place, _, query = rest.partition("?")
    if not (colon and scheme and place):
        raise KeyAddressError(scheme[:20] or "key", "key-address", "an address is scheme:place?option=value")
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) != len(pairs):
        raise KeyAddressError(scheme, "key-option", "an option stands twice")
    return KeyAddress(scheme, unquote(place), options, text)
