"""What a stranger's description may do to the kit: nothing. Each refusal names its rule and place, and no value."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from bus.kit.new.options import Options, described
from bus.kit.new.read_database import Database
from bus.kit.new.refused import RULES, SourceRefusedError

SECRET = "s3cr3t-value"
OPEN = 'openapi: 3.0.3\ninfo: {title: t, version: "1"}\n'
PATHS = "paths: {}\n"
SERVER = "servers: [{url: https://x.example}]\n"


def openapi(**more: object) -> str:
    whole = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://x.example"}]}
    return json.dumps({**whole, "paths": {}, **more})


def get(schema: object, **more: object) -> dict[str, object]:
    content = {"application/json": {"schema": schema}}
    return {"/a": {"get": {"responses": {"200": {"description": "", "content": content}}, **more}}}


def wsdl(types: str = "", location: str = "http://x.example/a", head: str = "") -> str:
    return f"""<?xml version="1.0"?>{head}
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:t="urn:t" xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">
<types><xs:schema targetNamespace="urn:t">{types}<xs:element name="q"><xs:complexType><xs:sequence>
<xs:element name="so" type="xs:string"/></xs:sequence></xs:complexType></xs:element></xs:schema></types>
<message name="m"><part name="p" element="t:q"/></message>
<portType name="P"><operation name="o"><input message="t:m"/><output message="t:m"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="x"/><operation name="o"/></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="{location}"/></port></service></definitions>"""


REFUSED: dict[str, tuple[str, str, str, str]] = {
    # name: option, text, rule, place
    "wsdl with a DOCTYPE": ("wsdl", wsdl(head="\n<!DOCTYPE x [<!ENTITY a 'b'>]>"), "doctype", "f.wsdl:2"),
    "wsdl that is no XML": ("wsdl", "<definitions", "malformed", "f.wsdl:1"),
    "another XML": ("wsdl", "<a/>", "not-wsdl", "f.wsdl:1"),
    "an import from the network": (
        "wsdl",
        wsdl('\n<xs:import namespace="u" schemaLocation="http://evil.example/a.xsd"/>'),
        "external-reference",
        "f.wsdl:5",
    ),
    "an import that climbs": (
        "wsdl",
        wsdl('<xs:include schemaLocation="../../etc/passwd"/>'),
        "external-reference",
        "f.wsdl:4",
    ),
    "an import from the root": (
        "wsdl",
        wsdl('<xs:include schemaLocation="/etc/a"/>'),
        "external-reference",
        "f.wsdl:4",
    ),
    "an import that is not there": ("wsdl", wsdl('<xs:include schemaLocation="a.xsd"/>'), "no-such-file", "a.xsd"),
    "a password in a WSDL's address": (
        "wsdl",
        wsdl(location=f"https://u:{SECRET}@x.example/a"),
        "secret-in-url",
        "f.wsdl:9",
    ),
    "a key in a WSDL's address": ("wsdl", wsdl(location=f"https://x/a?apikey={SECRET}"), "secret-in-url", "f.wsdl:9"),
    "yaml with an alias": ("openapi", OPEN + "a: &x [1]\nb: *x\n", "alias", "f.openapi:3"),
    "yaml that grows while it is read": (
        "openapi",
        OPEN + "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n",
        "alias",
        "f.openapi:3",
    ),
    "yaml that makes objects": ("openapi", OPEN + 'a: !!python/object/apply:os.system ["x"]\n', "tag", "f.openapi:3"),
    "yaml in two documents": ("openapi", OPEN + "---\na: 1\n", "several-documents", "f.openapi:3"),
    "a member twice": ("openapi", OPEN + "paths: {}\npaths: {}\n", "member-twice", "f.openapi:4"),
    "a member twice in JSON": ("openapi", '{"openapi": "3.0.0",\n"a": 1, "a": 2}', "member-twice", "f.openapi:2"),
    "yaml as deep as it likes": ("openapi", "a: " + "[" * 100 + "]" * 100, "too-deep", "f.openapi:1"),
    "json as deep as it likes": ("openapi", '{"a": ' + "[" * 5000 + "]" * 5000 + "}", "too-deep", "f.openapi:1"),
    "ten megabytes": ("openapi", "a" * 10_000_000, "too-large", "f.openapi"),
    "ten megabytes of WSDL": ("wsdl", wsdl() + " " * 10_000_000, "too-large", "f.wsdl"),
    "ten megabytes of sample": ("payload", '"' + "a" * 10_000_000 + '"', "too-large", "f.payload"),
    "no text": ("openapi", "\udcff\udcfe", "encoding", "f.openapi:0"),
    "swagger 2": ("openapi", 'swagger: "2.0"\n', "not-openapi", "f.openapi:1"),
    "a reference to the network": (
        "openapi",
        openapi(paths=get({"$ref": "https://evil.example/a.json"})),
        "external-reference",
        "f.openapi:1",
    ),
    "a reference to a file": (
        "openapi",
        openapi(paths=get({"$ref": "file:///etc/passwd"})),
        "external-reference",
        "f.openapi:1",
    ),
    "a reference to nowhere": (
        "openapi",
        openapi(paths=get({"$ref": "#/components/schemas/A"})),
        "unknown-reference",
        "f.openapi:1",
    ),
    "a reference to itself": (
        "openapi",
        openapi(paths=get({"$ref": "#/a"}), a={"$ref": "#/a"}),
        "unknown-reference",
        "f.openapi:1",
    ),
    "a password in a server's address": (
        "openapi",
        openapi(servers=[{"url": f"https://u:{SECRET}@x.example"}]),
        "secret-in-url",
        "f.openapi:1",
    ),
    "a token in a server's address": (
        "openapi",
        openapi(servers=[{"url": f"https://x.example/?access_token={SECRET}"}]),
        "secret-in-url",
        "f.openapi:1",
    ),
    "a server that is a file": ("openapi", openapi(servers=[{"url": "file:///etc"}]), "bad-address", "f.openapi:1"),
    "no server at all": ("openapi", OPEN + PATHS, "address-needed", "f.openapi:1"),
    "an endless list of fields": (
        "openapi",
        openapi(paths=get({"type": "object", "properties": {f"f{n}": {"type": "string"} for n in range(1000)}})),
        "too-many-fields",
        "f.openapi:1",
    ),
    "a sample with a DOCTYPE": ("payload", "<!DOCTYPE a><a><b>1</b></a>", "doctype", "f.payload:1"),
    "a sample that is a number": ("payload", "[1]", "not-a-payload", "f.payload"),
    "a broken sample": ("payload", '{"a": ', "malformed", "f.payload:1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_description_is_refused_by_rule_and_place(tmp_path: Path, case: str):
    option, text, rule, place = REFUSED[case]
    file = tmp_path / f"f.{option}"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SourceRefusedError) as caught:
        described(Options(**{option: file}, address="https://x.example" if option == "payload" else None))
    assert (caught.value.rule, caught.value.place) == (rule, place)
    assert SECRET not in str(caught.value)
    assert rule in RULES


def test_a_type_that_contains_itself_is_left_out_where_it_does(tmp_path: Path):
    person = {"type": "object", "properties": {"hoTen": {"type": "string"}, "cha": {"$ref": "#/components/schemas/P"}}}
    file = tmp_path / "f.json"
    file.write_text(openapi(paths=get({"$ref": "#/components/schemas/P"}), components={"schemas": {"P": person}}))
    (operation,) = described(Options(openapi=file)).operations
    assert [one.place for one in operation.outputs] == ["hoTen"]
    assert [(one.what, one.rule) for one in operation.left] == [("cha", "recursive")]

    types = """<xs:complexType name="P"><xs:sequence><xs:element name="hoTen" type="xs:string"/>
    <xs:element name="con" type="t:P" minOccurs="0"/></xs:sequence></xs:complexType>"""
    text = wsdl(types).replace('<xs:element name="so" type="xs:string"/>', '<xs:element name="p" type="t:P"/>')
    (tmp_path / "f.wsdl").write_text(text)
    (operation,) = described(Options(wsdl=tmp_path / "f.wsdl")).operations
    assert [one.place for one in operation.inputs] == ["p.hoTen"]
    assert {(one.what, one.rule) for one in operation.left} == {("p.con", "recursive")}


def test_a_link_beside_a_wsdl_is_not_followed(tmp_path: Path):
    (tmp_path / "a.xsd").symlink_to("/etc/passwd")
    (tmp_path / "f.wsdl").write_text(wsdl('<xs:include schemaLocation="a.xsd"/>'))
    with pytest.raises(SourceRefusedError) as caught:
        described(Options(wsdl=tmp_path / "f.wsdl"))
    assert (caught.value.rule, caught.value.place) == ("external-reference", "a.xsd")


@pytest.mark.parametrize(("name", "rule"), [("sub/a.xsd", "external-reference"), ("a" * 300, "no-such-file")])
def test_a_folder_that_leads_out_and_a_name_that_no_file_can_have(tmp_path: Path, name: str, rule: str):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.xsd").write_text('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>')
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "sub").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "given" / "f.wsdl").write_text(wsdl(f'<xs:include schemaLocation="{name}"/>'))
    with pytest.raises(SourceRefusedError) as caught:
        described(Options(wsdl=tmp_path / "given" / "f.wsdl"))
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("where", "rule"),
    [
        (f"postgresql://u:{SECRET}@h/d", "secret-in-url"),
        (f"postgresql://u@h/d?password={SECRET}", "secret-in-url"),
        ("postgresql://h/d", "bad-option"),
        ("mysql://u@h/d", "bad-option"),
        ("postgresql://u@h:99999999/d", "bad-option"),
        ("nowhere.sqlite3", "no-such-file"),
    ],
)
def test_a_database_is_named_without_secrets(where: str, rule: str):
    with pytest.raises(SourceRefusedError) as caught:
        described(Options(database=Database(where)))
    assert caught.value.rule == rule
    assert SECRET not in str(caught.value)


def test_a_file_that_is_no_database_and_a_table_that_is_not_there(tmp_path: Path):
    file = tmp_path / "a.sqlite3"
    file.write_text("not a database, but long enough to be looked at " * 20)
    with pytest.raises(SourceRefusedError) as caught:
        described(Options(database=Database(str(file))))
    assert (caught.value.rule, "a.sqlite3" in caught.value.place) == ("database", True)
    file.unlink()
    sqlite3.connect(file).close()
    with pytest.raises(SourceRefusedError) as caught:
        described(Options(database=Database(str(file)), operations=("sqlite_master; DROP",)))
    assert caught.value.rule == "no-such-table"


def test_nothing_of_examples_and_defaults_is_taken(tmp_path: Path):
    leaf = {"type": "string", "example": SECRET, "default": SECRET, "examples": [SECRET]}
    file = tmp_path / "f.json"
    file.write_text(openapi(paths=get({"type": "object", "properties": {"hoTen": leaf}, "example": {"hoTen": SECRET}})))
    assert SECRET not in repr(described(Options(openapi=file)))
    sample = tmp_path / "s.json"
    sample.write_text(json.dumps({"hoTen": SECRET, "con": [{"hoTen": SECRET}], "data": json.dumps({"ten": SECRET})}))
    assert SECRET not in repr(described(Options(payload=sample, address="https://x.example")))
