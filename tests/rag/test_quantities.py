from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.dates import date_mentions
from rag.quantities import quantities, restates, same_value


def only(text):
    found = quantities(text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    "text",
    [
        "$2 billion",
        "US$2bn",
        "20亿美元",
        "2 billion dollars",
        "two billion dollars",
        "二十亿美元",
        "$2,000,000,000",
        "2000 million dollars",
    ],
)
def test_two_billion_dollars_in_any_form(text):
    assert (only(text).value, only(text).unit) == (Decimal(2_000_000_000), "usd")


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("52.9%", "52.9", "percent"),
        ("百分之二十", "20", "percent"),
        ("三成", "30", "percent"),
        ("9.4 billion RMB", "9400000000", "cny"),
        ("94亿元", "9400000000", "cny"),
        ("three weeks", "3", "week"),
        ("42 million phones", "42000000", ""),
        ("两千万台", "20000000", ""),
    ],
)
def test_value_and_unit(text, value, unit):
    assert (only(text).value, only(text).unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    "text", ["GPT-4 and V4", "5G", "on March 5, 2022", "2022年3月5日", "第一名", "一起去", "one of them"]
)
def test_numbers_that_count_nothing_are_left_out(text):
    assert quantities(text) == ()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$45–$50 billion", (45_000_000_000, 50_000_000_000)),
        ("45-50亿美元", (4_500_000_000, 5_000_000_000)),
        ("fell from 51 to 14 percent", (51, 14)),
        ("from $100 million to $200 million", (100_000_000, 200_000_000)),
    ],
)
def test_ends_of_a_range_share_scale_and_unit(text, values):
    found = quantities(text)
    assert tuple(int(q.value) for q in found) == values
    assert len({q.unit for q in found}) == 1


def test_rounding_goes_one_way():
    exact, rounded = only("$44.63 billion"), only("about $44.6 billion")
    assert restates(rounded, exact)
    assert not restates(exact, rounded)
    assert same_value(exact, rounded)


@given(st.integers(1, 999), st.sampled_from([("million", "百万"), ("billion", "十亿"), ("thousand", "千")]))
def test_english_and_chinese_scales_agree(number, scales):
    english, chinese = scales
    assert only(f"${number} {english}").value == only(f"{number}{chinese}美元").value


@given(st.text(max_size=80))
def test_ranges_of_amounts_lie_in_the_text(text):
    for quantity in quantities(text):
        assert 0 <= quantity.char_start < quantity.char_end <= len(text)


@pytest.mark.parametrize(
    "text", ["March 5, 2022", "5 March 2022", "2022年3月5日", "2022-03-05", "the 5th of March 2022"]
)
def test_one_day_in_any_form(text):
    (mention,) = date_mentions(text)
    assert (mention.year, mention.month, mention.day) == (2022, 3, 5)


def test_date_lies_in_a_fuller_one_and_not_in_another():
    (month,) = date_mentions("March 2022")
    assert month.lies_in(date_mentions("on 5 March 2022"))
    assert not month.lies_in(date_mentions("on 5 March 2021"))
    assert not month.lies_in(date_mentions("in 2022"))


def test_quarter_holds_its_months():
    (quarter,) = date_mentions("Q3 2025")
    assert quarter.lies_in(date_mentions("2025年8月"))
    assert not quarter.lies_in(date_mentions("2025年3月"))
