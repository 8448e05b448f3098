"""The world's agencies, keys and registry: the small registry of the tests, and what the exchanges need beside it."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Final, NamedTuple

from registry_folder import AGREEMENTS, PROCEDURES, SERVICES, folder

from bus.link.ports import Peer
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_registry
from signing.devpki import DevPki, Issued
from signing.keys import Signer, load_signer, thumbprint

CONSUMER, POPULATION, JUSTICE, OPERATOR = "a200003", "a100001", "a100002", "a100000"
PROVINCE, MERGED, STRANGER = "a200001", "a200002", "a999999"
"""The province hosts the commune's node; the merged commune still has its keys; nobody knows the stranger."""
AGENCIES: Final = (OPERATOR, POPULATION, JUSTICE, PROVINCE, CONSUMER, MERGED)
BASIS: Final = "278/2025/NĐ-CP"
PERSON: Final = f"{POPULATION}/population/person"
MARRIAGE: Final = f"{JUSTICE}/civil-status/marriage"
BIRTH: Final = f"{JUSTICE}/civil-status/birth"
EXTRACT: Final = f"{JUSTICE}/civil-status/extract"
SCANS: Final = f"{JUSTICE}/civil-status/scans"
PROCEDURE: Final = "1.001193"


def agreement(number: str, service: str, operation: str, **more: str) -> str:
    """One more agreement of the commune's, for inspection outside a dossier; `more` lines as TOML values."""
    lines = {
        "id": f'"{number}"',
        "consumer": f'"{CONSUMER}"',
        "service": f'"{service}"',
        "operations": f'["{operation}"]',
        "purposes": '["audit"]',
        "basis": f'"{BASIS}"',
        "valid_from": "2025-07-01",
        **more,
    }
    return "\n[[agreement]]\n" + "\n".join(f"{name} = {value}" for name, value in lines.items() if value) + "\n"


AUDIT: Final = agreement(
    "ag-0100",
    PERSON,
    "read",
    terms='["person.number", "person.full-name", "person.residence", "person.birth"]',
    assurance='"substantial"',
)
WORLD_AGREEMENTS: Final = (
    AGREEMENTS.replace('state = "suspended"\n', "")
    + AUDIT
    + "".join(
        (
            agreement("ag-0101", BIRTH, "register", terms='["person.number", "marriage.exists"]'),
            agreement("ag-0102", EXTRACT, "fetch", terms='["person.number", "marriage.exists"]'),
            agreement("ag-0104", MARRIAGE, "extract", terms='["marriage.exists"]', quota='{ count = 2, per = "day" }'),
        )
    )
)
WORLD_SERVICES: Final = SERVICES.replace('name = "fetch"\nassurance = "high"', 'name = "fetch"\nassurance = "low"') + (
    f"""
[[service]]
id = "{BIRTH}"
name = {{ vi = "Đăng ký khai sinh", en = "Births" }}
shape = "shaped"
basis = "{BASIS}"
subject_scheme = "citizen"

[[service.operation]]
name = "register"
safe = false
assurance = "low"
question = "marriage.question@1"
answer = "birth.answer@1"

[[service]]
id = "{EXTRACT}"
name = {{ vi = "Trích lục", en = "Extracts, in XML" }}
shape = "shaped"
basis = "{BASIS}"
subject_scheme = "citizen"

[[service.operation]]
name = "fetch"
assurance = "low"
question = "extract.question@1"
answer = "extract.answer@1"
"""
)
_XSD: Final = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{}</xs:schema>'
_NUMBER: Final = (
    '<xs:simpleType name="So"><xs:restriction base="xs:string"><xs:pattern value="[0-9]{12}"/></xs:restriction>'
    "</xs:simpleType>"
)
WORLD_SCHEMAS: Final = {
    "schemas/birth.answer/1.json": (
        b'{"type":"object","required":["number"],"properties":{"number":{"type":"string","x-term":"person.number"},'
        b'"exists":{"type":"boolean","x-term":"marriage.exists"}}}'
    ),
    "schemas/extract.question/1.xsd": _XSD.format(
        _NUMBER + '<xs:element name="Hoi"><xs:complexType><xs:sequence><xs:element name="SoDinhDanh" type="So"/>'
        "</xs:sequence></xs:complexType></xs:element>"
    ).encode(),
    "schemas/extract.question/1.terms.toml": b'[[field]]\npath = "Hoi/SoDinhDanh"\nterm = "person.number"\n',
    "schemas/extract.answer/1.xsd": _XSD.format(
        _NUMBER + '<xs:element name="TrichLuc"><xs:complexType><xs:sequence>'
        '<xs:element name="SoDinhDanh" type="So"/>'
        '<xs:element name="NoiCuTru" type="xs:string" minOccurs="0"/>'
        '<xs:element name="KetHon" type="xs:boolean" minOccurs="0"/>'
        '</xs:sequence><xs:attribute name="NgayKetHon" type="xs:date"/></xs:complexType></xs:element>'
    ).encode(),
    "schemas/extract.answer/1.terms.toml": (
        b'[[field]]\npath = "TrichLuc/SoDinhDanh"\nterm = "person.number"\n'
        b'[[field]]\npath = "TrichLuc/NoiCuTru"\nterm = "person.residence"\n'
        b'[[field]]\npath = "TrichLuc/KetHon"\nterm = "marriage.exists"\n'
        b'[[field]]\npath = "TrichLuc/@NgayKetHon"\nterm = "marriage.date"\n'
    ),
}
WORLD_FAMILIES: Final = {"agreements": WORLD_AGREEMENTS, "services": WORLD_SERVICES, "procedures": PROCEDURES}


class Made(NamedTuple):
    """Keys and certificates, made once for all worlds."""

    dev: DevPki
    seals: dict[str, Issued]
    links: dict[str, Issued]


@cache
def made(now: datetime) -> Made:
    dev = DevPki.create(now)
    return Made(
        dev,
        {agency: dev.seal(agency, now) for agency in (*AGENCIES, STRANGER)},
        {agency: dev.link_client(f"{agency}.test", now) for agency in AGENCIES},
    )


@cache
def compiled(
    version: int, replaced: tuple[tuple[str, str], ...], certificates: tuple[tuple[str, bytes], ...]
) -> Snapshot:
    """A snapshot never changes, so worlds with the same registry share it."""
    return compile_registry(
        folder(**{**WORLD_FAMILIES, **dict(replaced)}) | WORLD_SCHEMAS | dict(certificates), version
    )


class Pki:
    """Keys and certificates of every agency, and the registry's files that name them."""

    def __init__(self, made: Made) -> None:
        self.dev, self.seals, self.links = made.dev, dict(made.seals), made.links
        self.revoked: dict[str, str] = {}

    def files(self) -> dict[str, bytes]:
        entries = ['anchors = ["certificates/root.pem", "certificates/issuing.pem"]\n']
        files = {"certificates/root.pem": self.dev.root, "certificates/issuing.pem": self.dev.issuing}
        for use, issued in (("seal", self.seals), ("link", self.links)):
            for agency in AGENCIES:
                path = f"certificates/{agency}-{use}.pem"
                files[path] = issued[agency].certificate
                revoked = self.revoked.get(f"{agency}-{use}")
                entries.append(
                    f'[[certificate]]\nagency = "{agency}"\nuse = "{use}"\nfile = "{path}"\n'
                    + (f"revoked_at = {revoked}\n" if revoked else "")
                )
        return files | {"certificates.toml": "\n".join(entries).encode()}

    def registry(self, version: int, **replaced: str) -> Snapshot:
        """Compile the world's folder with families of tables replaced."""
        return compiled(version, tuple(replaced.items()), tuple(self.files().items()))

    def signer(self, agency: str) -> Signer:
        issued = self.seals[agency]
        return load_signer(issued.key, issued.certificate)

    def peer(self, agency: str) -> Peer:
        der = self.links[agency].der
        return Peer(der, thumbprint(der), "test")
