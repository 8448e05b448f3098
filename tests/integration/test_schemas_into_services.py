"""From a developer's registration to a service: taken over by the registrar, signed, and held to its agreements."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from processes import run_command
from schemas_kit import REAL, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = Path("config/sample/registry")
SAID = {"owner": "a100000", "basis": "278/2025/NĐ-CP", "effectiveDate": "2026-01-01"}
RESIDENCE = json.loads((SAMPLE / "schemas/population-residence/1.json").read_text(encoding="utf-8"))
XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Claim"><xs:complexType><xs:sequence>
<xs:element name="Day" type="xs:date"/></xs:sequence></xs:complexType></xs:element></xs:schema>"""


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    standing = Standing(tmp_path_factory.mktemp("schemas"), formats=REAL)
    yield standing
    standing.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "authored"))


def register(
    schemas: Standing, subject: str, schema: object, properties: dict[str, str] | None = None, **more: object
) -> None:
    metadata = {"properties": {**SAID, **(properties or {})}}
    answer = schemas.put(f":.gov:{subject}", schema, metadata=metadata, **more)
    assert answer.status == 200, answer.body


def take(schemas: Standing, folder: Path, *subjects: str, code: int = 0) -> dict[str, Any]:
    key = folder.parent / "key"
    key.write_text(schemas.secrets["admin"], encoding="utf-8")
    key.chmod(0o600)
    arguments = ("--from", schemas.url, "--user", "admin", "--key-file", str(key), "--json")
    ended = run_command("registry", "take", str(folder), *subjects, *arguments)
    assert ended.code == code, ended.err
    return dict(ended.json)


def test_a_registered_version_reaches_a_service_and_a_breaking_one_does_not(
    schemas: Standing, folder: Path, tmp_path: Path
):
    signed = ("--repository", str(tmp_path / "repository"), "--keys", str(tmp_path / "keys"))
    assert run_command("registry", "init", str(tmp_path / "repository"), "--keys", str(tmp_path / "keys")).code == 0
    assert run_command("registry", "publish", str(folder), *signed).code == 0
    stricter = json.loads(json.dumps(RESIDENCE))
    stricter["properties"]["permanent_address"]["maxLength"] = 200
    register(schemas, "residence-v2", stricter)
    assert take(schemas, folder, "residence-v2") == {
        "written": ["schemas/residence-v2/1.json"],
        "held": [],
        "left": [],
    }
    assert json.loads((folder / "schemas/residence-v2/1.json").read_bytes()) == stricter
    assert take(schemas, folder, "residence-v2")["held"] == ["residence-v2@1"]
    services = folder / "services" / "population.toml"
    text = services.read_text(encoding="utf-8")
    services.write_text(text.replace("population-residence@1", "residence-v2@1"), encoding="utf-8")
    published = run_command("registry", "publish", str(folder), *signed, "--json")
    assert (published.code, published.json["version"]) == (0, 2), published.err

    assert schemas.ask("PUT", "/config/:.gov:residence-v2", {"compatibility": "NONE"}).status == 200
    stricter["required"].remove("full_name")
    register(schemas, "residence-v2", stricter)
    assert take(schemas, folder)["written"] == ["schemas/residence-v2/2.json"]
    services.write_text(text.replace("population-residence@1", "residence-v2@2"), encoding="utf-8")
    refused = run_command("registry", "publish", str(folder), *signed, "--json")
    (mistake,) = refused.json["error"]["mistakes"]
    assert (refused.code, mistake["rule"]) == (3, "breaks-agreements")
    assert "ag-0001" in mistake["message_en"]


def test_what_services_cannot_use_is_left_with_its_reason_and_the_rest_is_taken(schemas: Standing, folder: Path):
    record = {"type": "record", "name": "Claim", "fields": [{"name": "day", "type": "string"}]}
    register(schemas, "claim-event", record, schemaType="AVRO", properties={"term:day": "claim.day"})
    register(schemas, "claim", XSD, schemaType="XSD", properties={"term:Claim": "claim", "term:Claim/Day": "claim.day"})
    bound = {"type": "object", "properties": {"day": {"type": "string"}}}
    register(schemas, "claim-day", bound, properties={"term:/properties/day": "claim.day"})
    (folder / "schemas/claim-day").mkdir()
    taken = take(schemas, folder, "claim", "claim-event", code=1)
    assert taken["written"] == ["schemas/claim/1.xsd", "schemas/claim/1.terms.toml"]
    assert (folder / "schemas/claim/1.xsd").read_text(encoding="utf-8") == XSD
    assert taken["left"] == [
        {"ref": "claim-event@1", "reason": "services speak JSON Schema and XSD, not AVRO"},
    ]
    take(schemas, folder, "claim-day")
    written = json.loads((folder / "schemas/claim-day/1.json").read_bytes())
    assert written["properties"]["day"] == {"type": "string", "x-term": "claim.day"}
    (folder / "schemas/claim-day/1.json").write_text("{}", encoding="utf-8")
    (left,) = take(schemas, folder, "claim-day", code=1)["left"]
    assert left["reason"] == "the folder holds another text under this version"
    assert (folder / "schemas/claim-day/1.json").read_text(encoding="utf-8") == "{}"


def test_a_subject_that_is_not_there_and_a_key_that_is_not_known(schemas: Standing, folder: Path):
    said = take(schemas, folder, "no-such", code=4)
    assert "no-such" in said["error"]["message"]
    key = folder.parent / "key"
    key.write_text("lt_wrong", encoding="utf-8")
    arguments = ("--from", schemas.url, "--user", "admin", "--key-file", str(key), "--json")
    refused = run_command("registry", "take", str(folder), *arguments)
    assert (refused.code, "401" in refused.json["error"]["message"]) == (4, True)
