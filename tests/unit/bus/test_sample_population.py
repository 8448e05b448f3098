"""The made-up people: nobody real, everything consistent, the same seed the same nation."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from bus.sample.people import DIVORCED, MARRIED, Household, Person
from bus.sample.personas import PERSONAS, PLACE
from bus.sample.population import MAX_SIZE, TODAY, households, tax_number
from bus.sample.spelling import civil_status_name, decomposed, misheard, retoned, shouted
from schemas.ids import CitizenNumber, TaxNumber, old_card_number, same_name, social_insurance_number

SIZE = 3_000


@pytest.fixture(scope="module")
def nation() -> list[Household]:
    return list(households(SIZE, seed=5))


@pytest.fixture(scope="module")
def people(nation: list[Household]) -> list[Person]:
    return [person for household in nation for person in household.people]


def test_the_size_is_exact(people: list[Person]) -> None:
    assert len(people) == SIZE


def test_the_same_seed_gives_the_same_nation_and_another_seed_another() -> None:
    assert list(households(200, 1)) == list(households(200, 1))
    assert list(households(200, 1))[-1] != list(households(200, 2))[-1]


def test_a_smaller_nation_is_the_beginning_of_a_larger_one() -> None:
    small, large = list(households(200, 9)), households(400, 9)
    assert small[:-1] == list(itertools.islice(large, len(small) - 1))


def test_every_number_is_unique_reserved_and_agrees_with_sex_and_birth(people: list[Person]) -> None:
    for person in people:
        number = CitizenNumber.parse(person.number)
        assert number.reserved
        number.must_agree(sex=person.sex, birth_year=person.birth_year)
        assert person.birth is None or person.birth.year == person.birth_year
        assert person.birth is None or person.birth <= TODAY
    assert len({person.number for person in people}) == SIZE


def test_cards_and_insurance_numbers_are_well_formed_unique_and_nobodys(people: list[Person]) -> None:
    cards = [old_card_number(person.old_card) for person in people if person.old_card]
    books = [social_insurance_number(person.insurance) for person in people if person.insurance]
    for numbers in (cards, books):
        assert len(set(numbers)) == len(numbers)
        assert all(number.startswith("99") for number in numbers)


def test_numbers_stay_unique_beyond_a_million() -> None:
    from bus.sample.population import _Adult, _Draw  # noqa: PLC0415 - the dice are private, their promise is not

    numbers = {
        _Draw(3, 13 * index, count)._person(_Adult("male", 1990, "Lê"), "CH01").number
        for index, count in enumerate((7, 1_000_007, 999_999, 1_999_999, 13, 1_000_013))
    }
    assert len(numbers) == 6
    assert all(CitizenNumber.parse(number).reserved for number in numbers)


def test_spouses_name_each_other_and_children_their_parents(nation: list[Household]) -> None:
    for household in nation:
        for couple in household.marriages:
            state = DIVORCED if couple.ended else MARRIED
            assert {couple.husband.marital, couple.wife.marital} == {state}
            assert couple.husband.sex == "male"
            assert couple.wife.sex == "female"
            if not couple.ended:
                assert couple.husband.spouse.number == couple.wife.number
                assert couple.wife.spouse.number == couple.husband.number
        parents = {person.number for person in household.people}
        for child in (person for person in household.people if person.relation == "CH04"):
            assert child.father.number in parents
            assert child.mother.number in parents


def test_the_traps_of_real_registers_are_there(people: list[Person], nation: list[Household]) -> None:
    flags = Counter(flag for person in people for flag in person.flags)
    assert set(flags) == {
        "name-misheard",
        "single-in-population",
        "two-insurance-books",
        "insured-by-old-card",
        "land-by-old-card",
        "not-in-civil-status",
    }
    assert any(person.birth is None for person in people)
    assert any(person.father.number == "000000001" for person in people)
    assert all(household.former in household.commune.old for household in nation)


def test_businesses_have_valid_tax_numbers_and_new_ones_their_owners(nation: list[Household]) -> None:
    businesses = [one for household in nation for one in household.businesses]
    assert businesses
    for one in businesses:
        if one.tax_number == one.owner.number:
            assert one.registered.year >= 2025
        else:
            assert TaxNumber.parse(one.tax_number).base.startswith("99")


def test_tax_numbers_of_neighbours_differ() -> None:
    assert len({tax_number(index) for index in range(500)}) == 500


@pytest.mark.parametrize("size", [0, 5, MAX_SIZE + 1])
def test_a_size_that_cannot_be_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="size must lie between"):
        next(households(size, 1))


def test_the_named_people_are_in_every_nation_and_theirs_alone_is_place_990(people: list[Person]) -> None:
    numbers = {person.number: person for person in people}
    for one in PERSONAS.values():
        if one.number:
            assert numbers[one.number].name.full == one.name
            CitizenNumber.parse(one.number).must_agree(sex=one.sex, birth_year=int(one.birth[:4]))
    demo = {number for number in numbers if number.startswith(str(PLACE))}
    assert len(demo) == sum(1 for one in PERSONAS.values() if one.number) + 2  # a grandmother and a husband


def test_every_habit_of_spelling_folds_alike_but_mishearing_never(people: list[Person]) -> None:
    for person in people:
        name = person.name.full
        assert same_name(shouted(person.name), name)
        assert same_name(retoned(name), name)
        assert same_name(decomposed(name), name)
        assert not same_name(misheard(person.name), name)
        assert same_name(civil_status_name(person), name) is ("name-misheard" not in person.flags)
