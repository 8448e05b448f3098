"""Laws of the bridge: every code of X-Road means the same in both spellings; a body reads as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.port import PeerFault
from adapters.xroad_bridge_faults import is_own, peer_error
from adapters.xroad_bridge_named import Named
from adapters.xroad_bridge_settings import SoapCall
from adapters.xroad_bridge_soap import SoapPeer, as_plain, header_mistake
from schemas.xml import XmlLimits, parse
from schemas.xroad.codes import ErrorCode, Side, Style, Word
from schemas.xroad.ids import ClientId, Party, ServiceId
from schemas.xroad.soap import read_request

SERVICE = ServiceId(ClientId("VN", "GOV", "G01", "population"), "getPerson", "v1")
CALL = SoapCall.model_validate(
    {"protocol": "soap", "service": SERVICE.text, "namespace": "urn:t", "answer": {"exists": True}}
)
PEER = SoapPeer(CALL, Path(), XmlLimits())
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
lines = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"], exclude_characters="\ufffe\uffff"
)
texts = st.text(lines, min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
bodies = st.dictionaries(
    names,
    st.recursive(
        texts,
        lambda inner: (
            st.dictionaries(names, inner, min_size=1, max_size=3)
            | st.lists(st.dictionaries(names, texts, min_size=1, max_size=2), min_size=2, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)
parts = st.text("aZ09ÀĐỹộ_-", min_size=1, max_size=12)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("word", Word)
def test_every_code_means_the_same_in_both_spellings(side: Side, word: Word):
    for code in (ErrorCode(side, word), ErrorCode(side, Word.SERVICE_FAILED, word)):
        camel, snake = (peer_error(code.text(style)) for style in (Style.CAMEL, Style.SNAKE))
        assert (camel.kind, camel.outcome_known) == (snake.kind, snake.outcome_known)
        assert all(is_own(code.text(style)) for style in (Style.CAMEL, Style.SNAKE))
        if code.cause is not None and side is not Side.CLIENT and camel.kind is not PeerFault.NOT_PERMITTED:
            assert camel.peer_code is None or code.text().endswith(camel.peer_code)


@settings(max_examples=50)
@given(bodies)
def test_a_body_reads_as_it_was_written(body: dict[str, object]):
    named = Named("VN-1", ClientId("VN", "GOV", "H26", "s"), SERVICE)
    data = PEER.request(named, body)
    assert (as_plain(parse(data)[1][0]) or {}) == body


@given(parts, parts, parts, texts, texts, st.none() | parts)
def test_our_own_reader_of_x_roads_messages_reads_the_header(
    code: str, subsystem: str, user: str, issue: str, spare: str, party: str | None
):
    named = Named(
        id=f"VN-{user}",
        client=ClientId("VN", "GOV", code, subsystem),
        service=SERVICE,
        user_id=user,
        issue=issue,
        represented=None if party is None else Party(None, party),
    )
    data = PEER.request(named, {"n": spare})
    header = read_request(data).header
    assert (header.id, header.client, header.service) == (named.id, named.client, named.service)
    assert (header.user_id, header.issue, header.represented_party) == (user, issue, named.represented)
    assert header_mistake(parse(data), data, check_hash=False) is None
