"""Logs for operators: one line per event, JSON or console, with a correlation id and without personal data.

Promises: keys known to carry personal data are dropped by name, runs of digits that could be a citizen's number are
masked in every string, and an exception shows as types and places, never as its message: foreign libraries quote
the values that they refuse.
Leaves out: audit. A log line may be lost; what must not be lost is a ledger record.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.parts import LogFormat, LogSettings

PERSONAL_KEYS = frozenset(
    {
        "about",
        "address",
        "answer",
        "birth",
        "birth_date",
        "body",
        "citizen",
        "citizen_number",
        "date_of_birth",
        "details",
        "envelope",
        "father",
        "full_name",
        "mother",
        "officer",
        "params",
        "parts",
        "payload",
        "person",
        "question",
        "salt",
        "spouse",
        "subject",
        "subjects",
    }
)
SECRET_KEYS = frozenset({"api_key", "authorization", "cookie", "key", "password", "secret", "token"})

_DROPPED = "[dropped]"
_MASKED = "[number]"
# A citizen's number has 12 digits, an old identity card 9, a tax or insurance number 10, a health card 15 with letters.
_NUMBER = re.compile(r"(?<![0-9A-Za-z_-])[A-Z]{0,2}[0-9]{9,13}(?![0-9A-Za-z_-])")
_SHORTEST_NUMBER = 10**8
_MAX_DEPTH = 4
_NEVER_SHOWN = PERSONAL_KEYS | SECRET_KEYS
# structlog's own, which no renderer shows, and the time, which is all digits
_HANDED_OVER = frozenset({"_record", "_from_structlog", "timestamp"})


def configure(settings: LogSettings) -> None:
    """Set logging up for this process: ours and the libraries' alike, one line each on standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        show_exception,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(settings.format)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    # Access lines repeat addresses and paths for every request: metrics count those.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    # What it sets up each time a store is opened is news to nobody.
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _renderer(form: LogFormat) -> Processor:
    if form is LogFormat.JSON:
        return structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


@contextmanager
def correlated(correlation: str) -> Iterator[None]:
    """Put `correlation` on every line logged inside, in this task and those that it starts."""
    with structlog.contextvars.bound_contextvars(correlation=correlation):
        yield


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop personal and secret keys, mask numbers in strings, to a depth of four."""
    if event.get("_from_structlog") is False:
        # A library's first line says what happened; the rest may hold representations of values.
        event["event"] = str(event.get("event", "")).partition("\n")[0]
    return {name: value if name in _HANDED_OVER else _clean(name, value, 0) for name, value in event.items()}


def _clean(name: str, value: object, depth: int) -> object:
    if name.lower() in _NEVER_SHOWN or depth > _MAX_DEPTH:
        return _DROPPED
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", item, depth + 1) for item in value]
    return _clean_one(value)


def _clean_one(value: object) -> object:
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and value < _SHORTEST_NUMBER):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    return _NUMBER.sub(_MASKED, str(value))


def show_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Turn `exc_info` into `exception`: the chain of types and the places, without messages and values."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()[1]
    if isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        event["exception"] = " from ".join(_one_exception(error) for error in _chain(found))
    return event


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _one_exception(error: BaseException) -> str:
    places = " < ".join(_places(error.__traceback__))
    return f"{type(error).__module__}.{type(error).__qualname__} at {places or 'no place'}"


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame in reversed(traceback.extract_tb(trace, limit=-12)):
        yield f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
