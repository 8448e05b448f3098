"""The profiles' folder is whole or refused: each thing that can be wrong in it, told at its place."""

from __future__ import annotations

import hashlib

import pytest

from bus.registry.profiles import shipped, shipped_files
from registry.mistakes import RegistryError
from registry.profiles.load import load

NEEDED = tuple(f"dictionary/{area}" for area in ("person", "record", "residence", "household", "document"))
FEW = ("owners.toml", "codelists/", *NEEDED, "schemas/residence/", "schemas/document-status/")
EXAMPLES = ("examples/residence/", "examples/document-status/")
FILES = {name: data for name, data in shipped_files().items() if name.startswith((*FEW, *EXAMPLES))}
ABOUT = "schemas/residence/1.profile.toml"
HOME = "schemas/residence/1.json"
SHOWN = "examples/residence/1"
PERSON = "dictionary/person.toml"
LISTS = "codelists/person.toml"
STATUS = "schemas/document-status/1"


def refused(files: dict[str, bytes]) -> set[tuple[str, str]]:
    with pytest.raises(RegistryError) as caught:
        load(files)
    return {(mistake.file, mistake.rule) for mistake in caught.value.mistakes}


def replaced(file: str, old: str, new: str) -> dict[str, bytes]:
    data = FILES[file].decode()
    assert old in data
    return {**FILES, file: data.replace(old, new, 1).encode()}


def without(*names: str) -> dict[str, bytes]:
    assert FILES.keys() >= set(names)
    return {name: data for name, data in FILES.items() if name not in names}


def test_what_is_shipped_is_whole():
    assert load(FILES).profiles.keys() == {"residence@1", "document-status@1"}
    assert load(FILES).profiles.keys() < shipped().profiles.keys()


@pytest.mark.parametrize(
    ("files", "mistake"),
    [
        (replaced(PERSON, 'owner = "mps"', 'owner = "nobody"'), (PERSON, "unknown-agency")),
        (replaced(PERSON, 'owner = "mps"', 'possessor = "mps"'), (PERSON, "unknown-key")),
        (replaced(PERSON, 'owner = "mps"\n', ""), (PERSON, "missing-key")),
        (replaced(PERSON, 'codelist = "sex"', 'codelist = "gender"'), (PERSON, "unknown-codelist")),
        (replaced(PERSON, "[[term]]", "[[terms]]"), (PERSON, "unknown-key")),
        (replaced(PERSON, 'id = "person.full-name"', 'id = "person.citizen-number"'), (PERSON, "duplicate")),
        (replaced(LISTS, 'origin = "profile"', 'origin = "hearsay"'), (LISTS, "not-one-of")),
        (replaced(ABOUT, 'basis = "ND104-2022.14.2"', 'basis = "none"'), (ABOUT, "unknown-code")),
        (replaced(ABOUT, 'owner = "mps"', 'owner = "nobody"'), (ABOUT, "unknown-agency")),
        (replaced(ABOUT, 'status = "awaited"', 'status = "lost"'), (ABOUT, "not-one-of")),
        (replaced(ABOUT, "effective_from = 2026-01-01", 'effective_from = "soon"'), (ABOUT, "bad-date")),
        (without(ABOUT), (ABOUT, "missing-file")),
        (without(f"{STATUS}.terms.toml"), (f"{STATUS}.terms.toml", "missing-file")),
        (without(f"{SHOWN}/bad.toml"), (f"{SHOWN}/bad.toml", "missing-file")),
        (without(f"{SHOWN}/bad-as-of-local.json"), (f"{SHOWN}/bad-as-of-local.json", "missing-file")),
        ({**FILES, f"{SHOWN}/bad-more.json": b"{}"}, (f"{SHOWN}/bad-more.json", "unknown-file")),
        (replaced(HOME, '"x-term": "person.birth"', '"x-term": "person.born"'), (HOME, "unknown-term")),
        (replaced(HOME, ', "x-term": "person.birth"', ""), (HOME, "unbound")),
        (replaced(HOME, '"additionalProperties": false', '"additionalProperties": true'), (HOME, "open-object")),
        (
            replaced(f"{STATUS}.xsd", 'element name="StatusCode"', 'element name="StatusKind"'),
            (f"{STATUS}.terms.toml", "field-not-in-xsd"),
        ),
        (replaced(f"{STATUS}.xsd", "xs:restriction", "xs:constriction"), (f"{STATUS}.xsd", "bad-xsd")),
    ],
)
def test_a_mistake_is_told_at_its_place(files: dict[str, bytes], mistake: tuple[str, str]):
    assert mistake in refused(files)


OFFICIAL = "official/residence/cu-tru-1.json"
RECEIVED = 'status = "received"\nfile = "cu-tru-1.json"\nsha256 = "{}"'


def received(digest: str, data: bytes | None) -> dict[str, bytes]:
    files = replaced(ABOUT, 'status = "awaited"', RECEIVED.format(digest))
    return files if data is None else {**files, OFFICIAL: data}


def test_an_official_schema_has_its_place():
    found = load(received(hashlib.sha256(b"{}").hexdigest(), b"{}"))
    assert found.profiles["residence@1"].about.official.status == "received"


def test_an_official_schema_that_is_not_there_or_is_another_one_is_told():
    assert refused(received("0" * 64, None)) == {(ABOUT, "missing-file")}
    assert refused(received("0" * 64, b"{}")) == {(ABOUT, "bad-value")}
    assert (ABOUT, "missing-file") in refused(replaced(ABOUT, 'status = "awaited"', 'status = "received"'))


def test_mistakes_of_several_files_are_told_together():
    files = {**replaced(PERSON, 'owner = "mps"', 'owner = "x"'), "owners.toml": b"[[owner", ABOUT: b"\xff"}
    assert {name for name, _ in refused(files)} >= {PERSON, "owners.toml", ABOUT}


def test_the_newest_version_is_found_by_the_subject_alone():
    profiles = shipped()
    assert profiles.find("citizen") is profiles.find("citizen@1") is profiles.profiles["citizen@1"]
    assert profiles.find("citizen@2") is profiles.find("citizen@") is profiles.find("") is None
    assert profiles.versions("citizen") == (1,)
    assert profiles.versions("nothing") == ()
