"""The tables inside docs/envelope.md and docs/record.md, printed from the structs that read the wire."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from types import NoneType
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from schemas import envelope as e
from schemas import problems, record, words

WORDS: Final[dict[str, Any]] = {
    "agency": words.AgencyId,
    "name": words.Name,
    "service": words.ServiceId,
    "token": words.Token,
    "basis": words.Basis,
    "uuid7": words.Uuid7,
    "digest": words.Digest,
    "moment": words.Moment,
    "short": words.Short,
    "schema": words.SchemaName,
    "media-type": words.MediaType,
    "field": words.FieldName,
    "form": words.FormName,
    "instance": words.Instance,
    "base64url": words.Base64url,
    "line": words.Line,
}
STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {
    "envelope": e.Envelope,
    "party": e.Party,
    "officer": e.Officer,
    "subject": e.Subject,
    "part": e.Part,
    "reply-to": e.InReplyTo,
    "problem": problems.Problem,
    "declaration": e.Declaration,
    "gap": e.GapNote,
    "override": e.Override,
    "receipt": e.Receipt,
    "leaf-opened": e.Leaf,
    "record": record.Record,
    "details": record.Details,
    "part-digest": record.PartDigest,
}
_BARE: Final[dict[object, str]] = {str: "text", int: "integer", bool: "boolean", msgspec.Raw: "any JSON"}
_NUMBERED: Final[dict[object, str]] = {
    problems.Code: "integer from 100 to 999",
    record.LeafType: f"integer from {min(record.LeafType)} to {max(record.LeafType)}",
}
MEANINGS: Final[dict[str, dict[str, str]]] = {
    "envelope": {
        "v": "version of the sender's format: §6",
        "instance": "which bus; another one's envelope is refused",
        "kind": "what it is: §4",
        "id": "UUIDv7 (RFC 9562 §5.7), once per sealer",
        "created": "when it was made, by the sealer's clock",
        "expires": "from then on it is not acted upon",
        "sealer": "whose seal it bears",
        "consumer": "who asks, declares or sends",
        "service": "whom it asks: agency/system/service",
        "operation": "which of the service's operations",
        "recipients": "to whom a document goes",
        "purpose": "a code of the registry's list `purpose`",
        "basis": "a code of the registry's list `basis`: the statute",
        "procedure": "the public service's published code",
        "dossier": "the number of the case",
        "officer": "who acts for the consumer",
        "subjects": "whom or what it is about",
        "fields": "dictionary terms asked for; in an answer, the terms that were agreed",
        "schema": "the schema of the part `body`; `opaque@1` where the service is opaque",
        "parts": "the bodies: §5",
        "in_reply_to": "the envelope that this one answers",
        "about": "whose data an answer holds, in the provider's claim",
        "as_of": "how old the data are",
        "problem": "why there is no answer",
        "receipt": "docs/record.md §5",
        "declaration": "what is declared of a dossier",
        "correlation": "the id that the agency's own system gave its request",
        "ext": "extensions: §6",
        "crit": "the extensions that must be understood: §6",
    },
    "party": {"agency": "id in the directory", "system": "which of its systems, by its own word"},
    "officer": {"id": "the agency's own code for the person", "unit": "and for the unit", "asserted_by": "the sealer"},
    "subject": {
        "scheme": "which register numbers it: `citizen`, `business`, `parcel`…",
        "id": "the number in that register",
        "asserted_by": "whose claim this is: the sealer",
        "role": "its part in the dossier: `mother`, `applicant`…",
        "assurance": "how surely it was identified; absent: `none`",
    },
    "part": {
        "id": "once in the envelope; `body` is what the schema describes",
        "media_type": "without parameters",
        "length": "bytes",
        "sha256": "of the bytes",
        "enc": "reserved; refused in this version",
    },
    "reply-to": {"sha256": "of the very bytes of the envelope answered", "id": "its id, where it could be read"},
    "problem": {
        "code": "a number of docs/problems.md; one that is not there is kept as it came",
        "params": "what the text names",
        "rule": "the violated rule",
        "place": "JSON pointer, path or line",
        "fault_at": "where the fault lies",
        "correlation": "as in the envelope",
        "retry": "whether the same request may succeed later; absent: no",
    },
    "declaration": {
        "act": "what is done",
        "form": "the registered form version, when a dossier is opened",
        "gaps": "requirements left to the citizen",
        "overrides": "fields asked although they are held",
    },
    "gap": {"requirement": "as the procedure names it", "reason": "why it stays open"},
    "override": {"field": "of the form", "reason": "one of the four"},
    "receipt": {
        "origin": "the ledger's name",
        "term": "which start of the ledger wrote it",
        "asked": "the record made before anything left the hub",
        "outcome": "the record of how it ended",
        "included_by": "when the published log holds both",
    },
    "leaf-opened": {
        "index": "place in the ledger",
        "leaf": "the leaf's bytes",
        "salt": "32 bytes",
        "details": "the details' bytes",
    },
    "record": {
        "v": "leaf version",
        "type": "§2",
        "time": "the hub's time",
        "consumer": "who asked or declared",
        "commit": "the commitment to the details: §4",
        "provider": "whose service",
        "service": "which service; nothing finer, so that a leaf tells no life event",
        "purpose": "the declared purpose",
        "outcome": "how it ended; absent in an asked leaf",
        "code": "the problem's number",
        "validated": "whether the body passed its schema; false where the service is opaque",
        "asked": "index of the asked leaf that this outcome settles",
    },
    "details": {
        "exchange": "id of the question, answer or declaration",
        "sealer": "who sealed it",
        "envelope": "SHA-256 of the sealed envelope's bytes",
        "seal": "SHA-256 of the seal's text",
        "parts": "digests of the bodies",
        "agreement": "under which it was admitted",
        "snapshot": "the registry version by which it was judged",
        "code_as_written": "the provider's code as the consumer wrote it",
        "hops": "stage → milliseconds since 1970, for the parties only",
        "gaps": "requirement:reason",
        "overrides": "field:reason",
    },
    "part-digest": {},
}


def pattern(word: object) -> str:
    """A word's regular expression, without the anchors that say it is the whole text."""
    (meta,) = (one for one in get_args(word)[1:] if isinstance(one, msgspec.Meta) and one.pattern)
    found = meta.pattern or ""
    return re.sub(r"^\\A(?:\(\?:(.*)\)|(.*))\\Z$", lambda m: m[1] or m[2], found)


def words_table() -> Iterator[str]:
    yield "| word | regular expression |"
    yield "|---|---|"
    for name, word in WORDS.items():
        yield f"| {name} | `{pattern(word)}` |".replace("|-", "\\|-").replace("(?:", "(?:")


def members(name: str) -> Iterator[str]:
    """One struct's members: name, form, whether it must be there."""
    struct = STRUCTS[name]
    hints = get_type_hints(struct, include_extras=True)
    required = set(struct.__struct_fields__) - set(_optional(struct))
    yield "| member | form | | |"
    yield "|---|---|---|---|"
    for member in struct.__struct_fields__:
        needed = "required" if member in required else ""
        yield f"| `{member}` | {form(hints[member])} | {needed} | {MEANINGS[name].get(member, '')} |"


def kinds_table() -> Iterator[str]:
    """Which members each kind must and may have."""
    kinds = list(e.Kind)
    yield "| member | " + " | ".join(kind.value for kind in kinds) + " |"
    yield "|---|" + "---|" * len(kinds)
    for member in e._OPTIONAL:
        cells = []
        for kind in kinds:
            required, optional = e.RULES[kind]
            cells.append("must" if member in required else "may" if member in optional else "")
        yield f"| `{member}` | " + " | ".join(cells) + " |"
    yield "| number in records | " + " | ".join(str(e.NUMBERS[kind]) for kind in kinds) + " |"


def leaf_types() -> Iterator[str]:
    yield "| number | type |"
    yield "|---|---|"
    for one in record.LeafType:
        yield f"| {one.value} | {one.name.lower()} |"


def form(hint: object) -> str:
    """A type as the manual says it."""
    found = _named(hint) or _enumerated(hint) or _BARE.get(hint)
    return found or _combined(get_origin(hint), get_args(hint))


def _named(hint: object) -> str | None:
    word = next((name for name, word in WORDS.items() if hint == word), None)
    struct = next((f"[{name}](#{name})" for name, struct in STRUCTS.items() if hint is struct), None)
    return word or struct


def _enumerated(hint: object) -> str | None:
    if get_origin(hint) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _NUMBERED.get(hint) or _values(hint)
    return None


def _combined(origin: object, args: tuple[Any, ...]) -> str:
    if origin is Annotated:
        return _limited(args[0], args[1:])
    if origin is tuple:
        return f"list of {form(args[0])}"
    if origin is dict:
        return f"object: {form(args[0])} → {form(args[1])}"
    return " or ".join(form(one) for one in args if one is not NoneType)


def _limited(base: object, metas: tuple[Any, ...]) -> str:
    worded = (name for name, word in WORDS.items() if get_args(word)[1] in metas)
    said = next(worded, None) or form(base)
    for meta in metas:
        if meta.max_length is not None and get_origin(base) is tuple:
            said = said.replace("list of", f"list of at most {meta.max_length}")
        elif meta.max_length is not None:
            said += f" of at most {meta.max_length} characters"
        if meta.ge is not None:
            said += f" from {meta.ge}"
        if meta.le is not None:
            said += f" to {meta.le}"
    return said


def _values(enum: type[Enum]) -> str:
    return ", ".join(f"`{one.value}`" for one in enum)


def _optional(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    count = len(struct.__struct_defaults__)
    return struct.__struct_fields__[len(struct.__struct_fields__) - count :] if count else ()


def _of(name: str) -> Callable[[], Iterator[str]]:
    return lambda: members(name)


TABLES: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "words": words_table,
    "kinds": kinds_table,
    "leaf-types": leaf_types,
    **{name: _of(name) for name in STRUCTS},
}


def filled(text: str) -> str:
    """A page with every `<!-- table: name -->` … `<!-- end -->` printed anew."""

    def anew(found: re.Match[str]) -> str:
        return f"<!-- table: {found[1]} -->\n" + "\n".join(TABLES[found[1]]()) + "\n<!-- end -->"

    return re.sub(r"<!-- table: ([a-z-]+) -->\n.*?<!-- end -->", anew, text, flags=re.DOTALL)
