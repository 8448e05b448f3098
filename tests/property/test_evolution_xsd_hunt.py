"""A hunt for documents that contradict an answer: random XSD schemas, changes of them, and documents of theirs.

``XSD_HUNT`` is how many pairs are tried (default 600); ``XSD_HUNT_FROM`` the first seed.
"""

from __future__ import annotations

import os
import warnings
from random import Random

import pytest
import xmlschema
from xsd_pairs import compared, read
from xsd_random import changed, schema
from xsd_written import Writer, written

from registry.evolution.port import SchemaError
from registry.evolution.verdict import Compatible, Incompatible
from schemas.xml import parse

PAIRS = int(os.environ.get("XSD_HUNT", "600"))
FIRST = int(os.environ.get("XSD_HUNT_FROM", "0"))
DOCUMENTS = 12


def hunt(seed: int) -> str:
    """What the comparison said of one pair; raises where a document contradicts it."""
    random = Random(seed)  # noqa: S311 - a hunt must be repeatable
    one = schema(random)
    pair = [one, changed(random, one)]
    random.shuffle(pair)
    texts = [written(found) for found in pair]
    try:
        writer, reader = map(read, texts)
    except SchemaError:
        return "no schema"
    if writer.validator is None or reader.validator is None:
        return "no schema"
    verdict = compared(writer, reader)
    if isinstance(verdict, Incompatible):
        assert verdict.witness is not None
        witness = parse(verdict.witness.text.encode())
        assert not writer.validator.violations(witness), seed
        assert reader.validator.violations(witness), seed
    author = Writer(random, pair[0])
    for _ in range(DOCUMENTS):
        document = author.document()
        element = parse(document.encode())
        if isinstance(verdict, Compatible) and not writer.validator.violations(element):
            assert not reader.validator.violations(element), (seed, *texts, document)
    return type(verdict).__name__


def test_no_document_contradicts_an_answer():
    said = [one for seed in range(FIRST, FIRST + PAIRS) if (one := hunt(seed)) != "no schema"]
    assert said.count("Compatible") > len(said) // 4
    assert said.count("Incompatible") > len(said) // 6
    assert said.count("Unknown") < len(said) // 8


@pytest.mark.parametrize("seed", range(FIRST + 5_000, FIRST + 5_000 + max(4, PAIRS // 15)))
def test_another_validator_sees_the_same_of_a_witness(seed: int):
    random = Random(seed)  # noqa: S311 - a hunt must be repeatable
    one = schema(random)
    other = changed(random, one)
    texts = written(one), written(other)
    try:
        verdict = compared(read(texts[0]), read(texts[1]))
    except SchemaError:
        return
    if not isinstance(verdict, Incompatible) or verdict.witness is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            judges = [xmlschema.XMLSchema10(text, allow="none") for text in texts]
        except xmlschema.XMLSchemaParseError:
            return
    assert judges[0].is_valid(verdict.witness.text)
    assert not judges[1].is_valid(verdict.witness.text)
