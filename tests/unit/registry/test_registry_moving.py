"""What was agreed on stays as it is: which changes of a published registry are refused, for whom, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import registry_folder

from registry import sections
from registry.authored.compiling import sections_of
from registry.books import open_books
from registry.mistakes import RegistryError
from registry.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

AT_MS = 1_782_000_000_000  # 2026-06
QUESTION, ANSWER = "person.question", "person.answer"


def published(**replaced: str) -> sections.Sections:
    return sections_of(registry_folder.folder(**replaced))


def moved(subject: str, change: Callable[[dict[str, Any]], object], **replaced: str) -> dict[str, bytes]:
    """The folder with a second version of a subject, which its operations use from now on."""
    services = replaced.pop("services", registry_folder.SERVICES).replace(f"{subject}@1", f"{subject}@2")
    document = json.loads(registry_folder.folder()[f"schemas/{subject}/1.json"])
    change(document)
    if subject == QUESTION:
        asked = ", ".join(f'{name} = "$subject.id"' for name in document["properties"])
        old = 'question = { number = "$subject.id", name = "$subject.name" }'
        replaced["evidence"] = registry_folder.EVIDENCE.replace(old, f"question = {{ {asked} }}")
    files = registry_folder.folder(services=services, **replaced)
    return {**files, f"schemas/{subject}/2.json": json.dumps(document).encode()}


def refused(files: dict[str, bytes], before: sections.Sections | None = None) -> list[str]:
    """What is told of a folder that would follow the published one; empty: it may."""
    try:
        sections_of(files, before or published(), AT_MS)
    except RegistryError as error:
        return [f"{one.rule} {one.file}:{one.line} {one.message_en}" for one in error.mistakes]
    return []


def level(name: str) -> str:
    line = 'subject_scheme = "citizen"\n'
    return registry_folder.SERVICES.replace(line, f'{line}compatibility = "{name}"\n')


def optional_field(document: dict[str, Any]) -> None:
    document["properties"]["sex2"] = {"type": "string", "x-term": "person.sex"}


MAY = {
    "a question may be shorter": (QUESTION, lambda d: d.update(required=["number"])),
    "a question may say more": (QUESTION, optional_field),
    "an answer may promise more": (ANSWER, lambda d: d["required"].append("sex")),
    "an answer may be stricter": (ANSWER, lambda d: d["properties"]["name"].update(maxLength=50)),
    "an answer may hold what nobody agreed on": (ANSWER, optional_field),
    "what nobody agreed on may go": (ANSWER, lambda d: d["properties"].pop("sex")),
    "what nobody agreed on may change": (ANSWER, lambda d: d["properties"]["sex"].update(maxLength=1)),
    "words may change": (ANSWER, lambda d: d.update(description="Người")),
}


@pytest.mark.parametrize("case", MAY)
def test_who_has_an_agreement_may_go_on_so_this_is_published(case: str):
    assert refused(moved(*MAY[case])) == []


MAY_NOT = {
    "a question asks for more": (QUESTION, lambda d: (optional_field(d), d["required"].append("sex2")), "question"),
    "a question is stricter": (QUESTION, lambda d: d["properties"]["name"].update(maxLength=10), "question"),
    "a question loses a field": (
        QUESTION,
        lambda d: (d["properties"].pop("name"), d.update(required=["number"])),
        "question",
    ),
    "an answer no longer promises": (ANSWER, lambda d: d["required"].remove("birth"), "answer"),
    "an answer is wider": (ANSWER, lambda d: d["properties"]["name"].update(maxLength=200), "answer"),
    "a pattern of a leaf in a list is wider": (ANSWER, lambda d: d["$defs"]["address"].pop("maxLength"), "answer"),
}


@pytest.mark.parametrize("case", MAY_NOT)
def test_what_an_agreement_does_not_survive_is_refused_with_a_document_that_shows_it(case: str):
    subject, change, side = MAY_NOT[case]
    (told, *more) = refused(moved(subject, change))
    assert told.startswith("breaks-agreements services/all.toml:")
    assert f"published '{subject}@1'" in told or f"'{subject}@1', which the agreements ag-0001" in told
    assert "'a100001/population/person-v2'" in told
    assert "{" in told, "the witness"
    assert (side == "question") >= bool(more), "one operation answers with that subject"


def test_a_field_that_changes_its_meaning_is_refused():
    def swap(document: dict[str, Any]) -> None:
        document["properties"]["name"]["x-term"] = "person.residence"
        document["$defs"]["address"]["x-term"] = "person.full-name"

    (told,) = refused(moved(ANSWER, swap))
    assert "term-changed, /properties/name" in told


def test_nothing_is_broken_for_nobody():
    change = MAY_NOT["an answer is wider"]
    revoked = registry_folder.AGREEMENTS.replace('"day" }\n', '"day" }\nstate = "revoked"\n', 1)
    assert refused(moved(change[0], change[1], agreements=revoked)) == []
    ended = registry_folder.AGREEMENTS.replace('"day" }\n', '"day" }\nvalid_to = 2026-01-01\n', 1)
    assert refused(moved(change[0], change[1], agreements=ended)) == []


def test_a_level_is_what_the_published_version_promised():
    subject, change, _ = MAY_NOT["an answer is wider"]
    assert refused(moved(subject, change, services=level("NONE"))) != [], "lowered in the same publication"
    assert refused(moved(subject, change, services=level("NONE")), published(services=level("NONE"))) == []


def test_full_holds_for_who_answers_as_well():
    for case in ("a question may be shorter", "an answer may be stricter"):
        assert refused(moved(*MAY[case], services=level("FULL")), published(services=level("FULL"))) != []
    same = MAY["words may change"]
    assert refused(moved(*same, services=level("FULL")), published(services=level("FULL"))) == []


def test_another_language_is_not_decided_and_therefore_refused():
    services = registry_folder.SERVICES.replace("marriage.answer@1", "marriage.extract@1")
    evidence = registry_folder.EVIDENCE.replace('satisfied_when = { pointer = "/exists", equals = true }\n', "")
    files = registry_folder.folder(services=services, evidence=evidence)
    files["schemas/marriage.extract/1.xsd"] = (
        b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="E"><xs:complexType><xs:sequence>'
        b'<xs:element name="X" type="xs:boolean"/><xs:element name="D" type="xs:date"/>'
        b"</xs:sequence></xs:complexType></xs:element></xs:schema>"
    )
    files["schemas/marriage.extract/1.terms.toml"] = (
        b'[[field]]\npath = "E/X"\nterm = "marriage.exists"\n[[field]]\npath = "E/D"\nterm = "marriage.date"\n'
    )
    (told,) = refused(files)
    assert "another-language" in told
    assert "ag-0002" in told


def test_a_published_version_never_changes():
    files = registry_folder.folder()
    changed = files["schemas/person.answer/1.json"].replace(b"100", b"90")
    (told,) = refused({**files, "schemas/person.answer/1.json": changed})
    assert told.startswith("version-rewritten schemas/person.answer/1.json:1 ")
    assert "person.answer@1" in told


def test_validators_are_compiled_once_per_version_and_swapped_with_the_snapshot():
    first = sections.encode(published())
    second = sections.encode(sections_of(moved(*MAY["an answer may promise more"])))
    before = open_books(first, None)
    after = open_books(second, before)
    held, holds = before.catalogue.schemas, after.catalogue.schemas
    assert {ref for ref in held if holds[ref] is held[ref]} == set(held)
    old, new = Snapshot(1, before), Snapshot(2, after)
    assert [one.operation("a100001/population/person", "read").answer.version for one in (old, new)] == [1, 2]
