"""The three forms of bodies, end to end in memory: JSON, XML, and the raw body of an opaque service."""

from __future__ import annotations

import base64

import msgspec
import pytest
from lxml import etree
from registry_folder import EVIDENCE
from spec_rows import put
from world import MOTHER, PERSON_BODY, World, ask, mother
from world_registry import EXTRACT, SCANS, WORLD_FAMILIES

from bus.topics import read_reply
from registry.mistakes import RegistryError
from schemas.envelope import Subject, decode
from schemas.problems import ProblemError
from schemas.record import LeafType
from schemas.sealed import unpack

QUESTION_XML = f"<Hoi><SoDinhDanh>{MOTHER}</SoDinhDanh></Hoi>"
PDF = b"%PDF-1.7 \x00\xff"
SCAN = {"base64": base64.b64encode(PDF).decode(), "media_type": "application/pdf"}


def extract(**changed: object):
    return ask(**{"service": EXTRACT, "operation": "fetch", "body": {"xml": QUESTION_XML}, **changed})


def scans(**changed: object):
    return ask(**{"service": SCANS, "operation": "fetch", "body": SCAN, **changed})


async def test_json_is_asked_minimised_and_shown_as_it_is():
    world = World()
    answered = await world.consumer.asker.ask(ask())
    assert answered.value == {name: PERSON_BODY[name] for name in ("number", "name", "birth", "homes")}
    assert answered.data == answered.value
    (query,) = world.asked
    assert query.body == {"number": MOTHER, "name": "Nguyễn Thị Mẫu"}
    assert answered.answer.parts[0].media_type == "application/json"


async def test_fields_asked_for_narrow_what_the_system_is_asked_and_what_comes_back():
    world = World()
    answered = await world.consumer.asker.ask(ask(fields=("person.full-name",)))
    assert answered.value == {"name": "Nguyễn Thị Mẫu"}
    assert world.asked[0].fields == {"person.full-name"}


async def test_xml_is_sealed_as_the_very_text_and_minimised_by_element_and_attribute():
    world = World()
    answered = await world.consumer.asker.ask(extract())
    (query,) = world.asked
    assert query.body == {"xml": QUESTION_XML}
    assert set(answered.value) == {"xml"}
    element = etree.fromstring(str(answered.value["xml"]))  # noqa: TID251 - our own world's answer
    assert [child.tag for child in element] == ["SoDinhDanh", "KetHon"], "the residence is not agreed"
    assert dict(element.attrib) == {}, "nor is the date"
    assert answered.answer.schema == "extract.answer@1"
    assert answered.answer.parts[0].media_type == "application/xml"
    assert [record.validated for record, _ in await world.records()] == [True, True]
    kept = world.consumer.archive.kept[answered.exchange, "question"]
    assert kept.parts == (QUESTION_XML.encode(),)


async def test_xml_with_a_declaration_keeps_it_in_what_was_sealed():
    world = World()
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{QUESTION_XML}'
    answered = await world.consumer.asker.ask(extract(body={"xml": text}))
    assert world.asked[0].body == {"xml": text}
    assert world.consumer.archive.kept[answered.exchange, "question"].parts == (text.encode(),)


async def test_fields_narrow_xml_too():
    world = World()
    answered = await world.consumer.asker.ask(extract(fields=("person.number",)))
    assert answered.value == {"xml": f"<TrichLuc><SoDinhDanh>{MOTHER}</SoDinhDanh></TrichLuc>"}


async def test_xml_says_whose_it_is_and_a_stranger_in_it_is_found():
    world = World()
    other = QUESTION_XML.replace(MOTHER, "097093005678")
    with pytest.raises(ProblemError) as caught:
        await world.consumer.asker.ask(extract(body={"xml": other}))
    assert int(caught.value.problem.code) == 214
    assert world.asked == []


async def test_a_raw_body_goes_both_ways_and_is_recorded_as_not_validated():
    world = World()
    world.answers(SCANS, SCAN)
    answered = await world.consumer.asker.ask(scans())
    assert answered.value == SCAN
    assert answered.data == PDF
    assert world.asked[0].body == SCAN
    assert answered.answer.schema == "opaque@1"
    assert [(record.type, record.validated) for record, _ in await world.records()] == [
        (LeafType.ASKED, False),
        (LeafType.OUTCOME, False),
    ]
    forwarded = unpack(world.to_node("a100002").carried[0].head)
    assert decode(forwarded.envelope).parts[0].media_type == "application/pdf"


async def test_a_raw_body_may_be_empty():
    world = World()
    empty = {"base64": "", "media_type": "application/octet-stream"}
    world.answers(SCANS, empty)
    assert (await world.consumer.asker.ask(scans(body=empty))).value == empty


async def test_an_opaque_service_gives_no_field_by_name():
    world = World()
    with pytest.raises(ProblemError) as caught:
        await world.consumer.asker.ask(scans(fields=("person.full-name",)))
    assert int(caught.value.problem.code) == 204


def test_an_opaque_service_is_never_evidence():
    evidence = EVIDENCE + (
        '\n[[evidence]]\nid = "scan"\nname = { vi = "Bản quét", en = "Scan" }\n'
        f'[[evidence.provider]]\nservice = "{SCANS}"\noperation = "fetch"\nterms = ["person.full-name"]\n'
    )
    with pytest.raises(RegistryError) as caught:
        World(**{**WORLD_FAMILIES, "evidence": evidence})
    assert "opaque-evidence" in {mistake.rule for mistake in caught.value.mistakes}


async def test_the_answer_says_whose_data_it_holds_in_the_providers_own_claim():
    world = World()
    answered = await world.consumer.asker.ask(ask())
    assert [(who.id, who.asserted_by, who.assurance) for who in answered.answer.about] == [(MOTHER, "a100001", "none")]


async def test_both_nodes_keep_what_proves_the_exchange():
    world = World()
    answered = await world.consumer.asker.ask(ask())
    await world.to_node().settled()
    assert {kind for at, kind in world.consumer.archive.kept if at == answered.exchange} == {
        "question",
        "reply",
        "receipt",
    }
    assert {kind for at, kind in world.population.archive.kept if at == answered.exchange} == {"question", "receipt"}
    ((key, answer),) = world.population.archive.answers.items()
    assert key == ("a200003", answered.exchange)
    assert (
        read_reply(answer.sealed).sealed
        == read_reply(world.consumer.archive.kept[answered.exchange, "reply"].sealed).sealed
    )


async def test_the_largest_question_still_gets_its_receipt():
    """As many neighbours as the limit of 9 KiB takes: one more is refused before anything is recorded as asked."""
    world = World()

    def crowd(count: int) -> tuple[Subject, ...]:
        parcels = (f"P{number:070d}" for number in range(count))
        return (
            mother(),
            *(msgspec.structs.replace(mother(), scheme="parcel", id=one, role="neighbour") for one in parcels),
        )

    async def fits(count: int) -> bool:
        said = await put(world, ask(subjects=crowd(count), correlation="c" * 80, dossier="d" * 80))
        assert said.problem is None or int(said.problem.code) == 102
        return said.problem is None

    taken = [await fits(count) for count in range(10, 32)]
    assert taken == sorted(taken, reverse=True)
    assert {True, False} == set(taken)
    await world.settle()
    told = await world.told()
    assert told.count("asked") == told.count("answered") == taken.count(True)
