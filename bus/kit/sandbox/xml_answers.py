"""Documents of an XSD that its own validator takes: everything optional is there, texts follow the dictionary's terms.

Promises: `make` gives out nothing that the registry's validator has not taken; the same dice, the same document; where
there is none, the refusal says why and of which element. Leaves out JSON Schema (`json_answers`), XSD 1.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from bus.kit.sandbox.refused import CannotMakeError
from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.port import SchemaError
from registry.evolution.xsd.author import Author
from registry.evolution.xsd.compare import Spot
from registry.evolution.xsd.doubts import Shape, Way
from registry.evolution.xsd.fillers import CannotWriteError
from registry.evolution.xsd.format import XsdFormat
from registry.evolution.xsd.names import XSI, local_of, namespace_of
from registry.evolution.xsd.symbols import Symbol
from schemas.xml import Element, XmlError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bus.kit.sandbox.json_values import Candidates
    from registry.evolution.xsd.model import ElementDecl, Schema
    from registry.xsd import XsdSubject

_STEPS: Final = 1_000_000
_SHAPES: Final = (Shape(rich=True), Shape())
_TRIED: Final = 20


class _Spot(NamedTuple):
    """A text inside a document: how it is replaced, what it is now, its term, its name, its place in repetitions."""

    put: Callable[[str], None]
    before: str
    term: str | None
    name: str
    at: tuple[int, ...]


class XmlMaker:
    """Makes documents of one subject version.

    Raises:
        CannotMakeError: it is no schema that documents can be written for.
    """

    def __init__(self, subject: XsdSubject) -> None:
        self._subject = subject
        self._bound: Final = dict(subject.source.fields)
        self._text: Final = self._smallest(_schema(subject))

    def make(self, seed: int, words: str, candidates: Candidates) -> Element:  # noqa: ARG002 - the terms' values are the only dice
        """A valid document; `seed` and `words` as for JSON."""
        root = parse(self._text)
        for spot in list(self._places(root, local_of(str(root.tag)), ())):
            for likely in _texts(candidates(spot.term, spot.name, spot.at) or ()):
                spot.put(likely)
                if not self._subject.violations(root):
                    break
            else:
                spot.put(spot.before)
        return root

    def _smallest(self, schema: Schema) -> bytes:
        """The richest document that holds by itself."""
        last = CannotMakeError("no-root", "")
        heads = {path.partition("/")[0] for path in self._bound}
        roots = [
            decl
            for name, decl in schema.elements.items()
            if not decl.abstract and decl.rank >= 0 and (not heads or local_of(name) in heads)
        ]
        for shape in _SHAPES:
            for decl in roots:
                try:
                    text = _written(schema, decl, shape)
                    broken = self._subject.violations(parse(text))
                except (CannotWriteError, BudgetSpentError, XmlError) as error:
                    last = CannotMakeError(str(error) or type(error).__name__, f"/{local_of(decl.name)}")
                    continue
                if not broken:
                    return text
                last = CannotMakeError(broken[0].rule, broken[0].pointer)
        raise last

    def _places(self, element: Element, path: str, at: tuple[int, ...]) -> Iterator[_Spot]:
        """Each text that means something."""
        for full in list(element.attrib):
            if namespace_of(str(full)) == XSI:
                continue
            name = local_of(str(full))
            yield _Spot(
                _attribute(element, str(full)), str(element.attrib[full]), self._term(f"{path}/@{name}"), name, at
            )
        children = list(element.iterchildren("*"))
        if not children:
            yield _Spot(_content(element), element.text or "", self._term(path), path.rpartition("/")[2], at)
        counts, seen = Counter(child.tag for child in children), Counter[object]()
        for child in children:
            inner = (*at, seen[child.tag]) if counts[child.tag] > 1 else at
            seen[child.tag] += 1
            yield from self._places(child, f"{path}/{local_of(str(child.tag))}", inner)

    def _term(self, path: str) -> str | None:
        """The term of a path, or of the nearest bound path above it."""
        while path:
            if path in self._bound:
                return self._bound[path]
            path = path.rpartition("/")[0]
        return None


def _schema(subject: XsdSubject) -> Schema:
    source = subject.source
    main = source.main or ""
    folder = main.rpartition("/")[0] + "/"
    texts = {name: data.decode("utf-8", "replace") for name, data in source.files.items()}
    others = {name.removeprefix(folder): text for name, text in texts.items() if name != main}
    try:
        schema = XsdFormat().parse(texts[main], others, Budget(_STEPS)).schema
    except SchemaError as error:
        raise CannotMakeError(error.rule, error.place.pointer) from None
    if schema is None:
        raise CannotMakeError("xsd-1.1", "")
    return schema


def _written(schema: Schema, decl: ElementDecl, shape: Shape) -> bytes:
    way = Way(Symbol(decl.name, decl))
    return Author(schema, (), Budget(_STEPS)).document(Spot(decl, decl, way, None), shape).encode()


def _texts(values: Sequence[object]) -> list[str]:
    found = ["true" if value is True else "false" if value is False else str(value) for value in values]
    return list(dict.fromkeys(found))[:_TRIED]


def _attribute(element: Element, name: str) -> Callable[[str], None]:
    return lambda text: element.set(name, text)


def _content(element: Element) -> Callable[[str], None]:
    def put(text: str) -> None:
        element.text = text or None  # an empty text node is a child, which xsi:nil forbids

    return put
