"""A small, complete authored registry for tests: two ministries, a province, one procedure, two forms."""

from __future__ import annotations

from typing import Final

from registry_services import EVIDENCE, SCHEMAS, SERVICES

INSTANCE: Final = """\
instance = "VN-test"
name = { vi = "Thử nghiệm", en = "Test" }
operator = "a100000"
"""

AGENCIES: Final = """\
[[agency]]
id = "a100000"
name = { vi = "Đơn vị vận hành", en = "Operator" }
kind = "operator"
valid_from = 2020-01-01
security_level = 4
aliases = [{ scheme = "QD20", code = "G22.99" }]

[[agency]]
id = "a100001"
name = { vi = "Bộ Công an", en = "Ministry of Public Security" }
kind = "ministry"
valid_from = 2020-01-01
security_level = 5
aliases = [{ scheme = "QD20", code = "G01" }]

[[agency.system]]
id = "population"
name = { vi = "CSDL quốc gia về dân cư", en = "Population database" }

[[agency]]
id = "a100002"
name = { vi = "Bộ Tư pháp", en = "Ministry of Justice" }
kind = "ministry"
valid_from = 2020-01-01
security_level = 4
aliases = [{ scheme = "QD20", code = "G15" }]

[[agency.system]]
id = "civil-status"
name = { vi = "Hộ tịch điện tử", en = "Civil status" }

[[agency]]
id = "a200001"
name = { vi = "Tỉnh Mẫu", en = "Sample province" }
kind = "province"
valid_from = 2020-01-01
security_level = 3
aliases = [{ scheme = "QD20", code = "H56" }]

[[agency]]
id = "a200002"
name = { vi = "Xã Cũ", en = "Old commune" }
kind = "commune"
parent = "a200001"
valid_from = 2020-01-01
valid_to = 2025-07-01
successors = ["a200003"]
security_level = 3
aliases = [{ scheme = "QD20", code = "H56.14" }]

[[agency]]
id = "a200003"
name = { vi = "Xã Mới", en = "New commune" }
kind = "commune"
parent = "a200001"
valid_from = 2025-07-01
security_level = 3
hosted_by = "a200001"
aliases = [{ scheme = "QD20", code = "H56.20" }]

[[agency.system]]
id = "one-stop"
name = { vi = "Một cửa", en = "One-stop counter" }
"""

CODELISTS: Final = """\
[[codelist]]
id = "purpose"
version = 1
name = { vi = "Mục đích", en = "Purposes" }
[[codelist.code]]
code = "dossier"
name = { vi = "Giải quyết hồ sơ", en = "Resolving a dossier" }
[[codelist.code]]
code = "audit"
name = { vi = "Thanh tra", en = "Inspection" }

[[codelist]]
id = "basis"
version = 1
name = { vi = "Căn cứ pháp lý", en = "Statutes" }
[[codelist.code]]
code = "278/2025/NĐ-CP"
name = { vi = "Nghị định 278/2025", en = "Decree 278/2025" }

[[codelist]]
id = "sex"
version = 1
name = { vi = "Giới tính", en = "Sex" }
[[codelist.code]]
code = "male"
name = { vi = "Nam", en = "Male" }
[[codelist.code]]
code = "female"
name = { vi = "Nữ", en = "Female" }
"""

DICTIONARY = """\
[[term]]
id = "person.number"
name = { vi = "Số định danh", en = "Personal number" }
type = "string"
sensitivity = "personal"
identifier = true

[[term]]
id = "person.full-name"
name = { vi = "Họ và tên", en = "Full name" }
type = "string"
sensitivity = "personal"

[[term]]
id = "person.birth"
name = { vi = "Ngày sinh", en = "Date of birth" }
type = "date"
sensitivity = "personal"

[[term]]
id = "person.sex"
name = { vi = "Giới tính", en = "Sex" }
type = "code"
codelist = "sex"
sensitivity = "personal"

[[term]]
id = "person.residence"
name = { vi = "Nơi cư trú", en = "Residence" }
type = "string"
sensitivity = "personal"

[[term]]
id = "marriage.exists"
name = { vi = "Có đăng ký kết hôn", en = "Is married" }
type = "boolean"
sensitivity = "personal"

[[term]]
id = "marriage.date"
name = { vi = "Ngày kết hôn", en = "Date of marriage" }
type = "date"
sensitivity = "personal"
"""

DICTIONARY += """\
[[term]]
id = "wish.copies"
name = { vi = "Số bản sao muốn nhận", en = "Copies wanted" }
type = "number"
sensitivity = "open"
"""

AGREEMENTS: Final = """\
[[agreement]]
id = "ag-0001"
consumer = "a200003"
service = "a100001/population/person"
operations = ["read"]
purposes = ["dossier"]
basis = "278/2025/NĐ-CP"
terms = ["person.number", "person.full-name", "person.birth", "person.residence"]
quota = { count = 1000, per = "day" }
valid_from = 2025-07-01

[[agreement]]
id = "ag-0002"
consumer = "a200003"
consumer_system = "one-stop"
service = "a100002/civil-status/marriage"
operations = ["extract"]
purposes = ["dossier"]
basis = "278/2025/NĐ-CP"
terms = ["marriage.exists", "marriage.date"]
procedures = ["1.001193"]
assurance = "substantial"
valid_from = 2025-07-01
valid_to = 2027-01-01

[[agreement]]
id = "ag-0003"
consumer = "a200003"
service = "a100002/civil-status/scans"
operations = ["fetch"]
purposes = ["audit"]
basis = "278/2025/NĐ-CP"
valid_from = 2025-07-01
state = "suspended"
opaque_reason = "Bản quét trước 2016 chưa có cấu trúc"
"""

PROCEDURES: Final = """\
[[procedure]]
code = "1.001193"
name = { vi = "Đăng ký khai sinh", en = "Birth registration" }
agency_level = "commune"
basis = "278/2025/NĐ-CP"
results = [{ code = "KQ.G15.000002", name = { vi = "Giấy khai sinh", en = "Birth certificate" } }]
roles = ["mother", "father", "child"]
new_roles = ["child"]

[[procedure.requirement]]
id = "residence-of-mother"
name = { vi = "Nơi cư trú của mẹ", en = "Mother's residence" }
subject = "mother"
papers = ["KQ.G01.000001"]
[[procedure.requirement.list]]
evidence = ["residence"]

[[procedure.requirement]]
id = "marriage-of-parents"
name = { vi = "Quan hệ hôn nhân", en = "Parents' marriage" }
subject = "mother"
when = { role_present = "father" }
[[procedure.requirement.list]]
evidence = ["marriage-extract", "residence"]
[[procedure.requirement.list]]
evidence = ["marriage-extract"]

[[procedure.requirement]]
id = "notice-of-birth"
name = { vi = "Giấy chứng sinh", en = "Notice of birth" }
subject = "mother"
[[procedure.requirement.list]]
evidence = ["hospital-notice"]

[[procedure.requirement]]
id = "declaration"
name = { vi = "Tờ khai", en = "Declaration" }
subject = "mother"
citizen_only = true
"""

FORMS: Final = """\
[[form]]
id = "birth"
version = 1
procedure = "1.001193"
name = { vi = "Tờ khai khai sinh", en = "Birth declaration" }

[[form.field]]
name = "mother-number"
label = { vi = "Số định danh của mẹ", en = "Mother's number" }
term = "person.number"
of = "mother"

[[form.field]]
name = "child-name"
label = { vi = "Tên con", en = "Child's name" }
term = "person.full-name"
of = "child"

[[form.field]]
name = "copies"
label = { vi = "Số bản sao", en = "Copies wanted" }
term = "wish.copies"
of = "mother"
required = false

[[form]]
id = "birth-bad"
version = 1
procedure = "1.001193"
name = { vi = "Tờ khai hỏi lại", en = "A form that asks again" }

[[form.field]]
name = "mother-number"
label = { vi = "Số định danh của mẹ", en = "Mother's number" }
term = "person.number"
of = "mother"

[[form.field]]
name = "mother-residence"
label = { vi = "Nơi cư trú của mẹ", en = "Mother's residence" }
term = "person.residence"
of = "mother"

[[form.field]]
name = "mother-sex"
label = { vi = "Giới tính của mẹ", en = "Mother's sex" }
term = "person.sex"
of = "mother"
"""


def folder(**replaced: str) -> dict[str, bytes]:
    """The files; a keyword such as ``agencies="…"`` replaces that family's text."""
    texts = {
        "agencies": AGENCIES,
        "codelists": CODELISTS,
        "dictionary": DICTIONARY,
        "services": SERVICES,
        "evidence": EVIDENCE,
        "agreements": AGREEMENTS,
        "procedures": PROCEDURES,
        "forms": FORMS,
        **replaced,
    }
    instance = texts.pop("instance", INSTANCE)
    files = {f"{family}/all.toml": text.encode() for family, text in texts.items()}
    return {"instance.toml": instance.encode(), **files, **SCHEMAS}
