"""What the integrator says on the command line or to the wizard, and reading it.

Promises: an option that is not written as it should be is refused by its name, never by its value. Leaves out the
command line itself (`bus.cli.adapter_new`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bus.kit.new.choices import Chosen, Wish
from bus.kit.new.described import Described
from bus.kit.new.dictionary import Dictionary
from bus.kit.new.names import words
from bus.kit.new.plan import Service
from bus.kit.new.read_database import Database, read_database
from bus.kit.new.read_openapi import read_openapi
from bus.kit.new.read_payload import Call, read_payload
from bus.kit.new.read_wsdl import read_wsdl
from bus.kit.new.refused import SourceRefusedError
from bus.kit.new.thesaurus import concepts
from bus.kit.new.toml_text import plain
from registry.authored.fields import AGENCY, NAME
from registry.model import ASSURANCE_RANK, Text

_SERVICE: Final = re.compile(rf"{AGENCY}/{NAME}/{NAME}")
_TERM: Final = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+")
_SCHEMES: Final = {
    "citizen-number": "citizen",
    "tax-number": "business",
    "business": "business",
    "enterprise": "business",
    "land": "parcel",
    "plot": "parcel",
}


@dataclass(frozen=True, slots=True)
class Options:
    """One run as it was asked for; None and empty: not said."""

    folder: Path | None = None
    wsdl: Path | None = None
    openapi: Path | None = None
    database: Database | None = None
    payload: Path | None = None
    service: str | None = None
    name_vi: str | None = None
    name_en: str | None = None
    basis: str | None = None
    purposes: tuple[str, ...] = ()
    subject_scheme: str | None = None
    assurance: str = "substantial"
    consumer: str | None = None
    consumer_system: str | None = None
    operations: tuple[str, ...] = ()
    address: str | None = None
    method: str = "GET"
    path: str = "/"
    question: Path | None = None
    sample: bool = False
    bind: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    safe: tuple[str, ...] = ()

    @property
    def sources(self) -> int:
        """How many descriptions were named; one is wanted."""
        return sum(one is not None for one in (self.wsdl, self.openapi, self.database, self.payload))


def described(options: Options) -> Described:
    """Read the one description that was named.

    Raises:
        SourceRefusedError: none or several were named, or what was named cannot be used.
    """
    if options.sources != 1:
        raise SourceRefusedError("one-source", "--wsdl --openapi --database --payload")
    if options.wsdl is not None:
        return read_wsdl(options.wsdl, options.address)
    if options.openapi is not None:
        return read_openapi(options.openapi, options.address)
    if options.database is not None:
        return read_database(options.database, options.operations, sample=options.sample)
    if options.payload is None or options.address is None:
        raise SourceRefusedError("address-needed", "--payload")
    if options.method.upper() not in {"GET", "POST", "PUT"}:
        raise SourceRefusedError("bad-option", "--method")
    call = Call(options.address, options.method, options.path, options.question)
    return read_payload(options.payload, call)


def wish_of(options: Options) -> Wish:
    """What was said about fields.

    Raises:
        SourceRefusedError: an option that is not `NAME=VALUE`, or a term that is none.
    """
    bind = _pairs(options.bind, "--bind")
    for name, target in bind.items():
        if target[:1] == "+" and not is_term_name(target[1:]):
            raise SourceRefusedError("bad-option", f"--bind {name}")
    codes = {name: _codes(name, text) for name, text in _pairs(options.codes, "--codes").items()}
    return Wish(bind, _pairs(options.forms, "--form"), codes, frozenset(options.keys))


def is_term_name(text: str) -> bool:
    """Whether a new term may be called so."""
    return _TERM.fullmatch(text) is not None


def _pairs(rows: Iterable[str], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows:
        name, mark, target = row.partition("=")
        if not (name and mark and target) or name in found:
            raise SourceRefusedError("bad-option", option)
        found[name] = target
    return found


def _codes(name: str, text: str) -> Mapping[str, str]:
    rows = [row.rpartition(":") for row in text.split(",")]
    if not all(theirs and ours for theirs, _, ours in rows):
        raise SourceRefusedError("bad-option", f"--codes {name}")
    return {theirs.strip(): ours.strip() for theirs, _, ours in rows}


def service_of(options: Options, found: Described, dictionary: Dictionary, chosen: Iterable[Chosen]) -> Service:
    """How the service is to be known.

    Raises:
        SourceRefusedError: something is missing, or is not in the registry.
    """
    if options.service is None or not _SERVICE.fullmatch(options.service):
        raise SourceRefusedError("service-needed", "--service")
    agency, system, _ = options.service.split("/")
    if (agency, system) not in dictionary.systems:
        raise SourceRefusedError("no-such-system", f"--service {options.service}")
    if options.service in dictionary.services:
        raise SourceRefusedError("service-there", f"--service {options.service}")
    if options.basis not in dictionary.bases:
        raise SourceRefusedError("no-such-basis", "--basis")
    if not options.purposes or not set(options.purposes) <= dictionary.purposes.keys():
        raise SourceRefusedError("no-such-purpose", "--purpose")
    if options.consumer is not None and options.consumer not in dictionary.agencies:
        raise SourceRefusedError("no-such-agency", "--consumer")
    if options.assurance not in ASSURANCE_RANK:
        raise SourceRefusedError("bad-option", "--assurance")
    title = plain(found.title).strip()[:200] or options.service
    return Service(
        id=options.service,
        name=Text(vi=options.name_vi or options.name_en or title, en=options.name_en or options.name_vi or title),
        basis=str(options.basis),
        subject_scheme=options.subject_scheme or subject_of(chosen),
        assurance=options.assurance,
        purposes=options.purposes,
        consumer=options.consumer,
        consumer_system=options.consumer_system,
        lists=frozenset(options.lists),
        safe=frozenset(options.safe),
    )


def subject_of(chosen: Iterable[Chosen]) -> str:
    """About whom the service seems to be, by what it is asked with."""
    for one in chosen:
        for choice in one.question:
            for concept in concepts(words(choice.target)) if choice.state == "term" else ():
                if concept in _SCHEMES:
                    return _SCHEMES[concept]
    return "citizen"
