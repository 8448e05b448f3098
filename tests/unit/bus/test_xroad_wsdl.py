"""Descriptions of SOAP services as clients of X-Road get them: all leads back to us, and stock zeep can read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree

from bus.xroad.wsdl import DescriptionError, reached, rewritten, served, well_known
from schemas.xml import XmlError, compile_xsd, parse

FOLDER = Path(__file__).parents[2] / "lib" / "xroad_wsdl"
FILES = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
ADDRESS = "http://node.example:8580/"
US = "http://node.example:8580/wsdl-files/"


def url(path: str) -> str:
    return US + path


class OurFiles:
    """zeep's transport, which reads from us and from nobody else."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def load(self, address: str) -> bytes:
        assert address.startswith(US), address
        self.asked.append(address.removeprefix(US))
        return served(self.asked[-1], FILES, ADDRESS, url)


def test_a_stock_client_reads_it_all_from_us_and_calls_our_face():
    files = OurFiles()
    client: Any = zeep.Client(url("citizens.wsdl"), transport=files)
    assert client.service._binding_options["address"] == ADDRESS
    assert sorted(client.service._binding._operations) == ["citizenConfirm", "citizenPhoto"]
    assert set(files.asked) == set(reached("citizens.wsdl", FILES))
    assert {"types/citizens.xsd", "common.xsd", "well-known/xroad.xsd", "well-known/swaref.xsd"} < set(files.asked)


def test_what_the_author_wrote_beside_stays():
    text = served("citizens.wsdl", FILES, ADDRESS, url).decode()
    assert "<!-- A register of citizens as a member of X-Road describes it. -->" in text
    assert "Xác nhận công dân" in text
    assert "10.1.2.3" not in text
    assert f'schemaLocation="{US}types/citizens.xsd"' in text


def test_every_kind_of_address_and_reference_is_rewritten():
    soap = "http://schemas.xmlsoap.org/wsdl/"
    written = (
        f'<w:definitions xmlns:w="{soap}" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:a="{soap}soap/"'
        f' xmlns:b="{soap}soap12/" xmlns:c="{soap}http/"><w:import location=" one.wsdl "/><w:types><x:schema>'
        '<x:include schemaLocation="two.xsd"/><x:redefine schemaLocation="three.xsd"/><x:import namespace="urn:n"/>'
        '<x:override schemaLocation="four.xsd"/></x:schema></w:types><w:service><w:port><a:address location="1"/>'
        '</w:port><w:port><b:address location="2"/></w:port><w:port><c:address/></w:port></w:service></w:definitions>'
    )
    root = parse(rewritten(written.encode(), ADDRESS, lambda location: f"<{location}>"))
    said = [value for element in root.iter() for name, value in element.attrib.items() if name != "namespace"]
    assert said == ["<one.wsdl>", "<two.xsd>", "<three.xsd>", "<four.xsd>", *[ADDRESS] * 3]


@pytest.mark.parametrize("location", ["http://elsewhere.example/x.xsd", "../../x.xsd", "/etc/passwd", "none.xsd", ""])
def test_a_reference_that_leads_elsewhere_is_refused(location: str):
    xsd = f'<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:include schemaLocation="{location}"/></s:schema>'
    files = {"a/b.xsd": xsd.encode()}
    with pytest.raises(DescriptionError, match="external-reference"):
        served("a/b.xsd", files, ADDRESS, url)
    with pytest.raises(DescriptionError, match="external-reference"):
        reached("a/b.xsd", files)


def test_files_that_cycle_are_read_once():
    xsd = '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:include schemaLocation="{}"/></s:schema>'
    files = {"a.xsd": xsd.format("b.xsd").encode(), "b.xsd": xsd.format("a.xsd").encode()}
    assert sorted(reached("a.xsd", files)) == ["a.xsd", "b.xsd"]


def test_a_file_that_is_not_there_and_one_that_may_not_enter():
    with pytest.raises(DescriptionError, match="no-such-file"):
        served("none.wsdl", FILES, ADDRESS, url)
    with pytest.raises(XmlError, match="doctype"):
        served("x.wsdl", {"x.wsdl": b"<!DOCTYPE x><x/>"}, ADDRESS, url)
    assert well_known("well-known/../wsdl.py") is None


@pytest.mark.parametrize("name", ["xroad", "identifiers", "representation", "xml", "swaref", "xmlmime"])
def test_the_schemas_that_we_serve_compile(name: str):
    names = ("xroad", "identifiers", "representation", "xml", "swaref", "xmlmime")
    files = {f"{one}.xsd": well_known(f"well-known/{one}.xsd") or b"" for one in names}
    compile_xsd(f"{name}.xsd", files)


def test_headers_of_x_road_s_own_example_obey_the_schema():
    names = ("xroad", "identifiers", "xml")
    schema = compile_xsd("xroad.xsd", {f"{one}.xsd": well_known(f"well-known/{one}.xsd") or b"" for one in names})
    client = (
        '<x:client xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers"'
        ' i:objectType="SUBSYSTEM"><i:xRoadInstance>EE</i:xRoadInstance><i:memberClass>GOV</i:memberClass>'
        "<i:memberCode>M1</i:memberCode><i:subsystemCode>S1</i:subsystemCode></x:client>"
    )
    assert schema.violations(parse(client.encode())) == []
    broken = parse(client.replace("memberClass", "memberClazz").encode())
    assert [etree.QName(broken).localname, len(schema.violations(broken))] == ["client", 1]
