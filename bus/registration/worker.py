"""A process that reads and compares strangers' schemas, so that whatever they do to it happens to nobody else.

Promises: its memory is limited by the system; it opens no connection and starts no program; it answers every job or
dies; parsed schemas and verdicts are kept, and what follows from verdicts (inclusion is transitive) is not compared.
Leaves out: the wall clock: whoever waits kills it (`bus.registration.pool`).

    python -P -m bus.registration.worker --memory BYTES --formats MODULE:NAME --parent PID
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import BinaryIO, Final, Generic, TypeVar

import msgspec

from bus.lifeline import end_with
from bus.registration.jobs import LENGTH_BYTES, Done, Job, Refusal, Source, Told, framed, read_job
from registry.evolution import limits
from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.port import Format, FormatName, Parsed, Policy, SchemaError
from registry.evolution.verdict import Place, Unknown, Verdict
from registry.model import Text

FORMATS: Final = "registry.evolution.formats:format_of"
_KEPT_CHARS: Final = 16 << 20
_KEPT_VERDICTS: Final = 20_000
_NICE: Final = 5
_REFUSED_EVENTS: Final = frozenset({"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.exec", "os.system"})
_TOO_MUCH: Final = Text(
    "Lược đồ này cần quá nhiều bước hoặc bộ nhớ để đọc: hãy chia nhỏ",
    "reading this schema takes too many steps or too much memory: make it smaller",
)
_FAULT: Final = Text("Không đọc được lược đồ này", "this schema cannot be read")
_NOT_COMPARED: Final = Text(
    "So sánh cần quá nhiều bộ nhớ hoặc lồng quá sâu", "comparing takes too much memory, or nests too deeply"
)
_COMPATIBLE: Final = Told("compatible", [])
Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The values used last, up to a sum of sizes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._values: OrderedDict[object, tuple[Value, int]] = OrderedDict()

    def get(self, key: object) -> Value | None:
        """A value that is still kept."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: object, value: Value, size: int) -> None:
        """Keep one more; the ones unused longest go."""
        self._values[key] = (value, size)
        self._size += size
        while self._size > self._most and len(self._values) > 1:
            _, (_, gone) = self._values.popitem(last=False)
            self._size -= gone


class Reading:
    """Schemas read and compared, kept between jobs."""

    def __init__(self, format_of: Callable[[FormatName], Format]) -> None:
        self._format_of = format_of
        self._parsed: Kept[tuple[Format, Parsed]] = Kept(_KEPT_CHARS)
        self._verdicts: Kept[Told] = Kept(_KEPT_VERDICTS)
        self.worn = False

    def do(self, job: Job) -> Done:
        """One job: 1 have every schema 2 read the unread ones 3 compare."""
        keys = list(dict.fromkeys((job.subject, *(key for pair in job.pairs for key in pair))))
        missing = [key for key in keys if key not in job.sources and self._parsed.get(key) is None]
        if missing:
            return Done(missing=missing)
        found = {}
        for key in keys:
            read = self._read(key, job.sources.get(key))
            if isinstance(read, Refusal):
                return Done(refused=read)
            found[key] = read
        told = [self._told(pair, keys, found, job.policy) for pair in job.pairs]
        return Done(canonical=found[job.subject][1].canonical, verdicts=told)

    def _read(self, key: str, source: Source | None) -> tuple[Format, Parsed] | Refusal:
        known = self._parsed.get(key)
        if known is not None or source is None:
            return known or Refusal(key, "unread", _FAULT, Place())
        try:
            kind = self._format_of(source.type)
            parsed = kind.parse(source.text, source.references, Budget(limits.PARSE_STEPS))
        except SchemaError as error:
            return Refusal(key, error.rule, error.said, error.place)
        except (BudgetSpentError, RecursionError, MemoryError) as error:
            self.worn = self.worn or isinstance(error, MemoryError)
            return Refusal(key, "too-much", _TOO_MUCH, Place())
        except Exception as error:  # noqa: BLE001 - a stranger's text made an engine fail: it is refused, and we go on
            print(f"schema not read: {type(error).__qualname__}", file=sys.stderr)  # noqa: T201 - the process has no log
            return Refusal(key, "unreadable", _FAULT, Place())
        self._parsed.put(key, (kind, parsed), source.chars)
        return kind, parsed

    def _told(
        self, pair: tuple[str, str], keys: list[str], found: dict[str, tuple[Format, Parsed]], policy: Policy
    ) -> Told:
        known = self._verdicts.get((pair, policy))
        if known is None:
            by_way = policy == Policy() and any(self._by_way_of(pair, middle) for middle in keys)
            known = _COMPATIBLE if by_way else Told.of(self._verdict(found[pair[0]], found[pair[1]], policy))
            self._verdicts.put((pair, policy), known, 1)
        return known

    def _verdict(self, writer: tuple[Format, Parsed], reader: tuple[Format, Parsed], policy: Policy) -> Verdict:
        budget = Budget(limits.COMPARE_STEPS)
        try:
            return writer[0].included(writer[1], reader[1], policy, budget)
        except (BudgetSpentError, RecursionError, MemoryError) as error:
            self.worn = self.worn or isinstance(error, MemoryError)
            return Unknown("too-much", Place(), Place(), _NOT_COMPARED, budget.spent)
        except Exception as error:  # noqa: BLE001 - as above: not decided, therefore refused
            print(f"schemas not compared: {type(error).__qualname__}", file=sys.stderr)  # noqa: T201 - as above
            return Unknown("not-compared", Place(), Place(), _FAULT, budget.spent)

    def _by_way_of(self, pair: tuple[str, str], middle: str) -> bool:
        """Whether the writer is known to be included in another schema, and that one in the reader: so it is, then."""
        first = self._verdicts.get(((pair[0], middle), Policy()))
        second = self._verdicts.get(((middle, pair[1]), Policy()))
        return first is not None and second is not None and first.kind == second.kind == _COMPATIBLE.kind


def main() -> None:
    """Answer jobs from standard input until it ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--formats", default=FORMATS)
    parser.add_argument("--parent", type=int, default=0)
    given = parser.parse_args()
    if given.parent:
        end_with(given.parent)
    # Whatever a library prints must not stand between two frames.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.nice(_NICE)
    module, _, name = given.formats.partition(":")
    reading = Reading(getattr(importlib.import_module(module), name))
    resource.setrlimit(resource.RLIMIT_AS, (given.memory, given.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse)
    _serve(reading, sys.stdin.buffer, answers)


def _serve(reading: Reading, jobs: BinaryIO, answers: BinaryIO) -> None:
    answers.write(framed(Done()))  # it stands
    answers.flush()
    while True:
        head = jobs.read(LENGTH_BYTES)
        if len(head) < LENGTH_BYTES:
            return
        job = read_job(jobs.read(int.from_bytes(head, "big")))
        answers.write(framed(msgspec.structs.replace(reading.do(job), worn=reading.worn)))
        answers.flush()


def _refuse(event: str, _args: tuple[object, ...]) -> None:
    if event in _REFUSED_EVENTS:
        raise PermissionError("schemas are compared offline")


if __name__ == "__main__":
    main()
