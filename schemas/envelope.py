"""The envelope: who asks or tells whom what, why and on what ground. Its bytes are what a seal covers.

Promises: `decode` accepts exactly the envelopes of `docs/envelope.md` (this version, one older, one newer) and
names the rule and the member when it refuses; nothing is re-serialised after sealing. Unknown members are only
legal inside `ext`; those that a sender lists in `crit` must be understood (as in RFC 7515 §4.1.11).
Leaves out: whether the seal holds (`signing.jws`) and whether the exchange is allowed (`bus.gate`).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.json import JsonError
from schemas.json import read as read_json
from schemas.problems import Code, Problem, ProblemError, problem
from schemas.sealed import MAX_ENVELOPE_BYTES
from schemas.text import moment_ms
from schemas.words import (
    AgencyId,
    Assurance,
    Base64url,
    Basis,
    Digest,
    FieldName,
    FormName,
    Instance,
    MediaType,
    Moment,
    Name,
    SchemaName,
    ServiceId,
    Short,
    Token,
    Uuid7,
)

VERSION: Final = 1
READABLE: Final = (VERSION - 1, VERSION, VERSION + 1)
"""Versions this reader takes: its own and both neighbours; version 0 never existed and is refused by `v >= 1`."""
UNDERSTOOD_EXTENSIONS: Final[frozenset[str]] = frozenset()
MAX_QUESTION_LIFETIME_MS: Final = 5 * 60 * 1000
MAX_LIFETIME_MS: Final = 35 * 24 * 3600 * 1000
MAX_PARTS: Final = 64
MAX_PART_BYTES: Final = 512 * 1024 * 1024
MAX_DETAILS_CHARS: Final = 12 * 1024
"""Of one leaf's details in a receipt, as base64url: 9 KiB of JSON."""


class Kind(StrEnum):
    """What an envelope is; closed. The number in a leaf is `NUMBERS[kind]`."""

    QUESTION = "question"
    ANSWER = "answer"
    FAULT = "fault"
    PENDING = "pending"
    DOCUMENT = "document"
    RECEIPT = "receipt"
    STATUS = "status"
    DECLARATION = "declaration"
    REGISTRATION = "registration"


NUMBERS: Final[Mapping[Kind, int]] = {kind: number for number, kind in enumerate(Kind, start=1)}


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Members of the wire: closed, absent rather than null."""


class Party(_Wire, frozen=True):
    """An agency and, where it says so itself, which of its systems."""

    agency: AgencyId
    system: Name | None = None


class Officer(_Wire, frozen=True):
    """The person on duty, as the agency's own claim."""

    id: Token
    unit: Short
    asserted_by: AgencyId


class Subject(_Wire, frozen=True):
    """Whom or what the exchange is about, as a claim.

    Attributes:
        scheme: which register numbers it (`citizen`, `business`, `parcel`, `social-insurance`).
        id: the number in that register.
        role: its part in the dossier (`mother`, `applicant`).
        assurance: how surely it was identified (eIDAS words, Regulation (EU) 910/2014 art. 8).
        asserted_by: the agency whose claim this is.
    """

    scheme: Name
    id: Token
    asserted_by: AgencyId
    role: Name | None = None
    assurance: Assurance = "none"


class Part(_Wire, frozen=True):
    """One body, named by its digest; the bytes travel beside the envelope.

    Attributes:
        enc: reserved for JWE to the addressee's node, where the hub may not read; refused until then.
    """

    id: Name
    media_type: MediaType
    length: Annotated[int, Meta(ge=0, le=MAX_PART_BYTES)]
    sha256: Digest
    enc: Literal["jwe"] | None = None


class InReplyTo(_Wire, frozen=True):
    """The envelope that this one answers: the digest of its very bytes, and its id where it could be read."""

    sha256: Digest
    id: Uuid7 | None = None


class Leaf(_Wire, frozen=True):
    """A ledger leaf with what opens its commitment, as a receipt hands it over."""

    index: Annotated[int, Meta(ge=0)]
    leaf: Annotated[Base64url, Meta(max_length=4096)]
    salt: Digest
    details: Annotated[Base64url, Meta(max_length=MAX_DETAILS_CHARS)] | None = None


class Receipt(_Wire, frozen=True):
    """The hub's word on one exchange: both leaves, and by when the ledger includes them."""

    origin: Short
    term: Annotated[int, Meta(ge=1)]
    asked: Leaf
    outcome: Leaf
    included_by: Moment


class Override(_Wire, frozen=True):
    """One declared way past the guard: which field, for which of the four reasons."""

    field: FieldName
    reason: Literal["quality-failure", "update", "verification", "provider-down"]


class GapNote(_Wire, frozen=True):
    """A requirement that stays open, and why, as declared at the hub."""

    requirement: Token
    reason: Name


class Declaration(_Wire, frozen=True):
    """What an agency declares of its own dossier."""

    act: Literal["open", "gaps", "override", "close"]
    form: FormName | None = None
    gaps: Annotated[tuple[GapNote, ...], Meta(max_length=128)] = ()
    overrides: Annotated[tuple[Override, ...], Meta(max_length=128)] = ()


class Envelope(_Wire, frozen=True):
    """One message. Which members a kind needs and allows is `RULES`.

    Attributes:
        v: version of the sender's envelope format.
        instance: which bus (`VN`, `VN-test`); an envelope of another instance is refused.
        id: UUIDv7 (RFC 9562 §5.7), unique per sealer.
        created: when it was sealed, by the sender's clock.
        expires: after this it is not executed; a question lives at most five minutes.
        consumer: who asks, declares or sends.
        service: whom it asks: agency, system, service.
        recipients: to whom a document goes.
        basis: statute reference (codelist `basis`).
        fields: the dictionary terms asked for, or answered.
        schema: the schema version of the part `body`.
        about: whose data an answer really holds.
        correlation: the id that the agency's own system gave its request.
        ext: extensions by name, kept and forwarded as they came; `crit` names those that must be understood.
    """

    v: Annotated[int, Meta(ge=1)]
    instance: Instance
    kind: Kind
    id: Uuid7
    created: Moment
    expires: Moment
    sealer: AgencyId
    consumer: Party | None = None
    service: ServiceId | None = None
    operation: Name | None = None
    recipients: Annotated[tuple[AgencyId, ...], Meta(max_length=256)] = ()
    purpose: Name | None = None
    basis: Basis | None = None
    procedure: Token | None = None
    dossier: Token | None = None
    officer: Officer | None = None
    subjects: Annotated[tuple[Subject, ...], Meta(max_length=32)] = ()
    fields: Annotated[tuple[Token, ...], Meta(max_length=256)] = ()
    schema: SchemaName | None = None
    parts: Annotated[tuple[Part, ...], Meta(max_length=MAX_PARTS)] = ()
    in_reply_to: InReplyTo | None = None
    about: Annotated[tuple[Subject, ...], Meta(max_length=32)] = ()
    as_of: Moment | None = None
    problem: Problem | None = None
    receipt: Receipt | None = None
    declaration: Declaration | None = None
    correlation: Token | None = None
    ext: dict[Token, msgspec.Raw] = {}
    crit: Annotated[tuple[Token, ...], Meta(max_length=32)] = ()


_ALWAYS: Final = frozenset({"v", "instance", "kind", "id", "created", "expires", "sealer"})
_ANY: Final = frozenset({"correlation", "ext", "crit"})
_GROUND: Final = frozenset({"purpose", "basis"})
_REPLY: Final = frozenset({"in_reply_to", "consumer", "service", "operation"})
_ASK: Final = frozenset({"consumer", "service", "operation"})

RULES: Final[Mapping[Kind, tuple[frozenset[str], frozenset[str]]]] = {
    Kind.QUESTION: (
        _ASK | _GROUND | {"parts", "schema"},
        frozenset({"procedure", "dossier", "officer", "subjects", "fields"}),
    ),
    Kind.ANSWER: (_REPLY | {"parts", "schema"}, frozenset({"about", "as_of", "fields"})),
    Kind.FAULT: (frozenset({"problem", "in_reply_to"}), frozenset({"consumer", "service", "operation"})),
    Kind.PENDING: (_REPLY, frozenset()),
    Kind.DOCUMENT: (
        _GROUND | {"consumer", "recipients", "parts"},
        frozenset({"procedure", "dossier", "officer", "subjects", "schema", "in_reply_to"}),
    ),
    Kind.RECEIPT: (frozenset({"in_reply_to", "receipt"}), frozenset()),
    Kind.STATUS: (frozenset({"in_reply_to", "consumer"}), frozenset({"problem", "officer", "as_of"})),
    Kind.DECLARATION: (
        frozenset({"consumer", "declaration", "dossier", "procedure"}),
        frozenset({"officer", "subjects", "basis"}),
    ),
    Kind.REGISTRATION: (frozenset({"consumer", "parts"}), frozenset({"basis", "officer", "schema"})),
}
"""Per kind: the members it must have beside the header, and those it may have. Anything else is refused."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)
_PLACE = re.compile(r" - at `\$([^`]*)`\Z")
_MEMBERS: Final = frozenset(
    name
    for struct in (
        *(Party, Officer, Subject, Part, InReplyTo, Leaf, Receipt, Override, GapNote, Declaration, Envelope),
        Problem,
    )
    for name in struct.__struct_fields__
)


def encode(envelope: Envelope) -> bytes:
    """The bytes to seal: UTF-8 JSON, no spaces, members in the order of `Envelope`, absent members left out.

    Raises:
        ProblemError: 102, over 16 KiB.
    """
    data = _encoder.encode(envelope)
    if len(data) > MAX_ENVELOPE_BYTES:
        raise problem(Code.ENVELOPE_TOO_LARGE, limit=MAX_ENVELOPE_BYTES)
    return data


def decode(data: bytes) -> Envelope:
    """Read and check one envelope.

    Raises:
        ProblemError: 101 to 104, 107 or 109, naming rule and member.
    """
    if len(data) > MAX_ENVELOPE_BYTES:
        raise problem(Code.ENVELOPE_TOO_LARGE, limit=MAX_ENVELOPE_BYTES)
    try:
        envelope = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refusal(data, error) from None
    except RecursionError:
        raise problem(Code.ENVELOPE_MALFORMED, rule="too-deep", place="/ext") from None
    if envelope.ext or _encoder.encode(envelope) != data:
        _must_have_one_reading(data)
    _check_version(envelope)
    _check_members(envelope)
    _check_times(envelope)
    _check_parts(envelope)
    return envelope


class _Version(msgspec.Struct):
    """The one member that is read whatever stands beside it."""

    v: int


_version_decoder = msgspec.json.Decoder(_Version)


def _refusal(data: bytes, error: msgspec.DecodeError | UnicodeDecodeError) -> ProblemError:
    """A version that this reader does not know explains everything else; otherwise name rule and place."""
    if not isinstance(error, msgspec.ValidationError):
        return problem(Code.ENVELOPE_MALFORMED, rule="json", place="/")
    with contextlib.suppress(msgspec.DecodeError):
        if _version_decoder.decode(data).v > max(READABLE):
            return problem(Code.ENVELOPE_VERSION, rule="version", place="/v", supported=VERSION)
    return problem(Code.ENVELOPE_MALFORMED, rule="schema", place=_place(str(error)))


def _place(text: str) -> str:
    """The member path that msgspec names, as a JSON pointer; what is no path of ours may quote anything."""
    found = _PLACE.search(text)
    steps = [] if found is None else [step for step in re.split(r"[.\[\]]+", found[1]) if step]
    if not all(step.isdecimal() or step in _MEMBERS for step in steps):
        return "/"
    return "/" + "/".join(steps)


def _must_have_one_reading(data: bytes) -> None:
    """Only spellings unlike ours, and extensions, which nobody has read yet, need this look."""
    try:
        document = read_json(data)
    except JsonError as error:
        raise problem(Code.ENVELOPE_MALFORMED, rule=error.rule, place="/") from None
    if isinstance(document, dict) and any(_holds_null(value) for name, value in document.items() if name != "ext"):
        raise problem(Code.ENVELOPE_MALFORMED, rule="absent-not-null", place="/")


def _holds_null(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(_holds_null, value.values() if isinstance(value, dict) else value))
    return value is None


def _check_version(envelope: Envelope) -> None:
    if envelope.v not in READABLE:
        raise problem(Code.ENVELOPE_VERSION, rule="version", place="/v", supported=VERSION)
    if len(set(envelope.crit)) != len(envelope.crit) or not set(envelope.crit) <= envelope.ext.keys():
        raise problem(Code.ENVELOPE_MALFORMED, rule="crit-names-ext-once", place="/crit")
    for name in envelope.crit:
        if name not in UNDERSTOOD_EXTENSIONS:
            raise problem(Code.ENVELOPE_CRITICAL_EXTENSION, rule="crit", place="/crit")


_OPTIONAL: Final = tuple(name for name in Envelope.__struct_fields__ if name not in _ALWAYS | _ANY)
_MASKS: Final = {
    kind: tuple((name, name in required, name in required | optional) for name in _OPTIONAL)
    for kind, (required, optional) in RULES.items()
}


def _check_members(envelope: Envelope) -> None:
    for name, required, allowed in _MASKS[envelope.kind]:
        present = bool(getattr(envelope, name))
        if present and not allowed:
            raise problem(Code.ENVELOPE_KIND, rule="member-not-of-this-kind", place=f"/{name}")
        if required and not present:
            raise problem(Code.ENVELOPE_KIND, rule="member-missing", place=f"/{name}")


def _check_times(envelope: Envelope) -> None:
    created, expires = _moment(envelope.created, "/created"), _moment(envelope.expires, "/expires")
    if envelope.as_of is not None:
        _moment(envelope.as_of, "/as_of")
    if envelope.receipt is not None:
        _moment(envelope.receipt.included_by, "/receipt/included_by")
    limit = MAX_QUESTION_LIFETIME_MS if envelope.kind is Kind.QUESTION else MAX_LIFETIME_MS
    if not 0 < expires - created <= limit:
        raise problem(Code.ENVELOPE_LIFETIME, rule="lifetime", place="/expires", limit_ms=limit)


def _moment(text: str, place: str) -> int:
    try:
        return moment_ms(text)
    except ValueError:
        raise problem(Code.ENVELOPE_MALFORMED, rule="moment", place=place) from None


def _check_parts(envelope: Envelope) -> None:
    if len({part.id for part in envelope.parts}) != len(envelope.parts):
        raise problem(Code.ENVELOPE_MALFORMED, rule="part-ids-differ", place="/parts")
    for index, part in enumerate(envelope.parts):
        if part.enc is not None:
            raise problem(Code.ENVELOPE_MALFORMED, rule="enc-reserved", place=f"/parts/{index}/enc")
