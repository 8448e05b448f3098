"""The stock Python client of schema registries against ours, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError
from schemas_kit import Standing

PERSON = '{"type":"object","properties":{"name":{"type":"string"}}}'


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    running = Standing(tmp_path_factory.mktemp("schemas"))
    yield running
    running.close()


@pytest.fixture
def client(standing: Standing) -> Iterator[SchemaRegistryClient]:
    with standing.stock() as stock:
        yield stock


def test_a_schema_is_registered_once_and_read_back(client: SchemaRegistryClient):
    schema = Schema(PERSON, "JSON")
    id_ = client.register_schema("first-value", schema)
    assert client.register_schema("first-value", schema) == id_
    assert client.register_schema("second-value", schema) == id_
    assert client.get_schema(id_).schema_str == PERSON
    assert client.lookup_schema("first-value", schema).version == 1
    assert client.get_latest_version("first-value").schema_id == id_
    assert client.get_versions("first-value") == [1]
    assert {"first-value", "second-value"} <= set(client.get_subjects())


def test_what_is_not_there_is_said_as_the_client_knows_it(client: SchemaRegistryClient):
    with pytest.raises(SchemaRegistryError) as refused:
        client.get_latest_version("nowhere")
    assert (refused.value.http_status_code, refused.value.error_code) == (404, 40401)
    with pytest.raises(SchemaRegistryError) as refused:
        client.get_schema(999)
    assert refused.value.error_code == 40403


def test_a_wrong_secret_is_401(standing: Standing):
    wrong = {"basic.auth.user.info": "admin:wrong"}
    with standing.stock(**wrong) as client, pytest.raises(SchemaRegistryError) as refused:
        client.get_subjects()
    assert refused.value.http_status_code == 401
