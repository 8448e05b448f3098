"""What a new version of the registry would break for those who have an agreement: decided before it is signed.

A question or answer schema may move along its service's compatibility level and no further:

- ``BACKWARD``: who asks today may go on. The new version accepts every question of the old; and of an answer by the new
  version, what each agreement in force lets through is an answer by the old.
- ``FULL``: and who answers today may go on, that is both the other way round as well.
- ``NONE``: anything goes; for services that are being tried out.

The level is the one that the published version declares, so lowering it takes a publication of its own. Nobody's
agreement, nothing to break. A breaking change is a new service beside the old one (``…/person-v2``), until the old
one's agreements have ended. Promises: pure; "unknown" is refused like "broken". Leaves out names that disappear (the
folder's own checks see an agreement that leads nowhere).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import orjson

from registry.evolution.budget import Budget
from registry.evolution.limits import COMPARE_STEPS, PARSE_STEPS
from registry.evolution.port import Format, FormatName, Policy, SchemaError
from registry.evolution.verdict import Compatible, Finding, Incompatible, Place, Unknown, Verdict
from registry.model import Text
from registry.shapes import frame_of, narrow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from registry.model import Agreement, OperationRow, SchemaDocument, ServiceRow
    from registry.sections import Sections

Side: TypeAlias = Literal["question", "answer"]
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ANOTHER_LANGUAGE: Final = Text(
    vi="Một bên không có lược đồ, hoặc hai bên viết bằng hai ngôn ngữ",
    en="One has no schema, or the two are written in different languages",
)


@dataclass(frozen=True, slots=True)
class Break:
    """A change that an agreement does not survive.

    Attributes:
        agreements: ids of those in force that use the operation, in order.
        old, new: ``subject@version``; None: the service was or becomes opaque.
        verdict: why, with the witness where there is one.
        turned: the other way round: who answers today could not go on (``FULL``).
    """

    service: str
    operation: str
    side: Side
    agreements: tuple[str, ...]
    old: str | None
    new: str | None
    verdict: Incompatible | Unknown
    turned: bool


def broken(before: Sections, after: Sections, at_ms: int, formats: Callable[[FormatName], Format]) -> Iterator[Break]:
    """Every break, by service and operation.

    Args:
        before: the published version.
        after: the one that would follow it.
        at_ms: now; agreements that have ended do not count, those that will begin do.
        formats: names the engines (``registry.evolution.formats.format_of``).
    """
    was = {row.id: row for row in before.catalogue.services}
    documents = [{row.ref: row for row in one.catalogue.schemas} for one in (before, after)]
    used = _users(after, at_ms)
    for service in after.catalogue.services:
        old_service = was.get(service.id)
        if old_service is None or old_service.compatibility == "NONE":
            continue
        for operation in service.operations:
            users = used.get((service.id, operation.name), ())
            old = next((row for row in old_service.operations if row.name == operation.name), None)
            if old is not None and users:
                yield from _operation(old_service, old, operation, users, documents, formats)


def rewritten(before: Sections, after: Sections) -> tuple[str, ...]:
    """Published versions whose content would change: records name them, so they never do."""
    now = {row.ref: row for row in after.catalogue.schemas}
    return tuple(row.ref for row in before.catalogue.schemas if now.get(row.ref, row) != row)


def _users(after: Sections, at_ms: int) -> Mapping[tuple[str, str], tuple[Agreement, ...]]:
    users: dict[tuple[str, str], list[Agreement]] = defaultdict(list)
    for agreement in after.agreements.agreements:
        if agreement.state == "active" and agreement.valid_to_ms > at_ms:
            for name in agreement.operations:
                users[agreement.service, name].append(agreement)
    return {key: tuple(rows) for key, rows in users.items()}


def _operation(
    service: ServiceRow,
    old: OperationRow,
    new: OperationRow,
    users: tuple[Agreement, ...],
    documents: list[dict[str, SchemaDocument]],
    formats: Callable[[FormatName], Format],
) -> Iterator[Break]:
    by_terms: dict[frozenset[str], list[Agreement]] = defaultdict(list)
    for agreement in users:
        by_terms[agreement.terms].append(agreement)
    groups: list[tuple[Side, frozenset[str] | None, tuple[Agreement, ...]]] = [("question", None, users)]
    groups += [("answer", terms, tuple(rows)) for terms, rows in by_terms.items()]
    for side, terms, rows in groups:
        was, now = getattr(old, side), getattr(new, side)
        ends = documents[0].get(was or ""), documents[1].get(now or "")
        if ends[0] == ends[1]:
            continue
        for turned in (False, True) if service.compatibility == "FULL" else (False,):
            verdict = _judge(ends, terms, writer_is_old=(side == "question") is not turned, formats=formats)
            if not isinstance(verdict, Compatible):
                ids = tuple(sorted(row.id for row in rows))
                yield Break(service.id, new.name, side, ids, was, now, verdict, turned)


def _judge(
    ends: tuple[SchemaDocument | None, SchemaDocument | None],
    terms: frozenset[str] | None,
    *,
    writer_is_old: bool,
    formats: Callable[[FormatName], Format],
) -> Verdict:
    old, new = ends
    if old is None or new is None or (old.main is None) is not (new.main is None):
        return Unknown("another-language", Place(), Place(), _ANOTHER_LANGUAGE, 0)
    if (rebound := _rebound(old, new)) is not None:
        return rebound
    writer, reader = (old, new) if writer_is_old else (new, old)
    engine = formats(FormatName.JSON if old.main is None else FormatName.XSD)
    try:
        parsed = [engine.parse(*_text(one, terms), Budget(PARSE_STEPS)) for one in (writer, reader)]
    except SchemaError as error:
        return Unknown(error.rule, Place(), error.place, error.said, 0)
    return engine.included(parsed[0], parsed[1], Policy(), Budget(COMPARE_STEPS))


def _rebound(old: SchemaDocument, new: SchemaDocument) -> Incompatible | None:
    """A field that stays but means something else: no document shows it, every reader would be misled."""
    meant, means = _bound(old), _bound(new)
    found = [(place, meant[place], means[place]) for place in meant if means.get(place, meant[place]) != meant[place]]
    findings = tuple(
        Finding(
            "term-changed",
            Place(place),
            Place(place),
            Text(
                vi=f"Trường đổi nghĩa: '{was}' thành '{now}'", en=f"The field changes its meaning: '{was}' to '{now}'"
            ),
            Text(vi="Thêm trường mới bên cạnh", en="Add a new field beside it"),
        )
        for place, was, now in found
    )
    return Incompatible(findings, None) if findings else None


def _bound(schema: SchemaDocument) -> dict[str, str]:
    if schema.main is not None:
        return schema.fields
    frame = frame_of(schema.document or {})
    return {"".join(f"/{step}" for step in path): term for path, term in frame.leaves}


def _text(schema: SchemaDocument, terms: frozenset[str] | None) -> tuple[str, dict[str, str]]:
    """The schema as its engine reads it, cut to terms where its language can be cut, with the files it includes."""
    if schema.main is None:
        document = schema.document or {}
        frame = frame_of(document)
        if not frame.faults:  # as it is judged at work: every object closed
            own = frame.root.terms()
            document = narrow(document, frame.root, own if terms is None else terms & own)
        return orjson.dumps({"$schema": _DIALECT, **document}).decode(), {}
    folder = schema.main.rpartition("/")[0] + "/"
    files = {name: data.decode("utf-8", "replace") for name, data in schema.files.items()}
    return files[schema.main], {name.removeprefix(folder): text for name, text in files.items() if name != schema.main}
