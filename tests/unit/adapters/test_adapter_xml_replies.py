"""REST systems that answer in XML: read through the one XML door, walked by field maps like JSON."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from peer_systems import serving

from adapters.kinds import build
from adapters.port import PeerError, PeerFault, Query
from adapters.xml_values import plain_xml
from schemas.xml import parse

QUESTION = Query("find", {"number": "7"})
SETTINGS: dict[str, Any] = {
    "replies": "xml",
    "operations": {
        "find": {
            "path": "/p/{number}",
            "question": [{"to": "path.number", "from": "body.number"}],
            "answer": {
                "records": "person",
                "fields": [
                    {"to": "name", "from": "name.value", "required": True},
                    {"to": "code", "from": "name.code"},
                    {"to": "doses", "from": "dose", "as": "list", "fields": [{"to": "day", "from": "day"}]},
                ],
            },
        }
    },
}


async def ask(body: str, media_type: str = "application/xml") -> dict[str, object]:
    async def answer(request: web.Request) -> web.Response:
        assert request.headers["Accept"] == "application/xml, text/xml"
        return web.Response(text=body, content_type=media_type)

    app = web.Application()
    app.router.add_get("/p/{number}", answer)
    async with serving(app) as url:
        adapter = build("rest", {**SETTINGS, "base_url": url})
        await adapter.start()
        try:
            return (await adapter.ask(QUESTION)).body
        finally:
            await adapter.close()


@pytest.mark.parametrize(
    ("xml", "plain"),
    [
        ("<a>x</a>", "x"),
        ("<a/>", ""),
        ("<a><b>1</b><b>2</b><c/></a>", {"b": ["1", "2"], "c": ""}),
        ('<n:a xmlns:n="urn:n"><n:b n:k="1">x</n:b></n:a>', {"b": {"k": "1", "value": "x"}}),
        ("<a><b>1</b><b>2</b><b>3</b></a>", {"b": ["1", "2", "3"]}),
    ],
)
def test_elements_become_objects_and_texts(xml: str, plain: object):
    assert plain_xml(parse(xml.encode())) == plain


async def test_a_reply_in_xml_is_mapped_like_any_other():
    doses = "<dose><day>1</day></dose><dose><day>2</day></dose>"
    body = await ask(f'<r><person><name code="a">An</name>{doses}</person></r>')
    assert body == {"name": "An", "code": "a", "doses": [{"day": "1"}, {"day": "2"}]}


@pytest.mark.parametrize(
    ("body", "media_type", "rule"),
    [
        ("<!DOCTYPE r><r/>", "application/xml", "doctype"),
        ("<r>", "text/xml", "malformed"),
        ("{}", "application/json", "media-type"),
    ],
)
async def test_what_is_no_such_xml_is_a_bad_answer(body: str, media_type: str, rule: str):
    with pytest.raises(PeerError) as caught:
        await ask(body, media_type)
    assert (caught.value.kind, caught.value.rule) == (PeerFault.BAD_ANSWER, rule)
