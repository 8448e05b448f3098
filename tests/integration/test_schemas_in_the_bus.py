"""The registry of schemas beside a hub: changes are records, records protect versions, certificates stand for keys."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import orjson
from nation import EmbeddedNation
from schemas_kit import Standing, requiring

from bus import net
from bus.keystore.development import make_development_keys
from bus.keystore.pem import certificates_in
from config.registrants import Grant, Right, new_registrant
from config.secrets import read_secret
from registry.registered.names import Subject
from schemas.record import LeafType
from schemas.registration import decode


async def test_the_embedded_bus_records_each_registration(nation: EmbeddedNation):
    secret = read_secret(nation.state.schemas / "admin.key").decode()
    before = await nation.size()
    text = orjson.dumps({"type": "object"}).decode()
    with httpx2.Client(base_url=nation.bus.addresses.schemas, auth=("admin", secret), timeout=60) as client:
        for subject in ("orders", "orders", "bills"):
            body = {"schema": text, "schemaType": "JSON"}
            assert client.post(f"/registry/subjects/{subject}/versions", json=body).json()["id"] == 1
    ledger = nation.bus.ledger
    size = await nation.size()
    told = []
    for number in range(before, size):
        kept = await nation.ground.there(ledger.details(number))
        leaf = (await nation.ground.there(ledger.read(number, number + 1)))[0]
        if kept is not None and f'"type":{int(LeafType.REGISTRY)}'.encode() in leaf:
            told.append(decode(kept.details))
    assert [(one.kind, one.subject, one.by, one.registry) for one in told] == [
        ("register", "orders", "admin", "VN-test"),
        ("register", "bills", "admin", "VN-test"),
    ]


def test_a_version_that_the_ledger_names_is_never_deleted_for_good(tmp_path: Path):
    standing = Standing(tmp_path)
    try:
        metadata = {"properties": {"owner": "a100000", "basis": "1/2026/NĐ-CP", "effectiveDate": "2026-01-01"}}
        for number in range(2):
            put = standing.put(":.gov:person", requiring(title=str(number)), metadata=metadata)
            assert put.status == 200, put
        object.__setattr__(
            standing.schemas.registry,
            "named_by_ledger",
            lambda subject, number: (subject.name, number) == ("person", 1),
        )
        assert standing.schemas.registry.named_by_ledger(Subject(".gov", "person"), 1)
        assert standing.ask("DELETE", "/subjects/:.gov:person").body == [1, 2]
        refused = standing.ask("DELETE", "/subjects/:.gov:person?permanent=true")
        assert (refused.status, refused.code, refused.body["named_by"]) == (422, 42206, "ledger")
        assert standing.ask("DELETE", "/subjects/:.gov:person/versions/1?permanent=true").code == 42206
        assert standing.ask("DELETE", "/subjects/:.gov:person/versions/2?permanent=true").body == 2
        assert standing.ask("PUT", "/mode/:.gov:?force=true", {"mode": "IMPORT"}).status == 200
        other = standing.put(":.gov:person", requiring(title="x"), metadata=metadata, id=9, version=1)
        assert other.code == 42206
    finally:
        standing.close()


def test_a_certificate_stands_for_a_key(tmp_path: Path):
    pki = make_development_keys(
        tmp_path / "pki", now=datetime.now(UTC), agencies=["a100001"], nodes=["a100001", "a100002"]
    )
    root = pki.root.read_text("ascii")
    tls = net.face_context(pki.link_certificate("hub"), pki.link_key("hub"), root)
    standing = Standing(tmp_path, tls=tls)
    try:
        new_registrant(
            standing.file,
            name="by-card",
            agency="a100001",
            rights=[Grant(subjects="own-", may=(Right.READ, Right.WRITE))],
            days=1,
            now=datetime.now(UTC),
            certificate=net.thumbprint(certificates_in(pki.link_certificate("a100001"))[0]),
        )
        standing.restart()

        def subjects(node: str | None) -> int:
            context = ssl.create_default_context(cadata=root)
            if node is not None:
                context.load_cert_chain(pki.link_certificate(node), pki.link_key(node))
            with httpx2.Client(base_url=standing.url, verify=context) as client:
                return client.get("/subjects").status_code

        assert (subjects("a100001"), subjects("a100002"), subjects(None)) == (200, 401, 401)
    finally:
        standing.close()


def test_a_revoked_key_is_refused_and_a_new_one_is_taken_without_a_restart(tmp_path: Path):
    standing = Standing(tmp_path)
    try:
        text = standing.file.read_text(encoding="utf-8").replace("expires_at = 2", "expires_at = 1")
        standing.file.write_text(text, encoding="utf-8")
        standing.ground.run(_until_refused(standing))
    finally:
        standing.close()


async def _until_refused(standing: Standing) -> None:
    for _ in range(400):
        if (await asyncio.to_thread(standing.ask, "GET", "/subjects")).status == 401:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("a revoked key is still taken")
