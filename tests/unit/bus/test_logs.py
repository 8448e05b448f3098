import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bus.logs import configure, correlated
from config.parts import LogFormat, LogSettings

CITIZEN = "001185012345"


@pytest.fixture(autouse=True)
def fresh_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_json_line_with_correlation(capsys: pytest.CaptureFixture[str]):
    configure(LogSettings())
    with correlated("c-1"):
        structlog.get_logger("bus").info("asked", service="a100001/population/person", took_ms=12)
    (line,) = lines(capsys)
    assert line["event"] == "asked"
    assert line["correlation"] == "c-1"
    assert line["level"] == "info"
    assert line["took_ms"] == 12


def test_personal_and_secret_keys_are_dropped(capsys: pytest.CaptureFixture[str]):
    configure(LogSettings())
    structlog.get_logger().info("x", subject={"id": CITIZEN}, nested={"full_name": "Nguyễn Văn A", "api_key": "k"})
    text = capsys.readouterr().err
    assert CITIZEN not in text
    assert "Nguyễn" not in text
    assert '"api_key": "[dropped]"' in text


@pytest.mark.parametrize("number", [CITIZEN, "012345678", "0101243150", "DN4010123456789"[:12]])
def test_numbers_are_masked_wherever_they_stand(capsys: pytest.CaptureFixture[str], number: str):
    configure(LogSettings())
    structlog.get_logger().warning(f"no match for {number}", where=[number], code=f"({number})")
    assert number not in capsys.readouterr().err


def test_numbers_as_numbers_and_bytes(capsys: pytest.CaptureFixture[str]):
    configure(LogSettings())
    structlog.get_logger().warning("x", figure=123456789012, raw=CITIZEN.encode(), size=65536)
    (line,) = lines(capsys)
    assert (line["figure"], line["raw"], line["size"]) == ("[number]", "12 bytes", 65536)


def test_identifiers_of_ours_stay_legible(capsys: pytest.CaptureFixture[str]):
    configure(LogSettings())
    structlog.get_logger().info("x", agency="a100001", exchange="01937b6e-8d2a-7c11-9f00-123456789012")
    (line,) = lines(capsys)
    assert line["exchange"] == "01937b6e-8d2a-7c11-9f00-123456789012"


def test_an_exception_shows_type_and_place_but_no_message(capsys: pytest.CaptureFixture[str]):
    configure(LogSettings())
    try:
        try:
            {}[CITIZEN]
        except KeyError:
            int("Nguyễn Văn A")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = lines(capsys)
    assert "builtins.ValueError at test_logs.py:" in str(line["exception"])
    assert "from builtins.KeyError" in str(line["exception"])
    assert CITIZEN not in str(line)
    assert "Nguyễn" not in str(line)


def test_libraries_lines_take_the_same_way(capsys: pytest.CaptureFixture[str]):
    configure(LogSettings())
    try:
        int(f"{CITIZEN} Nguyễn")
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception\nfuture: <Task name='Nguyễn'> %s", CITIZEN)
    (line,) = lines(capsys)
    assert line["event"] == "Task exception"
    assert CITIZEN not in str(line)


def test_level_and_console(capsys: pytest.CaptureFixture[str]):
    configure(LogSettings.model_validate({"format": LogFormat.CONSOLE, "level": "warning"}, strict=False))
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud", body="x")
    text = capsys.readouterr().err
    assert "quiet" not in text
    assert "loud" in text
    assert "body=[dropped]" in text.replace("'", "")


def test_a_deep_value_ends_somewhere(capsys: pytest.CaptureFixture[str]):
    configure(LogSettings())
    structlog.get_logger().info("x", deep={"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}})
    assert "[dropped]" in capsys.readouterr().err
