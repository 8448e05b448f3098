"""Sections: the registry's bytes as they are signed, stored and fetched, and nothing else that anybody needs.

Promises that equal content gives equal bytes (so a hash names a section), that a section from a newer format is
refused by number, and that decoding checks every type. Leaves out signatures and transport (``bus.registry``).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from registry import model

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT: Final = 1


class SectionError(Exception):
    """A section cannot be read: missing, damaged, or of a format this software does not know."""


class Agencies(msgspec.Struct, frozen=True):
    """Section "agencies": who exists, and of which instance this is the registry."""

    format: int
    instance: str
    name: model.Text
    operator: str
    agencies: tuple[model.Agency, ...]


class Certificates(msgspec.Struct, frozen=True):
    """Section "certificates": trust anchors (DER) and the agencies' certificates."""

    format: int
    anchors: tuple[bytes, ...]
    certificates: tuple[model.Certificate, ...]


class Catalogue(msgspec.Struct, frozen=True):
    """Section "catalogue": words, shapes, services, evidence types."""

    format: int
    codelists: tuple[model.Codelist, ...]
    terms: tuple[model.Term, ...]
    schemas: tuple[model.SchemaDocument, ...]
    services: tuple[model.ServiceRow, ...]
    evidence: tuple[model.EvidenceType, ...]


class Agreements(msgspec.Struct, frozen=True):
    """Section "agreements": who may ask what."""

    format: int
    agreements: tuple[model.Agreement, ...]


class Procedures(msgspec.Struct, frozen=True):
    """Section "procedures": procedures and forms."""

    format: int
    procedures: tuple[model.Procedure, ...]
    forms: tuple[model.Form, ...]


class Sections(msgspec.Struct, frozen=True):
    """All five, decoded."""

    agencies: Agencies
    certificates: Certificates
    catalogue: Catalogue
    agreements: Agreements
    procedures: Procedures


NAMES: Final = ("agencies", "certificates", "catalogue", "agreements", "procedures")
DIRECTORY: Final = ("agencies", "certificates")
"""The sections that only the offline directory keys may sign."""
REGISTRAR: Final = ("catalogue", "agreements", "procedures")

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class _Format(msgspec.Struct):
    format: int


Kind = TypeVar("Kind", bound=msgspec.Struct)


def encode(sections: Sections) -> dict[str, bytes]:
    """Name → bytes, the same for the same content."""
    return {name: _ENCODER.encode(getattr(sections, name)) for name in NAMES}


def decode(data: Mapping[str, bytes]) -> Sections:
    """The inverse of ``encode``.

    Raises:
        SectionError: a section is missing, damaged, or of a newer format.
    """
    return Sections(
        agencies=read(data, "agencies", Agencies),
        certificates=read(data, "certificates", Certificates),
        catalogue=read(data, "catalogue", Catalogue),
        agreements=read(data, "agreements", Agreements),
        procedures=read(data, "procedures", Procedures),
    )


def section_hash(data: bytes) -> str:
    """SHA-256 in lower-case hex, as TUF writes it."""
    return hashlib.sha256(data).hexdigest()


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> frozenset[str]:
    """Names of the sections whose hash differs or that ``old`` does not have."""
    return frozenset(name for name, digest in new.items() if old.get(name) != digest)


def read(data: Mapping[str, bytes], name: str, kind: type[Kind]) -> Kind:
    """One section, decoded; ``kind`` must be the class of that name.

    Raises:
        SectionError: as ``decode``.
    """
    if name not in data:
        raise SectionError(f"section {name} is missing")
    try:
        found = msgspec.json.decode(data[name], type=kind)
        number = getattr(found, "format", None)
    except msgspec.MsgspecError:
        found, number = None, _format_of(data[name])
    if found is not None and number == FORMAT:
        return found
    if number is None or number == FORMAT:
        # The library's message may quote the section; which section it was is enough.
        raise SectionError(f"section {name} is damaged")
    raise SectionError(f"section {name} has format {number}, this software reads {FORMAT}")


def _format_of(data: bytes) -> int | None:
    """The format of a section that could not be decoded: a newer one may well have other types."""
    try:
        return msgspec.json.decode(data, type=_Format).format
    except msgspec.MsgspecError:
        return None
