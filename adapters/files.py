"""Systems that can only exchange files.

Two modes. `watch`: the system drops sets of data, the newest good one is what questions are answered from. `drop`: each
question is a file, its answer another. Promises: files enter by `adapters.files_taking` only; a folder that is not
there is `unreachable`, not a mistake of the start; all file work is done in one thread of the adapter's own, so that a
network folder that hangs holds up nobody else.
Leaves out: fetching from SFTP and the like (mount them), and encodings other than UTF-8.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Literal, ParamSpec, TypeVar
from uuid import uuid4

import structlog
from pydantic import Field, model_validator

from adapters.files_disk import FileRuleError
from adapters.files_drop import DropLimits, Exchange, Reply, question_bytes
from adapters.files_intake import Intake, IntakeLimits, Wanted
from adapters.files_rows import Table, key_of
from adapters.files_taking import REASON
from adapters.mapping import SourcePath
from adapters.operation import Courier, Operation, Settings
from adapters.port import Adapter, DeclarationError, Found, PeerError, PeerFault, Probe, Query, Reach
from adapters.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")
DATA: Final = "data"
SWEEP_S: Final = 60.0
LAST_LOOK_S: Final = 0.05
"""Kept back of a question's time to withdraw it."""
_ID: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}\Z")

log = structlog.get_logger(__name__)


class FilesOperation(Operation):
    """One operation. `keys`: place in a record to field of the question; both must be equal."""

    table: str = Field(default=DATA, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    keys: dict[SourcePath, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_keys(self) -> FilesOperation:
        if unknown := sorted(set(self.keys.values()) - {field.to for field in self.question}):
            raise ValueError(f"`keys` names fields of the question; there is no {', '.join(unknown)}")
        return self


class FilesSettings(Settings):
    """Settings of kind `files`. Durations in seconds, sizes in bytes."""

    folder: str
    mode: Literal["watch", "drop"] = "watch"
    poll_s: float = Field(default=1.0, ge=0.01, le=3600, strict=False)
    settle_s: float = Field(default=60.0, ge=0, le=86_400, strict=False)
    """What is not whole is refused when it has not changed for so long."""
    max_file_bytes: int = Field(default=64 * 1024 * 1024, ge=1024, le=1024 * 1024 * 1024)
    max_rows: int = Field(default=200_000, ge=1, le=10_000_000)
    max_age_s: float | None = Field(default=None, gt=0, strict=False)
    """Data whose `as_of` is longer ago is not answered from."""
    keep_sets: int = Field(default=2, ge=1, le=100)
    keep_s: float = Field(default=86_400.0, ge=600, le=31_536_000, strict=False)
    """How long questions and answers are kept for repeats."""
    tables: dict[str, Table] = Field(default_factory=dict)
    operations: dict[str, FilesOperation] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_mode(self) -> FilesSettings:
        for name, operation in self.operations.items():
            if self.mode == "watch" and not operation.keys:
                raise ValueError(f"operations.{name}.keys: how records are looked up in the files")
            if self.mode == "drop" and (operation.keys or operation.table != DATA):
                raise ValueError(f"operations.{name}: `keys` and `table` belong to mode = watch")
            if self.mode == "watch" and operation.answer.as_of is not None:
                raise ValueError(f"operations.{name}.answer.as_of: the manifest says it")
        return self


class FilesAdapter(Adapter):
    """Asks by files."""

    kind: ClassVar[str] = "files"

    def __init__(self, settings: FilesSettings, surroundings: Surroundings | None = None) -> None:
        super().__init__(settings.bounds)
        self._settings = settings
        self._surroundings = surroundings or Surroundings()
        self._couriers = {name: Courier(op, settings.faults) for name, op in settings.operations.items()}
        self._intake: Intake | None = None
        self._exchange: Exchange | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._watching: asyncio.Task[None] | None = None
        self._next_sweep = 0.0

    @property
    def operations(self) -> frozenset[str]:
        """The operations declared."""
        return frozenset(self._couriers)

    def left_for_people(self) -> tuple[str, ...]:
        """How many sets stand in quarantine."""
        place = self._surroundings.folder / self._settings.folder / "quarantine"
        refused = sum(1 for _ in place.glob(f"*{REASON}"))
        return (f"{refused} refused sets in {place}, each with its {REASON}",) if refused else ()

    async def start(self) -> None:
        """Read secrets, go on where the last run ended, begin to watch the folder.

        Raises:
            DeclarationError: another adapter works in the folder, or it spans file systems.
        """
        await self.close()
        settings = self._settings
        for courier in self._couriers.values():
            courier.read_secrets(settings, self._surroundings.secrets)
        self._make()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="adapter-files")
        try:
            await self._round()
        except DeclarationError:
            await self.close()
            raise
        self._watching = asyncio.create_task(self._watch(), name="adapter-files")

    async def close(self) -> None:
        """Stop watching and let go of the folder."""
        watching, self._watching = self._watching, None
        thread, self._thread = self._thread, None
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if thread is not None:
            await asyncio.to_thread(thread.shutdown, wait=True, cancel_futures=True)
        self._let_go()
        self._intake = self._exchange = None

    async def _ask(self, query: Query) -> Found:
        if self._exchange is not None:
            return await self._ask_by_file(query, self._exchange)
        operation, courier = self._settings.operations[query.operation], self._couriers[query.operation]
        # ① what to look up, or bad-question
        key = key_of(operation.keys, courier.request(query))
        if key is None:
            raise PeerError(PeerFault.BAD_QUESTION, rule="missing", at=",".join(operation.keys.values()))
        # ② the set in use, when there is one and it is fresh enough
        data = None if self._intake is None else self._intake.current
        if data is None:
            raise PeerError(PeerFault.UNREACHABLE, rule="no-data")
        limit_s = self._settings.max_age_s
        if limit_s is not None and datetime.now(UTC) - data.as_of > timedelta(seconds=limit_s):
            raise PeerError(PeerFault.UNREACHABLE, rule="data-too-old")
        # ③ its records: one more than allowed tells that there are too many
        cap = operation.answer.max_records if operation.answer.list_as is not None else 1
        rows = data.indexes[query.operation].rows(key, cap + 1)
        found = courier.found(rows, query) if rows else courier.absent()
        return dataclasses.replace(found, as_of=data.as_of)

    async def _ask_by_file(self, query: Query, exchange: Exchange) -> Found:
        courier = self._couriers[query.operation]
        timeout_s = min(query.timeout_s, self._settings.timeout_s)
        deadline = time.monotonic() + timeout_s - min(LAST_LOOK_S, timeout_s / 2)
        # ① the question, or bad-question with nothing written
        name = _name(query.request_id)
        question = question_bytes(name, query.operation, courier.request(query))
        if not exchange.is_open:
            raise PeerError(PeerFault.UNREACHABLE, rule="no-folder")
        # ② place it, once
        until = datetime.now(UTC) + timedelta(seconds=timeout_s)
        await self._run(exchange.put, name, question, query.operation, until)
        # ③ wait for its answer
        while (reply := await self._run(exchange.look, name, time.monotonic())) is None:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise await self._gave_up(exchange, name)
            await asyncio.sleep(min(self._settings.poll_s, left_s))
        # ④ the answer
        return self._answered(courier, reply, query)

    async def _gave_up(self, exchange: Exchange, name: str) -> PeerError:
        """Taken back in time, the question was never asked; taken by the system, nobody knows."""
        withdrawn = await self._run(exchange.withdraw, name)
        rule = "not-taken" if withdrawn else "no-answer-file"
        return PeerError(PeerFault.TIMEOUT, outcome_known=withdrawn, rule=rule)

    def _answered(self, courier: Courier, reply: Reply, query: Query) -> Found:
        found = courier.found(reply.data, query) if reply.code is None else courier.refused(reply.code)
        return dataclasses.replace(found, as_of=found.as_of or reply.as_of)

    async def _run(self, act: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """In the adapter's own thread; a folder that fails is a system that cannot be reached."""
        if self._thread is None:
            raise PeerError(PeerFault.UNREACHABLE, rule="not-started", retry=False)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: act(*args, **named))
        except OSError:
            raise PeerError(PeerFault.UNREACHABLE, rule="folder", outcome_known=False) from None
        except FileRuleError as error:
            raise PeerError(PeerFault.BAD_ANSWER, rule=error.rule, at=error.at or None) from None

    def _make(self) -> None:
        settings = self._settings
        root = self._surroundings.folder / settings.folder
        tables = {op.table: settings.tables.get(op.table, Table()) for op in settings.operations.values()}
        if settings.mode == "drop":
            limits = DropLimits(settings.max_file_bytes, settings.max_rows, settings.settle_s, settings.keep_s)
            self._exchange = Exchange(root, tables[DATA], limits)
            return
        self._intake = Intake(
            root,
            {name: Wanted(op.table, tuple(op.keys)) for name, op in settings.operations.items()},
            tables,
            IntakeLimits(settings.max_file_bytes, settings.max_rows, settings.settle_s, settings.keep_sets),
        )

    async def _watch(self) -> None:
        """Look again and again; whatever goes wrong is said, and tried again."""
        while True:
            await asyncio.sleep(self._settings.poll_s)
            try:
                await self._round()
            except Exception as error:  # noqa: BLE001 - watching outlives one bad round; the next may be good
                self._log(error)

    async def _round(self) -> None:
        """One look at the folder, in the thread; a folder that is away is opened anew next time."""
        if self._thread is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._look_once)

    def _look_once(self) -> None:
        try:
            self._look()
        except OSError as error:
            self._let_go()
            log.warning("files-folder-away", error=type(error).__name__)

    def _look(self) -> None:
        now, tick = datetime.now(UTC), time.monotonic()
        if self._intake is not None:
            if not self._intake.is_open:
                self._intake.open(now)
            self._intake.look(now, tick)
        if self._exchange is not None:
            if not self._exchange.is_open:
                self._exchange.open()
            if tick >= self._next_sweep:
                self._next_sweep = tick + SWEEP_S
                self._exchange.sweep(now, tick)

    def _let_go(self) -> None:
        for part in (self._intake, self._exchange):
            if part is not None:
                part.close()

    async def _probe(self) -> Probe:
        if self._exchange is not None:
            there = self._exchange.is_open
            return Probe(Reach.REACHABLE if there else Reach.UNREACHABLE, "the folder is " + "there" * there or "away")
        data, waiting = (None, 0) if self._intake is None else (self._intake.current, self._intake.waiting)
        if data is None:
            return Probe(Reach.UNREACHABLE, f"no set of files has been taken; {waiting} files wait")
        return Probe(Reach.REACHABLE, f"set {data.name}; {waiting} files wait")


def _name(request_id: str) -> str:
    """A file name for a question: the same for the same id, and never a path."""
    if not request_id:
        return uuid4().hex
    return request_id if _ID.match(request_id) else hashlib.sha256(request_id.encode()).hexdigest()
