"""The authored registry of `registry_folder`, spoken to by X-Road: members, subsystems, a REST and a SOAP service."""

from __future__ import annotations

from typing import Final

from registry_folder import folder

_MEMBERS: Final = {"G22.99": "VN/GOV/G22.99", "G01": "VN/GOV/G01", "G15": "VN/GOV/G15", "H56.20": "VN/GOV/H56.20"}
_SUBSYSTEMS: Final = {
    'id = "civil-status"\n': ("VN/GOV/G15/civil-status", "VN/GOV/G15/hộ-tịch"),
    'id = "one-stop"\n': ("VN/GOV/H56.20/one-stop",),
}
REST: Final = "a100002/civil-status/scans"
SOAP: Final = "a100002/civil-status/letters"
_SERVICES: Final = """
[[service]]
id = "a100002/civil-status/letters"
name = { vi = "Thư", en = "Letters" }
shape = "opaque"
basis = "278/2025/NĐ-CP"
subject_scheme = "citizen"
xroad = { protocol = "soap", description = "descriptions/letters.wsdl", files = ["descriptions/letters.xsd"] }

[[service.operation]]
name = "send"
assurance = "low"
xroad = "sendLetter.v1"
officer_required = false

[[service.operation]]
name = "read"
assurance = "low"
xroad = "readLetter"
officer_required = false
"""
_REST: Final = (
    'xroad = { protocol = "rest", codes = ["scans", "quét"], description = "descriptions/scans.yaml" }\n'
    '\n[[service.operation]]\nname = "fetch"\nofficer_required = false\nendpoints = ["* /**"]\n'
)
_AGREEMENT: Final = """
[[agreement]]
id = "ag-xroad"
consumer = "a200003"
service = "a100002/civil-status/letters"
operations = ["send"]
purposes = ["audit"]
basis = "278/2025/NĐ-CP"
valid_from = 2025-07-01
opaque_reason = "Thư chưa có cấu trúc"
"""


def xroad_folder() -> dict[str, bytes]:
    """The files; each edit must really change something."""
    files = folder()
    agencies = files["agencies/all.toml"].decode()
    for code, member in _MEMBERS.items():
        agencies = _edited(
            agencies, f'code = "{code}" }}]', f'code = "{code}" }}, {{ scheme = "XROAD", code = "{member}" }}]'
        )
    for system, names in _SUBSYSTEMS.items():
        agencies = _edited(agencies, system, f"{system}xroad = {list(names)!r}\n")
    services = files["services/all.toml"].decode()
    head, _, tail = services.partition(f'id = "{REST}"')
    tail = _edited(tail, '\n[[service.operation]]\nname = "fetch"\n', _REST)
    agreements = files["agreements/all.toml"].decode() + _AGREEMENT
    return {
        **files,
        "agencies/all.toml": agencies.encode(),
        "services/all.toml": f'{head}id = "{REST}"{tail}{_SERVICES}'.encode(),
        "agreements/all.toml": agreements.encode(),
        "descriptions/scans.yaml": b"openapi: 3.0.3\n",
        "descriptions/letters.wsdl": b"<definitions/>",
        "descriptions/letters.xsd": b"<schema/>",
    }


def _edited(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)
