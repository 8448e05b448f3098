"""Random schemas inside a WSDL: what the kit reads from one, the SOAP adapter finds in it and the registry takes."""

from __future__ import annotations

import re
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest
import xsd_random
import xsd_written
from kit_made import made

from bus.kit.new.read_wsdl import read_wsdl
from bus.kit.new.refused import SourceRefusedError

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = range(40)
WSDL = """<d:definitions xmlns:d="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:t="urn:a" targetNamespace="urn:w" xmlns:w="urn:w"><d:types>{schema}</d:types>
<d:message name="m"><d:part name="p" element="{root}"/></d:message>
<d:portType name="P"><d:operation name="o"><d:input message="w:m"/><d:output message="w:m"/></d:operation></d:portType>
<d:binding name="B" type="w:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<d:operation name="o"><s:operation soapAction=""/><d:input><s:body use="literal"/></d:input>
<d:output><s:body use="literal"/></d:output></d:operation></d:binding>
<d:service name="S"><d:port name="P" binding="w:B"><s:address location="http://x.example/"/></d:port></d:service>
</d:definitions>"""
DATES = re.compile("^(date|moment|other)$")


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_read_is_found_again(tmp_path: Path, seed: int):
    tree = xsd_random.schema(Random(seed))  # noqa: S311 - a test's dice
    root = next(iter(tree["roots"]))
    file = tmp_path / "any.wsdl"
    file.write_text(WSDL.format(schema=xsd_written.written(tree), root=f"t:{root}" if tree["space"] else root))
    dangling = "h" not in tree["roots"] and 'ref="h"' in file.read_text()
    try:
        found = read_wsdl(file)
    except SourceRefusedError as refused:
        assert (refused.rule, dangling) == ("unknown-reference", True)  # noqa: PT017 - one of two right ends
        return
    if not found.operations:
        return
    (operation,) = found.operations
    types = sorted({(one.place, one.type) for one in (*operation.inputs, *operation.outputs)})
    twice = {place for place, count in Counter(place for place, _ in types).items() if count > 1}
    usable = [place for place, kind in types if place not in twice and not DATES.match(kind)]
    bind = tuple(f"{place}=+any.f{number}" for number, place in enumerate(usable))
    try:
        done = made(tmp_path / "out", wsdl=file, bind=bind)
    except SourceRefusedError as refused:
        if refused.rule != "not-accepted" or ": not in the WSDL" in str(refused):
            raise
        assert "wsdl:" in str(refused)  # noqa: PT017 - zeep or libxml2 may refuse a schema that says too much
        return
    assert done.mistakes == ()
