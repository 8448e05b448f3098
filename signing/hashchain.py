"""X-Road's hash chains: one signature or time-stamp over many messages, and one message's way up to it.

Promises: `check` follows the chain from its result down and gives the files that it binds; each of them is in the
container with the digest that stands in the chain. Steps are counted and may not go round; transforms are refused.
Leaves out: who signed the result (`signing.xroad`).

Sources: X-Road 7, hash chains of batch signatures and batch time-stamps (XML namespace http://cyber.ee/hashchain): a
step is the DER of SEQUENCE OF SEQUENCE { OCTET STRING digest, UTF8String algorithm, SEQUENCE {} }, hashed where it is
named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.xml import Element, XmlError, XmlLimits, parse
from signing.cms import tlv
from signing.xades_shape import Children, attribute, base64_of, check_attributes, check_tree
from signing.xades_words import Digest, XadesFormatError, ds

MAX_STEPS: Final = 256
_SPACE: Final = "{http://cyber.ee/hashchain}"
_LIMITS: Final = XmlLimits(max_bytes=1024 * 1024, max_depth=8, max_elements=10_000)
_OCTETS, _UTF8, _SEQUENCE = 0x04, 0x0C, 0x30


@dataclass(frozen=True, slots=True)
class _Value:
    """A digest, and with what it was made."""

    method: Digest
    digest: bytes

    def der(self) -> bytes:
        method = tlv(_UTF8, self.method.value.encode("ascii"))
        return tlv(_SEQUENCE, tlv(_OCTETS, self.digest) + method + tlv(_SEQUENCE, b""))


def check(result: bytes, files: Mapping[str, bytes]) -> frozenset[str]:
    """Follow a chain from its result.

    Args:
        result: the hash chain result (XML): what is signed or time-stamped.
        files: the container's files by name; the chain itself is one of them.

    Returns:
        The names of the files that the chain binds, the chain's own among them.

    Raises:
        XadesFormatError: the chain does not read, or does not lead to its result.
    """
    root = _tree(result, "HashChainResult")
    parts = Children(root, "URI")
    method = _method(parts.one(ds("DigestMethod")))
    digest = base64_of(parts.one(ds("DigestValue")))
    parts.end()
    walk = _Walk(files)
    if method.of(walk.step(attribute(root, "URI"), "")) != digest:
        raise ChainMismatchError("hash chain: it does not lead to its result")
    return frozenset(walk.bound)


class ChainMismatchError(XadesFormatError):
    """A digest on the chain is another one."""


class _Walk:
    """Goes down a chain and notes what it binds."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._chains: dict[str, dict[str, tuple[Element, Digest | None]]] = {}
        self._left = MAX_STEPS
        self.bound: set[str] = set()

    def step(self, uri: str, chain: str) -> bytes:
        """The DER of a step."""
        self._left -= 1
        if self._left < 0:
            raise XadesFormatError("hash chain: too many steps, or steps that go round")
        name, hash_sign, step = uri.partition("#")
        chain = _local(name) if name else chain
        found = self._steps(chain).get(step)
        if not hash_sign or found is None:
            raise XadesFormatError("hash chain: a step that is not in the container")
        element, default = found
        values = [self._value(one, chain, default) for one in Children(element, "id").rest()]
        if not values:
            raise XadesFormatError("hash chain: an empty step")
        return tlv(_SEQUENCE, b"".join(one.der() for one in values))

    def _steps(self, chain: str) -> dict[str, tuple[Element, Digest | None]]:
        if chain not in self._chains:
            if chain not in self._files:
                raise XadesFormatError("hash chain: a chain that is not in the container")
            self._chains[chain] = _read(self._files[chain])
            self.bound.add(chain)
        return self._chains[chain]

    def _value(self, element: Element, chain: str, default: Digest | None) -> _Value:
        if element.tag == f"{_SPACE}StepRef":
            parts = Children(element, "URI")
            method = _method_or(parts.maybe(ds("DigestMethod")), default)
            parts.end()
            return _Value(method, method.of(self.step(attribute(element, "URI"), chain)))
        if element.tag not in {f"{_SPACE}HashValue", f"{_SPACE}DataRef"}:
            raise XadesFormatError("hash chain: a value of an unknown kind")
        parts = Children(element, "URI")
        method = _method_or(parts.maybe(ds("DigestMethod")), default)
        digest = base64_of(parts.one(ds("DigestValue")))
        parts.end()
        if element.tag == f"{_SPACE}DataRef":
            self._bind(_local(attribute(element, "URI")), method, digest)
        return _Value(method, digest)

    def _bind(self, name: str, method: Digest, digest: bytes) -> None:
        data = self._files.get(name)
        if data is None:
            raise XadesFormatError("hash chain: a file that is not in the container")
        if method.of(data) != digest:
            raise ChainMismatchError("hash chain: a file is not the one that it binds")
        self.bound.add(name)


def _read(data: bytes) -> dict[str, tuple[Element, Digest | None]]:
    root = _tree(data, "HashChain")
    parts = Children(root)
    stated = parts.maybe(f"{_SPACE}DefaultDigestMethod")
    default = None if stated is None else _method(stated)
    steps = parts.many(f"{_SPACE}HashStep")
    parts.end()
    return {attribute(step, "id"): (step, default) for step in steps}  # check_tree: no id stands twice


def _tree(data: bytes, name: str) -> Element:
    try:
        root = parse(data, _LIMITS, exact=True)
    except XmlError as error:
        raise XadesFormatError(f"hash chain: {error.rule}") from None
    check_tree(root)
    if root.tag != f"{_SPACE}{name}":
        raise XadesFormatError("hash chain: another root")
    return root


def _method_or(element: Element | None, default: Digest | None) -> Digest:
    if element is not None:
        return _method(element)
    if default is None:
        raise XadesFormatError("hash chain: a digest without its algorithm")
    return default


def _method(element: Element) -> Digest:
    check_attributes(element, ("Algorithm",))
    try:
        return Digest(attribute(element, "Algorithm"))
    except ValueError:
        raise XadesFormatError("hash chain: an algorithm outside the closed list") from None


def _local(uri: str) -> str:
    """The name of a file that a container-absolute reference gives."""
    if not uri.startswith("/"):
        raise XadesFormatError("hash chain: references begin with a stroke")
    return uri[1:]
