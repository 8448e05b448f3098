"""docs/link.md against the code: every vector, every number, every word."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from bus.link import Hello, LinkLimits, Message, Welcome, frames, hello, messages
from bus.link.bodies import _STATUS
from bus.link.frames import LAST, MAX_FRAME_BYTES, MAX_PAYLOAD_BYTES, GoAwayCode, Kind, ResetCode
from bus.link.hello import CLOCK_REFUSE_MS, CLOCK_WARN_MS, Refuse, Refused
from bus.link.spool import SpoolLimits
from bus.topics import Topic

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "link.md").read_text("utf-8")
VECTORS = {name: bytes.fromhex(text) for name, text in re.findall(r"```hex ([a-z-]+)\n([0-9a-f\n]+)```", PAGE)}
QUESTION = Message(1, b"head", (b"one", b""))
NOW = 1_795_323_600_123
SAID = {
    "hello": hello.frame_of(Hello((1,), "VN-test", ("a100001",), NOW, 256, 4_194_304)),
    "welcome": hello.frame_of(Welcome(1, "VN-test", "w0", ("wss://hub:8443/link",), NOW + 2, 256, 4_194_304)),
    "refuse": hello.frame_of(Refuse("busy", 1500, NOW + 2, (1,))),
    "message": messages.pack(QUESTION),
    "open": frames.encode(Kind.OPEN, flags=LAST, stream=1, value=5000, payload=messages.pack(QUESTION)),
    "end": frames.encode(Kind.END, stream=1, payload=messages.pack(Message(1, b"", (b"yes",)))),
    "reset": frames.encode(Kind.RESET, code=ResetCode.BUSY, stream=3, value=200),
    "notify": frames.encode(Kind.NOTIFY, flags=LAST, stream=3, payload=messages.pack(Message(2, b"42"))),
    "credit": frames.encode(Kind.CREDIT, value=16),
    "ping": frames.encode(Kind.PING, value=7),
    "pong": frames.encode(Kind.PONG, value=7),
    "goaway": frames.encode(Kind.GOAWAY, code=GoAwayCode.RESTART, value=1000),
}


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]


def numbered(text: str) -> dict[int, str]:
    return {int(row[0]): row[1] for row in rows(text) if row[0].isdigit() and row[1].replace("_", "").isupper()}


@pytest.mark.parametrize("name", sorted(SAID))
def test_a_vector_is_what_the_code_writes_and_reads(name: str):
    assert VECTORS[name] == SAID[name]
    if name == "message":
        assert messages.unpack(VECTORS[name]) == QUESTION
    else:
        kind, flags, code, stream, value, payload = frames.decode(VECTORS[name])
        again = frames.encode(kind, flags=flags, code=code, stream=stream, value=value, payload=payload)
        assert again == VECTORS[name]


def test_every_vector_is_checked_and_every_kind_but_data_has_one():
    assert VECTORS.keys() == SAID.keys()
    kinds = {Kind(data[0]) for name, data in VECTORS.items() if name != "message"}
    assert set(Kind) - kinds == {Kind.DATA}


def test_the_numbers_of_kinds_and_codes():
    assert numbered(section("2. Frame")) == {kind.value: kind.name for kind in Kind}
    assert numbered(section("5. Streams")) == {code.value: code.name for code in ResetCode}
    assert numbered(section("7. Life and death")) == {code.value: code.name for code in GoAwayCode}


def test_the_words_of_a_refusal():
    told = {row[0].strip("`") for row in rows(section("3. Greeting").split("**REFUSE**")[1]) if row[0][:1] == "`"}
    assert told == {word.value for word in Refused} - {Refused.UNREACHABLE.value}


@pytest.mark.parametrize("words", [Hello, Welcome])
def test_the_members_of_a_greeting(words: type[Hello | Welcome]):
    text = section("3. Greeting").split(f"**{words.__name__.upper()}**")[1].split("```")[0]
    assert [row[0].strip("`") for row in rows(text)[2:]] == list(words.__struct_fields__)


def test_every_reason_to_close_is_listed():
    said = set()
    for file in (ROOT / "bus" / "link").glob("*.py"):
        said |= set(re.findall(r'FrameError\("([a-z-]+)"\)', file.read_text("utf-8")))
    listed = {row[1].strip("`") for row in rows(section("8. Closing")) if row[0] in {"1002", "1009"}}
    assert listed == said - {"websocket-broken"}  # the node's own word, before a session


def test_the_words_and_statuses_of_large_parts():
    told = {row[1].strip("`"): int(row[0]) for row in rows(section("9. Large parts")) if row[0].isdigit()}
    assert told == _STATUS


def test_the_topics():
    listed = section("4. Messages").split("Topics:")[1].split(". ")[0]
    told = {int(number): word for number, word in re.findall(r"(\d) ([a-z-]+)", listed)}
    assert told == {topic.value: topic.name.lower().replace("_", "-") for topic in Topic}


def test_the_limits():
    assert f"{MAX_FRAME_BYTES:,}" in PAGE
    assert f"{MAX_PAYLOAD_BYTES:,}" in PAGE
    cut = messages.chunks(messages.pack(Message(1, bytes(70_000 - 8))))
    assert [f"{len(chunk):,}" for chunk in cut] == ["65,524", "4,476"]
    assert (CLOCK_WARN_MS, CLOCK_REFUSE_MS) == (2_000, 30_000)
    limits = {limit.name: limit.default for limit in fields(LinkLimits)}
    mib = 1024 * 1024
    assert limits["max_message_bytes"] == 4 * mib
    assert limits["max_inbound_bytes"] == 64 * mib
    assert limits["max_queued_bytes"] == 8 * mib
    assert (limits["heartbeat_s"], limits["dead_after_s"], limits["handshake_s"]) == (15, 45, 5)
    spool = SpoolLimits()
    assert (spool.max_body_bytes, spool.max_exchange_bytes, spool.max_owner_bytes) == (
        512 * mib,
        1024 * mib,
        2048 * mib,
    )
    assert (spool.max_exchange_bodies, spool.max_owner_bodies, spool.lifetime_s, spool.idle_s) == (64, 1024, 900, 30)
