"""For all dates and all texts: forms read back what they wrote, and never read a day that does not exist."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dates import DateError, DateForm, Moment

DAYS = st.dates(min_value=date(1800, 1, 1), max_value=date(2199, 12, 31))
SEPARATORS = st.sampled_from(["", "/", "-", ".", " ", "'T'", "'ngày'"])


@st.composite
def day_forms(draw: st.DrawFn) -> str:
    order = draw(st.permutations(["yyyy", "MM", "dd"]))
    return draw(SEPARATORS).join(order)


@given(day_forms(), DAYS)
def test_what_is_written_is_read_back(form: str, day: date):
    one = DateForm(form)
    moment = DateForm("yyyy-MM-dd").read(day.isoformat())
    assert one.read(one.write(moment)) == moment
    assert one.read(one.write(moment)).iso == day.isoformat()


@given(day_forms(), st.integers(0, 99), st.integers(0, 99), st.integers(0, 9999))
def test_a_day_is_read_exactly_when_the_calendar_has_it(form: str, day: int, month: int, year: int):
    one = DateForm(form)
    text = (
        form.replace("'", "").replace("yyyy", f"{year:04d}").replace("MM", f"{month:02d}").replace("dd", f"{day:02d}")
    )
    try:
        expected = date(year, month, day)
    except ValueError:
        expected = None
    if expected is None or not 1800 <= year <= 2199:
        with pytest.raises(DateError):
            one.read(text)
    else:
        assert one.read(text).iso == expected.isoformat()


@given(st.sampled_from(["dd/MM/yyyy", "yyyyMMdd", "yyyy", "yyyyMMddHHmmss"]), st.text(max_size=20))
def test_any_text_is_a_date_of_the_form_or_a_named_error(form: str, text: str):
    one = DateForm(form)
    got = attempt(lambda: one.read(text))
    if isinstance(got, DateError):
        assert got.rule in {"date-form", "no-such-date", "year-range"}
    else:
        assert one.write(got) == text


def attempt(act: Callable[[], Moment]) -> Moment | DateError:
    try:
        return act()
    except DateError as error:
        return error
