"""X-Road's codes in the port's words, and the bodies of SOAP messages by their WSDL."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from adapters.kinds import build
from adapters.port import PeerError, PeerFault
from adapters.xroad_bridge_faults import is_own, peer_error, spellings
from adapters.xroad_bridge_named import Named
from adapters.xroad_bridge_settings import SoapCall
from adapters.xroad_bridge_soap import SoapPeer, as_plain
from schemas.xml import XmlLimits, parse
from schemas.xroad.ids import ClientId, ServiceId

WSDL = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><types>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" elementFormDefault="qualified">
<xs:element name="get"><xs:complexType><xs:sequence><xs:element name="n" type="xs:integer"/></xs:sequence>
</xs:complexType></xs:element></xs:schema></types></definitions>"""
NAMED = Named("VN-1", ClientId("VN", "GOV", "H26"), ServiceId(ClientId("VN", "GOV", "G01", "s"), "get"))


@pytest.mark.parametrize(
    ("camel", "snake", "kind", "known"),
    [
        ("Client.BadRequest", "client.bad_request", PeerFault.BAD_QUESTION, True),
        ("Server.ServerProxy.AccessDenied", "server.serverproxy.access_denied", PeerFault.NOT_PERMITTED, True),
        ("Server.ServerProxy.ServiceDisabled", "server.serverproxy.service_disabled", PeerFault.UNREACHABLE, True),
        (
            "Server.ServerProxy.ServiceFailed.NetworkError",
            "server.serverproxy.service_failed.network_error",
            PeerFault.UNREACHABLE,
            False,
        ),
        ("Server.ServerProxy.ServiceFailed", "server.serverproxy.service_failed", PeerFault.FAULT, False),
        ("Server.ClientProxy.NetworkError", "server.clientproxy.network_error", PeerFault.UNREACHABLE, False),
        (
            "Server.ClientProxy.SslAuthenticationFailed",
            "server.clientproxy.ssl_authentication_failed",
            PeerFault.NOT_PERMITTED,
            True,
        ),
        (
            "Server.ServerProxy.SslAuthenticationFailed",
            "server.serverproxy.ssl_authentication_failed",
            PeerFault.FAULT,
            False,
        ),
        ("Server.ClientProxy.LoggingFailed", "server.clientproxy.logging_failed", PeerFault.FAULT, False),
        ("Signer.TokenNotActive", "signer.token_not_active", PeerFault.FAULT, False),
    ],
)
def test_a_code_means_the_same_in_both_spellings(camel: str, snake: str, kind: PeerFault, known: bool):  # noqa: FBT001 - a table's column
    for code in (camel, snake):
        error = peer_error(code)
        assert (error.kind, error.outcome_known, is_own(code)) == (kind, known, True)
        assert code.endswith(error.peer_code or "?")


@pytest.mark.parametrize("code", ["Server", "Server.Database", "soap:Client", "AccessDenied", "client.", "x-road"])
def test_a_services_code_is_not_x_roads(code: str):
    assert not is_own(code)


def test_endings_of_a_code():
    assert spellings("Server.ServerProxy.AccessDenied") == (
        "Server.ServerProxy.AccessDenied",
        "ServerProxy.AccessDenied",
        "AccessDenied",
    )


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<a><b>1</b></a>", {"b": "1"}),
        ("<a><b>1</b><b>2</b><b>3</b></a>", {"b": ["1", "2", "3"]}),
        ("<a><b><c>1</c></b><b><c>2</c></b></a>", {"b": [{"c": "1"}, {"c": "2"}]}),
        ("<a><b/><c x='1'>2</c></a>", {"b": None, "c": "2"}),
        ("<a xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><b i:nil='true'/></a>", {"b": None}),
        ("<a><n:b xmlns:n='urn:n'>1</n:b></a>", {"b": "1"}),
    ],
)
def test_xml_as_json_has_it(text: str, plain: object):
    assert as_plain(parse(text.encode())) == plain


def _peer(folder: Path) -> SoapPeer:
    (folder / "t.wsdl").write_text(WSDL, encoding="utf-8")
    table = {"protocol": "soap", "service": NAMED.service.text, "namespace": "urn:t", "wsdl": "t.wsdl"}
    return SoapPeer(SoapCall.model_validate({**table, "answer": {"exists": True}}), folder, XmlLimits())


def test_a_question_that_breaks_the_wsdls_types_is_bad(tmp_path: Path):
    peer = _peer(tmp_path)
    assert b"<ns:n>12</ns:n>" in peer.request(NAMED, {"n": 12})
    with pytest.raises(PeerError) as caught:
        peer.request(NAMED, {"n": "twelve"})
    assert (caught.value.kind, caught.value.rule) == (PeerFault.BAD_QUESTION, "cvc-datatype-valid-1-2-1")


def test_lists_and_groups_keep_the_maps_order(tmp_path: Path):
    call = SoapCall.model_validate(
        {"protocol": "soap", "service": NAMED.service.text, "namespace": "urn:t", "answer": {"exists": True}}
    )
    data = SoapPeer(call, tmp_path, XmlLimits()).request(NAMED, {"b": [{"c": True}, {"c": 2}], "a": "x"})
    assert as_plain(parse(data)[1][0]) == {"b": [{"c": "true"}, {"c": "2"}], "a": "x"}


def test_the_manuals_example_builds():
    text = (Path(__file__).parents[3] / "docs" / "xroad.md").read_text(encoding="utf-8")
    block = text.split("## 5. The bridge")[1].split("```toml\n")[1].split("```")[0]
    assert build("xroad-bridge", tomllib.loads(block)).operations == {"person"}


def test_the_manual_tells_what_each_code_means():
    text = (Path(__file__).parents[3] / "docs" / "xroad.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (`[^|]+`) \| `([a-z-]+)` \| (no|perhaps) \|$", text.split("## 5. The bridge")[1], re.MULTILINE
    )
    assert len(rows) == 6
    for codes, reason, done in rows:
        for code in re.findall(r"`([A-Za-z.]+)`", codes):
            error = peer_error(f"Server.{code}" if "." in code else f"Server.ServerProxy.{code}")
            assert (error.kind.value, error.outcome_known) == (reason, done == "no"), code
