from random import Random

import pytest

from rag.training.falsify import (
    WAYS,
    falsified,
    negated,
    opposite,
    other_date,
    other_name,
    other_number,
    other_unit,
    swapped,
)

KIMI = "Kimi raised $2 billion in May 2026, more than StepFun."


class First(Random):
    """Takes the first of what there is to choose from."""

    def choice(self, items):
        return items[0]

    def randrange(self, *bounds):
        return 1 if len(bounds) > 1 else 0

    def random(self):
        return 0.0


@pytest.mark.parametrize(
    ("way", "text", "expected"),
    [
        (other_number, "Kimi raised $2 billion.", "Kimi raised $3 billion."),
        (other_number, "营收增长12.5%。", "营收增长13.5%。"),
        (other_unit, "Kimi raised $2 billion.", "Kimi raised €2 billion."),
        (other_unit, "融资20亿美元。", "融资20万美元。"),
        (other_name, "OpenAI hired him.", "Kimi hired him."),
        (other_date, "It opened in May 2026.", "It opened in June 2026."),
        (other_date, "2026年开业。", "2023年开业。"),
        (negated, "The bridge is open.", "The bridge is not open."),
        (negated, "The bridge did not collapse.", "The bridge collapse."),
        (negated, "他们没有发现问题。", "他们有发现问题。"),
        (negated, "大桥已通车。", "大桥尚未通车。"),
        (opposite, "Prices rose in spring.", "Prices fell in spring."),
        (opposite, "价格在春天上涨。", "价格在春天下跌。"),
        (swapped, "Norda bought the mill from Berg.", "Berg bought the mill from Norda."),
        (
            swapped,
            "It fell from 12 percent to about 7 percent.",
            "It fell from 7 percent to about 12 percent.",
        ),
    ],
)
def test_each_way_changes_one_thing(way, text, expected):
    assert way(text, KIMI, First()) == expected


@pytest.mark.parametrize("way", WAYS.values())
def test_a_statement_without_anything_to_change_gives_nothing(way):
    assert way("Rain.", "", Random(1)) == ""


def test_names_of_one_list_do_not_change_places():
    assert swapped("Norda, Berg and Kimi met.", "", Random(1)) == ""


def test_every_false_statement_differs_from_the_true_one_and_is_the_same_for_the_same_seed():
    text = "Norda did not pay Berg $2 billion in May 2026, more than it paid Kimi in 2025."
    made = falsified(text, KIMI, Random(3))
    assert set(made) == {"number", "unit", "name", "date", "negation", "opposite", "swapped"}
    assert text not in made.values()
    assert made == falsified(text, KIMI, Random(3))
