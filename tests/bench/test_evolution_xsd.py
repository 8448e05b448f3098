"""Reading and comparing XSD schemas of the size of a citizen's record. Figures are printed, nothing is asserted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench_table import show
from xsd_pairs import compared, element, read, schema, sequence

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 30
KINDS = ("xs:string", "xs:date", "xs:int", "xs:boolean", "Code", "Number")
TYPES = (
    '<xs:simpleType name="Code"><xs:restriction base="xs:string"><xs:pattern value="[A-Z]{{2}}[0-9]{{6}}"/>'
    '<xs:maxLength value="{}"/></xs:restriction></xs:simpleType><xs:simpleType name="Number">'
    '<xs:restriction base="xs:decimal"><xs:totalDigits value="12"/><xs:fractionDigits value="2"/></xs:restriction>'
    "</xs:simpleType>"
)


def record(fields: int = 26, more: str = "", length: int = 8) -> str:
    items = [element(f"field{n}", n % 2, 1, KINDS[n % len(KINDS)]) for n in range(fields)]
    inner = f'<xs:element name="Record"><xs:complexType>{sequence(*items, more)}</xs:complexType></xs:element>'
    return schema(TYPES.format(length) + inner)


def millis(work: Callable[[], object]) -> float:
    """The best of some rounds, in milliseconds of processor time."""
    took = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        work()
        took.append((time.process_time_ns() - began) / 1e6)
    return min(took)


def test_evolution_xsd_figures():
    old, wider = record(), record(more=element("added", 0))
    narrower = record(length=7)
    one, other, third = read(old), read(wider), read(narrower)
    versions = [read(record(more="".join(element(f"added{m}", 0) for m in range(n)))) for n in range(30)]
    rows = [
        ("read a schema of 26 fields", millis(lambda: read(old))),
        ("read and compare two (cold)", millis(lambda: compared(read(old), read(wider)))),
        ("compare two that were read (warm), compatible", millis(lambda: compared(one, other))),
        ("the same, incompatible, with its document", millis(lambda: compared(other, one))),
        ("the same, a facet narrowed", millis(lambda: compared(one, third))),
        (
            "version 30 against all 29 before",
            millis(lambda: [compared(found, versions[-1]) for found in versions[:-1]]),
        ),
        ("read 400 fields", millis(lambda: read(record(400)))),
    ]
    show("XSD schemas", ("", "ms"), rows)
