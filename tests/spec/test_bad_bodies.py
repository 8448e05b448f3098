"""Bodies of questions that are not what the envelope or the service's schema says."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest
from spec_rows import ANSWERED, CONSUMERS, HUB, Row, Said, Table, changed_and_sent, drafted, hold, put, sealed_and_sent
from world import MOTHER, World, ask
from world_registry import EXTRACT, SCANS

from bus import bodies
from schemas.envelope import Part

TABLE = Table(
    "Bodies",
    "The envelope is sound and the agreement admits it; what travels beside it is wrong. From here on the question is "
    "somebody's, so its refusal is recorded. What the asking node's own software can see is refused there already.",
)
bad = TABLE.row
GOOD = {"number": MOTHER, "name": "Nguyễn Thị Mẫu"}


def bad_at_hub(what: str, number: int, fault_at: str = "consumer-system") -> Any:  # noqa: ANN401 - a decorator
    return bad(what, HUB, number, fault_at, ledger=(f"refused {number}",))


async def with_body(world: World, body: bytes, media_type: str = "application/json", **changed: Any) -> Said:  # noqa: ANN401 - any member
    """The good question with another body, soundly named and sealed."""
    _, envelope = drafted(world, **{"parts": (bodies.part_of(body, media_type),), **changed})
    return await sealed_and_sent(world, envelope, body)


async def with_xml(world: World, xml: bytes) -> Said:
    question = ask(service=EXTRACT, operation="fetch", body={"xml": f"<Hoi><SoDinhDanh>{MOTHER}</SoDinhDanh></Hoi>"})
    _, envelope = drafted(world, question, parts=(bodies.part_of(xml, "application/xml"),))
    return await sealed_and_sent(world, envelope, xml)


@bad_at_hub("a body that differs from its digest", 115, "consumer-node")
async def other_digest(world: World) -> Said:
    good, envelope = drafted(world)
    return await sealed_and_sent(world, envelope, good.body.data.replace(b"195", b"196"))


@bad_at_hub("a body that is missing", 117, "consumer-node")
async def missing(world: World) -> Said:
    return await sealed_and_sent(world, drafted(world)[1])


@bad_at_hub("one more body than the envelope names", 117, "consumer-node")
async def extra_body(world: World) -> Said:
    good, envelope = drafted(world)
    return await sealed_and_sent(world, envelope, good.body.data, b"more")


@bad_at_hub("a second part beside the one that the schema describes", 123)
async def extra_part(world: World) -> Said:
    good, envelope = drafted(world)
    parts = (*envelope.parts, bodies.part_of(b"more", "application/octet-stream", "more"))
    return await sealed_and_sent(world, msgspec.structs.replace(envelope, parts=parts), good.body.data, b"more")


@bad_at_hub("a part that is not the body", 123)
async def no_body_part(world: World) -> Said:
    good, _ = drafted(world)
    return await with_body(world, good.body.data, parts=(bodies.part_of(good.body.data, "application/json", "data"),))


@bad_at_hub("a body over the limit", 116, "consumer-node")
async def oversize(world: World) -> Said:
    return await with_body(world, b" " * (1 << 20) + b"{}")


@bad_at_hub("a body of a length that nobody takes, named but not sent", 116, "consumer-node")
async def announced(world: World) -> Said:
    _, envelope = drafted(world)
    huge = Part(id="body", media_type="application/json", length=512 << 20, sha256=envelope.parts[0].sha256)
    return await sealed_and_sent(world, msgspec.structs.replace(envelope, parts=(huge,)), b"")


@bad_at_hub("plain text where JSON is due", 118)
async def wrong_type(world: World) -> Said:
    return await with_body(world, orjson.dumps(GOOD), "text/plain")


@bad_at_hub("XML where JSON is due", 118)
async def wrong_language(world: World) -> Said:
    return await with_body(world, b"<number/>", "application/xml")


@bad_at_hub("another version of the schema", 305)
async def other_schema(world: World) -> Said:
    return await changed_and_sent(world, schema="person.question@2")


@bad_at_hub("JSON cut short", 303)
async def cut_json(world: World) -> Said:
    return await with_body(world, b'{"number":')


@bad_at_hub("a JSON member given twice", 303)
async def twice(world: World) -> Said:
    body = orjson.dumps(GOOD).replace(b'{"number"', b'{"number":"097195001235","number"')
    return await with_body(world, body)


@bad_at_hub("JSON nested without end", 303)
async def deep_json(world: World) -> Said:
    return await with_body(world, b'{"number":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@bad_at_hub("a JSON number that readers would round", 303)
async def big_number(world: World) -> Said:
    return await with_body(world, b'{"number":' + b"9" * 40 + b"}")


@bad_at_hub("a JSON array where an object is due", 303)
async def array(world: World) -> Said:
    return await with_body(world, orjson.dumps([GOOD]))


@bad_at_hub("JSON in UTF-16", 303)
async def utf16(world: World) -> Said:
    return await with_body(world, orjson.dumps(GOOD).decode().encode("utf-16"))


@bad_at_hub("a member that the schema does not know", 301)
async def unknown_member(world: World) -> Said:
    return await with_body(world, orjson.dumps(GOOD | {"religion": "none"}))


@bad_at_hub("a number of the wrong form", 301)
async def wrong_form(world: World) -> Said:
    return await with_body(world, orjson.dumps(GOOD | {"number": f"{MOTHER}0"}))


@bad("the same, seen by the asking node before it seals anything", CONSUMERS, 301, "consumer-system")
async def seen_at_home(world: World) -> Said:
    return await put(world, ask(body=GOOD | {"number": f"{MOTHER}0"}))


@bad("a whole number that 64 bits do not hold, at the asking node", CONSUMERS, 303, "consumer-system")
async def big_at_home(world: World) -> Said:
    return await put(world, ask(body=GOOD | {"number": 10**40}))


@bad_at_hub("an XML document type with an entity bomb", 303)
async def entity_bomb(world: World) -> Said:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE Hoi [<!ENTITY l0 "lol">{lol}]><Hoi><SoDinhDanh>&l9;</SoDinhDanh></Hoi>'
    return await with_xml(world, bomb.encode())


@bad_at_hub("an XML entity that would read a file", 303)
async def entity_file(world: World) -> Said:
    text = '<!DOCTYPE Hoi [<!ENTITY x SYSTEM "file:///etc/passwd">]><Hoi><SoDinhDanh>&x;</SoDinhDanh></Hoi>'
    return await with_xml(world, text.encode())


@bad_at_hub("XML nested without end", 303)
async def deep_xml(world: World) -> Said:
    return await with_xml(world, b"<Hoi>" * 20_000 + b"</Hoi>" * 20_000)


@bad_at_hub("XML that says it is in another encoding", 303)
async def other_encoding(world: World) -> Said:
    text = f'<?xml version="1.0" encoding="UTF-7"?><Hoi><SoDinhDanh>{MOTHER}</SoDinhDanh></Hoi>'
    return await with_xml(world, text.encode())


@bad_at_hub("XML that is not well formed", 303)
async def cut_xml(world: World) -> Said:
    return await with_xml(world, b"<Hoi><SoDinhDanh>")


@bad_at_hub("XML with an element that its schema does not know", 301)
async def unknown_element(world: World) -> Said:
    text = f"<Hoi><SoDinhDanh>{MOTHER}</SoDinhDanh><TonGiao>x</TonGiao></Hoi>"
    return await with_xml(world, text.encode())


@bad_at_hub("JSON where XML is due", 118)
async def json_for_xml(world: World) -> Said:
    question = ask(service=EXTRACT, operation="fetch", body={"xml": f"<Hoi><SoDinhDanh>{MOTHER}</SoDinhDanh></Hoi>"})
    body = orjson.dumps(GOOD)
    _, envelope = drafted(world, question, parts=(bodies.part_of(body, "application/json"),))
    return await sealed_and_sent(world, envelope, body)


@bad("XML that is no text at all, at the asking node", CONSUMERS, 303, "consumer-system")
async def xml_member(world: World) -> Said:
    return await put(world, ask(service=EXTRACT, operation="fetch", body={"number": MOTHER}))


@bad_at_hub("a schema named where the service is opaque", 305)
async def schema_of_opaque(world: World) -> Said:
    question = ask(service=SCANS, operation="fetch", body={"base64": "JVBERi0=", "media_type": "application/pdf"})
    good, envelope = drafted(world, question, schema="person.question@1")
    return await sealed_and_sent(world, envelope, good.body.data)


@bad("a raw body that is not base64, at the asking node", CONSUMERS, 303, "consumer-system")
async def no_base64(world: World) -> Said:
    body = {"base64": "JVBERi0", "media_type": "application/pdf"}
    return await put(world, ask(service=SCANS, operation="fetch", body=body))


@bad("an extension and a newer version, kept to the last byte", ANSWERED, ledger=("asked", "answered"), asked=1)
async def extension(world: World) -> Said:
    said = await changed_and_sent(world, v=2, ext={"later": msgspec.Raw(b'{"a": [1, 2.50]}')})
    (forwarded,) = world.to_node().carried
    (sent,) = world.to_hub().carried
    assert forwarded.head == sent.head
    assert b'{"a": [1, 2.50]}' in forwarded.head
    return said


@pytest.mark.parametrize("row", TABLE.rows, ids=TABLE.ids())
async def test_a_bad_body(row: Row):
    await hold(row)
