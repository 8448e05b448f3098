"""Every trick with a signed container that we know of, and what the judge says of it; docs/bad-signatures.md is printed
from these tables."""

from __future__ import annotations

import bad_signature_rows
import pytest
from xades_kit import Bench

ROWS = [row for chapter in bad_signature_rows.CHAPTERS for row in chapter.rows]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory):
    return Bench(tmp_path_factory.mktemp("tricks"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_a_trick_is_told(bench: Bench, row: bad_signature_rows.Trick):
    verdict = row.play(bench)
    assert (verdict.reason or "", verdict.step.split(":")[0]) == (row.indication, row.step), str(verdict)


def test_each_trick_stands_once():
    names = [row.what for row in ROWS]
    assert len(names) == len(set(names))
