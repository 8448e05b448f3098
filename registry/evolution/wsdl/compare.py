"""Whether a service (the reader) serves every client that was made for another version of it (the writer).

Every operation of the writer's must be there, with the same parts, spoken in the same way; requests that its schemas
allow must be allowed, and answers that the reader's schemas allow must have been allowed.
Promises: a breach is certain (an operation is gone; a document shows that a request or an answer changed); everything
else that differs is a doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from registry.evolution.port import Policy, SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Place
from registry.evolution.wsdl.findings import finding
from registry.evolution.wsdl.types import joined
from registry.evolution.xsd.format import XsdFormat
from registry.model import Text
from schemas.xml import XmlError, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.evolution.budget import Budget
    from registry.evolution.verdict import Finding, Verdict, Witness
    from registry.evolution.wsdl.model import Binding, Description


@dataclass(slots=True)
class Outcome:
    """What was found, and a document that shows a breach."""

    breaches: list[Finding] = field(default_factory=list)
    doubts: list[Finding] = field(default_factory=list)
    cautions: list[Finding] = field(default_factory=list)
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A description with the documents that it refers to."""

    description: Description
    references: Mapping[str, str]


class Comparison:
    """One comparison."""

    def __init__(self, writer: Side, reader: Side, budget: Budget) -> None:
        self._writer: Final = writer
        self._reader: Final = reader
        self._budget: Final = budget
        self._found: Final = Outcome()

    def outcome(self) -> Outcome:
        """Compare operations, bindings, ports and types."""
        self._operations()
        self._others()
        self._bindings()
        self._ports()
        if not self._found.breaches:
            self._types(answers=False)
            self._types(answers=True)
        return self._found

    def _operations(self) -> None:
        for key, mine in self._writer.description.operations.items():
            theirs = self._reader.description.operations.get(key)
            if theirs is None:
                self._found.breaches.append(finding("operation-removed", mine.place, Place(), _same(key)))
            elif (mine.asked, mine.answered, mine.faults) != (theirs.asked, theirs.answered, theirs.faults):
                self._doubt("message-changed", mine.place, theirs.place, key)

    def _others(self) -> None:
        """Messages that no operation names: bindings may, as headers."""
        for name, mine in self._writer.description.messages.items():
            if self._reader.description.messages.get(name, mine) != mine:
                self._doubt("message-changed", Place(), Place(), name)

    def _bindings(self) -> None:
        for name, mine in self._writer.description.bindings.items():
            theirs = self._reader.description.bindings.get(name)
            if theirs is None or _speaks_otherwise(mine, theirs):
                self._doubt("binding-changed", mine.place, theirs.place if theirs else Place(), name)

    def _ports(self) -> None:
        mine, theirs = self._writer.description, self._reader.description
        for key, binding in mine.ports.items():
            if theirs.ports.get(key) != binding:
                self._doubt("port-removed", Place(), Place(), key)
            elif theirs.addresses[key] != mine.addresses[key]:
                self._found.cautions.append(finding("address-changed", Place(), Place(), _same(key)))

    def _types(self, *, answers: bool) -> None:
        """The schemas: requests of the writer must be those of the reader, answers the other way round."""
        first, second = (self._reader, self._writer) if answers else (self._writer, self._reader)
        has_typed_parts = self._writer.description.has_typed_parts
        # a part given by a type has no element: then the types must be the same
        roots = self._writer.description.elements(answers=answers)
        known = None if has_typed_parts else roots | self._writer.description.others
        texts = [joined(side.description.types, side.references, known) for side in (first, second)]
        if texts[0] == texts[1] and first.references == second.references:
            return
        if has_typed_parts:
            self._undecided(_same("rpc"))
            return
        if not known:
            return
        try:
            verdict = self._included(first, second, texts)
        except SchemaError as error:
            self._undecided(error.said)
            return
        if isinstance(verdict, Incompatible) and _root(verdict.witness) in roots:
            rule = "response-widened" if answers else "request-narrowed"
            self._found.breaches += [finding(rule, Place(), Place(), one.said) for one in verdict.findings]
            self._found.witness = self._found.witness or verdict.witness
        elif isinstance(verdict, Incompatible):
            self._undecided(verdict.findings[0].said)
        elif not isinstance(verdict, Compatible):
            self._undecided(verdict.said)

    def _included(self, first: Side, second: Side, texts: list[tuple[str, dict[str, str]]]) -> Verdict:
        xsd = XsdFormat()
        parsed = [
            xsd.parse(main, {**side.references, **named}, self._budget)
            for side, (main, named) in zip((first, second), texts, strict=True)
        ]
        return xsd.included(parsed[0], parsed[1], Policy(), self._budget)

    def _undecided(self, said: Text) -> None:
        self._found.doubts.append(finding("types-undecided", Place(), Place(), said))

    def _doubt(self, rule: str, writer: Place, reader: Place, said: str) -> None:
        self._found.doubts.append(finding(rule, writer, reader, _same(said)))


def _speaks_otherwise(mine: Binding, theirs: Binding) -> bool:
    if (mine.port_type, mine.said) != (theirs.port_type, theirs.said):
        return True
    return any(theirs.operations.get(key) != said for key, said in mine.operations.items())


def _root(witness: Witness | None) -> str | None:
    """The name of a document's root."""
    if witness is None:
        return None
    try:
        tag = str(parse(witness.text.encode()).tag)
    except XmlError:
        return None
    return tag if tag.startswith("{") else f"{{}}{tag}"


def _same(said: str) -> Text:
    return Text(vi=said, en=said)
