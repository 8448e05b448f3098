"""Problems as X-Road's errors: every number has its code, in both spellings, and no value of a request gets through."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from aiohttp import web

from bus.xroad import errors
from schemas.problems import Code, FaultAt, Problem, ProblemError, problem
from schemas.xroad.codes import ErrorCode, Side, Style, Word, XRoadError, error_body, error_type, snake
from schemas.xroad.ids import client_of
from schemas.xroad.paths import segments_of
from schemas.xroad.rest import request_of

SECRET = "097195001234"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize("fault_at", [None, *FaultAt])
def test_every_problem_is_an_error(code: Code, fault_at: FaultAt | None):
    found = errors.of_problem(Problem(code=code, fault_at=fault_at, rule="a-rule", place="/place"))
    assert re.fullmatch(r"(Client|Server\.(Client|Server)Proxy)(\.[A-Z]\w+){1,2}", found.code.text())
    assert found.code.text(Style.SNAKE) == found.code.text(Style.SNAKE).lower()
    assert found.code.status == (400 if found.code.side is Side.CLIENT else 500)
    assert found.message.endswith(f"[{int(code)} a-rule /place]")
    assert UUID.fullmatch(found.detail)


@pytest.mark.parametrize(
    ("fault_at", "side"),
    [
        (FaultAt.CONSUMER_SYSTEM, "Client"),
        (FaultAt.CONSUMER_NODE, "Server.ClientProxy"),
        (FaultAt.HUB, "Server.ClientProxy"),
        (FaultAt.PROVIDER_NODE, "Server.ServerProxy"),
        (FaultAt.PROVIDER_SYSTEM, "Server.ServerProxy"),
    ],
)
def test_the_side_is_where_the_fault_lies(fault_at: FaultAt, side: str):
    assert errors.of_problem(Problem(code=Code.INTERNAL, fault_at=fault_at)).code.text() == f"{side}.InternalError"


@pytest.mark.parametrize(
    ("code", "camel", "snaked"),
    [
        (ErrorCode(Side.SERVER_PROXY, Word.ACCESS_DENIED), "AccessDenied", "access_denied"),
        (ErrorCode(Side.CLIENT, Word.IO_ERROR), "IOError", "io_error"),
        (ErrorCode(Side.CLIENT, Word.HSM_NON_OPERATIONAL), "HSMNonOperational", "hsm_non_operational"),
        (ErrorCode(Side.CLIENT, Word.HASH_CHAIN_UNUSED_INPUTS), "HashChainUnusedInputs", "hashchain_unused_inputs"),
        (
            ErrorCode(Side.CLIENT, Word.SSL_AUTHENTICATION_FAILED),
            "SslAuthenticationFailed",
            "ssl_authentication_failed",
        ),
        (
            ErrorCode(Side.SERVER_PROXY, Word.SERVICE_FAILED, Word.NETWORK_ERROR),
            "ServiceFailed.NetworkError",
            "service_failed.network_error",
        ),
    ],
)
def test_both_spellings(code: ErrorCode, camel: str, snaked: str):
    assert code.text() == f"{code.side.value}.{camel}"
    assert code.text(Style.SNAKE) == f"{snake(code.side)}.{snaked}"


def test_a_word_has_one_spelling_of_each_style():
    assert len({snake(word) for word in Word}) == len(Word)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", snake(word)) for word in Word)


def fail(error: Exception) -> None:
    raise error


HOSTILE = (
    lambda: client_of(f"VN/GOV/{SECRET}%zz"),
    lambda: client_of(f"{SECRET}"),
    lambda: segments_of(f"/{SECRET}/../x"),
    lambda: segments_of(f"/%252e{SECRET}"),
    lambda: request_of("GET", f"{SECRET} x", [], request_id="r", message_id="m"),
    lambda: request_of(SECRET, "/x", [], request_id="r", message_id="m"),
    lambda: request_of("GET", "/x", [("a", f"{SECRET}\n")], request_id="r", message_id="m"),
    lambda: fail(ValueError(SECRET)),
    lambda: fail(KeyError(SECRET)),
)


@pytest.mark.parametrize("act", HOSTILE)
def test_nothing_is_quoted(act: Callable[[], object]):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        act()
    found = errors.of_exception(caught.value)
    assert SECRET not in found.message
    assert found.code.side in {Side.CLIENT, Side.CLIENT_PROXY}
    assert UUID.fullmatch(found.detail)


def test_an_exchange_is_the_error_s_detail():
    error = problem(Code.NOT_AGREED)
    error.exchange = "01a20321-fb87-779e-b7c5-61e4bbabcdef"
    assert errors.of_exception(error).detail == error.exchange
    assert isinstance(error, ProblemError)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (web.HTTPNotFound(), "Client.NotFound"),
        (web.HTTPMethodNotAllowed("PUT", ["GET"]), "Client.InvalidHttpMethod"),
        (web.HTTPRequestEntityTooLarge(1, 2), "Client.InvalidBody"),
        (web.HTTPBadRequest(), "Client.BadRequest"),
    ],
)
def test_what_the_server_refuses_itself(error: web.HTTPException, code: str):
    assert errors.of_exception(error).code.text() == code


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ([], "application/json"),
        (["*/*"], "application/json"),
        (["TEXT/XML"], "text/xml"),
        (["application/json", "application/xml;q=0"], "application/xml"),
        (["text/html, text/*"], "text/xml"),
        (["application/soap+xml"], "application/json"),
    ],
)
def test_accept(accept: list[str], chosen: str):
    assert error_type(accept) == chosen


def test_bodies_are_escaped():
    error = XRoadError(errors.BAD_REQUEST, '<a>&"\u00e9', "d")
    assert (
        error_body(error, "application/json")
        == '{"type":"Client.BadRequest","message":"<a>&\\"é","detail":"d"}'.encode()
    )
    assert '<message>&lt;a&gt;&amp;"é</message>'.encode() in error_body(error, "text/xml", Style.SNAKE)
    assert b"<type>client.bad_request</type>" in error_body(error, "application/xml", Style.SNAKE)
