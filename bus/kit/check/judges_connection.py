"""Judges of the group connection: what comes back for each kind of question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from adapters import values
from adapters.operation import Courier, Operation
from adapters.port import PeerError, PeerFault, Query, Reach
from bus.kit.check.asking import stable_members
from bus.kit.check.facts import NO, Asked, Facts
from bus.kit.check.shape import misfits
from bus.kit.check.verdicts import NO_ANSWER, NO_REGISTRY, Judged, idle, met, unmet, untold

Limits = Mapping[str, float]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")  # noqa: PLR2004 - a table's cell holds three names


def reachable(facts: Facts, _limits: Limits) -> Judged:
    """The adapter's own probe."""
    probe = facts.probe
    if probe is None or probe.reach is Reach.UNKNOWN:
        return untold("loại này không có thăm dò", "this kind has no probe")
    if probe.reach is Reach.UNREACHABLE:
        return unmet(f"không nối được: {probe.detail}", f"not reached: {probe.detail}")
    return met(probe.detail, probe.detail)


def known_found(facts: Facts, _limits: Limits) -> Judged:
    """Each known person is found, with the members that the samples expect."""
    asked = facts.of(facts.samples.known)
    if not asked:
        return untold("cần một câu hỏi `known`", "needs a `known` sample")
    missed = [f"{one.name} ({one.error})" for one in asked if one.error is not None]
    if missed:
        return unmet(f"không được trả lời: {_listed(missed)}", f"not answered: {_listed(missed)}")
    other = [f"{one.name}: {', '.join(_differing(one))}" for one in asked if _differing(one)]
    if other:
        return unmet(f"khác mong đợi ở trường: {_listed(other)}", f"other than expected in: {_listed(other)}")
    return met(f"{len(asked)} người", f"{len(asked)} person(s)")


def _differing(one: Asked) -> list[str]:
    """Names of expected members that are missing or other; names are the schema's, not a person's."""
    expected: Mapping[str, object] = getattr(one.sample, "answer", {})
    return [name for name, value in expected.items() if one.found is None or one.found.body.get(name) != value]


def answer_shape(facts: Facts, _limits: Limits) -> Judged:
    """Samples and answers fit the registered schemas."""
    if facts.service is None:
        return NO_REGISTRY
    if not facts.known:
        return NO_ANSWER
    wrong = [str(one) for one in misfits(facts)]
    if wrong:
        return unmet(f"không đúng lược đồ: {_listed(wrong)}", f"does not fit: {_listed(wrong)}")
    if facts.service.opaque:
        return idle("dịch vụ không có lược đồ (opaque)", "the service is opaque: it has no schema")
    return met(f"{len(facts.known)} câu hỏi và câu trả lời", f"{len(facts.known)} question(s) and answer(s)")


def operations_complete(facts: Facts, _limits: Limits) -> Judged:
    """Registry, declaration and samples name the same operations."""
    asked = {one.operation for one in facts.samples.known}
    registered = set(facts.service.operations) if facts.service is not None else set()
    lacking = sorted(registered - facts.operations)
    if lacking:
        return unmet(f"chưa khai: {_listed(lacking)}", f"not declared: {_listed(lacking)}")
    without = sorted(facts.operations - asked)
    if without:
        return untold(f"chưa có câu hỏi mẫu: {_listed(without)}", f"without a sample: {_listed(without)}")
    if facts.service is None:
        return NO_REGISTRY
    return met(f"{len(facts.operations)} thao tác", f"{len(facts.operations)} operation(s)")


def nobody_found(facts: Facts, _limits: Limits) -> Judged:
    """Nobody is no match; for a yes/no operation, its no."""
    asked = facts.of(facts.samples.nobody)
    if not asked:
        return untold("cần một câu hỏi `nobody`", "needs a `nobody` sample")
    wrong = [f"{one.name} ({one.error or 'found'})" for one in asked if not _is_nobody(one)]
    if wrong:
        return unmet(f"không phải no-match: {_listed(wrong)}", f"not no-match: {_listed(wrong)}")
    return met(f"{len(asked)} câu hỏi", f"{len(asked)} question(s)")


def _is_nobody(one: Asked) -> bool:
    if one.found is not None:
        return one.found.body == NO
    return one.error is not None and one.error.kind is PeerFault.NO_MATCH


def malformed_refused(facts: Facts, _limits: Limits) -> Judged:
    """Refused as a bad question, with a known outcome; and an operation that nobody declared too."""
    unknown = facts.unknown_operation
    if unknown is None:
        return NO_ANSWER
    if unknown.error is None or unknown.error.kind is not PeerFault.BAD_QUESTION:
        return unmet("thao tác không có lại được nhận", "an operation that does not exist is taken")
    asked = facts.of(facts.samples.malformed)
    if not asked:
        return untold("cần một câu hỏi `malformed`", "needs a `malformed` sample")
    wrong = [f"{one.name} ({one.error or 'found'})" for one in asked if not _is_bad(one.error)]
    if wrong:
        return unmet(f"không bị từ chối đúng cách: {_listed(wrong)}", f"not refused as such: {_listed(wrong)}")
    sent = sum(bool(one.seen.moves) for one in asked)
    if sent:
        return met(f"{sent} câu do hệ thống từ chối", f"{sent} of them refused by the system itself")
    return met(f"{len(asked)} câu hỏi, không gửi gì", f"{len(asked)} question(s), nothing was sent")


def _is_bad(error: PeerError | None) -> bool:
    return error is not None and error.kind is PeerFault.BAD_QUESTION and error.outcome_known


def codes_mapped(facts: Facts, _limits: Limits) -> Judged:
    """Refusals have the reason and code that the samples expect; no code was met that no table names."""
    strange = sorted({code for one in facts.asked if (code := _unnamed_code(one.error))})
    if strange:
        listed = _listed(strange)
        return unmet(f"mã chưa khai trong `faults`: {listed}", f"codes that `faults` does not name: {listed}")
    asked = [(one, sample) for sample in facts.samples.refused for one in facts.asked if one.sample is sample]
    wrong = [
        f"{one.name} ({one.error or 'found'})"
        for one, sample in asked
        if one.error is None or (one.error.kind.value, one.error.peer_code) != (sample.reason, sample.code)
    ]
    if wrong:
        return unmet(f"không dịch như đã khai: {_listed(wrong)}", f"not the declared reason: {_listed(wrong)}")
    if not asked and (facts.endpoint is None or facts.endpoint.speaks == "postgresql"):
        return idle("tệp hay cơ sở dữ liệu không có mã lỗi để khai", "files and databases have no codes to declare")
    if not asked:
        return untold("cần một câu hỏi `refused`", "needs a `refused` sample")
    return met(f"{len(asked)} lời từ chối", f"{len(asked)} refusal(s)")


def _unnamed_code(error: PeerError | None) -> str | None:
    return error.peer_code if error is not None and error.kind is PeerFault.FAULT else None


def lists_bounded(facts: Facts, _limits: Limits) -> Judged:
    """The record that came, repeated beyond the bound, is refused by the adapter's own reader."""
    settings = facts.target.settings
    operations: Mapping[str, object] = getattr(settings, "operations", {})
    read = [one for one in facts.known if one.seen.read is not None]
    if not read or settings is None:
        return untold("loại này không cho đọc lại câu trả lời", "the replies of this kind cannot be read again")
    tried = 0
    for one in read:
        operation = operations.get(one.sample.operation)
        if not isinstance(operation, Operation) or not _may_repeat(operation, one.seen.read):
            continue
        query = one.sample.query(facts.samples.asker, "repeated", 1.0)
        error = _read_over_bound(Courier(operation, settings.faults), operation, one.seen.read, query)
        tried += 1
        if error is None or not (error.kind is PeerFault.SEVERAL_MATCHES or error.rule == "too-many-records"):
            return unmet(f"{one.name}: {error or 'vẫn trả lời'}", f"{one.name}: {error or 'answered all the same'}")
    if not tried:
        return idle("mỗi câu trả lời chỉ có một bản ghi", "a reply holds one record by its form")
    return met(f"{tried} câu trả lời lặp lại", f"{tried} repeated repl{'y' if tried == 1 else 'ies'}")


def _may_repeat(operation: Operation, reply: object) -> bool:
    """Whether several records could come in such a reply, and more than a yes is read from them."""
    return not operation.answer.exists and (operation.answer.records is not None or isinstance(reply, list))


def _read_over_bound(courier: Courier, operation: Operation, reply: object, query: Query) -> PeerError | None:
    answer = operation.answer
    count = 2 if answer.list_as is None else answer.max_records + 1
    steps = () if answer.records is None else values.path(answer.records)
    try:
        courier.found(_repeated(reply, steps, count), query)
    except PeerError as error:
        return error
    return None


def _repeated(reply: object, steps: values.Steps, count: int) -> object:
    """The same reply with its first record `count` times over, at the records' own place."""
    if not steps:
        return (list(reply) if isinstance(reply, list) else [reply])[:1] * count
    (name, opens), rest = steps[0], steps[1:]
    if not isinstance(reply, Mapping) or name not in reply:
        return reply
    if opens:
        return {**reply, name: orjson.dumps(_repeated(orjson.loads(reply[name]), rest, count)).decode()}
    return {**reply, name: _repeated(reply[name], rest, count)}


def at_once(facts: Facts, _limits: Limits) -> Judged:
    """Asked at once, each person got the answer that was theirs one by one."""
    if not facts.at_once:
        return NO_ANSWER
    failed = [str(one.error) for one in facts.at_once if one.error is not None]
    if failed:
        return unmet(
            f"{len(failed)} câu hỏi hỏng: {_listed(sorted(set(failed)))}",
            f"{len(failed)} question(s) failed: {_listed(sorted(set(failed)))}",
        )
    singly = [*facts.asked, *facts.measured]
    stable = {id(one.sample): stable_members([s for s in singly if s.sample is one.sample]) for one in facts.known}
    if len({repr(members) for members in stable.values()}) < 2:  # noqa: PLR2004 - to mix answers takes two
        return untold(
            "cần hai người `known` có câu trả lời khác nhau", "needs two `known` samples that answer differently"
        )
    mixed = sum(not _has(one, stable[id(one.sample)]) for one in facts.at_once)
    if mixed:
        return unmet(f"{mixed} câu trả lời của người khác", f"{mixed} answer(s) were another's")
    count, places = len(facts.at_once), facts.concurrency
    return met(f"{count} câu hỏi, {places} chỗ", f"{count} questions, {places} places")


def _has(one: Asked, members: Mapping[str, object]) -> bool:
    return one.found is not None and all(one.found.body.get(name) == value for name, value in members.items())
