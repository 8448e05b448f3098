"""Containers of every level are made in steps, and pass the strict judge at their level and no higher."""

from __future__ import annotations

import pytest
from xades_kit import FILES, Bench, later

from signing.packet import Level, reopen
from signing.verdict import Indication
from signing.xades_policy import Demands


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory):
    return Bench(tmp_path_factory.mktemp("xades"))


@pytest.mark.parametrize("kind", ["P-256", "P-384", "RSA", "PSS"])
def test_a_signature_by_every_kind_of_key_is_time_stamped_and_passes(bench: Bench, kind: str):
    signer = bench.ca.signer("RSA" if kind == "PSS" else kind)
    packet = bench.b(signer, pss=kind == "PSS")
    stamped = packet.stamped(bench.stamp(packet.to_timestamp))
    whole = stamped.evidenced(bench.evidence(signer))
    assert [one.level for one in (packet, stamped, whole)] == [Level.B, Level.T, Level.LT]
    checked = bench.check(whole)
    assert checked.verdict.passed, str(checked.verdict)
    assert checked.files == {one.name: one.data for one in FILES}
    assert checked.media_types == {one.name: one.media_type for one in FILES}


def test_what_is_below_the_level_asked_for_is_in_doubt(bench: Bench):
    for packet in (bench.b(), bench.t()):
        checked = bench.check(packet)
        assert checked.verdict.reason is Indication.SIG_CONSTRAINTS_FAILURE
        assert not checked.files


def test_without_evidence_nobody_knows_whether_the_signer_was_revoked(bench: Bench):
    for packet in (bench.b(), bench.t()):
        assert bench.check(packet, Demands(least=Level.B)).verdict.reason is Indication.TRY_LATER


def test_archive_time_stamps_go_on_top_of_one_another(bench: Bench):
    packet = bench.lt()
    for _ in range(3):
        packet = reopen(packet.container()).stamped(bench.stamp(packet.to_timestamp))
        assert packet.level is Level.LTA
        checked = bench.check(packet, Demands(least=Level.LTA))
        assert checked.verdict.passed, str(checked.verdict)
    (report,) = checked.reports.values()
    assert len(report.stamps) == 4


def test_the_same_steps_give_the_same_bytes(bench: Bench):
    packet = bench.lt()
    assert packet.container() == packet.container() == reopen(packet.container()).container()


def test_steps_are_told_in_the_report(bench: Bench):
    checked = bench.check(bench.lta())
    assert [one.step for one in checked.findings] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 13, 14]


def test_a_judgement_before_the_time_stamp_is_refused(bench: Bench):
    checked = bench.check(bench.lt(), at=later(hours=-1))
    assert checked.verdict.reason is Indication.TIMESTAMP_ORDER_FAILURE
