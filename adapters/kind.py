"""What a kind of adapter is to the node: a model of its settings, and how to make an adapter from them.

A package of an agency's own offers a `Kind` under the entry point group `lienthong.adapters` (`adapters.plugins`).
Promises: settings are checked before anything is made; a setting that switches TLS verification off is refused unless
the surroundings are a development's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from adapters.mapping import declare
from adapters.operation import Settings
from adapters.port import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.port import Adapter
    from adapters.surroundings import Surroundings

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """A kind: the model of its settings, and how to make one from them."""

    settings: type[S]
    make: Callable[[S, Surroundings], Adapter]

    def build(self, data: Mapping[str, object], surroundings: Surroundings, place: str) -> Adapter:
        """Check the settings and make the adapter; nothing is opened before its `start`.

        Raises:
            DeclarationError: all mistakes, each by `place` and the setting's own place.
        """
        settings = declare(self.settings, data, place)
        hole = settings.unverified
        if hole is not None and not surroundings.development:
            why = 'the other end would not be verified; only environment = "development" may do that'
            raise DeclarationError(f"{place}.{hole}: {why} [tls-verify]")
        return self.make(settings, surroundings)
