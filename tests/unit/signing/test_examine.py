"""Evidence files: a whole one is a yes, each damaged piece a no, each missing proof a doubt."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from evidence_kit import (
    BODY,
    CITIZEN,
    CONSUMER,
    LOG_KEY,
    OPERATOR,
    ORIGIN,
    PROVIDER,
    Exchange,
    question,
    sealed_by,
    trust,
)
from seal_kit import INSTANCE, NOW, NOW_MS, certificate, pki, signer

from schemas.envelope import InReplyTo, Part, Party
from signing import evidence, jws
from signing.__main__ import main
from signing.checkpoint import NoteKey
from signing.devpki import DevPki
from signing.evidence import Evidence, EvidenceError, Registered
from signing.examine import Finding, Trust, digest, examine, overall
from signing.verdict import Indication, Status

LATER_MS = NOW_MS + 1000
YEARS_LATER_MS = NOW_MS + 3 * 365 * 24 * 3600 * 1000
EXCHANGE = Exchange()
ASKED, ANSWERED = EXCHANGE.asked, EXCHANGE.answered
STRANGER = DevPki.create(NOW)


def judged(content: Evidence, reader: Trust | None = None, at_ms: int = LATER_MS) -> tuple[Status, list[Finding]]:
    """The outcome, and the findings that did not pass; the content goes through the file's bytes."""
    findings = examine(evidence.read(evidence.write(content)), reader or trust(), at_ms)
    return overall(findings), [one for one in findings if not one.verdict.passed]


def first(content: Evidence, reader: Trust | None = None) -> tuple[Status, int, Indication | None]:
    status, findings = judged(content, reader)
    return status, findings[0].step, findings[0].verdict.reason


def test_a_whole_file_is_a_yes():
    assert judged(EXCHANGE.evidence()) == (Status.PASSED, [])


def test_a_question_alone_is_a_yes_for_what_it_shows():
    alone = EXCHANGE.evidence(sealed=(ASKED,), receipt=None, log=None, parts=())
    assert judged(alone) == (Status.PASSED, [])


def test_an_altered_envelope_is_a_no():
    altered = msgspec.structs.replace(ASKED, envelope=ASKED.envelope.replace(b'"read"', b'"peek"'))
    assert first(EXCHANGE.evidence(sealed=(altered, ANSWERED))) == (Status.FAILED, 5, Indication.HASH_FAILURE)


def test_another_envelopes_seal_is_a_no():
    swapped = msgspec.structs.replace(ASKED, seal=ANSWERED.seal)
    assert first(EXCHANGE.evidence(sealed=(swapped,))) == (Status.FAILED, 5, Indication.HASH_FAILURE)


def test_sealed_bytes_that_are_no_envelope_are_a_no():
    other = jws.seal([b"{}"], signer(CONSUMER), instance=INSTANCE, now_ms=NOW_MS)
    assert first(EXCHANGE.evidence(sealed=other)) == (Status.FAILED, 5, Indication.FORMAT_FAILURE)


def test_an_envelope_sealed_by_somebody_else_is_no_yes():
    posed = sealed_by(PROVIDER, question())
    found = first(EXCHANGE.evidence(sealed=(posed,), receipt=None, log=None))
    assert found == (Status.INDETERMINATE, 5, Indication.SIG_CONSTRAINTS_FAILURE)


def test_an_envelope_of_another_instance_is_no_yes():
    foreign = sealed_by(CONSUMER, question(instance="VN"))
    found = first(EXCHANGE.evidence(sealed=(foreign,), receipt=None, log=None))
    assert found == (Status.INDETERMINATE, 5, Indication.SIG_CONSTRAINTS_FAILURE)


def test_an_unreadable_certificate_is_a_no():
    broken = EXCHANGE.evidence(certificates=(Registered(b"no certificate"),))
    assert first(broken) == (Status.FAILED, 1, Indication.FORMAT_FAILURE)


def test_without_its_certificate_a_seal_is_a_doubt():
    found = first(EXCHANGE.evidence(certificates=(), receipt=None, log=None))
    assert found == (Status.INDETERMINATE, 5, Indication.NO_SIGNING_CERTIFICATE_FOUND)


def test_the_files_own_anchors_are_never_a_yes():
    found = first(EXCHANGE.evidence(), trust(anchors=()))
    assert found == (Status.INDETERMINATE, 2, Indication.NO_CERTIFICATE_CHAIN_FOUND)


def test_a_chain_to_strangers_is_no_yes():
    found = first(EXCHANGE.evidence(), trust(anchors=tuple(STRANGER.anchors)))
    assert found == (Status.INDETERMINATE, 3, Indication.NO_CERTIFICATE_CHAIN_FOUND)


def test_an_agencys_own_certificate_cannot_make_receipts():
    posed = replace(EXCHANGE, receipt_sealer=CONSUMER)
    assert first(posed.evidence()) == (Status.INDETERMINATE, 3, Indication.SIG_CONSTRAINTS_FAILURE)


def test_who_operates_the_hub_is_the_readers_to_say():
    found = first(EXCHANGE.evidence(), trust(operator=None))
    assert found == (Status.INDETERMINATE, 3, Indication.CHAIN_CONSTRAINTS_FAILURE)


@pytest.mark.parametrize(
    "members", [{"asked": 1}, {"asked": 5}, {"consumer": PROVIDER}, {"service": "a100001/population/household"}]
)
def test_an_outcome_that_settles_another_exchange_is_a_no(members: dict[str, object]):
    assert first(Exchange(outcome_members=members).evidence()) == (Status.FAILED, 4, Indication.HASH_FAILURE)


def test_details_that_do_not_open_the_commitment_are_a_no():
    exchange = Exchange()
    exchange.asked_leaf = (exchange.asked_leaf[0], exchange.outcome_leaf[1])
    assert first(exchange.evidence()) == (Status.FAILED, 4, Indication.HASH_FAILURE)


def test_an_unreadable_leaf_is_a_no():
    exchange = Exchange()
    exchange.asked_leaf = (b"[]", exchange.asked_leaf[1])
    assert first(exchange.evidence()) == (Status.FAILED, 4, Indication.HASH_FAILURE)


def test_an_envelope_that_is_no_receipt_opens_nothing():
    assert first(EXCHANGE.evidence(receipt=ASKED))[1:] == (3, Indication.SIG_CONSTRAINTS_FAILURE)
    assert [one.step for one in judged(EXCHANGE.evidence(receipt=ASKED))[1]][:2] == [3, 4]


def test_a_body_that_nobody_named_is_a_no():
    assert first(EXCHANGE.evidence(parts=(BODY + b" ",))) == (Status.FAILED, 6, Indication.HASH_FAILURE)


def test_a_body_that_is_missing_beside_another_is_a_doubt():
    more = Part("scan", "application/pdf", 3, digest(b"pdf"))
    fuller = Exchange(asked=sealed_by(CONSUMER, question(parts=(*question().parts, more))))
    assert first(fuller.evidence()) == (Status.INDETERMINATE, 6, Indication.SIGNED_DATA_NOT_FOUND)
    assert judged(fuller.evidence(parts=(b"pdf", BODY))) == (Status.PASSED, [])
    assert judged(fuller.evidence(parts=())) == (Status.PASSED, [])


def test_an_answer_without_its_question_is_a_doubt():
    found = judged(EXCHANGE.evidence(sealed=(ANSWERED,)))
    assert found[0] is Status.INDETERMINATE
    assert {(one.step, one.verdict.reason) for one in found[1]} == {(7, Indication.SIGNED_DATA_NOT_FOUND)}


def test_a_receipt_in_reply_to_another_question_is_a_no():
    receipt = EXCHANGE.receipt(in_reply_to=InReplyTo(digest(b"another")))
    assert first(EXCHANGE.evidence(receipt=receipt)) == (Status.FAILED, 7, Indication.HASH_FAILURE)


def test_a_leaf_that_tells_another_story_than_the_question_is_a_no():
    told = Exchange(asked=sealed_by(CONSUMER, question(purpose="statistics")))
    assert first(told.evidence()) == (Status.FAILED, 7, Indication.HASH_FAILURE)


def test_a_checkpoint_of_another_key_is_no_yes():
    found = first(EXCHANGE.evidence(log=EXCHANGE.log(NoteKey.generate(ORIGIN))))
    assert found == (Status.INDETERMINATE, 8, Indication.NO_SIGNING_CERTIFICATE_FOUND)


def test_without_a_log_key_inclusion_is_a_doubt():
    found = first(EXCHANGE.evidence(), trust(log_keys=()))
    assert found == (Status.INDETERMINATE, 8, Indication.NO_SIGNING_CERTIFICATE_FOUND)


def test_a_leaf_that_the_log_does_not_hold_is_a_no():
    log = EXCHANGE.log()
    crossed = replace(log, asked=log.outcome)
    assert first(EXCHANGE.evidence(log=crossed)) == (Status.FAILED, 8, Indication.HASH_FAILURE)


def test_a_log_of_another_ledger_than_the_receipts_is_a_doubt():
    other = NoteKey.generate("ledger.example/other")
    found = first(EXCHANGE.evidence(log=EXCHANGE.log(other)), trust(log_keys=(other.verifier,)))
    assert found == (Status.INDETERMINATE, 8, Indication.SIGNED_DATA_NOT_FOUND)


def test_a_receipt_proves_that_a_seal_is_older_than_its_certificates_revocation():
    revoked = tuple(
        Registered(one.der, revoked_at_ms=None if one.agency == OPERATOR else NOW_MS + 500)
        for one in map(certificate, (CONSUMER, PROVIDER, OPERATOR))
    )
    with_receipt = EXCHANGE.evidence(certificates=revoked)
    assert judged(with_receipt) == (Status.PASSED, [])
    found = first(replace(with_receipt, receipt=None, log=None))
    assert found == (Status.INDETERMINATE, 5, Indication.REVOKED_NO_POE)
    posed = first(replace(with_receipt, receipt=replace(EXCHANGE, receipt_sealer=CONSUMER).receipt()))
    assert posed[0] is Status.INDETERMINATE


def test_long_after_expiry_nothing_but_doubt_is_left_without_a_proof_of_existence():
    status, findings = judged(EXCHANGE.evidence(), at_ms=YEARS_LATER_MS)
    assert status is Status.INDETERMINATE
    assert Indication.OUT_OF_BOUNDS_NO_POE in {one.verdict.reason for one in findings}


def test_owners_stand_in_for_subjects_that_do_not_name_the_agency():
    posed = sealed_by(PROVIDER, question())
    content = EXCHANGE.evidence(sealed=(posed,), receipt=None, log=None)
    assert judged(content, trust(owners={certificate(PROVIDER).x5t: CONSUMER})) == (Status.PASSED, [])


def test_a_reply_to_an_envelope_of_other_parties_is_seen_at_the_receipt():
    other = sealed_by(CONSUMER, question(consumer=Party(PROVIDER)))
    assert first(Exchange(asked=other).evidence()) == (Status.FAILED, 7, Indication.HASH_FAILURE)


@pytest.mark.parametrize(
    "damage",
    [
        {"v": 2},
        {"extra": 1},
        {"sealed": []},
        {"sealed": [{"envelope": "=", "seal": "", "index": 0, "size": 1}]},
        {"instance": "\x1b[31m"},
        {"parts": ["a"]},
        {"anchors": ["ab+/"]},
        {"certificates": [{"der": "AAAA", "revoked": "2026-11-22"}]},
        {"certificates": [{"der": "AAAA", "alg": "none"}]},
    ],
)
def test_a_file_of_another_format_is_refused(damage: dict[str, object]):
    form = json.loads(evidence.write(EXCHANGE.evidence()))
    with pytest.raises(EvidenceError):
        evidence.read(json.dumps({**form, **damage}).encode())


def test_certificates_survive_the_file_with_algorithm_and_revocation():
    one = Registered(certificate().der, jws.Algorithm.ES256, NOW_MS)
    assert evidence.read(evidence.write(EXCHANGE.evidence(certificates=(one,)))).certificates == (one,)


def test_pem_files_give_every_certificate_in_order():
    assert evidence.der_from_pem(pki().root + b"text\n" + pki().issuing) == (*pki().anchors, *pki().intermediates)
    for wrong in (b"", b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----"):
        with pytest.raises(EvidenceError):
            evidence.der_from_pem(wrong)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """An evidence file, the reader's root, and the options that bring the reader's trust."""
    (tmp_path / "evidence.json").write_bytes(evidence.write(EXCHANGE.evidence()))
    (tmp_path / "root.pem").write_bytes(pki().root)
    own = ["--anchor", str(tmp_path / "root.pem"), "--operator", OPERATOR, "--log-key", LOG_KEY.verifier.text]
    return [str(tmp_path / "evidence.json"), *own, "--at", "2026-11-22T05:00:10.000Z"]


def test_the_command_says_yes_and_names_no_citizen(files: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(["check", *files]) == 0
    shown = capsys.readouterr().out
    assert "YES" in shown
    assert shown.count("  8 ok") == 3
    assert CITIZEN not in shown


def test_the_command_says_no_doubt_and_cannot_open(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main([files[0]]) == 2
    assert "CANNOT TELL" in capsys.readouterr().out
    assert main([str(tmp_path / "none.json")]) == 2
    assert main([*files, "--owner", "x"]) == 2
    (tmp_path / "broken.json").write_bytes(b'{"\x1b[2J')
    assert main([str(tmp_path / "broken.json"), *files]) == 1
    shown = capsys.readouterr().out
    assert "NO: a step failed" in shown
    assert "\x1b" not in shown


def test_the_command_writes_json(files: list[str], capsys: pytest.CaptureFixture[str]):
    assert main([*files, "--json", "--owner", f"{certificate().x5t}={PROVIDER}"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report[0]["status"] == "passed"
    assert {finding["step"] for finding in report[0]["findings"]} == set(range(1, 9))
