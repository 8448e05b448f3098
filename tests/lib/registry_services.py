"""What the registry of tests offers: services, evidence, and the schemas of their questions and answers."""

from __future__ import annotations

import json
from typing import Final

SERVICES: Final = """\
[[service]]
id = "a100001/population/person"
name = { vi = "Thông tin công dân", en = "Person" }
shape = "shaped"
basis = "278/2025/NĐ-CP"
subject_scheme = "citizen"

[[service.operation]]
name = "read"
assurance = "substantial"
question = "person.question@1"
answer = "person.answer@1"
timeout_ms = 5000

[[service.operation]]
name = "verify"
assurance = "low"
question = "person.question@1"
answer = "person.verified@1"
purposes = ["dossier"]

[[service]]
id = "a100002/civil-status/marriage"
name = { vi = "Đăng ký kết hôn", en = "Marriage" }
shape = "shaped"
basis = "278/2025/NĐ-CP"
subject_scheme = "citizen"

[[service.operation]]
name = "extract"
assurance = "low"
question = "marriage.question@1"
answer = "marriage.answer@1"

[[service]]
id = "a100002/civil-status/scans"
name = { vi = "Bản quét", en = "Scans" }
shape = "opaque"
basis = "278/2025/NĐ-CP"
subject_scheme = "citizen"

[[service.operation]]
name = "fetch"
assurance = "high"
"""

EVIDENCE: Final = """\
[[evidence]]
id = "residence"
name = { vi = "Thông tin cư trú", en = "Residence" }
papers = ["KQ.G01.000001"]

[[evidence.provider]]
service = "a100001/population/person"
operation = "read"
terms = ["person.residence", "person.full-name"]
question = { number = "$subject.id", name = "$subject.name" }

[[evidence]]
id = "marriage-extract"
name = { vi = "Trích lục kết hôn", en = "Marriage extract" }
papers = ["KQ.G15.000001"]

[[evidence.provider]]
service = "a100002/civil-status/marriage"
operation = "extract"
terms = ["marriage.exists", "marriage.date"]
question = { number = "$subject.id" }
satisfied_when = { pointer = "/exists", equals = true }

[[evidence]]
id = "hospital-notice"
name = { vi = "Giấy chứng sinh", en = "Notice of birth" }
"""


def _leaf(kind: str, term: str, **more: object) -> dict[str, object]:
    return {"type": kind, "x-term": term, **more}


def _schema(properties: dict[str, object], *required: str, **more: object) -> bytes:
    document = {"type": "object", "properties": properties, "required": list(required), **more}
    return json.dumps(document, indent=2).encode()


SCHEMAS: Final = {
    "schemas/person.question/1.json": _schema(
        {
            "number": _leaf("string", "person.number", pattern="^[0-9]{12}$"),
            "name": _leaf("string", "person.full-name"),
        },
        "number",
        "name",
    ),
    "schemas/person.answer/1.json": _schema(
        {
            "number": _leaf("string", "person.number", pattern="^[0-9]{12}$"),
            "name": _leaf("string", "person.full-name", maxLength=100),
            "birth": _leaf("string", "person.birth", format="date"),
            "sex": _leaf("string", "person.sex", enum=["male", "female"]),
            "homes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"address": {"$ref": "#/$defs/address"}},
                    "required": ["address"],
                },
            },
        },
        "number",
        "name",
        "birth",
        **{"$defs": {"address": _leaf("string", "person.residence", maxLength=500)}},
    ),
    "schemas/person.verified/1.json": _schema(
        {"number": _leaf("string", "person.number"), "name": _leaf("string", "person.full-name")}, "number"
    ),
    "schemas/marriage.question/1.json": _schema(
        {"number": _leaf("string", "person.number", pattern="^[0-9]{12}$")}, "number"
    ),
    "schemas/marriage.answer/1.json": _schema(
        {"exists": _leaf("boolean", "marriage.exists"), "date": _leaf("string", "marriage.date", format="date")},
        "exists",
    ),
}
