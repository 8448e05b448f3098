"""What is said of two schemas: compatible; incompatible, with a document that shows it; or unknown, and why.

The two are called writer and reader: *included* means that every document the writer's schema allows is accepted by the
reader's. Which of old and new writes follows from the level (``registry.evolution.levels``).
Promises: nothing but values. Leaves out how an answer is found and how it is worded on a wire.
"""

from __future__ import annotations

from dataclasses import dataclass

from registry.model import Text


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a schema.

    Attributes:
        pointer: JSON pointer (RFC 6901) in JSON, a simple XPath in XML (``/xs:schema/xs:element[2]``), a dotted path in
            Avro and Protobuf; ``""`` is the whole schema.
        line: counts from 1, where the format's reader knows it.
        document: the name of the reference that it is in; ``""`` is the schema itself.
    """

    pointer: str = ""
    line: int | None = None
    document: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that is broken, or that gives reason for caution.

    Attributes:
        rule: stable and documented, for instance ``property-became-required``.
        writer: where the writer's schema allows what the reader's does not.
        reader: where the reader's schema refuses it.
        said: the difference in one sentence.
        mend: what the author may do instead.
    """

    rule: str
    writer: Place
    reader: Place
    said: Text
    mend: Text


@dataclass(frozen=True, slots=True)
class Witness:
    """A document that the writer's schema accepts and the reader's refuses.

    Attributes:
        text: the document: JSON, XML, or an Avro datum in Avro's JSON encoding.
        media_type: ``application/json``, ``application/xml`` or ``avro/json``.
    """

    text: str
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Compatible:
    """Every document of the writer's schema is one of the reader's. Cautions change the meaning, never that."""

    cautions: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Incompatible:
    """A document exists that the reader refuses.

    Attributes:
        findings: what is broken, at least one.
        witness: the document; None only where the format has no documents of its own (Protobuf, WSDL, OpenAPI).
    """

    findings: tuple[Finding, ...]
    witness: Witness | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not decided, and therefore refused.

    Attributes:
        rule: stable and documented, for instance ``budget-spent`` or ``pattern-lookahead``.
        spent: the steps taken.
    """

    rule: str
    writer: Place
    reader: Place
    said: Text
    spent: int


Verdict = Compatible | Incompatible | Unknown
