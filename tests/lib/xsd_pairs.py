"""Pairs of XSD schemas in few words, and what the registry says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.port import Policy
from registry.evolution.xsd.format import ParsedXsd, XsdFormat
from schemas.xml import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.evolution.verdict import Verdict

FORMAT: Final = XsdFormat()


def schema(body: str, attributes: str = "") -> str:
    return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" {attributes}>{body}</xs:schema>'


def root(content: str, types: str = "") -> str:
    """A schema with one root ``r`` of an anonymous complex type."""
    return schema(f'<xs:element name="r"><xs:complexType>{content}</xs:complexType></xs:element>{types}')


def typed(name: str, attributes: str = "", types: str = "") -> str:
    """A schema with one root ``r`` of a named type."""
    return schema(f'<xs:element name="r" type="{name}" {attributes}/>{types}')


def restricted(base: str, *facets: str) -> str:
    """A schema with one root ``r`` of ``base`` with facets written ``name=value``."""
    written = "".join('<xs:{} value="{}"/>'.format(*facet.split("=", 1)) for facet in facets)
    inner = f'<xs:simpleType><xs:restriction base="{base}">{written}</xs:restriction></xs:simpleType>'
    return schema(f'<xs:element name="r">{inner}</xs:element>')


def sequence(*items: str, occurs: str = "") -> str:
    return f"<xs:sequence {occurs}>{''.join(items)}</xs:sequence>"


def choice(*items: str, occurs: str = "") -> str:
    return f"<xs:choice {occurs}>{''.join(items)}</xs:choice>"


def element(name: str, low: int | None = None, high: int | str | None = None, kind: str = "xs:string") -> str:
    occurs = "" if low is None else f' minOccurs="{low}"'
    occurs += "" if high is None else f' maxOccurs="{high}"'
    return f'<xs:element name="{name}" type="{kind}"{occurs}/>'


def read(text: str, references: Mapping[str, str] | None = None) -> ParsedXsd:
    return FORMAT.parse(text, references or {}, Budget(limits.PARSE_STEPS))


def compared(writer: ParsedXsd, reader: ParsedXsd, steps: int = limits.COMPARE_STEPS) -> Verdict:
    return FORMAT.included(writer, reader, Policy(), Budget(steps))


def judge(writer: str, reader: str) -> Verdict:
    return compared(read(writer), read(reader))


def takes(text: str, document: str) -> bool:
    """Whether libxml2 takes a document by a schema without references."""
    validator = read(text).validator
    assert validator is not None
    return not validator.violations(parse(document.encode()))
