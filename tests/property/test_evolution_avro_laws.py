"""Avro's answers against fastavro, which reads random data, and against ``avro.compatibility``."""

from __future__ import annotations

import json
import re
from io import BytesIO

import avro.compatibility
import avro.errors
import avro.schema
import fastavro
from avro_schemas import DataMaker, Json, Maker
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.evolution.avro.format import AvroFormat
from registry.evolution.budget import Budget
from registry.evolution.port import Policy
from registry.evolution.verdict import Compatible, Incompatible, Unknown

AVRO = AvroFormat()


def _is_valid(schema: Json) -> bool:
    """A schema that both libraries take: a change may have taken away a name that is used elsewhere."""
    try:
        fastavro.parse_schema(schema, _write_hint=False)
        avro.schema.parse(json.dumps(schema))
    except (fastavro.schema.SchemaParseException, fastavro.schema.UnknownType, avro.errors.AvroException):
        return False
    return True


def _pair(seed: int) -> tuple[Json, Json] | None:
    maker = Maker(seed)
    writer = maker.schema()
    reader = maker.changed(writer)
    return (writer, reader) if _is_valid(writer) and _is_valid(reader) else None


def _reads(writer: Json, reader: Json, datum: Json) -> bool:
    stream = BytesIO()
    fastavro.schemaless_writer(stream, writer, datum)
    stream.seek(0)
    try:
        fastavro.schemaless_reader(stream, writer, reader)
    except Exception:  # noqa: BLE001 - the library raises what it likes
        return False
    return True


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_called_compatible_is_read_and_a_witness_is_not(seed: int) -> None:
    pair = _pair(seed)
    if pair is None:
        return
    one, other = (AVRO.parse(json.dumps(schema), {}, Budget(10_000)) for schema in pair)
    verdict = AVRO.included(one, other, Policy(), Budget(20_000))

    if isinstance(verdict, Incompatible):
        assert verdict.witness is not None
        assert verdict.findings
        return
    if isinstance(verdict, Unknown):
        assert verdict.rule in {"union-branch-ambiguous", "alias-ambiguous", "witness-unconfirmed"}
        return
    if any(caution.rule in {"writer-without-data", "bytes-as-text"} for caution in verdict.cautions):
        return
    for datum in _data(pair[0], seed):
        assert _reads(*pair, datum), (pair, datum)


def _may_hold_itself(schema: Json) -> bool:
    """Whether a type is referred to by its name."""
    return re.search(r'"N\d+"', re.sub(r'"name": "N\d+"', "", json.dumps(schema))) is not None


def _data(schema: Json, seed: int) -> list[Json]:
    """Random data of a schema; none where they might have no end."""
    if _may_hold_itself(schema):
        return []
    datum = DataMaker(seed)
    try:
        return [datum.of(schema) for _ in range(5)]
    except LookupError:
        return []


@settings(max_examples=300, deadline=None)
@example(15000)
@given(st.integers(0, 2**32))
def test_the_reference_agrees_except_where_it_is_known_to_differ(seed: int) -> None:
    pair = _pair(seed)
    if pair is None:
        return
    one, other = (AVRO.parse(json.dumps(schema), {}, Budget(10_000)) for schema in pair)
    verdict = AVRO.included(one, other, Policy(), Budget(20_000))
    theirs = avro.compatibility.ReaderWriterCompatibilityChecker().get_compatibility(
        avro.schema.parse(json.dumps(pair[1])), avro.schema.parse(json.dumps(pair[0]))
    )
    is_theirs = theirs.compatibility is avro.compatibility.SchemaCompatibilityType.compatible

    # the reference also follows types that have no data
    without = isinstance(verdict, Compatible) and any(one.rule == "writer-without-data" for one in verdict.cautions)
    if is_theirs or not (without or _may_hold_itself(pair[0])):
        assert isinstance(verdict, Compatible) is is_theirs, (pair, verdict, theirs.messages)
