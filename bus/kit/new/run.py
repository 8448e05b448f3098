"""One run of `lienthong adapter new`, from what was said to what is written.

Promises: numbered steps; whoever talks to the integrator (the wizard, or nobody) is asked between them and never
changes what was said. Leaves out printing.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Protocol

from bus.kit.new.choices import Chosen
from bus.kit.new.described import Described
from bus.kit.new.dictionary import Dictionary
from bus.kit.new.make import Made, choose, make, plan_of
from bus.kit.new.options import Options, described, service_of, wish_of
from bus.kit.new.terms import Suggester


class Talk(Protocol):
    """Whoever fills in what was not said."""

    def source(self, options: Options) -> Options:
        """Which description, and where the system is."""

    def fields(self, options: Options, found: Described, chosen: tuple[Chosen, ...]) -> Options:
        """What open fields are."""

    def service(self, options: Options, found: Described) -> Options:
        """How the registry shall know the service."""


class Silent:
    """Nobody is asked: what was not said stays open."""

    def source(self, options: Options) -> Options:
        """As it is."""
        return options

    def fields(self, options: Options, _found: Described, _chosen: tuple[Chosen, ...]) -> Options:
        """As it is."""
        return options

    def service(self, options: Options, _found: Described) -> Options:
        """As it is."""
        return options


def run(options: Options, dictionary: Dictionary, today: date, talk: Talk) -> Made:
    """Everything that would be written, judged; nothing is.

    Raises:
        SourceRefusedError: by rule and place.
        SecretError: a password's file is missing or open to others.
    """
    # ① the description, in the neutral form
    options = talk.source(options)
    found = described(options)
    # ② what is sure is bound; the integrator is shown the rest
    suggester = Suggester(dictionary)
    chosen, _ = choose(found, dictionary, suggester, wish_of(options), options.operations)
    options = talk.fields(options, found, chosen)
    chosen, new_terms = choose(found, dictionary, suggester, wish_of(options), options.operations)
    # ③ how the registry shall know it
    options = talk.service(options, found)
    service = service_of(options, found, dictionary, chosen)
    # ④ the files, built and checked before anybody writes them
    folder = options.folder or Path(service.short)
    return make(plan_of(found, dictionary, chosen, new_terms, service, folder, today))
