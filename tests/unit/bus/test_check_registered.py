"""Rows of the checklist that files decide: the registry's shapes and operations, secrets' modes, weak certificates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapters.port import Found
from adapters.watching import Seen
from bus.kit.check.checklist import load
from bus.kit.check.facts import Asked, Facts, TlsLook
from bus.kit.check.judging import JUDGES
from bus.kit.check.samples import Known, Samples
from bus.kit.check.target import Endpoint, Target
from bus.kit.check.verdicts import Judged, Verdict
from bus.sample.systems import registry_files
from registry.catalogue import Service
from registry.snapshot import compile as compile_registry

ROWS = {row.number: row for row in load().row}
SERVICE = "a100002/civil-status/birth"
QUESTION = {"citizen_number": "990189000018", "full_name": "Trần Thị Mai", "birth": "1989-01-01"}
ANSWER = {"full_name": "Trần Thị Mai", "birth": "1989-01-01"}


@pytest.fixture(scope="module")
def service() -> Service:
    found = compile_registry(registry_files()).service(SERVICE)
    assert found is not None
    return found


def facts(service: Service | None, question: dict[str, object], answer: dict[str, object]) -> Facts:
    sample = Known(operation="extract", body=question)  # type: ignore[arg-type]
    asked = [Asked("somebody", sample, Found(answer), None, 0.01, Seen())]
    target = Target("rest", {"operations": {}}, Path(), {}, "adapter.toml", SERVICE)
    return Facts(target, Samples(known=(sample,)), service=service, operations=frozenset({"extract"}), asked=asked)


def judged(number: str, seen: Facts) -> Judged:
    return JUDGES[ROWS[number].judge](seen, ROWS[number].limits)


def test_what_fits_its_schemas_is_met(service: Service):
    assert judged("4.3", facts(service, QUESTION, ANSWER)).verdict is Verdict.MET
    assert judged("4.4", facts(service, QUESTION, ANSWER)).verdict is Verdict.MET


@pytest.mark.parametrize(
    ("question", "answer", "said"),
    [
        (QUESTION, {**ANSWER, "birth": "01/01/1989"}, "answer: pattern at /birth"),
        (QUESTION, {"birth": "1989-01-01"}, "answer: required at /"),
        ({**QUESTION, "citizen_number": "12"}, ANSWER, "question: pattern at /citizen_number"),
    ],
)
def test_what_does_not_fit_is_told_by_rule_and_place(
    service: Service, question: dict[str, object], answer: dict[str, object], said: str
):
    found = judged("4.3", facts(service, question, answer))
    assert found.verdict is Verdict.UNMET
    assert said in found.said.en
    assert not [value for value in ("01/01/1989", "Trần Thị Mai", "12,") if value in f"{found.said}"]


def test_an_operation_that_is_registered_and_not_declared(service: Service):
    seen = facts(service, QUESTION, ANSWER)
    seen.operations = frozenset({"other"})
    assert judged("4.4", seen).verdict is Verdict.UNMET


def test_an_operation_without_a_sample(service: Service):
    seen = facts(service, QUESTION, ANSWER)
    seen.samples = Samples()
    assert judged("4.4", seen).verdict is Verdict.NOT_JUDGED


@pytest.mark.parametrize(("mode", "verdict"), [(0o600, Verdict.MET), (0o644, Verdict.UNMET)])
def test_a_secret(tmp_path: Path, mode: int, verdict: Verdict):
    path = tmp_path / "key"
    path.write_text("secret", encoding="utf-8")
    path.chmod(mode)
    seen = facts(None, QUESTION, ANSWER)
    seen.target = Target("rest", {}, tmp_path, {"key": path}, "adapter.toml")
    assert judged("3.1", seen).verdict is verdict


def test_a_weak_certificate():
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "register.test")])
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - weak on purpose
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=90))
    der = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    seen = facts(None, QUESTION, ANSWER)
    seen.endpoint = Endpoint("https", "register.test", 443, "base_url")
    seen.tls = TlsLook("TLSv1.2", der)
    assert judged("3.6", seen) == (Verdict.UNMET, judged("3.6", seen).said)
    assert judged("3.6", seen).said.en == "weak: RSA 1024, sha256"
    assert judged("3.5", seen).verdict is Verdict.MET
