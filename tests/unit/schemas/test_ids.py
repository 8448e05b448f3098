"""Identifiers: shapes, traps met in real data, and that no error or repr carries a citizen's number."""

from __future__ import annotations

import traceback
from datetime import date
from typing import TYPE_CHECKING

import pytest

from schemas.ids import (
    AgencyCode,
    CitizenNumber,
    DossierCode,
    IdentifierError,
    ProcedureCode,
    TaxNumber,
    compose_citizen_number,
    compose_tax_number,
    fold_name,
    old_card_number,
    same_name,
    social_insurance_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.ids import Sex


def rule_of(call: Callable[..., object], *args: object, **kwargs: object) -> str:
    with pytest.raises(IdentifierError) as caught:
        call(*args, **kwargs)
    return caught.value.rule


@pytest.mark.parametrize(
    ("text", "sex", "year"),
    [
        ("990085000123", "male", 1985),
        ("990190000123", "female", 1990),
        ("991201000123", "male", 2001),
        ("991326000123", "female", 2026),
        ("100014869515", "male", 1914),
    ],
)
def test_a_citizen_number_tells_sex_and_year(text: str, sex: Sex, year: int) -> None:
    number = CitizenNumber.parse(text)
    assert (number.sex, number.birth_year, number.place) == (sex, year, text[:3])


def test_sample_numbers_are_recognised_as_nobodys() -> None:
    assert CitizenNumber.parse("990085000123").reserved
    assert not CitizenNumber.parse("001085000123").reserved


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("99008500012", "citizen.shape"),
        ("9900850001234", "citizen.shape"),
        ("99008500012x", "citizen.shape"),
        ("99008500012\n", "citizen.shape"),
        (" 990085000123", "citizen.shape"),
        ("", "citizen.shape"),
        ("\u0669" * 12, "citizen.shape"),
        ("222222222222", "citizen.placeholder"),
        ("000000000000", "citizen.placeholder"),
        ("000000000001", "citizen.placeholder"),
        ("123456789012", "citizen.placeholder"),
        ("000085000123", "citizen.place"),
    ],
)
def test_what_is_no_citizen_number_is_refused_by_rule(text: str, rule: str) -> None:
    assert rule_of(CitizenNumber.parse, text) == rule


def test_digits_that_disagree_with_another_source_are_named() -> None:
    number = CitizenNumber.parse("990085000123")
    number.must_agree(sex="male", birth_year=1985)
    number.must_agree()
    assert rule_of(number.must_agree, sex="female") == "citizen.sex"
    assert rule_of(number.must_agree, birth_year=1986) == "citizen.birth-year"


def test_no_error_and_no_repr_carries_the_number() -> None:
    with pytest.raises(IdentifierError) as caught:
        CitizenNumber.parse("99008500012x")
    assert "99008500012" not in str(caught.value) + repr(caught.value)
    # a chained error would bring its own message along
    assert "99008500012x" not in "".join(traceback.format_exception_only(caught.value))
    assert "990085000123" not in repr(CitizenNumber.parse("990085000123"))
    assert "0100233488" not in repr(TaxNumber.parse("0100233488"))


@pytest.mark.parametrize(
    ("place", "year", "serial"), [(0, 1985, 1), (1000, 1985, 1), (990, 1899, 1), (990, 2400, 1), (990, 1985, 10**6)]
)
def test_parts_out_of_range_compose_nothing(place: int, year: int, serial: int) -> None:
    assert rule_of(compose_citizen_number, place, "male", year, serial) == "citizen.range"


@pytest.mark.parametrize("text", ["000000001", "000000000", "222222222", "123456789"])
def test_placeholder_cards_are_refused(text: str) -> None:
    assert rule_of(old_card_number, text) == "old-card.placeholder"


def test_old_cards_and_social_insurance_numbers() -> None:
    assert old_card_number("990123456") == "990123456"
    assert rule_of(old_card_number, "123456") == "old-card.shape"
    assert social_insurance_number("9912345678") == "9912345678"
    assert rule_of(social_insurance_number, "TZH490L") == "social-insurance.shape"
    assert rule_of(social_insurance_number, "0000000000") == "social-insurance.placeholder"


@pytest.mark.parametrize(
    ("text", "scheme", "parent"),
    [
        ("000.00.00.G22", "QCVN102", None),
        ("000.00.12.H26", "QCVN102", "000.00.00.H26"),
        ("001.00.20.JB2", "QCVN102", "000.00.20.JB2"),
        ("001.00.20.TT2", "QCVN102", "000.00.20.TT2"),
        ("G01", "QD20", None),
        ("G12.18", "QD20", "G12"),
        ("H26.48.2", "QD20", "H26.48"),
        ("0100233488", "QD20", None),
    ],
)
def test_both_generations_of_agency_codes(text: str, scheme: str, parent: str | None) -> None:
    code = AgencyCode.parse(text)
    assert (code.scheme, code.parent) == (scheme, parent)


@pytest.mark.parametrize(
    "text", ["28.22.H17", "01.02.G22", "999.010.01.H22", "00.22.W00", "vxp.saas.03", "null", "", "G" + "1" * 40, "g01"]
)
def test_codes_from_the_wild_that_fit_neither_form_are_refused(text: str) -> None:
    assert rule_of(AgencyCode.parse, text) == "agency-code.shape"


def test_an_agency_that_is_a_business_has_a_valid_business_number() -> None:
    assert rule_of(AgencyCode.parse, "0100233489") == "agency-code.check-digit"


@pytest.mark.parametrize(
    ("text", "base", "owner"),
    [
        ("1.000894", "1.000894", None),
        ("2.002622.H56", "2.002622", "H56"),
        ("1.000094.000.00.00.H56", "1.000094", "H56"),
        ("1.000094.000.00.00", "1.000094", None),
    ],
)
def test_procedure_codes(text: str, base: str, owner: str | None) -> None:
    code = ProcedureCode.parse(text)
    assert (code.base, code.owner) == (base, owner)


@pytest.mark.parametrize("text", ["VPCP", "TS_lop1.000.00.00.H22", "1.00089", "1.000894.01", "1.000894.h56", ""])
def test_what_is_no_procedure_code(text: str) -> None:
    assert rule_of(ProcedureCode.parse, text) == "procedure.shape"


@pytest.mark.parametrize(
    ("text", "strict", "day"),
    [
        ("000.00.12.H26-200401-0001", True, date(2020, 4, 1)),
        ("000.17.22.H56-210531-0001", True, date(2021, 5, 31)),
        ("000.17.22.H56-210531-10001", True, date(2021, 5, 31)),
        ("H26.12-250701-00001", False, date(2025, 7, 1)),
        ("G22-240229-123", False, date(2024, 2, 29)),
    ],
)
def test_dossier_codes(text: str, *, strict: bool, day: date) -> None:
    code = DossierCode.parse(text)
    assert (code.strict, code.day) == (strict, day)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("000.00.12.H26-200230-0001", "dossier.day"),
        ("H26.12-251301-00001", "dossier.day"),
        ("H26.12-250700-00001", "dossier.day"),
        ("H26-25070-00001", "dossier.shape"),
        ("H26.12-250701-01", "dossier.shape"),
        ("h26.12-250701-0001", "dossier.shape"),
        ("", "dossier.shape"),
    ],
)
def test_what_is_no_dossier_code(text: str, rule: str) -> None:
    assert rule_of(DossierCode.parse, text) == rule


def test_tax_numbers_with_and_without_a_branch() -> None:
    assert TaxNumber.parse("0100233488").branch is None
    assert TaxNumber.parse("0314409058-002").branch == "002"
    assert TaxNumber.parse("0314409058002").base == "0314409058"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0100233480", "tax.check-digit"),
        ("0314409058-02", "tax.shape"),
        ("0000000000", "tax.placeholder"),
        ("", "tax.shape"),
    ],
)
def test_what_is_no_tax_number(text: str, rule: str) -> None:
    assert rule_of(TaxNumber.parse, text) == rule


def test_some_nine_digits_have_no_check_digit() -> None:
    hopeless = next(f"99{n:07d}" for n in range(1000) if rule_or_none(f"99{n:07d}") == "tax.check-digit")
    assert all(rule_of(TaxNumber.parse, f"{hopeless}{digit}") == "tax.check-digit" for digit in range(10))
    assert rule_of(compose_tax_number, "12345678") == "tax.shape"


def rule_or_none(nine: str) -> str | None:
    try:
        compose_tax_number(nine)
    except IdentifierError as error:
        return error.rule
    return None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyễn Thị Đào", "NGUYEN THI DAO"),
        ("Nguyễn Thị Đào", "nguyenthidao"),
        ("Nguyễn Thị Đào", " NGUYỄN  thị\tĐÀO "),
        ("Trần Văn Hòa", "Trần Văn Hoà"),
        ("Đỗ Thị Đức", "Ðỗ Thị Ɖức"),
        ("H'Hen Niê", "HHen Nie"),
        ("Nguyễn Thị Đào", "Nguyễn Thị Đào"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert same_name(one, other)


@pytest.mark.parametrize(("one", "other"), [("Lê Thị Hoa", "Lê Thị Hòa Bình"), ("", ""), (" ", "\t"), ("Lê", "")])
def test_names_that_are_not_the_same(one: str, other: str) -> None:
    assert not same_name(one, other)


def test_the_fold_keeps_letters_apart_that_accents_do_not_join() -> None:
    assert fold_name("Hiếu") != fold_name("Hữu")
