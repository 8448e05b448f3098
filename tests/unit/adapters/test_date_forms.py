"""Dates are read strictly: exact digits, days that exist, forms that make sense."""

from datetime import UTC, datetime

import pytest

from adapters.dates import DateError, DateForm, zone
from adapters.port import DeclarationError


@pytest.mark.parametrize(
    ("form", "text", "iso"),
    [
        ("dd/MM/yyyy", "31/12/1999", "1999-12-31"),
        ("yyyyMMdd", "19991231", "1999-12-31"),
        ("yyyy/MM/dd", "2024/02/29", "2024-02-29"),
        ("yyyy", "1950", "1950"),
        ("MM/yyyy", "03/1950", "1950-03"),
        ("yyyyMMddHHmmss", "20261122235959", "2026-11-22"),
        ("ddMMyyyy'T'HHmmss", "22112026T010203", "2026-11-22"),
        ("yyyy-MM-dd HH:mm:ss.SSS", "2026-11-22 01:02:03.004", "2026-11-22"),
    ],
)
def test_forms_seen_on_the_wire(form: str, text: str, iso: str):
    moment = DateForm(form).read(text)
    assert moment.iso == iso
    assert DateForm(form).write(moment) == text


@pytest.mark.parametrize(
    ("form", "text", "rule"),
    [
        ("dd/MM/yyyy", "31/02/1999", "no-such-date"),
        ("dd/MM/yyyy", "29/02/2023", "no-such-date"),
        ("dd/MM/yyyy", "00/00/0000", "year-range"),
        ("dd/MM/yyyy", "12/31/1999", "no-such-date"),
        ("dd/MM/yyyy", "1/2/1999", "date-form"),
        ("dd/MM/yyyy", "31-12-1999", "date-form"),
        ("dd/MM/yyyy", "31/12/99", "date-form"),
        ("dd/MM/yyyy", " 31/12/1999", "date-form"),
        ("dd/MM/yyyy", "31/12/1999\n", "date-form"),
        ("dd/MM/yyyy", "٣١/١٢/١٩٩٩", "date-form"),
        ("yyyyMMdd", "1999-12-31", "date-form"),
        ("yyyy", "1", "date-form"),
        ("yyyy", "1799", "year-range"),
        ("yyyy", "2200", "year-range"),
        ("MM/yyyy", "13/1950", "no-such-date"),
        ("yyyyMMddHHmmss", "20261122240000", "no-such-date"),
        ("yyyyMMddHHmmss", "20261122236000", "no-such-date"),
    ],
)
def test_nothing_else_is_a_date(form: str, text: str, rule: str):
    with pytest.raises(DateError) as caught:
        DateForm(form).read(text)
    assert caught.value.rule == rule
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    "form",
    [
        "dd/mm/yyyy",  # minutes where months belong, found in production
        "yyyyMMddhhmmss",  # a 12-hour clock, found in production
        "dd/MM",
        "dd/MM/yy",
        "yyyy-dd",
        "yyyyMMddmm",
        "yyyy yyyy",
        "yyyyMMdd'T",
        "YYYY",
        "",
        "/",
    ],
)
def test_forms_that_make_no_sense_are_refused_when_declared(form: str):
    with pytest.raises(DeclarationError):
        DateForm(form)


def test_a_year_cannot_be_written_as_a_day():
    with pytest.raises(DateError, match="date-precision"):
        DateForm("dd/MM/yyyy").write(DateForm("yyyy").read("1950"))


def test_a_day_can_be_written_as_a_year():
    assert DateForm("yyyy").write(DateForm("dd/MM/yyyy").read("02/03/1950")) == "1950"


def test_a_moment_is_an_instant_once_its_zone_is_known():
    moment = DateForm("yyyyMMddHHmmss").read("20261122063000")
    assert moment.at(zone("+07:00")) == datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert DateForm("yyyyMMdd").read("20261122").at(zone("-00:30")) == datetime(2026, 11, 22, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["7", "+7:00", "+15:00", "+07:99", "Asia/Ho_Chi_Minh", ""])
def test_zones_are_offsets(text: str):
    with pytest.raises(DeclarationError):
        zone(text)
