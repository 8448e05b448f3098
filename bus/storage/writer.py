"""One thread that writes: callers queue, it drains the queue, writes once, and answers all of them.

Promises: natural group commit. While one batch is being written the next one gathers, so batches grow with the load
and nobody waits for a timer. Order of submission is order of writing. After the first failure nothing is written any
more: whoever waits, and whoever comes later, gets the error. Jobs run between batches on the same thread.
Leaves out: what is written; `write` is given.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")
Value = TypeVar("Value")


@dataclass(slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    future: asyncio.Future[Result]


@dataclass(slots=True)
class _Job:
    do: Callable[[], Any]
    future: asyncio.Future[Any]


class _End:
    """The last thing in the queue."""


class GroupWriter(Generic[Item, Result]):
    """The writing thread; made on a running event loop, where it answers.

    Args:
        write: writes one batch and returns one result per item, in order; an exception among the results goes to its
            caller alone. When `write` raises, the writer stops for good.
        stopped: makes the error that a caller gets from whatever stopped the writer.
        name: the thread's name.
        cap: the most items in one batch.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        stopped: Callable[[Exception], Exception],
        *,
        name: str,
        cap: int = 256,
    ) -> None:
        self._write = write
        self._stopped = stopped
        self._cap = cap
        self._loop = asyncio.get_running_loop()
        self._gathered: list[_Waiting[Item, Result]] = []
        self._queue: SimpleQueue[_Waiting[Item, Result] | _Job | _End] = SimpleQueue()
        self._cause: Exception | None = None
        self._closed = False
        self._failed = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, item: Item) -> asyncio.Future[Result]:
        """Queue one item; the future tells its result once its batch is written.

        A cancelled future whose batch has not begun is not written.
        """
        self._must_write()
        future: asyncio.Future[Result] = self._loop.create_future()
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(_Waiting(item, future))
        return future

    def run(self, do: Callable[[], Value]) -> asyncio.Future[Value]:
        """Queue a job for the writing thread; its exception goes to its caller and stops nothing."""
        self._must_write()
        future: asyncio.Future[Value] = self._loop.create_future()
        self._hand_over()
        self._queue.put(_Job(do, future))
        return future

    def stop(self, cause: Exception) -> None:
        """Write nothing any more; the batch in hand is finished."""
        if self._cause is None:
            self._cause = cause
        self._loop.call_soon_threadsafe(self._failed.set)

    async def failure(self) -> Exception:
        """Wait until the writer has stopped; returns the error that callers get."""
        await self._failed.wait()
        return self._error()

    async def close(self) -> None:
        """Write what is queued, end the thread."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._queue.put(_End())
        await self._loop.run_in_executor(None, self._thread.join)

    def _hand_over(self) -> None:
        """What was submitted in one turn of the loop reaches the thread together, so that one write serves it."""
        gathered, self._gathered = self._gathered, []
        for waiting in gathered:
            self._queue.put(waiting)

    def _must_write(self) -> None:
        if self._closed:
            raise self._stopped(RuntimeError("closed"))
        if self._cause is not None:
            raise self._error()

    def _error(self) -> Exception:
        return self._stopped(self._cause or RuntimeError("closed"))

    def _run(self) -> None:
        ended = False
        while not ended:
            batch, other = self._drain()
            if batch:
                self._loop.call_soon_threadsafe(_answer, batch, self._attempt(batch))
                if self._cause is not None:  # after the answers: whoever ends the process then has told everybody
                    self._loop.call_soon_threadsafe(self._failed.set)
            if isinstance(other, _Job):
                self._do(other)
            ended = isinstance(other, _End)

    def _drain(self) -> tuple[list[_Waiting[Item, Result]], _Job | _End | None]:
        """Wait for one, then take what is there: up to the cap, or to the first that is no item."""
        batch: list[_Waiting[Item, Result]] = []
        while len(batch) < self._cap and not (batch and self._queue.empty()):
            queued = self._queue.get()
            if not isinstance(queued, _Waiting):
                return batch, queued
            if not queued.future.cancelled():
                batch.append(queued)
        return batch, None

    def _attempt(self, batch: list[_Waiting[Item, Result]]) -> Sequence[Result | Exception]:
        if self._cause is None:
            try:
                return self._write([waiting.item for waiting in batch])
            except Exception as error:  # noqa: BLE001 - whatever it was, nothing may be written after it
                self._cause = error
        return [self._error() for _ in batch]

    def _do(self, job: _Job) -> None:
        try:
            value = job.do()
        except Exception as error:  # noqa: BLE001 - the caller gets it
            self._loop.call_soon_threadsafe(_answer, [job], [error])
        else:
            self._loop.call_soon_threadsafe(_answer, [job], [value])


def _answer(waiting: Sequence[_Waiting[Any, Any] | _Job], results: Sequence[Any]) -> None:
    for one, result in zip(waiting, results, strict=True):
        if one.future.done():
            continue
        if isinstance(result, Exception):
            one.future.set_exception(result)
        else:
            one.future.set_result(result)
