import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dates import day_of, in_range, parse_date

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1900, 1, 2), datetime(2100, 1, 1), timezones=ZONES).map(
    lambda m: m.replace(microsecond=0)
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-05-10", "2026-05-10"),
        (" 2026-05-10\n", "2026-05-10"),
        ("20260510", "2026-05-10"),
        ("2026.03.12", "2026-03-12"),
        ("2026/5/1", "2026-05-01"),
        ("2026年5月10日", "2026-05-10"),
        ("May 10, 2026", "2026-05-10"),
        ("10 May 2026", "2026-05-10"),
        ("Sept. 3, 2026", "2026-09-03"),
        ("2026-05-10T09:41", "2026-05-10T09:41"),
        ("2026-05-10 09:41:07", "2026-05-10T09:41:07"),
        ("2026-05-10T09:41:00+08:00", "2026-05-10T09:41:00+08:00"),
        ("2026-05-10T09:41:00+0800", "2026-05-10T09:41:00+08:00"),
        ("2026-05-10T09:41:00.25Z", "2026-05-10T09:41:00.25Z"),
        ("2026.05.10 09:41", "2026-05-10T09:41"),
        ("2024-02-29", "2024-02-29"),
        ("20260510T094100Z", "2026-05-10T09:41:00Z"),
        ("2026-05-10T09:41:00,5+08", "2026-05-10T09:41:00.5+08:00"),
        ("2026-05-10 9:41 UTC", "2026-05-10T09:41Z"),
        ("2026-05-10 09:41:07 GMT+8", "2026-05-10T09:41:07+08:00"),
        ("Sun, 10 May 2026 09:41:00 +0800", "2026-05-10T09:41:00+08:00"),
        ("Sun, 10 May 2026 09:41:00 -0400 (Eastern Daylight Time)", "2026-05-10T09:41:00-04:00"),
        ("Sun, 10 May 2026 09:41 GMT", "2026-05-10T09:41Z"),
        ("10 May 26 09:41:00 EST", "2026-05-10T09:41:00-05:00"),
        ("10 May 99 09:41:00 PDT", "1999-05-10T09:41:00-07:00"),
        ("Sunday, May 10, 2026", "2026-05-10"),
        ("May 10th, 2026 at 3:05 p.m. ET", "2026-05-10T15:05-04:00"),
        ("Dec. 25, 2024, 6:04 a.m. ET", "2024-12-25T06:04-05:00"),
        ("9:41 AM EDT, Sun May 10, 2026", "2026-05-10T09:41-04:00"),
        ("12:30 am on 10 May 2026", "2026-05-10T00:30"),
        ("May 10, 2026 12:30 PM PT", "2026-05-10T12:30-07:00"),
        ("10-May-2026", "2026-05-10"),
        ("2026年05月10日15:30", "2026-05-10T15:30"),
        ("2026年5月10日 星期日 下午3时20分", "2026-05-10T15:20"),
        ("2026年5月10日（周日）上午9点05分", "2026-05-10T09:05"),
        ("2026年5月10日 中午12:05", "2026-05-10T12:05"),
        ("2026年5月10日 凌晨12:05", "2026-05-10T00:05"),
        ("北京时间2026年5月10日 9:41", "2026-05-10T09:41+08:00"),
        ("2026-05-10 09:41:00（北京时间）", "2026-05-10T09:41:00+08:00"),
        ("二〇二六年五月十日", "2026-05-10"),
        ("二〇二六年十二月二十一日 9:41", "2026-12-21T09:41"),
        ("２０２６年５月１０日　９：４１", "2026-05-10T09:41"),
    ],
)
def test_date_keeps_its_precision_and_zone(written, expected):
    assert parse_date(written) == expected
    assert parse_date(expected) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "1小时前",
        "2026-02-30",
        "2025-02-29",
        "2026-13-01",
        "2026-05",
        "2026",
        "2026-05/10",
        "5月10日",
        "13:00 pm on 10 May 2026",
        "May 10, 2026 0:30 am",
        "2026-05-10T09:61",
        "二〇二六年十三月十日",
        "5/10/2026",
        "2026-05-10T25:00",
        "2026-05-10T09:41:00+99:00",
        "0001-01-01T00:00+08:00",
        "0000-01-01",
        "٢٠٢٦-٠٥-١٠",
        "9" * 10000,
        "2026-05-10T",
        "2026-05-10 and more",
        "Foo 10, 2026",
    ],
)
def test_anything_else_is_refused_with_a_remedy(written):
    with pytest.raises(ValueError, match=re.escape("Write it as 2026-05-10")):
        parse_date(written)


@given(MOMENTS)
def test_moment_in_iso_form_comes_back_unchanged(moment):
    assert datetime.fromisoformat(parse_date(moment.isoformat())) == moment
    assert day_of(moment.isoformat()) == moment.astimezone(UTC).date().isoformat()


@given(st.dates(date(1, 1, 2)))
def test_every_day_of_the_calendar_is_read_in_every_form(day):
    for written in (
        day.isoformat(),
        f"{day.year:04}/{day.month}/{day.day}",
        f"{day.year:04}年{day.month}月{day.day}日",
    ):
        assert parse_date(written) == day.isoformat()


@given(st.text(max_size=30))
def test_arbitrary_text_is_a_date_or_a_value_error(text):
    try:
        assert parse_date(parse_date(text)) == parse_date(text)
    except ValueError as error:
        assert "Write it as" in str(error)


def test_day_is_that_of_utc():
    assert day_of("2026-05-10T02:00:00+08:00") == "2026-05-09"
    assert day_of("2026-05-10T23:30:00") == "2026-05-10"
    assert day_of("2026-05-10") == "2026-05-10"
    assert day_of("") == ""


@pytest.mark.parametrize(
    ("published", "after", "before", "expected"),
    [
        ("2026-05-10", "", "", True),
        ("2026-05-10", "2026-05-10", "2026-05-10", True),
        ("2026-05-10", "2026-05-11", "", False),
        ("2026-05-10", "", "2026-05-09", False),
        ("2026-05-10T23:59:59Z", "", "2026-05-10", True),
        ("2026-05-11T07:00:00+08:00", "", "2026-05-10", True),
        ("2026-05-10T23:00:00-02:00", "", "2026-05-10", False),
        ("2026-05-10", "2026-05-10T12:00:00Z", "", True),
        ("2026-05-10T12:00:00", "2026-05-10T14:00:00+02:00", "2026-05-10T12:00:00Z", True),
        ("2026-05-10T11:59:59Z", "2026-05-10T12:00:00Z", "", False),
        ("2026-05-10T12:00:30Z", "", "2026-05-10T12:00", True),
        ("2026-05-10T12:00:00.5Z", "", "2026-05-10T12:00:00Z", True),
        ("", "", "", True),
        ("", "2020-01-01", "", False),
        ("", "", "2030-01-01", False),
    ],
)
def test_bounds_are_inclusive_at_the_coarser_precision(published, after, before, expected):
    assert in_range(published, after, before) is expected


@given(MOMENTS, MOMENTS)
def test_moments_are_compared_as_moments(published, bound):
    assert in_range(published.isoformat(), bound.isoformat(), "") == (published >= bound)
    assert in_range(published.isoformat(), "", bound.isoformat()) == (published <= bound)


def test_bound_that_is_no_date_is_an_error():
    with pytest.raises(ValueError, match="soon"):
        in_range("2026-05-10", "soon", "")
