"""The one door through which foreign XML enters: hardened parsing, and judging by a local schema.

Promises:
- no DOCTYPE at all, so no entities, default attributes or external subsets (OWASP XXE; CWE-611, CWE-776);
- only XML 1.0 in UTF-8, whatever a declaration or a byte order mark says, so that two readers
  never see two documents;
- size, depth, elements, attributes, namespaces and names are limited while parsing, not after;
- nothing is fetched: a schema's includes and imports come from the files handed in;
- no message of the XML library leaves: it quotes values, and values are citizens' data.

Leaves out: what the elements mean, XML signatures, and writing XML (others serialise with lxml).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast
from urllib.parse import unquote

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml publishes no other name for its element type

CHUNK_BYTES: Final = 16 * 1024
MAX_VIOLATIONS: Final = 100
MAX_OCCURS: Final = 10_000
"""A larger maxOccurs makes the schema compiler unroll that many states; `unbounded` costs nothing."""

GAVE_UP: Final = "validator-gave-up"
"""The rule of an element that could not be judged."""

_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_REFERENCES: Final = tuple(f"{_XS}{name}" for name in ("include", "import", "redefine", "override"))
_DECLARATION: Final = re.compile(
    rb"""<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')"""
    rb"""(?:\s+encoding\s*=\s*["'](?P<encoding>[A-Za-z][A-Za-z0-9._\-]*)["'])?"""
    rb"""(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>"""
)
_ENCODINGS: Final = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})
_PROLOG: Final = re.compile(rb"(?:\s+|<!--.*?-->|<\?(?!xml[\s?]).*?\?>)*", re.DOTALL | re.IGNORECASE)
_STEP: Final = re.compile(r"^(?P<name>[^\[]+)(?:\[(?P<index>\d+)\])?$")


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """What one document may weigh. Depth can only be lowered: libxml2 itself stops at 256."""

    max_bytes: int = 4 * 1024 * 1024
    max_depth: int = 100
    max_elements: int = 100_000
    max_attributes: int = 128
    """On one element; namespace declarations are counted apart, under `max_namespaces`."""
    max_attribute_chars: int = 65_536
    max_namespaces: int = 512
    """Declarations in the whole document."""
    max_name_chars: int = 1_024


DEFAULT: Final = XmlLimits()


class XmlError(Exception):
    """A document or schema was refused. `rule` is a fixed word, `line` counts from 1 (0: not known)."""

    def __init__(self, rule: str, line: int = 0) -> None:
        super().__init__(f"XML refused: {rule} at line {line}")
        self.rule = rule
        self.line = line


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken schema rule and where: never the value.

    `rule` is libxml2's constraint name (`cvc-pattern-valid`), `path` an XPath of local names in which
    names unknown to the schema stand as `*`, `line` counts from 1.
    """

    rule: str
    path: str
    line: int


def parse(data: bytes, limits: XmlLimits = DEFAULT, *, exact: bool = False) -> Element:
    """Read foreign XML into an element tree, or raise `XmlError`.

    Comments and processing instructions are dropped and their neighbouring text joined, so that
    `<id>01<!-- -->2</id>` reads "012" for everybody; `exact` keeps them, for checking signatures.
    """
    # ① the bytes: size, encoding, declaration
    start = _check_bytes(data, limits)
    # ② the prolog: nothing but blanks, comments and instructions before the root
    _check_prolog(data, start)
    # ③ the tree: built in chunks, counted between chunks
    return _build(data, limits, exact=exact)


def _check_bytes(data: bytes, limits: XmlLimits) -> int:
    """Return where the prolog starts (after byte order mark and declaration)."""
    if len(data) > limits.max_bytes:
        raise XmlError("too-large")
    if not data.strip():
        raise XmlError("empty")
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    if b"\x00" in data or not _is_utf8(data):
        raise XmlError("encoding")
    if data[start : start + 5] != b"<?xml":
        return start
    declaration = _DECLARATION.match(data, start)
    if declaration is None:
        raise XmlError("declaration", 1)
    if (declaration["encoding"] or b"utf-8").lower() not in _ENCODINGS:
        raise XmlError("encoding", 1)
    return declaration.end()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _check_prolog(data: bytes, start: int) -> None:
    """XML 1.0 clause 2.8: a document type declaration can stand only before the root element."""
    prolog = _PROLOG.match(data, start)
    end = prolog.end() if prolog else start
    if data[end : end + 2] == b"<!":
        raise XmlError("doctype", data.count(b"\n", 0, end) + 1)


def _build(data: bytes, limits: XmlLimits, *, exact: bool) -> Element:
    parser = etree.XMLPullParser(
        events=("start", "end", "start-ns"),
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        collect_ids=False,
        remove_comments=not exact,
        remove_pis=not exact,
    )
    tally = _Tally(limits)
    try:
        for offset in range(0, len(data), CHUNK_BYTES):
            parser.feed(data[offset : offset + CHUNK_BYTES])
            tally.take(parser.read_events())
        root: Element = parser.close()
    except etree.XMLSyntaxError as error:
        tally.take(parser.read_events())  # a limit of ours is the better reason
        raise XmlError("malformed", error.lineno or _last_line(error)) from None
    tally.take(parser.read_events())
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlError("doctype")
    return root


class _Tally:
    """Counts what a document holds while it is being read; raises at the first limit passed."""

    def __init__(self, limits: XmlLimits) -> None:
        self._limits = limits
        self._depth = 0
        self._elements = 0
        self._namespaces = 0

    def take(self, events: Iterable[tuple[str, object]]) -> None:
        for event, item in events:
            if event == "end":
                self._depth -= 1
            elif event == "start-ns":
                self._namespaces += 1
                if self._namespaces > self._limits.max_namespaces:
                    raise XmlError("too-many-namespaces")
            elif isinstance(item, Element):
                self._start(item)

    def _start(self, element: Element) -> None:
        limits = self._limits
        line = _line(element)
        self._depth += 1
        self._elements += 1
        if self._depth > limits.max_depth:
            raise XmlError("too-deep", line)
        if self._elements > limits.max_elements:
            raise XmlError("too-many-elements", line)
        if len(element.tag) > limits.max_name_chars:
            raise XmlError("name-too-long", line)
        if len(element.attrib) > limits.max_attributes:
            raise XmlError("too-many-attributes", line)
        for name, value in element.attrib.items():
            if len(name) > limits.max_name_chars:
                raise XmlError("name-too-long", line)
            if len(value) > limits.max_attribute_chars:
                raise XmlError("attribute-too-long", line)


class _Entry(Protocol):
    """A line of lxml's error log; its message quotes values and is never read."""

    type_name: str
    path: str | None
    line: int


class XsdSchema:
    """A compiled XML Schema (W3C XSD 1.0). Safe to use from several threads."""

    def __init__(self, schema: etree.XMLSchema, names: frozenset[str]) -> None:
        self._schema = schema
        self._names = names
        self._lock = Lock()  # lxml keeps the log of the latest validation on the schema object

    def violations(self, element: Element) -> list[Violation]:
        """Judge a parsed element; empty when it obeys. At most `MAX_VIOLATIONS` are listed.

        Where libxml2 gives up (a content model that nests counts takes it too many tries) the element is refused,
        by the rule `GAVE_UP`.
        """
        with self._lock:
            try:
                if self._schema.validate(element):
                    return []
            except etree.XMLSchemaValidateError:
                return [Violation(GAVE_UP, "", _line(element))]
            log = cast("Iterable[_Entry]", self._schema.error_log)
            entries = list(islice(log, MAX_VIOLATIONS))
        return [
            Violation(_rule(entry.type_name), _masked(element, entry.path or "", self._names), entry.line)
            for entry in entries
        ]


def compile_xsd(main: str, files: Mapping[str, bytes]) -> XsdSchema:
    """Compile the schema at path `main`; includes and imports are looked up in `files` only.

    Args:
        main: path of the main schema, a key of `files`.
        files: path ("land/parcel.xsd") to bytes. References are relative to the file that holds them.

    Raises:
        XmlError: a file is no hardened XML, a reference is not among `files`
            (`external-reference`), or the whole is no schema (`not-a-schema`).
    """
    if main not in files:
        raise XmlError("external-reference")
    names: set[str] = set()
    for path in _closure(main, files):
        names.update(_declared(parse(files[path])))
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)  # noqa: TID251 - this is the one XML door
    parser.resolvers.add(_FromFiles(files))
    root = etree.fromstring(files[main], parser, base_url=_URL + main)  # noqa: TID251 - parse() has read it; this is the one XML door
    try:
        return XsdSchema(etree.XMLSchema(root), frozenset(names))
    except etree.XMLSchemaParseError as error:
        raise XmlError("not-a-schema", _last_line(error)) from None


_URL: Final = "mem:/"


class _FromFiles(etree.Resolver):
    """Serves schema references from memory; whatever else is asked for is refused."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def resolve(self, system_url: str, public_id: str, context: object) -> object:  # type: ignore[override] # noqa: ARG002 - lxml calls with three; its stub forgets the third
        path = unquote(system_url.removeprefix(_URL)).lstrip("/")
        if not system_url.startswith(_URL) or path not in self._files:
            raise XmlError("external-reference")
        return self.resolve_string(self._files[path], context, base_url=system_url)


def _closure(main: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """Walk main and whatever it reaches; every reference must lead to a file in hand."""
    seen: set[str] = set()
    todo = [main]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        yield path
        for reference in parse(files[path]).iter(*_REFERENCES):
            location = reference.get("schemaLocation")
            if location is None:
                continue  # an import that only names a namespace
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), location.strip()))
            if target not in files:
                raise XmlError("external-reference", _line(reference))
            todo.append(target)


def _declared(schema: Element) -> Iterator[str]:
    for node in schema.iter(f"{_XS}*"):
        occurs = node.get("maxOccurs", "")
        if occurs.isdigit() and int(occurs[:9]) > MAX_OCCURS:
            raise XmlError("occurs-too-many", _line(node))
        name = node.get("name")
        if name is not None:
            yield name


def _last_line(error: etree.LxmlError) -> int:
    """The newest entry is this error's own: lxml may hand out a log that still holds older ones."""
    lines = [entry.line for entry in cast("Iterable[_Entry]", error.error_log)]
    return lines[-1] if lines else 0


def _line(element: Element) -> int:
    return cast("int | None", element.sourceline) or 0


def _rule(type_name: str) -> str:
    return type_name.removeprefix("SCHEMAV_").lower().replace("_", "-")


def _masked(root: Element, path: str, names: frozenset[str]) -> str:
    """Spell libxml2's path by local names; a name that the schema does not know may carry anything.

    libxml2 writes `*[2]` for whatever stands in a default namespace, which helps nobody.
    """
    spelled = ""
    node: Element | None = None
    for step in path.strip("/").split("/"):
        if step.startswith("@"):
            spelled += "/@" + _known(step[1:], names)
            continue
        siblings = [root] if node is None else list(node.iterchildren("*"))
        node = _pick(siblings, step)
        if node is None:
            return spelled + "/*"
        alike = [sibling for sibling in siblings if sibling.tag == node.tag]
        place = f"[{alike.index(node) + 1}]" if len(alike) > 1 else ""
        spelled += "/" + _known(node.tag, names) + place
    return spelled


def _pick(siblings: list[Element], step: str) -> Element | None:
    """Choose by a step such as `p:number[2]`, `number` or `*[3]`."""
    parts = _STEP.match(step)
    if parts is None:
        return None
    alike = [s for s in siblings if parts["name"] in ("*", _written(s))]
    index = int(parts["index"] or 1) - 1
    return alike[index] if index < len(alike) else None


def _written(element: Element) -> str:
    local = etree.QName(element).localname
    return f"{element.prefix}:{local}" if element.prefix else local


def _known(name: str, names: frozenset[str]) -> str:
    local = name.rpartition("}")[2].rpartition(":")[2]
    return local if local in names else "*"
