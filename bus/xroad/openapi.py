"""An OpenAPI description as its clients get it: what it says of services, nothing of where an agency's system is.

Promises: each list `servers` (of the document, a path, an operation, a callback) leads to X-Road's placeholder, so does
Swagger's `host`; a description that names no server comes as it was written, another one as JSON, which is YAML too.
Source: PR-MREST §5; OpenAPI 3.1 §4.8 (servers), Swagger 2.0 (host, basePath, schemes).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import msgspec

from schemas.json import JsonError
from schemas.json import read as read_json
from schemas.yaml import YamlError
from schemas.yaml import read as read_yaml

PLACEHOLDER: Final = "http://example.org/xroad-endpoint"
"""What X-Road writes in place of a service's address."""
_JSON: Final = "application/json"
_YAML: Final = "text/yaml"
Node: TypeAlias = dict[str, object]


class DescriptionError(Exception):
    """The description cannot be read; `rule` is a fixed word."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Shown(NamedTuple):
    """A description on its way to a client."""

    media_type: str
    data: bytes


def anonymous(data: bytes) -> Shown:
    """The description without addresses.

    Raises:
        DescriptionError: it is no object in JSON or YAML.
    """
    is_json = data.lstrip()[:1] == b"{"
    try:
        document = read_json(data) if is_json else read_yaml(data)[0]
    except (JsonError, YamlError) as error:
        raise DescriptionError(error.rule) from None
    if not isinstance(document, dict):
        raise DescriptionError("not-an-object")
    changed = [_hide(node) for node in _places(document)]
    if any([*changed, _hide_host(document)]):
        return Shown(_JSON, msgspec.json.encode(document))
    return Shown(_JSON if is_json else _YAML, data)


def _hide(node: Node) -> bool:
    if "servers" not in node:
        return False
    node["servers"] = [{"url": PLACEHOLDER}]
    return True


def _hide_host(document: Node) -> bool:
    if not {"host", "basePath", "schemes"} & document.keys() or "swagger" not in document:
        return False
    place = urlsplit(PLACEHOLDER)
    document |= {"host": place.netloc, "basePath": place.path, "schemes": [place.scheme]}
    return True


def _places(document: Node) -> Iterator[Node]:
    """Where OpenAPI lets servers stand."""
    yield document
    for holder in (document, _objects_in(document, "components")):
        for name in ("paths", "webhooks", "pathItems"):
            for item in _objects(_objects_in(holder, name)):
                yield from _path_item(item)


def _path_item(item: Node) -> Iterator[Node]:
    yield item
    for operation in _objects(item):
        yield operation
        for callback in _objects(_objects_in(operation, "callbacks")):
            for inner in _objects(callback):
                yield from _path_item(inner)


def _objects_in(node: Node, name: str) -> Node:
    found = node.get(name)
    return found if isinstance(found, dict) else {}


def _objects(node: Node) -> Iterator[Node]:
    return (one for one in node.values() if isinstance(one, dict))
