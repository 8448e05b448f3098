"""OpenAPI descriptions without addresses: wherever servers may stand, and nowhere else."""

from __future__ import annotations

import orjson
import pytest

from bus.xroad.openapi import PLACEHOLDER, DescriptionError, anonymous

SERVERS = [{"url": "https://10.1.2.3/inside"}]
HIDDEN = [{"url": PLACEHOLDER}]


def shown(document: dict[str, object]) -> dict[str, object]:
    found = anonymous(orjson.dumps(document))
    assert found.media_type == "application/json"
    return orjson.loads(found.data)


@pytest.mark.parametrize(
    "place",
    [
        ["servers"],
        ["paths", "/a", "servers"],
        ["paths", "/a", "get", "servers"],
        ["paths", "/a", "get", "callbacks", "done", "{$url}", "servers"],
        ["paths", "/a", "get", "callbacks", "done", "{$url}", "post", "servers"],
        ["webhooks", "new", "post", "servers"],
        ["components", "pathItems", "p", "get", "servers"],
    ],
)
def test_servers_are_hidden_wherever_openapi_lets_them_stand(place: list[str]):
    document: dict[str, object] = {"openapi": "3.1.0"}
    here = document
    for step in place[:-1]:
        here[step] = here = {}
    here["servers"] = SERVERS
    found: object = shown(document)
    for step in place:
        assert isinstance(found, dict)
        found = found[step]
    assert found == HIDDEN


def test_a_property_of_that_name_stays():
    schema = {"type": "object", "properties": {"servers": {"type": "array"}}}
    document = {"openapi": "3.0.3", "servers": SERVERS, "components": {"schemas": {"Rack": schema}}}
    assert shown(document) == {**document, "servers": HIDDEN}


def test_swaggers_host_is_hidden():
    document = {"swagger": "2.0", "host": "10.1.2.3", "basePath": "/in", "schemes": ["https"], "paths": {}}
    assert shown(document) == {
        "swagger": "2.0",
        "host": "example.org",
        "basePath": "/xroad-endpoint",
        "schemes": ["http"],
        "paths": {},
    }


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(b'{"openapi": "3.1.0", "paths": {}}', "application/json"), (b"openapi: 3.1.0\n# kept\n", "text/yaml")],
)
def test_what_names_no_server_comes_as_it_is(data: bytes, media_type: str):
    assert anonymous(data) == (media_type, data)


def test_yaml_with_servers_comes_as_json():
    found = anonymous(b"openapi: 3.1.0\nservers:\n- url: https://10.1.2.3\ninfo: {version: '1.10'}\n")
    assert found.media_type == "application/json"
    assert orjson.loads(found.data) == {"openapi": "3.1.0", "servers": HIDDEN, "info": {"version": "1.10"}}


@pytest.mark.parametrize(
    ("data", "rule"),
    [(b"- a\n", "not-an-object"), (b'{"a": 1, "a": 2}', "repeated-member"), (b"a: *b\n", "malformed"), (b"", "empty")],
)
def test_what_cannot_be_read_is_refused(data: bytes, rule: str):
    with pytest.raises(DescriptionError) as caught:
        anonymous(data)
    assert caught.value.rule in {rule, "alias"}
