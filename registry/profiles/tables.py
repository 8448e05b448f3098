"""Every table of the shipped profiles, key by key; docs/profiles.md says what each means.

Promises the form of single values only; what the authored registry also has (terms, code lists) is that table and more.
Leaves out what needs a second table to judge (``registry.profiles.load``).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from registry.authored import tables
from registry.authored.fields import Authored, Code, Moment, Name, Text, Words


class OwnerTable(Authored):
    """[[owner]] in owners.toml: who answers for a term, named by role since agency ids differ per instance."""

    id: Name
    name: Text


class TermTable(tables.TermTable):
    """[[term]] in dictionary/: the authored table and its owner."""

    owner: Name


class CodelistTable(tables.CodelistTable):
    """[[codelist]] in codelists/: the authored table and where its codes come from.

    Attributes:
        origin: ``published`` (the codes stand in the source) or ``profile`` (this profile's own).
    """

    origin: Literal["published", "profile"]
    source: Text


class OfficialTable(Authored):
    """[official]: the place of the owner's own schema.

    Attributes:
        file: name of the file in ``official/<subject>/``, once received.
        sha256: of that file's bytes, lower-case hex.
    """

    status: Literal["awaited", "received"]
    title: Text
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class ProfileTable(Authored):
    """<version>.profile.toml: what a subject version is, whose, and what it was derived from.

    Attributes:
        names: ``wire`` (fields are spelled as systems send them) or ``own`` (this profile's names).
        left_out: rules of the subject that its schema cannot say.
    """

    name: Text
    about: Text
    owner: Name
    basis: Code
    effective_from_ms: Moment = Field(alias="effective_from")
    names: Literal["wire", "own"]
    sources: Annotated[list[Text], Field(min_length=1)]
    left_out: list[Text] = Field(default_factory=list)
    official: OfficialTable


class BadTable(Authored):
    """[[bad]] in bad.toml: a document that must be refused, and the rule and place that must be told."""

    file: Annotated[str, Field(pattern=r"^bad-[a-z0-9-]{1,80}\.(json|xml)$")]
    why: Text
    rule: Words
    pointer: Annotated[str, Field(max_length=200)]
