"""X-Road's REST calls at a node's face, quirk by quirk: what passes, how it is changed, what is refused and how."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from xroad_rest_rows import ANY, CLIENT, PERSONS_AT, Chapter, Says
from xroad_world import KEY, ONE_STOP, OTHER_SYSTEM, STRANGERS_KEY

from bus.xroad.around import Limits
from bus.xroad.clients import Listed
from schemas.xroad.codes import Style

DENIED = "Server.ServerProxy.AccessDenied"
BAD = "Client.BadRequest"
SPEAKER = "Server.ClientProxy.SslAuthenticationFailed"
UNKNOWN = "Server.ClientProxy.UnknownMember"
NO_CLIENT: tuple[tuple[str, str], ...] = ()

ADDRESS = (
    Chapter("Addresses", "`/r1/{instance}/{class}/{member}/{subsystem}/{service}[/path][?query]`, part by part.")
    .passes("no path: the service's own address", target="", saw={"target": "/api"})
    .passes("its slash is kept", target="/", saw={"target": "/api/"})
    .passes(
        "path and query pass as they came",
        target="/a%20b/c?x=1&x=%C3%A9&y",
        saw={"target": "/api/a%20b/c?x=1&x=%C3%A9&y"},
    )
    .passes(
        "a code in UTF-8, an alias",
        target="!/r1/VN/GOV/G01/population/ti%E1%BA%BFng-v%E1%BB%8Dng/a",
        saw={"target": "/api/a"},
    )
    .passes("a subsystem's other name", target="!/r1/VN/GOV/G01/d%C3%A2n-c%C6%B0/echo/a", saw={"target": "/api/a"})
    .refused("only version 1 is spoken", "Client.InvalidProtocolVersion", "!/r2/VN/GOV/G01/population/echo")
    .refused("the version is one digit", "Client.NotFound", "!/r10/VN/GOV/G01/population/echo")
    .refused("nothing else lives here", "Client.NotFound", "!/x")
    .refused(
        "without a subsystem X-Road's own server refuses too", BAD, "!/r1/VN/GOV/G01/echo", text="target in line 2"
    )
    .refused("a part that is no UTF-8", BAD, "!/r1/VN/GOV/G01/population/%FF", text="encoding at part 4")
    .refused("a slash inside a part", BAD, "!/r1/VN/GOV/G01%2FX/population/echo", text="characters at part 2")
    .refused("a percent sign inside a part", BAD, "!/r1/VN/GOV/G01%2525/population/echo", text="characters at part 2")
    .refused("an empty part", BAD, "!/r1/VN/GOV//population/echo", text="empty at part 2")
    .refused("a part of dots", BAD, "!/r1/VN/GOV/../population/echo", text="dots at part 2")
    .refused("no such member", UNKNOWN, "!/r1/VN/GOV/G99/population/echo")
    .refused("no such service reads like one that is not agreed", DENIED, "!/r1/VN/GOV/G01/population/none")
    .refused("a SOAP service", "Server.ServerProxy.ServiceType", "!/r1/VN/GOV/G01/population/sendLetter")
)

CLIENTS = (
    Chapter("The client", "`X-Road-Client: INSTANCE/CLASS/MEMBER[/SUBSYSTEM]`, percent-encoded.")
    .passes("as the registry has it", back={"x-road-client": ONE_STOP})
    .passes(
        "the last one counts, and only it goes on",
        client=(("X-Road-Client", "VN/GOV/nobody"), *CLIENT),
        saw={"x-road-client": ONE_STOP},
        back={"x-road-client": ONE_STOP},
    )
    .passes(
        "so it is with the user",
        headers=(("X-Road-UserId", "VN-1"), ("x-road-userid", "VN-2")),
        saw={"x-road-userid": "VN-2"},
    )
    .passes(
        "another name of the same system stays as it was written",
        client=(("x-road-client", "VN/GOV/H56.20/m%E1%BB%99t-c%E1%BB%ADa"),),
        back={"x-road-client": "VN/GOV/H56.20/m%E1%BB%99t-c%E1%BB%ADa"},
    )
    .refused("it is mandatory", "Client.MissingHeaderField", client=NO_CLIENT)
    .refused("two parts", BAD, client=(("X-Road-Client", "VN/GOV"),), text="parts")
    .refused("five parts", BAD, client=(("X-Road-Client", f"{ONE_STOP}/x"),), text="parts")
    .refused("an escape that is none", BAD, client=(("X-Road-Client", "VN/GOV/H56.20/%zz"),), text="encoding at part 3")
    .refused("nobody", UNKNOWN, client=(("X-Road-Client", "VN/GOV/H56.20/none"),))
    .refused("an agency that this node does not serve", UNKNOWN, client=(("X-Road-Client", "VN/GOV/G01/population"),))
)

SPEAKERS = (
    Chapter(
        "Who may speak",
        "Of the node's clients one is listed with a network that the calls do not come from. Nothing else lets in.",
        {"listed": (Listed(ONE_STOP, (ip_network("10.1.2.0/24"),)),)},
    )
    .refused("neither key nor certificate, and not from there", SPEAKER)
    .passes("the system's own key; it goes no further", headers=(("X-Api-Key", KEY),), saw={"X-Api-Key": None})
    .refused("a key that nobody has", SPEAKER, headers=(("X-Api-Key", "guessed"),))
    .refused("another agency's key", SPEAKER, headers=(("X-Api-Key", STRANGERS_KEY),))
    .refused("the key of another system of the same agency", SPEAKER, headers=(("X-Api-Key", OTHER_SYSTEM),))
    .refused(
        "a system's key does not speak for its whole agency",
        SPEAKER,
        headers=(("X-Api-Key", KEY),),
        client=(("X-Road-Client", "VN/GOV/H56.20"),),
    )
    .refused(
        "a bearer token is the service's affair, not a key of the node",
        SPEAKER,
        headers=(("Authorization", f"Bearer {KEY}"),),
    )
    .refused("an address that is claimed", SPEAKER, headers=(("X-Forwarded-For", "10.1.2.3"),))
)

WRONG_KEY = (
    Chapter("A wrong key", "From a listed network a call needs no key; but one that is shown must be right.")
    .passes("no key")
    .passes("the right one", headers=(("x-api-key", KEY),), saw={"x-api-key": None})
    .refused("a wrong one", SPEAKER, headers=(("X-Api-Key", "guessed"),))
    .passes(
        "a bearer token passes to the service",
        headers=(("Authorization", "Bearer t"),),
        saw={"Authorization": "Bearer t"},
    )
)

HEADERS = (
    Chapter("Headers in", "What X-Road's servers strip is stripped; everything else passes unmodified.")
    .passes(
        "an id is kept", headers=(("X-Road-Id", "call-1"),), saw={"x-road-id": "call-1"}, back={"x-road-id": "call-1"}
    )
    .passes("else one is made, `{instance}-{uuid4}`", saw={"x-road-id": ANY}, back={"x-road-id": ANY})
    .passes("an id without a value is none", headers=(("X-Road-Id", ""),), back={"x-road-id": ANY})
    .passes(
        "request id and hash are the servers' own",
        headers=(("X-Road-Request-Id", "mine"), ("X-Road-Request-Hash", "mine")),
        saw={"x-road-request-id": ANY, "x-road-request-hash": None},
        back={"x-road-request-id": ANY, "x-road-request-hash": ANY},
    )
    .passes(
        "user, issue, represented party",
        headers=(
            ("X-Road-UserId", "VN-001"),
            ("X-Road-Issue", "H56.20-260101-00001"),
            ("X-Road-Represented-Party", "COM/0101"),
        ),
        saw={"X-Road-UserId": "VN-001", "X-Road-Issue": "H56.20-260101-00001", "X-Road-Represented-Party": "COM/0101"},
    )
    .passes("a party without a class", headers=(("X-Road-Represented-Party", "0101"),))
    .refused("a party of three parts", BAD, headers=(("X-Road-Represented-Party", "a/b/c"),), text="parts")
    .refused("a user that no record can hold", BAD, headers=(("X-Road-UserId", "a b"),), text="user id")
    .passes(
        "a security server is named and passes; every provider is reached by the hub",
        headers=(("X-Road-Security-Server", "VN/GOV/G01/ss1"),),
        saw={"X-Road-Security-Server": "VN/GOV/G01/ss1"},
    )
    .refused("a security server has four parts", BAD, headers=(("X-Road-Security-Server", "VN/GOV/G01"),), text="parts")
    .passes(
        "these end at each server",
        headers=(
            ("User-Agent", "x"),
            ("TE", "trailers"),
            ("Proxy-Authorization", "x"),
            ("Keep-Alive", "x"),
            ("Server", "x"),
        ),
        saw={"User-Agent": None, "TE": None, "Proxy-Authorization": None, "Keep-Alive": None, "Server": None},
    )
    .passes(
        "all others pass, repeated ones too, with their spelling",
        headers=(("Accept", "text/csv"), ("Cookie", "a=b"), ("X-Own", "1"), ("X-Own", "2"), ("Accept-Language", "vi")),
        saw={"Accept": "text/csv", "Cookie": "a=b", "X-Own": "1, 2", "Accept-Language": "vi"},
    )
    .passes("no `Accept` is made up", saw={"Accept": None, "Content-Type": None})
)

VERBS = (
    Chapter("Verbs and bodies", "Eight verbs. A body goes to the service with PATCH, POST and PUT.")
    .passes("GET", "GET", saw={"verb": "GET"})
    .passes("HEAD: headers only", "HEAD", saw={"verb": "HEAD"}, back={"x-road-id": ANY})
    .passes("OPTIONS is the service's", "OPTIONS", saw={"verb": "OPTIONS"})
    .passes("TRACE", "TRACE", saw={"verb": "TRACE"})
    .passes("POST", "POST", body=b"\x7b\x7d", headers=(("Content-Type", "application/json"),), saw={"body": "{}"})
    .passes("PUT", "PUT", body=b"a", saw={"body": "a"})
    .passes("PATCH", "PATCH", body=b"a", saw={"body": "a"})
    .passes("DELETE", "DELETE", saw={"verb": "DELETE"})
    .passes("a body with DELETE is signed and hashed, and ends at the server", "DELETE", body=b"a", saw={"body": ""})
    .passes("POST without a body", "POST", saw={"body": "", "verb": "POST"})
    .passes(
        "the media type passes with its parameters",
        "POST",
        body=b"a",
        headers=(("Content-Type", "Multipart/Form-Data; boundary=B"),),
        saw={"Content-Type": "Multipart/Form-Data; boundary=B"},
    )
    .passes(
        "a compressed body stays compressed",
        "POST",
        body=b"not even gzip",
        headers=(("Content-Encoding", "gzip"),),
        saw={"Content-Encoding": "gzip", "body": "not even gzip"},
    )
    .refused("any other verb", "Client.InvalidHttpMethod", verb="PROPFIND")
)

TOO_LARGE = Chapter("A body over the limit", "The limit of these calls is 1000 bytes.", {"limits": Limits(1000, 100)})
TOO_LARGE.passes("what is over 100 bytes waits in a file", "POST", body=b"a" * 1000)
TOO_LARGE.refused("one more than the limit", "Client.InvalidBody", verb="POST", body=b"a" * 1001, text="304")

PATHS = (
    Chapter(
        "Paths and rights",
        "The commune may read under `GET /**`, and neither `GET /admin/**` nor `GET /users/*/secret`: those are nearer"
        " endpoints, of an operation that no agreement covers. X-Road judged the encoded path until 7.7.1 and sent it"
        " on: `%2e%2e%2f` led around its rights.",
    )
    .passes("under `/**`", target="/users/7", saw={"target": "/api/users/7"})
    .refused("the nearer endpoint counts", DENIED, "/admin/x")
    .refused("the segments' own escapes are read first", DENIED, "/%61dmin/x")
    .refused("`*` is one segment", DENIED, "/users/7/secret")
    .passes("two are not", target="/users/7/8/secret")
    .refused("climbing", BAD, "/a/../admin/x", text="dot-segment at segment 1")
    .refused("encoded climbing", BAD, "/a/%2e%2e/admin/x", text="dot-segment at segment 1")
    .refused(
        "the hole of X-Road: encoded climbing with an encoded slash",
        BAD,
        "/a/%2e%2e%2fadmin/x",
        text="encoded-slash at segment 1",
    )
    .refused("half of it encoded", BAD, "/a/.%2E/admin/x", text="dot-segment at segment 1")
    .refused("an encoded slash", BAD, "/a%2Fb", text="encoded-slash at segment 0")
    .refused("an encoded backslash", BAD, "/a%5c..%5cadmin", text="encoded-slash at segment 0")
    .refused("encoded twice", BAD, "/a/%252e%252e/admin/x", text="double-encoding at segment 1")
    .refused("encoded thrice", BAD, "/a/%25252e/x", text="double-encoding at segment 1")
    .refused("two slashes", BAD, "//admin/x", text="empty-segment at segment 0")
    .refused("a dot", BAD, "/./admin/x", text="dot-segment at segment 0")
    .refused("dots that a servlet's parameter hides", BAD, "/a/..;x=1/admin/x", text="dot-segment at segment 1")
    .refused("a line feed", BAD, "/a%0d%0aX:1", text="characters at segment 0")
    .refused("a zero byte", BAD, "/a%00", text="characters at segment 0")
    .refused("no UTF-8", BAD, "/%c0%ae%c0%ae/admin", text="encoding at segment 0")
    .refused(
        "another verb, by a header", BAD, headers=(("X-HTTP-Method-Override", "DELETE"),), text="overriding-header"
    )
    .refused("another path, by a header", BAD, headers=(("x-original-url", "/admin/x"),), text="overriding-header")
    .refused(
        "another client, for services that read `_` for `-`",
        BAD,
        headers=(("X_Road_Client", "VN/GOV/G01"),),
        text="overriding-header",
    )
    .passes("a percent sign is one", target="/100%25", saw={"target": "/api/100%25"})
    .passes("a slash at the end stays", target="/a/", saw={"target": "/api/a/"})
    .refused("and does not make another endpoint of it", DENIED, "/admin/")
)

FORMS = (
    Chapter(
        "An error's form",
        "JSON, or XML where `Accept` names `text/xml`, `application/xml` or `text/*`; weights do not count.",
    )
    .refused(
        "by default", DENIED, "/admin/x", back={"Content-Type": "application/json; charset=utf-8"}, text='{"type":'
    )
    .refused(
        "text/xml",
        DENIED,
        "/admin/x",
        headers=(("Accept", "text/xml"),),
        back={"Content-Type": "text/xml; charset=utf-8"},
        text="<error><type>",
    )
    .refused(
        "text/*", DENIED, "/admin/x", headers=(("Accept", "text/*"),), back={"Content-Type": "text/xml; charset=utf-8"}
    )
    .refused(
        "the first XML type that is named, wherever it stands",
        DENIED,
        "/admin/x",
        headers=(("Accept", "application/json, application/xml;q=0.1"),),
        back={"Content-Type": "application/xml; charset=utf-8"},
    )
    .refused(
        "anything",
        DENIED,
        "/admin/x",
        headers=(("Accept", "*/*"),),
        back={"Content-Type": "application/json; charset=utf-8"},
    )
    .refused("it holds the number, rule and place of docs/problems.md", DENIED, "/admin/x", text="[201 /service]")
)

SNAKE = (
    Chapter("Codes as X-Road 7.8 writes them", 'With `error_style = "snake"`.', {"style": Style.SNAKE})
    .refused("a right that is missing", "server.serverproxy.access_denied", "/admin/x")
    .refused("a client that is missing", "client.missing_header_field", client=NO_CLIENT)
    .refused("a member that is missing", "server.clientproxy.unknown_member", "!/r1/VN/GOV/G99/population/echo")
)

MOTHER = "097195001234"
PERSON = f'{{"number":"{MOTHER}","name":"A","birth":"1995-03-02"}}'
MORE = Says(f'{{"number":"{MOTHER}","name":"A","birth":"1995-03-02","sex":"female"}}'.encode())
SPACED = Says(f'{{ "number": "{MOTHER}", "name": "A", "birth": "1995-03-02" }}'.encode())
WHO = f"!{PERSONS_AT}/persons/{MOTHER}"
FAILED = "Server.ServerProxy.ServiceFailed"

SHAPED = (
    Chapter(
        "Validated services",
        "`persons` has schemas; the agreement covers number, name and date of birth, not sex. The question is derived"
        " from the call, the answer is cut to what is agreed.",
    )
    .passes("what is not agreed does not leave the provider's node", target=WHO, says=MORE, text=PERSON)
    .passes("where nothing is cut, the very bytes", target=WHO, says=SPACED, text=SPACED.body.decode())
    .passes("a number in the query", target=f"!{PERSONS_AT}/persons?number={MOTHER}", says=MORE, text=PERSON)
    .passes(
        "a number in the body",
        "POST",
        f"!{PERSONS_AT}/search",
        body=f'{{"number": "{MOTHER}"}}'.encode(),
        headers=(("Content-Type", "application/json"),),
        says=MORE,
        saw={"body": f'{{"number": "{MOTHER}"}}'},
        text=PERSON,
    )
    .passes(
        "of the service's headers those that tell what the body is",
        target=WHO,
        says=MORE._replace(headers=(("Content-Type", "application/json"), ("X-Own", "1"), ("Set-Cookie", "a=b"))),
        back={"X-Own": None, "Set-Cookie": None, "Content-Type": "application/json"},
    )
    .passes(
        "the service is asked not to compress",
        target=WHO,
        says=MORE,
        headers=(("Accept-Encoding", "gzip"),),
        saw={"Accept-Encoding": "identity"},
    )
    .refused("a number of another form", "Client.InvalidBody", f"!{PERSONS_AT}/persons/12", text="301 pattern /path/0")
    .refused("a query that the schema does not know", "Client.InvalidBody", f"{WHO}?fields=sex", text="301")
    .refused(
        "a parameter that repeats",
        "Client.InvalidBody",
        f"!{PERSONS_AT}/persons?number={MOTHER}&number={MOTHER}",
        text="301 type",
    )
    .refused("a query that is no UTF-8", "Client.InvalidBody", f"!{PERSONS_AT}/persons?number=%FF", text="303 query")
    .refused(
        "a body that is no JSON",
        "Client.InvalidBody",
        f"!{PERSONS_AT}/search",
        verb="POST",
        body=b"number=1",
        text="303 json",
    )
    .refused(
        "a member that repeats: two readers would see two numbers",
        "Client.InvalidBody",
        f"!{PERSONS_AT}/search",
        verb="POST",
        body=b'{"number":"1","number":"2"}',
        text="303 repeated-member",
    )
    .refused("a body where the schema has none", "Client.InvalidBody", WHO, body=b"{}", text="301")
    .refused("a placeholder", "Client.InvalidRequest", f"!{PERSONS_AT}/persons/000000000000", text="213")
    .refused(
        "about somebody else",
        f"{FAILED}.InvalidResponse",
        WHO,
        says=Says(PERSON.replace("1234", "9999").encode()),
        text="509 about-the-subject",
    )
    .refused("nothing of the schema", f"{FAILED}.InvalidResponse", WHO, says=Says(b'{"error":"none"}'), text="509")
    .refused(
        "no JSON",
        f"{FAILED}.InvalidResponse",
        WHO,
        says=Says(b"<a/>", headers=(("Content-Type", "text/xml"),)),
        text="509 media-type",
    )
    .refused(
        "compressed all the same",
        f"{FAILED}.InvalidResponse",
        WHO,
        says=MORE._replace(headers=(*MORE.headers, ("Content-Encoding", "gzip"))),
        text="509 compressed",
    )
    .refused(
        "a status that is no success is a fault, never an answer",
        f"{FAILED}.InternalError",
        WHO,
        says=Says(b"{}", 404),
        text="510",
    )
    .refused("a refusal of the service", f"{FAILED}.AccessDenied", WHO, says=Says(b"{}", 403), text="503")
    .refused("a bad gateway", f"{FAILED}.NetworkError", WHO, says=Says(b"{}", 502), text="506")
    .refused("too many requests", f"{FAILED}.IOError", WHO, says=Says(b"{}", 429), text="508")
    .refused("a redirect", f"{FAILED}.InternalError", WHO, says=Says(b"{}", 302), text="510")
    .refused("no such endpoint", DENIED, f"!{PERSONS_AT}/others", text="201 endpoint /path")
)

CHAPTERS = (ADDRESS, CLIENTS, SPEAKERS, WRONG_KEY, HEADERS, VERBS, TOO_LARGE, PATHS, SHAPED, FORMS, SNAKE)


def page() -> list[str]:
    """What the manual prints of these tests."""
    return ["## REST", "", *(line for chapter in CHAPTERS for line in chapter.page())]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.title)
async def test_calls(chapter: Chapter):
    await chapter.play()
