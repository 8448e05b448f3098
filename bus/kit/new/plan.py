"""What the files are made from: the system, the choices, and how the service is to be known.

Promises: everything that a file says comes from here. Leaves out where files go (`make`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bus.kit.new.choices import Chosen
from bus.kit.new.described import Described
from bus.kit.new.dictionary import Dictionary, Term
from registry.model import Text


@dataclass(frozen=True, slots=True)
class Service:
    """How the registry will know it.

    Attributes:
        id: `agency/system/service`.
        consumer: the agency that asks for an agreement; none: only the letter is written.
        lists: operations that answer with all records instead of the one.
        safe: operations of which the integrator says that asking twice does no harm.
    """

    id: str
    name: Text
    basis: str
    subject_scheme: str
    assurance: str = "substantial"
    purposes: tuple[str, ...] = ()
    consumer: str | None = None
    consumer_system: str | None = None
    lists: frozenset[str] = frozenset()
    safe: frozenset[str] = frozenset()

    @property
    def file_name(self) -> str:
        """Its id as part of a file's name."""
        return self.id.replace("/", "-")

    @property
    def short(self) -> str:
        """System and service, as schemas are named."""
        return "-".join(self.id.split("/")[1:])


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of the kit, ready to be written.

    Attributes:
        working: operations that can be asked; the others wait for the integrator.
        new_terms: terms that the integrator proposes; those of waiting operations wait, too.
    """

    described: Described
    service: Service
    dictionary: Dictionary
    working: tuple[Chosen, ...]
    waiting: tuple[Chosen, ...]
    new_terms: Mapping[str, Term]
    folder: Path
    today: date
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def proposed(self) -> tuple[Term, ...]:
        """New terms that the working operations use: what the registrar is asked to take up."""
        used = {choice.target for one in self.working for choice in (*one.question, *one.answer)}
        return tuple(term for name, term in self.new_terms.items() if name in used)

    def term(self, name: str) -> Term:
        """A term of the dictionary, or a new one."""
        return self.new_terms.get(name) or self.dictionary.terms[name]
