"""The documents of one schema: read through the XML door, includes and imports followed by name in what was handed in.

Promises: nothing is fetched; a document is read once per namespace it is included into (chameleons: XSD 1.0 part 1,
clause 4.2.1); limits of ``registry.evolution.limits`` hold for all documents together. Leaves out what the documents
declare (``registry.evolution.xsd.tables``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from registry.evolution import limits
from registry.evolution.verdict import Place
from registry.evolution.xsd.model import Where
from registry.evolution.xsd.names import XS, clark
from registry.evolution.xsd.refuse import refuse
from schemas.xml import Element, XmlError, XmlLimits, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from registry.evolution.budget import Budget

LIMITS: Final = XmlLimits(
    max_bytes=4 * limits.TEXT, max_depth=limits.DEPTH, max_elements=limits.NODES, max_attributes=64, max_namespaces=100
)
XS_: Final = f"{{{XS}}}"
_SCHEMA: Final = f"{XS_}schema"
_FOLLOWED: Final = tuple(f"{XS_}{name}" for name in ("include", "import", "redefine", "override"))


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One document as it counts in one namespace.

    Attributes:
        name: how the reference that led here spells it; ``""`` is the schema itself.
        target: the namespace of what it declares.
        chameleon: it says none itself, so its unprefixed names without a default namespace mean ``target``.
    """

    name: str
    root: Element
    target: str
    chameleon: bool = False

    def where(self, node: Element) -> Where:
        """Where ``node`` stands."""
        return Where(node, self.name)

    def resolve(self, node: Element, written: str) -> str:
        """The name that a prefixed one means at ``node``.

        Raises:
            SchemaError: the prefix is bound to nothing.
        """
        prefix, _, local = written.strip().rpartition(":")
        namespace = node.nsmap.get(prefix or None)
        if namespace is None:
            if prefix == "xml":
                return clark("http://www.w3.org/XML/1998/namespace", local)
            if prefix:
                raise refuse("name-unknown", written, self.where(node))
            namespace = self.target if self.chameleon else ""
        return clark(namespace, local)


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A document that another refers to; ``redefine`` names the element whose children replace some of it.

    ``first`` says that nothing has led to it before.
    """

    document: Document
    redefine: Element | None = None
    by: Document | None = None
    first: bool = True


class Sources:
    """All documents of a schema, in the order in which their declarations count."""

    def __init__(self, text: str, references: Mapping[str, str], budget: Budget) -> None:
        self._references: Final = references
        self._budget: Final = budget
        self._roots: dict[str, Element] = {}
        self._chars = 0
        self._elements = 0
        self._text: Final = text
        self.main: Final = Document("", self.root("", text), "")
        self.links: Final[list[Link]] = []
        self.texts: Final[dict[str, str]] = {"": text}
        self._seen: set[tuple[str, str]] = set()

    def load(self) -> None:
        """Read everything that is referred to.

        Raises:
            SchemaError: a reference is not given, is no XML, or the whole is over a limit.
        """
        root = self.main.root
        todo = [Link(Document("", root, root.get("targetNamespace", "")))]
        self._seen.add((self._text, todo[0].document.target))
        while todo:
            link = todo.pop(0)
            self.links.append(link)
            if link.first:
                todo.extend(self._followed(link.document))

    def _followed(self, document: Document) -> Iterator[Link]:
        for node in document.root.iterchildren(*_FOLLOWED):
            location = node.get("schemaLocation")
            kind = node.tag.removeprefix(XS_)
            if location is None:
                if kind == "import":
                    continue
                raise refuse("not-a-schema", f"{kind} without schemaLocation", document.where(node))
            yield from self._link(document, node, kind, location.strip())

    def _link(self, by: Document, node: Element, kind: str, name: str) -> Iterator[Link]:
        text = self._references.get(name)
        if text is None:
            raise refuse("reference-unknown", name, by.where(node))
        if len(self.texts) > limits.REFERENCES:
            raise refuse("too-large", where=by.where(node))
        self.texts[name] = text
        root = self.root(name, text)
        own = root.get("targetNamespace", "")
        wanted = node.get("namespace", "") if kind == "import" else by.target
        chameleon = kind != "import" and not own and bool(wanted)
        if own != wanted and not chameleon:
            raise refuse("namespace-mismatch", name, by.where(node))
        first = (text, wanted) not in self._seen
        self._seen.add((text, wanted))
        redefined = node if kind == "redefine" and len(node) > 0 else None
        if first or redefined is not None:
            yield Link(Document(name, root, wanted, chameleon), redefined, by, first=first)

    def root(self, name: str, text: str = "") -> Element:
        """The root of the document called ``name``; its text where it was not read before."""
        known = self._roots.get(name)
        if known is not None:
            return known
        self._chars += len(text)
        if len(text) > limits.TEXT or self._chars > limits.TEXT + limits.REFERENCED:
            raise refuse("too-large", place=Place(document=name))
        self._budget.spend(1 + len(text) // 64, "xml")
        root = _read(name, text)
        self._elements += sum(1 + len(node.attrib) for node in root.iter())
        if self._elements > limits.NODES:
            raise refuse("too-large", place=Place(document=name))
        if root.tag != _SCHEMA:
            raise refuse("not-a-schema", "its root is not xs:schema", Where(root, name))
        self._roots[name] = root
        return root


def _read(name: str, text: str) -> Element:
    try:
        return parse(text.encode(), LIMITS)
    except UnicodeEncodeError:
        raise refuse("not-xml", "encoding", place=Place(document=name)) from None
    except XmlError as error:
        rule = "too-deep" if error.rule == "too-deep" else "not-xml"
        rule = "too-large" if error.rule in {"too-large", "too-many-elements"} else rule
        raise refuse(rule, error.rule, place=Place("", error.line or None, name)) from None
