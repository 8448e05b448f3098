"""Names of subjects, what makes schemas the same, and which settings count."""

from __future__ import annotations

import uuid

import pytest

from registry.evolution.levels import Level
from registry.evolution.port import FormatName, Strictness
from registry.registered.identity import Reference, compact, digests, guid_of
from registry.registered.names import Subject, SubjectNameError, context_of, subject_of
from registry.registered.settings import Config, Metadata, effective, merged_metadata, merged_rules


@pytest.mark.parametrize(
    ("text", "context", "name", "shown"),
    [
        ("orders-value", ".", "orders-value", "orders-value"),
        (":.:orders-value", ".", "orders-value", "orders-value"),
        (":.pay:orders/a b", ".pay", "orders/a b", ":.pay:orders/a b"),
        (":.pay:a:b", ".pay", "a:b", ":.pay:a:b"),
        (":.pay:", ".pay", "", ":.pay:"),
        (":.pay", ".pay", "", ":.pay:"),
        ("địa-chỉ", ".", "địa-chỉ", "địa-chỉ"),
    ],
)
def test_a_name_has_one_reading(text: str, context: str, name: str, shown: str):
    subject = subject_of(text)
    assert subject == Subject(context, name)
    assert subject.text == shown
    assert subject_of(shown) == subject


@pytest.mark.parametrize("text", ["a\nb", "\x00", ":.a b:c", ":.a/b:c", "x" * 256, ":." + "c" * 120 + ":s"])
def test_what_is_no_name_is_refused(text: str):
    with pytest.raises(SubjectNameError):
        subject_of(text)


def test_a_context_is_named_with_or_without_its_marks():
    assert {context_of(text) for text in ("pay", ".pay", ":.pay:")} == {".pay"}
    with pytest.raises(SubjectNameError):
        context_of("a b")


def test_spacing_in_json_makes_no_difference_and_in_texts_it_does():
    assert compact(FormatName.JSON, ' { "a b" : [ 1 , 2 ] } ') == '{"a b":[1,2]}'
    assert compact(FormatName.AVRO, '"string" ') == '"string"'
    assert compact(FormatName.JSON, '{"a\\" b": 1}') == '{"a\\" b":1}'
    assert compact(FormatName.XSD, " <a>  </a>\r\n") == "<a>  </a>"


def test_text_references_metadata_and_rules_make_a_schema_what_it_is():
    plain = digests(FormatName.JSON, "{}", (), None, None)
    assert digests(FormatName.JSON, " {} ", (), None, None) == plain
    assert digests(FormatName.AVRO, "{}", (), None, None).text != plain.text
    tagged = digests(FormatName.JSON, "{}", (), Metadata(properties={"owner": "a"}), None)
    assert tagged.text == plain.text
    assert tagged.whole != plain.whole
    one, two = Reference("a", "s", 1), Reference("b", "s", 1)
    assert digests(FormatName.JSON, "{}", (one, two), None, None) == digests(
        FormatName.JSON, "{}", (two, one), None, None
    )
    assert digests(FormatName.JSON, "{}", (one,), None, None).text != plain.text


def test_a_guid_follows_from_the_content():
    whole = digests(FormatName.JSON, "{}", (), None, None).whole
    assert guid_of(whole) == guid_of(whole)
    assert uuid.UUID(guid_of(whole)).version == 8


def test_the_narrowest_setting_counts_and_an_alias_is_not_inherited():
    subject = Config(compatibility_level=Level.FULL)
    context = Config(compatibility_level=Level.NONE, normalize=True, alias="elsewhere")
    found = effective([subject, None, context])
    assert (found.level, found.normalize, found.alias) == (Level.FULL, True, None)
    assert effective([]).level is Level.BACKWARD
    lenient = effective([Config(compatibility_policy=Strictness.LENIENT, required_with_default=True)]).policy
    assert (lenient.strictness, lenient.required_with_default) == (Strictness.LENIENT, True)


def test_metadata_stand_between_defaults_and_overrides():
    config = Config(
        default_metadata=Metadata(properties={"owner": "a", "team": "x"}),
        override_metadata=Metadata(properties={"team": "z"}, sensitive=["s"]),
    )
    merged = merged_metadata(Metadata(tags={"p": ["PII"]}, properties={"owner": "b"}), config)
    assert merged == Metadata({"p": ["PII"]}, {"owner": "b", "team": "z"}, ["s"])
    assert merged_metadata(None, Config()) is None
    assert merged_metadata(Metadata(), Config()) == Metadata()


def test_rules_of_one_name_replace_each_other():
    config = Config(
        default_rule_set={"domainRules": [{"name": "a", "expr": "1"}, {"name": "b"}]},
        override_rule_set={"domainRules": [{"name": "a", "expr": "3"}]},
    )
    merged = merged_rules({"domainRules": [{"name": "a", "expr": "2"}, {"name": "c"}]}, config)
    assert merged == {"domainRules": [{"name": "a", "expr": "3"}, {"name": "b"}, {"name": "c"}]}
    assert merged_rules(None, Config()) is None
    assert merged_rules({"migrationRules": []}, Config()) == {"migrationRules": []}
