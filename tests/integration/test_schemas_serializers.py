"""The stock Python client's serialisers against our registry: what one writes, the other reads, by the id in front."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryError
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError
from schemas_kit import REAL, Standing

PERSON = '{"type":"object","title":"Person","properties":{"name":{"type":"string"}},"required":["name"]}'
RECORD = '{"type":"record","name":"Person","namespace":"vn.test","fields":[{"name":"name","type":"string"}]}'
LONGER = (
    '{"type":"record","name":"Person","namespace":"vn.test","fields":[{"name":"name","type":"string"},'
    '{"name":"age","type":"int","default":0}]}'
)
ANNA = {"name": "Nguyễn Thị An"}


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    running = Standing(tmp_path_factory.mktemp("schemas"), formats=REAL)
    yield running
    running.close()


def topic(name: str) -> SerializationContext:
    return SerializationContext(name, MessageField.VALUE)


def test_json_goes_out_and_comes_back(standing: Standing):
    with standing.stock() as client:
        data = JSONSerializer(PERSON, client)(ANNA, topic("people"))
        assert data is not None
        assert data[0] == 0
        assert int.from_bytes(data[1:5], "big") == client.get_latest_version("people-value").schema_id
        assert JSONDeserializer(None, schema_registry_client=client)(data, topic("people")) == ANNA
        with pytest.raises(SerializationError):
            JSONSerializer(PERSON, client)({"name": 5}, topic("people"))


def test_avro_goes_out_and_comes_back_through_a_newer_schema(standing: Standing):
    with standing.stock() as client:
        data = AvroSerializer(client, RECORD)(ANNA, topic("avro"))
        assert AvroDeserializer(client)(data, topic("avro")) == ANNA
        client.register_schema("avro-value", Schema(LONGER, "AVRO"))
        assert AvroDeserializer(client, LONGER)(data, topic("avro")) == ANNA | {"age": 0}


def test_the_latest_version_is_used_where_it_is_asked_for(standing: Standing):
    latest = {"auto.register.schemas": False, "use.latest.version": True}
    with standing.stock() as client:
        id_ = client.register_schema("latest-value", Schema(LONGER, "AVRO"))
        data = AvroSerializer(client, None, conf=latest)(ANNA | {"age": 3}, topic("latest"))
        assert data is not None
        assert int.from_bytes(data[1:5], "big") == id_


def test_nothing_is_registered_where_that_is_off(standing: Standing):
    off = {"auto.register.schemas": False}
    with standing.stock() as client:
        with pytest.raises(SchemaRegistryError) as refused:
            AvroSerializer(client, RECORD, conf=off)(ANNA, topic("unregistered"))
        assert refused.value.error_code == 40401
        client.register_schema("registered-value", Schema(RECORD, "AVRO"))
        assert AvroSerializer(client, RECORD, conf=off | {"normalize.schemas": True})(ANNA, topic("registered"))


def test_references_are_followed_by_both(standing: Standing):
    house = {
        "type": "record",
        "name": "House",
        "namespace": "vn.test",
        "fields": [{"name": "owner", "type": "vn.test.Person"}],
    }
    with standing.stock() as client:
        client.register_schema("person", Schema(RECORD, "AVRO"))
        text = Schema(str(house).replace("'", '"'), "AVRO", references=[SchemaReference("vn.test.Person", "person", 1)])
        data = AvroSerializer(client, text)({"owner": ANNA}, topic("houses"))
        assert AvroDeserializer(client)(data, topic("houses")) == {"owner": ANNA}
        client.register_schema("person-json", Schema(PERSON, "JSON"))
        whole = Schema(
            '{"title":"House","type":"object","properties":{"owner":{"$ref":"person.json"}}}',
            "JSON",
            references=[SchemaReference("person.json", "person-json", 1)],
        )
        sent = JSONSerializer(whole, client)({"owner": ANNA}, topic("json-houses"))
        received = JSONDeserializer(whole, schema_registry_client=client)(sent, topic("json-houses"))
        assert received == {"owner": ANNA}
