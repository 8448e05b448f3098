"""The schema registry's calls, black box: request, status, whole body."""

from __future__ import annotations

from pathlib import Path

import pytest
from registry_rows import ANY, Chapter
from schemas_kit import REAL, Standing

PLAIN = '{"type":"object"}'
WIDER = '{"type":["object","null"]}'
STRICT = '{"type":"object","required":["a"]}'
REFERS = '{"$ref":"b.json"}'


def json(text: str, **more: object) -> dict[str, object]:
    return {"schemaType": "JSON", "schema": text, **more}


def new(id_: int, version: int, text: str = PLAIN) -> dict[str, object]:
    """The answer to a registration."""
    return {"id": id_, "version": version, "guid": ANY, "schemaType": "JSON", "schema": text}


def version(subject: str, id_: int, number: int, text: str = PLAIN, **more: object) -> dict[str, object]:
    place = {"subject": subject, "version": number, "id": id_, "guid": ANY}
    return {**place, "schemaType": "JSON", "schema": text, "ts": ANY, **more}


def error(code: int, message: str = ANY, **more: object) -> dict[str, object]:
    return {"error_code": code, "message": message, **more}


UNKNOWN = error(40401, "Subject 'none' not found.")

REGISTERING = (
    Chapter("Registering and reading", "The same schema has the same id wherever it is registered in a context.")
    .get("/", 200, {})
    .get("/subjects", 200, [])
    .post("/subjects/a-value/versions", json(PLAIN), 200, new(1, 1))
    .post("/subjects/a-value/versions", json(PLAIN), 200, new(1, 1))
    .post("/subjects/a-value/versions", json('{ "type": "object" }'), 200, new(1, 1))
    .post("/subjects/b%2Fvalue/versions", json(PLAIN), 200, new(1, 1))
    .post("/subjects/a-value/versions?normalize=False", json(WIDER), 200, new(2, 2, WIDER))
    .get("/subjects", 200, ["a-value", "b/value"])
    .get("/subjects?subjectPrefix=b", 200, ["b/value"])
    .get("/subjects?offset=1&limit=1", 200, ["b/value"])
    .get("/subjects/a-value/versions", 200, [1, 2])
    .get("/subjects/a-value/versions?offset=1", 200, [2])
    .get("/subjects/b%2Fvalue/versions/1", 200, version("b/value", 1, 1))
    .get("/subjects/a-value/versions/latest", 200, version("a-value", 2, 2, WIDER))
    .get("/subjects/a-value/versions/-1", 200, version("a-value", 2, 2, WIDER))
    .get("/subjects/a-value/versions/1/schema", 200, {"type": "object"})
    .get("/schemas/ids/1", 200, {"schemaType": "JSON", "schema": PLAIN})
    .get("/schemas/ids/1?fetchMaxId=true", 200, {"schemaType": "JSON", "schema": PLAIN, "maxId": 2})
    .get("/schemas/ids/1/schema", 200, {"type": "object"})
    .get("/schemas/ids/1/subjects", 200, ["a-value", "b/value"])
    .get("/schemas/ids/1/versions", 200, [{"subject": "a-value", "version": 1}, {"subject": "b/value", "version": 1}])
    .get("/schemas?latestOnly=true", 200, [version("a-value", 2, 2, WIDER), version("b/value", 1, 1)])
    .get("/schemas?subjectPrefix=a&limit=1", 200, [version("a-value", 1, 1)])
    .get("/schemas/types", 200, ["JSON", "XSD", "AVRO", "PROTOBUF", "WSDL", "OPENAPI"])
    .post("/subjects/a-value", json(PLAIN), 200, version("a-value", 1, 1))
    .post(
        "/subjects/a-value?normalize=false&deleted=false", json(' {"type" : "object"}'), 200, version("a-value", 1, 1)
    )
    .get("/subjects/none/versions", 404, UNKNOWN)
    .get("/subjects/none/versions/1", 404, UNKNOWN)
    .post("/subjects/none", json(PLAIN), 404, UNKNOWN)
    .get("/subjects/a-value/versions/9", 404, error(40402, "Version 9 not found."))
    .post("/subjects/a-value", json('{"type":"array"}'), 404, error(40403, "Schema not found"))
    .get("/schemas/ids/99", 404, error(40403, "Schema 99 not found"))
    .get("/schemas/guids/none", 404, error(40403, "Schema none not found"))
)
WRONG = (
    Chapter("What is wrong is said", "Always JSON, always with a code; nothing that is sent gives a 500.")
    .post("/subjects/a/versions", json("{"), 422, error(42201, "Invalid schema: …", rule=ANY, place=ANY, said=ANY))
    .post("/subjects/a/versions", json(""), 422, error(42201, "Empty schema"))
    .post("/subjects/a/versions", {"schemaType": "JSON"}, 422, error(42201, "Empty schema"))
    .post("/subjects/a/versions", {"schema": "{}", "schemaType": "X"}, 422, error(42201, "Invalid schema type X"))
    .post("/subjects/a/versions", b"{", 400, error(400, "HTTP 400 Bad Request"))
    .post("/subjects/a/versions", b"[]", 422, error(422))
    .post("/subjects/a/versions", {"schema": 5}, 422, error(422))
    .post("/subjects/a/versions", {"field": "x"}, 422, error(422, "Unrecognized field: field"))
    .post("/subjects/a", {}, 404, error(40401, "Subject 'a' not found."))
    .get("/subjects/", 200, [])
    .get("/config/", 200, {"compatibilityLevel": "BACKWARD"})
    .post("/subjects/a%00b/versions", json(PLAIN), 422, error(42208, "The specified subject 'a\0b' is not a valid."))
    .post("/subjects/a/versions", json("x" * (1 << 20) + "x"), 422, error(42209))
    .post("/subjects/a/versions", json(PLAIN, ruleSet={"domainRules": [{}]}), 422, error(42210))
    .get("/subjects/a/versions/0", 422, error(42202))
    .get("/subjects/a/versions/last", 422, error(42202, "The specified version 'last' is not a valid version id. …"))
    .put("/config", {"compatibility": "SOME"}, 422, error(42203, "Invalid compatibility level. Valid values are …"))
    .put("/mode", {"mode": "SOME"}, 422, error(42204, "Invalid mode. Valid values are …"))
    .get("/schemas/ids/one", 404, error(404, "HTTP 404 Not Found"))
    .get("/nothing/here", 404, error(404, "HTTP 404 Not Found"))
    .call("PATCH", "/subjects", None, 405, error(405, "HTTP 405 Method Not Allowed"))
    .get("/associations/resources/x", 404, error(40410, "Association for 'x' not found."))
)
DELETING = (
    Chapter("Deleting", "First marked, then for good; an id keeps its meaning for ever.")
    .post("/subjects/a/versions", json(PLAIN), 200, new(1, 1))
    .post("/subjects/a/versions", json(WIDER), 200, new(2, 2, WIDER))
    .delete("/subjects/a/versions/1?permanent=true", 404, error(40407, "Subject 'a' Version 1 was not deleted first …"))
    .delete("/subjects/a/versions/1", 200, 1)
    .delete("/subjects/a/versions/1", 404, error(40406, "Subject 'a' Version 1 was soft deleted.…"))
    .get("/subjects/a/versions/1", 404, error(40402, "Version 1 not found."))
    .get("/subjects/a/versions/1?deleted=True", 200, version("a", 1, 1, deleted=True))
    .get("/subjects/a/versions", 200, [2])
    .get("/subjects/a/versions?deleted=true", 200, [1, 2])
    .get("/subjects/a/versions?deletedOnly=true", 200, [1])
    .get("/subjects/a/versions?deletedAsNegative=true", 200, [-1, 2])
    .get("/schemas/ids/1", 200, {"schemaType": "JSON", "schema": PLAIN})
    .get("/schemas/ids/1/versions", 200, [])
    .get("/schemas/ids/1/versions?deleted=true", 200, [{"subject": "a", "version": 1}])
    .post("/subjects/a", json(PLAIN), 404, error(40403, "Schema not found"))
    .post("/subjects/a?deleted=true", json(PLAIN), 200, version("a", 1, 1, deleted=True))
    .delete("/subjects/a/versions/1?permanent=true", 200, 1)
    .get("/schemas/ids/1", 404, error(40403, "Schema 1 not found"))
    .delete("/subjects/a?permanent=true", 404, error(40405, "Subject 'a' was not deleted first …"))
    .delete("/subjects/a", 200, [2])
    .delete("/subjects/a", 404, error(40404, "Subject 'a' was soft deleted.…"))
    .get("/subjects", 200, [])
    .get("/subjects?deleted=true", 200, ["a"])
    .get("/subjects?deletedOnly=true", 200, ["a"])
    .get("/subjects/a/versions", 404, error(40401, "Subject 'a' not found."))
    .post("/subjects/a/versions", json(WIDER), 200, new(2, 3, WIDER))
    .delete("/subjects/a/versions/latest", 200, 3)
    .delete("/subjects/a?permanent=true", 200, [2, 3])
    .delete("/subjects/a", 404, error(40401, "Subject 'a' not found."))
    .post("/subjects/a/versions", json(PLAIN), 200, new(1, 1))
)
REFERRING = (
    Chapter("References", "A schema that another refers to stays; names lead to versions that exist.")
    .post("/subjects/base/versions", json(PLAIN), 200, new(1, 1))
    .post(
        "/subjects/user/versions",
        json(REFERS, references=[{"name": "b.json", "subject": "base", "version": 1}]),
        200,
        {**new(2, 1, REFERS), "references": [{"name": "b.json", "subject": "base", "version": 1}]},
    )
    .get("/subjects/base/versions/1/referencedby", 200, [2])
    .get("/subjects/user/versions/1/referencedby", 200, [])
    .delete("/subjects/base/versions/1", 422, error(42206, "One or more references exist to the schema {magic=1,…"))
    .delete("/subjects/base", 422, error(42206, "One or more references exist to the schema {magic=1,…"))
    .post(
        "/subjects/user/versions",
        json(REFERS, references=[{"name": "b.json", "subject": "base", "version": 7}]),
        422,
        error(42201, "Invalid schema: no schema reference found for subject 'base' and version 7", rule=ANY),
    )
    .post("/subjects/user/versions", json('{"$ref":"c.json"}'), 422, error(42201, rule=ANY, place=ANY, said=ANY))
    .delete("/subjects/user", 200, [1])
    .delete("/subjects/base/versions/1", 200, 1)
)
SETTINGS = (
    Chapter("Compatibility settings and modes", "A subject's own setting, else its context's, else the whole's.")
    .get("/config", 200, {"compatibilityLevel": "BACKWARD"})
    .get("/config/a", 404, error(40408, "Subject 'a' does not have subject-level compatibility configured"))
    .get("/config/a?defaultToGlobal=true", 200, {"compatibilityLevel": "BACKWARD"})
    .put("/config/a", {"compatibility": "none"}, 200, {"compatibility": "NONE"})
    .get("/config/a", 200, {"compatibilityLevel": "NONE"})
    .put("/config/a", {"normalize": True, "compatibilityPolicy": "lenient"}, 200, ANY)
    .get("/config/a", 200, {"normalize": True, "compatibilityLevel": "NONE", "compatibilityPolicy": "LENIENT"})
    .put("/config", {"compatibility": "FULL"}, 200, {"compatibility": "FULL"})
    .get("/config/b?defaultToGlobal=true", 200, {"compatibilityLevel": "FULL"})
    .delete("/config/a", 200, {"normalize": True, "compatibilityLevel": "NONE", "compatibilityPolicy": "LENIENT"})
    .delete("/config/a", 404, error(40401, "Subject 'a' not found."))
    .delete("/config", 200, {"compatibilityLevel": "FULL"})
    .get("/config", 200, {"compatibilityLevel": "BACKWARD"})
    .get("/mode", 200, {"mode": "READWRITE"})
    .get("/mode/a", 404, error(40409, "Subject 'a' does not have subject-level mode configured"))
    .get("/mode/a?defaultToGlobal=true", 200, {"mode": "READWRITE"})
    .put("/mode/a", {"mode": "READONLY"}, 200, {"mode": "READONLY"})
    .post("/subjects/a/versions", json(PLAIN), 422, error(42205, "Subject a is in read-only mode"))
    .delete("/mode/a", 200, {"mode": "READONLY"})
    .delete("/mode/a", 404, error(40401, "Subject 'a' not found."))
    .post("/subjects/a/versions", json(PLAIN, id=7), 422, error(42205, "Subject a is not in import mode"))
    .put("/mode/a", {"mode": "IMPORT"}, 200, {"mode": "IMPORT"})
    .post("/subjects/a/versions", json(PLAIN), 422, error(42205, "Subject a is not in read-write mode"))
    .post("/subjects/a/versions", json(PLAIN, id=7, version=3), 200, new(7, 3))
    .post("/subjects/a/versions", json(WIDER, id=7), 422, error(42205, "Overwrite new schema with id 7 is not …"))
    .delete("/mode/a", 200, {"mode": "IMPORT"})
    .put("/mode/a", {"mode": "IMPORT"}, 422, error(42205, "Cannot import since found existing subjects"))
    .put("/mode/a?force=true", {"mode": "IMPORT"}, 200, {"mode": "IMPORT"})
    .put("/mode", {"mode": "IMPORT"}, 422, error(42205, "Cannot import since found existing subjects"))
)
CHECKING = (
    Chapter("Compatibility", "Refused means shown or not decided; the witness is a document that shows it.")
    .post("/compatibility/subjects/a/versions/latest", json(STRICT), 200, {"is_compatible": True})
    .post("/compatibility/subjects/a/versions/1", json(STRICT), 404, error(40402, "Version 1 not found."))
    .post("/subjects/a/versions", json(PLAIN), 200, new(1, 1))
    .post("/compatibility/subjects/a/versions/latest", json(WIDER), 200, {"is_compatible": True})
    .post("/compatibility/subjects/a/versions/1", json(STRICT), 200, {"is_compatible": False})
    .post("/compatibility/subjects/a/versions", json(STRICT), 200, {"is_compatible": False})
    .post(
        "/compatibility/subjects/a/versions/latest?verbose=True",
        json(STRICT),
        200,
        {"is_compatible": False, "messages": ANY, "incompatibilities": ANY},
    )
    .post("/compatibility/subjects/a/versions/latest", json("{"), 422, error(42201, rule=ANY, place=ANY, said=ANY))
    .post(
        "/compatibility/subjects/a/versions/latest?verbose=true",
        json("{"),
        200,
        {"is_compatible": False, "messages": ANY, "incompatibilities": []},
    )
    .post(
        "/subjects/a/versions",
        json(STRICT),
        409,
        error(
            409,
            'Schema being registered is incompatible with an earlier schema for subject "a", details: […',
            incompatibilities=ANY,
        ),
    )
    .put("/config/a", {"compatibility": "FORWARD"}, 200, {"compatibility": "FORWARD"})
    .post("/subjects/a/versions", json(STRICT), 200, new(2, 2, STRICT))
    .put("/config/a", {"compatibility": "FULL_TRANSITIVE"}, 200, {"compatibility": "FULL_TRANSITIVE"})
    .post("/compatibility/subjects/a/versions/latest", json(STRICT), 200, {"is_compatible": True})
    .post("/compatibility/subjects/a/versions", json(STRICT), 200, {"is_compatible": False})
    .post("/subjects/a/versions", {"schema": '"string"'}, 409, error(409, incompatibilities=ANY))
)
CONTEXTS = (
    Chapter("Contexts", "Ids count for each context apart; a technical context is there once something is in it.")
    .get("/contexts", 200, ["."])
    .post("/subjects/:.pay:a/versions", json(PLAIN), 200, new(1, 1))
    .post("/subjects/a/versions", json(WIDER), 200, new(1, 1, WIDER))
    .get("/contexts", 200, [".", ".pay"])
    .get("/subjects", 200, [":.pay:a", "a"])
    .get("/subjects?subjectPrefix=:.pay:", 200, [":.pay:a"])
    .get("/subjects?subjectPrefix=:*:a", 200, [":.pay:a", "a"])
    .get("/subjects/:.pay:a/versions/1", 200, version(":.pay:a", 1, 1))
    .get("/schemas/ids/1?subject=:.pay:", 200, {"schemaType": "JSON", "schema": PLAIN})
    .get("/schemas/ids/1", 200, {"schemaType": "JSON", "schema": WIDER})
    .put("/config/:.pay:", {"compatibility": "NONE"}, 200, {"compatibility": "NONE"})
    .get("/config/:.pay:a?defaultToGlobal=true", 200, {"compatibilityLevel": "NONE"})
    .delete("/contexts/.pay", 422, error(42211, "The specified context '.pay' is not empty."))
    .delete("/subjects/:.pay:a", 200, [1])
    .delete("/subjects/:.pay:a?permanent=true", 200, [1])
    .delete("/contexts/.pay", 204, None)
    .get("/contexts", 200, ["."])
)
OWNER = {"owner": "a100000", "basis": "278/2025/NĐ-CP", "effectiveDate": "2026-01-01"}
TERMED = '{"properties":{"name":{"type":"string","x-term":"person.name"}}}'
GOVERNED = (
    Chapter("The governed context", "What services use says whose it is, why, from when, and what each field means.")
    .post(
        "/subjects/:.gov:person/versions",
        json('{"properties":{"name":{"type":"string"}}}'),
        422,
        error(42201, "Invalid schema: context .gov is governed: …", rule="governed", reasons=ANY),
    )
    .post(
        "/subjects/:.gov:person/versions",
        json(TERMED, metadata={"properties": OWNER}),
        200,
        {**new(1, 1, TERMED), "metadata": {"properties": OWNER}},
    )
    .get("/subjects/:.gov:person/metadata?key=owner&value=a100000", 200, ANY)
    .get("/subjects/:.gov:person/metadata?key=owner&value=other", 404, error(40402, "Version latest not found."))
)
ACCESS = (
    Chapter("Who may", "Denied by default; what may not be read is not there. Keys: `writer` and `reader` of `own-`.")
    .post("/subjects/own-a/versions", json(PLAIN), 200, new(1, 1), who="writer")
    .post("/subjects/other/versions", json(PLAIN), 403, error(40301), who="writer")
    .post("/subjects/other/versions", json(WIDER), 200, new(2, 1, WIDER))
    .get("/subjects", 200, ["own-a"], who="reader")
    .get("/subjects/other/versions", 404, error(40401, "Subject 'other' not found."), who="reader")
    .get("/schemas/ids/1", 200, {"schemaType": "JSON", "schema": PLAIN}, who="reader")
    .get("/schemas/ids/2", 404, error(40403, "Schema 2 not found"), who="reader")
    .post("/subjects/own-a/versions", json(WIDER), 403, error(40301), who="reader")
    .delete("/subjects/own-a", 403, error(40301), who="reader")
    .delete("/subjects/own-a/versions/1?permanent=true", 403, error(40301), who="writer")
    .put("/config/own-a", {"compatibility": "NONE"}, 403, error(40301), who="writer")
    .get("/subjects", 200, [], who="nobody")
    .get("/contexts", 200, [], who="nobody")
    .get("/config", 200, {"compatibilityLevel": "BACKWARD"}, who="nobody")
)
TAGGED = '{"type":"object","properties":{"a":{"type":"string","confluent:tags":["PII"]}}}'
UNTAGGED = '{"type":"object","properties":{"a":{"type":"string"}}}'
AT_A = [{"schemaEntity": {"entityPath": "object.a", "entityType": "sr_field"}, "tags": ["PII"]}]
ABOUT = {"metadata": {"properties": {"team": "x"}}, "ruleSet": {"domainRules": [{"name": "r"}]}}
TAGS = (
    Chapter("Tags, metadata, rules", "Kept and returned; a schema without its own takes those of the version before.")
    .post("/subjects/t/versions", json(UNTAGGED), 200, new(1, 1, UNTAGGED))
    .post("/subjects/t/versions/1/tags", {"tagsToAdd": AT_A}, 200, new(2, 2, TAGGED))
    .post("/subjects/t/versions/2/tags", {"tagsToRemove": AT_A}, 200, new(1, 1, UNTAGGED))
    .post("/subjects/t/versions", json(UNTAGGED, schemaTagsToAdd=AT_A), 200, new(2, 2, TAGGED))
    .post(
        "/subjects/t/versions/1/tags",
        {"tagsToAdd": [{"schemaEntity": {"entityPath": "object.z"}, "tags": ["PII"]}]},
        422,
        error(42201, "Invalid schema: there is no object.z", rule="tags"),
    )
    .post("/subjects/t/versions/9/tags", {"tagsToAdd": AT_A}, 404, error(40402, "Version 9 not found."))
    .post("/subjects/m/versions", json(PLAIN, **ABOUT), 200, {**new(3, 1), **ABOUT})
    .post("/subjects/m/versions", json(WIDER), 200, {**new(4, 2, WIDER), **ABOUT})
    .get("/schemas/ids/3", 200, {"schemaType": "JSON", "schema": PLAIN, **ABOUT})
)
CHAPTERS = [REGISTERING, WRONG, DELETING, REFERRING, SETTINGS, CHECKING, TAGS, CONTEXTS, GOVERNED, ACCESS]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[chapter.title for chapter in CHAPTERS])
def test_every_call_gets_what_the_manual_says(chapter: Chapter, tmp_path: Path):
    standing = Standing(tmp_path, formats=REAL)
    try:
        chapter.play(standing)
    finally:
        standing.close()
