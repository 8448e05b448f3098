"""Bodies on their way between systems and seals, and whether they are about whom they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import EXTRACT_XML, FATHER, MOTHER, PERSON_BODY, World, mother
from world_registry import EXTRACT, PERSON

from bus import plain, shapes
from bus.about import holds, is_about, must_name_its_subjects, texts
from bus.plain import Body
from registry.catalogue import Operation
from schemas.problems import Code, FaultAt, ProblemError
from schemas.xml import parse

WORLD = World()
AT = FaultAt.CONSUMER_SYSTEM
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def operation(service: str, name: str) -> Operation:
    found = WORLD.snapshot.operation(service, name)
    assert found is not None
    return found


READ, FETCH = operation(PERSON, "read"), operation(EXTRACT, "fetch")


def code_of(call: object, *args: object, **named: object) -> Code:
    with pytest.raises(ProblemError) as caught:
        call(*args, **named)  # type: ignore[operator] # a function
    return caught.value.problem.code


class TestPlain:
    @given(st.dictionaries(TEXT, TEXT | st.integers(-(2**63), 2**64 - 1) | st.booleans(), max_size=4))
    def test_json_is_shown_as_it_was_handed_in(self, value: dict[str, object]):
        body = plain.read(value, READ.question, AT)
        assert shapes.parse_body(body.data, shapes.JSON, AT) == value == plain.shown(body)

    def test_xml_is_text_and_its_bytes(self):
        body = plain.read({"xml": EXTRACT_XML}, FETCH.answer, AT)
        assert body.data == EXTRACT_XML.encode()
        assert plain.shown(body) == {"xml": EXTRACT_XML}

    @given(st.binary(max_size=40))
    def test_a_raw_body_is_shown_as_it_was_handed_in(self, data: bytes):
        shown = plain.shown(Body(data, "application/pdf", data))
        assert plain.read(shown, None, AT) == Body(data, "application/pdf", data)

    @pytest.mark.parametrize(
        "value",
        [
            {},
            {"base64": "AAA"},
            {"base64": "AA==", "media_type": "application/pdf", "name": "x"},
            {"base64": "AA=", "media_type": "application/pdf"},
            {"base64": "A_==", "media_type": "application/pdf"},
            {"base64": "AA==\n", "media_type": "application/pdf"},
            {"base64": "AA==", "media_type": "application/pdf; x=1"},
            {"base64": 5, "media_type": "application/pdf"},
        ],
    )
    def test_another_raw_form_is_refused(self, value: dict[str, object]):
        assert code_of(plain.read, value, None, AT) is Code.BODY_MALFORMED

    @pytest.mark.parametrize(
        "value", [{}, {"xml": 5}, {"xml": "<a/>", "more": 1}, {"xml": ""}, {"xml": "<a>"}, {"xml": "<a>\ud800</a>"}]
    )
    def test_another_xml_form_is_refused(self, value: dict[str, object]):
        assert code_of(plain.read, value, FETCH.question, AT) is Code.BODY_MALFORMED

    @pytest.mark.parametrize("value", [{"a": 2**64}, {"a": {1, 2}}, {"a": b"x"}])
    def test_what_json_cannot_say_is_refused(self, value: dict[str, object]):
        assert code_of(plain.read, value, READ.question, AT) is Code.BODY_MALFORMED

    def test_minimised_xml_has_no_tail_and_no_declaration(self):
        element = parse("<a><b>đ</b></a>".encode())
        element.tail = "x"
        assert plain.of_value(element).data == "<a><b>đ</b></a>".encode()


class TestShapes:
    def test_names_and_media_types(self):
        assert [shapes.name_of(one) for one in (READ.question, FETCH.answer)] == [
            "person.question@1",
            "extract.answer@1",
        ]
        assert [shapes.media_type_of(one) for one in (READ.question, FETCH.answer)] == [shapes.JSON, shapes.XML]

    def test_a_violation_is_told_by_rule_and_place_never_by_value(self):
        with pytest.raises(ProblemError) as caught:
            shapes.must_fit({"number": f"{MOTHER}9", "name": 7}, READ.question, None, Code.QUESTION_SHAPE, AT)
        problem = caught.value.problem
        assert (problem.code, problem.params) == (Code.QUESTION_SHAPE, {"violations": 2})
        assert problem.place in {"/number", "/name"}
        assert MOTHER not in repr(problem)

    def test_terms_that_are_not_agreed_are_a_violation(self):
        terms = frozenset({"person.number"})
        shapes.must_fit({"number": MOTHER}, READ.answer, terms, Code.ANSWER_SHAPE, AT)
        more = {"number": MOTHER, "name": "x"}
        assert code_of(shapes.must_fit, more, READ.answer, terms, Code.ANSWER_SHAPE, AT) is Code.ANSWER_SHAPE


class TestAbout:
    @pytest.mark.parametrize(
        ("body", "subjects", "refused"),
        [
            ({"number": MOTHER, "name": "Nguyễn Thị Mẫu"}, (mother(),), False),
            ({"number": MOTHER, "name": "Nguyễn Thị Mẫu"}, (mother(id=FATHER), mother()), False),
            ({"number": MOTHER}, (), True),
            ({"number": MOTHER}, (mother(id=FATHER),), True),
            ({"name": "Nguyễn Thị Mẫu"}, (), False),
        ],
    )
    def test_a_number_in_a_question_is_a_subjects(
        self,
        body: dict[str, object],
        subjects: tuple[object, ...],
        refused: bool,  # noqa: FBT001 - a column of the table
    ):
        judged = (WORLD.snapshot, READ.question, body, subjects)
        if refused:
            assert code_of(must_name_its_subjects, *judged) is Code.SUBJECT_NOT_NAMED
        else:
            must_name_its_subjects(*judged)  # type: ignore[arg-type] # as typed in the table

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("CS 990001", True),
            ("123456789", True),
            ("1995-03-02", False),
            ("Nguyễn Văn A", False),
            ("1995", False),
            ("0123456789-001", True),
        ],
    )
    def test_what_counts_as_a_number(self, text: str, number: bool):  # noqa: FBT001 - the same
        body = {"number": text}
        if number:
            assert code_of(must_name_its_subjects, WORLD.snapshot, READ.question, body, ()) is Code.SUBJECT_NOT_NAMED
        else:
            must_name_its_subjects(WORLD.snapshot, READ.question, body, ())

    def test_an_answer_about_another_is_found_in_json_and_in_xml(self):
        asked = {"number": MOTHER, "name": "x"}
        assert is_about(WORLD.snapshot, READ, (mother(),), asked, PERSON_BODY)
        assert not is_about(WORLD.snapshot, READ, (mother(),), asked, PERSON_BODY | {"number": FATHER})
        question, answer = (
            parse(text.encode()) for text in (f"<Hoi><SoDinhDanh>{MOTHER}</SoDinhDanh></Hoi>", EXTRACT_XML)
        )
        assert is_about(WORLD.snapshot, FETCH, (mother(),), question, answer)
        other = parse(EXTRACT_XML.replace(MOTHER, FATHER).encode())
        assert not is_about(WORLD.snapshot, FETCH, (mother(),), question, other)

    def test_an_answer_without_a_number_cannot_be_about_another(self):
        assert is_about(WORLD.snapshot, READ, (mother(),), {"number": MOTHER}, {"name": "x"})

    def test_texts_are_found_under_their_term_alone(self):
        assert list(texts(READ.answer, PERSON_BODY, "person.residence")) == ["Xã Mẫu"]
        element = parse(EXTRACT_XML.encode())
        assert list(texts(FETCH.answer, element, "marriage.date")) == ["2019-05-04"]
        assert list(texts(FETCH.answer, element, "person.number")) == [MOTHER]

    def test_silence_is_not_data(self):
        wanted = ("person.residence", "person.full-name")
        assert holds(READ.answer, PERSON_BODY, wanted)
        assert not holds(READ.answer, PERSON_BODY | {"homes": []}, wanted)
        assert not holds(READ.answer, {"name": "x"}, wanted)
        assert holds(FETCH.answer, parse(EXTRACT_XML.encode()), ("marriage.exists", "marriage.date"))
        assert not holds(FETCH.answer, parse(b"<TrichLuc/>"), ("marriage.exists",))
