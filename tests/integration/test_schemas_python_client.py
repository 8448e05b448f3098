"""The stock Python client of schema registries against ours, over real sockets: every call that it has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka.schema_registry import (
    Metadata,
    MetadataProperties,
    Rule,
    RuleKind,
    RuleMode,
    RuleParams,
    RuleSet,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    SchemaRegistryError,
    ServerConfig,
)
from confluent_kafka.schema_registry.common.schema_registry_client import ConfigCompatibilityLevel
from schemas_kit import REAL, Standing

PERSON = '{"type":"object","properties":{"name":{"type":"string"}}}'
WIDER = '{"type":["object","null"],"properties":{"name":{"type":"string"}}}'
STRICT = '{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}'


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    running = Standing(tmp_path_factory.mktemp("schemas"), formats=REAL)
    yield running
    running.close()


@pytest.fixture
def client(standing: Standing) -> Iterator[SchemaRegistryClient]:
    with standing.stock() as stock:
        yield stock


def json(text: str, **more: object) -> Schema:
    return Schema(text, "JSON", **more)


def test_a_schema_is_registered_once_and_read_back(client: SchemaRegistryClient):
    id_ = client.register_schema("first-value", json(PERSON))
    assert client.register_schema("first-value", json(PERSON)) == id_
    assert client.register_schema("second/value", json(PERSON)) == id_
    assert client.get_schema(id_).schema_str == PERSON
    found = client.register_schema_full_response("first-value", json(WIDER), normalize_schemas=False)
    assert (found.version, found.schema.schema_str) == (2, WIDER)
    assert found.guid
    assert client.get_schema_by_guid(found.guid).schema_str == WIDER
    assert client.lookup_schema("first-value", json(PERSON)).version == 1
    assert client.get_latest_version("first-value").version == 2
    assert client.get_version("second/value", 1).schema_id == id_
    assert client.get_versions("first-value") == [1, 2]
    assert {"first-value", "second/value"} <= set(client.get_subjects())
    assert client.get_subjects(subject_prefix="second") == ["second/value"]
    assert client.get_subjects_by_schema_id(id_) == ["first-value", "second/value"]
    assert [(one.subject, one.version) for one in client.get_schema_versions(id_)] == [
        ("first-value", 1),
        ("second/value", 1),
    ]
    assert {"AVRO", "JSON", "PROTOBUF", "XSD"} <= set(client.get_schema_types())


def test_what_is_not_there_is_said_as_the_client_knows_it(client: SchemaRegistryClient):
    with pytest.raises(SchemaRegistryError) as refused:
        client.get_latest_version("nowhere")
    assert (refused.value.http_status_code, refused.value.error_code) == (404, 40401)
    with pytest.raises(SchemaRegistryError) as refused:
        client.get_schema(999)
    assert refused.value.error_code == 40403
    with pytest.raises(SchemaRegistryError) as refused:
        client.register_schema("bad", json("{"))
    assert (refused.value.http_status_code, refused.value.error_code) == (422, 42201)
    assert refused.value.error_message.startswith("Invalid schema")


def test_what_is_incompatible_is_refused_with_reasons(client: SchemaRegistryClient):
    client.register_schema("compared", json(PERSON))
    with pytest.raises(SchemaRegistryError, match="Schema being registered is incompatible with an earlier") as refused:
        client.register_schema("compared", json(STRICT))
    assert (refused.value.http_status_code, refused.value.error_code) == (409, 409)
    assert not client.test_compatibility("compared", json(STRICT))
    assert client.test_compatibility("compared", json(WIDER), version=1)
    assert not client.test_compatibility_all_versions("compared", json(STRICT))
    assert client.test_compatibility("never", json(STRICT))


def test_settings_are_set_read_and_taken_back(client: SchemaRegistryClient):
    assert client.get_compatibility() == "BACKWARD"
    assert client.set_compatibility("set", "FULL_TRANSITIVE") == {"compatibility": "FULL_TRANSITIVE"}
    assert client.get_compatibility("set") == "FULL_TRANSITIVE"
    with pytest.raises(SchemaRegistryError) as refused:
        client.set_compatibility("set", "SIDEWARD")
    assert refused.value.error_code == 42203
    client.set_config("set", ServerConfig(ConfigCompatibilityLevel.FORWARD, compatibility_group="major"))
    config = client.get_config("set")
    assert (config.compatibility_level, config.compatibility_group) == ("FORWARD", "major")
    assert client.delete_config("set").compatibility_level == "FORWARD"
    assert client.get_global_mode() == "READWRITE"
    assert client.update_mode("set", "READONLY") == "READONLY"
    assert client.get_mode("set") == "READONLY"
    assert client.delete_mode("set") == "READONLY"


def test_versions_are_deleted_first_softly(client: SchemaRegistryClient):
    client.register_schema("deleted", json(PERSON))
    client.register_schema("deleted", json(WIDER))
    assert client.delete_version("deleted", 1) == 1
    assert client.get_versions("deleted") == [2]
    assert client.get_versions("deleted", deleted=True) == [1, 2]
    assert client.get_version("deleted", 1, deleted=True).version == 1
    assert client.delete_version("deleted", 1, permanent=True) == 1
    assert client.delete_subject("deleted") == [2]
    assert client.delete_subject("deleted", permanent=True) == [2]
    assert "deleted" not in client.get_subjects(deleted=True)


def test_references_are_kept_and_protected(client: SchemaRegistryClient):
    client.register_schema("base", json(PERSON))
    reference = SchemaReference(name="person.json", subject="base", version=1)
    whole = json('{"$ref":"person.json"}', references=[reference])
    id_ = client.register_schema("user", whole)
    assert client.get_referenced_by("base", 1) == [id_]
    (kept,) = client.get_schema(id_).references
    assert (kept.name, kept.subject, kept.version) == ("person.json", "base", 1)
    assert client.lookup_schema("user", whole).schema_id == id_
    with pytest.raises(SchemaRegistryError) as refused:
        client.delete_version("base", 1)
    assert refused.value.error_code == 42206


def test_metadata_and_rules_are_kept_and_returned(client: SchemaRegistryClient):
    rule = Rule(
        name="checkLen",
        doc=None,
        kind=RuleKind.CONDITION,
        mode=RuleMode.WRITE,
        type="CEL",
        tags=["PII"],
        params=RuleParams({"a": "b"}),
        expr="size(message.name) < 9",
        on_success=None,
        on_failure=None,
        disabled=False,
    )
    rules = RuleSet(None, [rule])
    metadata = Metadata(None, MetadataProperties({"owner": "a100001", "major": "1"}), ["name"])
    id_ = client.register_schema("ruled", json(PERSON, metadata=metadata, rule_set=rules))
    kept = client.get_version("ruled", 1).schema
    assert kept.metadata.properties.properties == {"owner": "a100001", "major": "1"}
    assert kept.metadata.sensitive == ["name"]
    assert kept.rule_set.domain_rules[0].expr == "size(message.name) < 9"
    assert client.get_latest_with_metadata("ruled", {"owner": "a100001"}).schema_id == id_
    with pytest.raises(SchemaRegistryError) as refused:
        client.get_latest_with_metadata("ruled", {"owner": "nobody"})
    assert refused.value.error_code == 40402
    assert client.register_schema("ruled", json(PERSON)) == id_
    other = Metadata(None, MetadataProperties({"owner": "a100001", "major": "2"}), None)
    assert client.register_schema("ruled", json(PERSON, metadata=other)) != id_


def test_normalised_schemas_are_the_same(client: SchemaRegistryClient):
    id_ = client.register_schema("normal", json('{"type":"object","title":"T"}'))
    assert client.register_schema("normal", json('{"title":"T","type":"object"}'), normalize_schemas=True) == id_
    found = client.lookup_schema("normal", json('{"title":"T",  "type":"object"}'), normalize_schemas=True)
    assert found.schema_id == id_


def test_contexts_are_apart(client: SchemaRegistryClient):
    client.register_schema("apart", json(PERSON))
    client.register_schema(":.team-a:apart", json(WIDER))
    assert ":.team-a:apart" in client.get_subjects()
    assert ".team-a" in client.get_contexts()
    assert client.get_latest_version(":.team-a:apart").schema.schema_str == WIDER
    assert client.get_schema(1, ":.team-a:").schema_str == WIDER


def test_schemas_are_imported_with_their_ids(client: SchemaRegistryClient, standing: Standing):
    assert client.update_mode(":.moved:", "IMPORT") == "IMPORT"
    for version, text in ((4, PERSON), (6, STRICT)):
        body = {"schema": text, "schemaType": "JSON", "id": 100 + version, "version": version}
        assert standing.ask("POST", "/subjects/:.moved:s/versions", body).status == 200
    assert client.delete_mode(":.moved:") == "IMPORT"
    assert client.get_versions(":.moved:s") == [4, 6]
    assert client.get_version(":.moved:s", 6).schema_id == 106
    found = client.register_schema_full_response(":.moved:s", json(PERSON))
    assert (found.version, found.schema_id) == (4, 104)


def test_associations_are_none(client: SchemaRegistryClient):
    with pytest.raises(SchemaRegistryError) as refused:
        client.get_associations_by_resource_name("topic", "ns")
    assert (refused.value.http_status_code, refused.value.error_code) == (404, 40410)


def test_a_wrong_secret_is_401(standing: Standing):
    wrong = {"basic.auth.user.info": "admin:wrong"}
    with standing.stock(**wrong) as client, pytest.raises(SchemaRegistryError) as refused:
        client.get_subjects()
    assert refused.value.http_status_code == 401
