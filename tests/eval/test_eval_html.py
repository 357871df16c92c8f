"""The HTML report: whole, safe, and drawn from the numbers of the run."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from eval_fakes import FakeSystem, case, citation, given, scored

from eval.html import html
from eval.plots import Bar, Series, bar_plot, line_plot, reliability_plot
from eval.report import make_report
from eval.results import NotRun, results_markdown
from eval.runner import run
from eval.sheets import findings, headline
from eval.types import QuestionSet
from index.errors import StoreError

EVIL = "<script>alert('x')</script> & \"more\""
CASES = [
    case("good", answers=("$2 billion",), relevant_ids=("a1",)),
    case("evil", question=EVIL, answers=("<b>4</b>",), relevant_ids=("a2",), language="zh", type="odd"),
    case("lost", answers=("40 million yuan",), relevant_ids=("a2",)),
    case("none", unanswerable=True),
]
ANSWERS = {
    "good": given([("Kimi raised $2 billion.", [1])], [citation(1, "a1", 0)], [scored("a1", 0.9, 0.1, 0.2)]),
    EVIL: given([(EVIL + "!", [1])], [citation(1, "a1", 1)], [scored("a1", 0.5, 0.4, 0.2)]),
    "lost": StoreError("the disk is <gone>"),
    "none": given([("Rain fell on Sunday.", [1])], [citation(1, "a3", 0)], [scored("a3", 0.8)]),
}
RANKINGS = {"good": {"dense": ["a1"], "fused": ["a2", "a1"]}}


@pytest.fixture(scope="module")
def report():
    return make_report(run(QuestionSet.of("small", CASES), FakeSystem(ANSWERS, RANKINGS)))


@pytest.fixture(scope="module")
def page(report):
    return html(report)


class Checker(HTMLParser):
    """Refuses tags that do not close in order, and collects what is there."""

    VOID = frozenset({"meta", "wbr"})

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_nothing_outside_itself(page):
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.tags.count("svg") == 5
    assert not {"script", "img", "link", "iframe"} & set(checker.tags)
    assert not [value for name, value in checker.attributes if name in ("src", "href", "onload")]
    assert "http" not in page.replace("http://www.w3.org", "")


def test_foreign_text_stays_text(page):
    assert "<script>" not in page
    assert "&lt;script&gt;alert(" in page
    assert "the disk is &lt;gone&gt;" in page


def test_the_worst_questions_are_shown_whole_and_errors_first(page):
    shown = re.findall(r"<h3>(\d+)\. (.*?)</h3>", page)
    assert shown[0] == ("1", "lost")
    assert len(shown) == 3
    assert "a refusal: the articles do not answer this" in page
    assert "Its investors are many." in page
    assert "wrongly answered" in page
    assert "Kimi raised $2 billion." not in page.split("The worst")[1]


def test_numbers_of_the_run_are_on_the_page(page, report):
    means = {row.metric: row.mean for row in report.run.table if row.grouping == "all"}
    assert f"{means['correct']:.3f}" in page
    assert report.run.set_sha256 in page
    assert "By language: mean (questions)" in page
    assert "<li class=grave>failed with an error: 1 of 4 questions</li>" in page


def test_the_roc_curve_and_the_system_as_it_was_are_drawn(page, report):
    (plot,) = re.findall(r"<h2>Refusing \(ROC\)</h2>(<svg.*?</svg>)", page)
    curve, as_it_was = points(plot)
    assert len(curve.split()) == len(report.run.roc) >= 3
    # One unanswerable question, answered; of three answerable ones one failed, which counts as refused.
    assert as_it_was == line_points((1.0, 2 / 3))
    assert plot.count('class="ideal"') == 1
    (area,) = [row.mean for row in report.run.table if (row.grouping, row.metric) == ("all", "refusal.auroc")]
    assert f"The area below is {area:.3f}." in page


def test_a_set_without_unanswerable_questions_has_no_roc_curve():
    page = html(make_report(run(QuestionSet.of("small", CASES[:1]), FakeSystem(ANSWERS, RANKINGS))))
    assert "ROC" not in page


def line_points(*places):
    (found,) = points(line_plot([Series("a", places)], x="x", y="y", title="t"))
    return found


def points(svg):
    return re.findall(r'points="([^"]*)"', svg)


def test_a_line_lies_where_its_values_are():
    svg = line_plot([Series("a", [(0, 0), (1, 1)]), Series("b<", [(0, 1)])], x="x", y="y", title="t")
    ElementTree.fromstring(svg)
    first, second = points(svg)
    (x0, y0), (x1, y1) = [tuple(map(float, pair.split(","))) for pair in first.split()]
    assert x0 < x1
    assert y0 > y1
    assert second == f"{x0:.1f},{y1:.1f}"
    assert "b&lt;" in svg


def test_bars_and_bubbles_grow_with_their_values():
    bars = bar_plot([Bar("slow", 400, 800), Bar("fast", 4, 8)], x="ms", title="t")
    ElementTree.fromstring(bars)
    slow, fast = [float(width) for width in re.findall(r'class="bar".*? width="([\d.]+)"', bars)]
    assert slow > 90 * fast
    assert "400 / 800" in bars
    bubbles = reliability_plot([(0.1, 0.2, 4), (0.9, 0.8, 100)], x="x", y="y", title="t")
    ElementTree.fromstring(bubbles)
    small, large = [float(radius) for radius in re.findall(r'class="bubble".*? r="([\d.]+)"', bubbles)]
    assert small < large
    assert bar_plot([], x="ms", title="t").endswith("</svg>")


def searched(report, articles, **fields):
    system = {**report.run.system, "index": {"articles": articles}}
    return replace(report, run=replace(report.run, system=system, **fields))


def test_the_table_says_that_it_is_of_everything_where_it_is(report):
    text = results_markdown([searched(report, 3, articles_in_set=3)], "groundwire eval table DIR")
    assert "Run: small (4 questions)." in text
    assert "No set of the folder was left out." in text
    for word in ("drawn by the seed", "Not run", "gold a stage", " of 3 |"):
        assert word not in text


def test_the_table_says_what_was_left_out_and_why(report):
    part = searched(report, 2, articles_in_set=5, cases_in_set=9, oracle="passages", gold_cases=2)
    not_run = [
        NotRun("big", "not named"),
        NotRun("torn", "its file is torn", failed=True),
        NotRun("small", "not named"),
    ]
    text = results_markdown([part], "groundwire eval table DIR --only small --sample 4", not_run)
    assert "Run: small, gold passages (4 of 9 questions)." in text
    assert "Not run: big, small (not named); torn (its file is torn)." in text
    assert "No set of the folder was left out" not in text
    assert "Where not all questions of a set were asked" in text
    assert "| small, gold passages | 4 of 9 | 1 | 2 of 5 |" in text
    assert "what that stage loses" in text


def test_the_report_says_how_many_questions_have_the_gold_that_was_asked_for(report):
    some = replace(report.run, oracle="parts", gold_cases=1)
    assert "questions with gold parts: 1 of 4; the others were answered as without" in list(findings(some))
    none = replace(report.run, oracle="parts")
    assert any(line.startswith("no parts in these questions") for line in findings(none))
    assert not any("gold" in line or "no parts" in line for line in findings(report.run))
    assert "over 2 of 5 articles" in headline(searched(report, 2, articles_in_set=5).run)


def test_the_table_of_many_runs_keeps_bad_figures_and_dashes(report):
    text = results_markdown([report, report], "groundwire eval table DIR")
    lines = [line for line in text.splitlines() if line.startswith("| small |")]
    assert len(lines) == 6
    assert "groundwire eval table DIR" in text
    (header,) = [line for line in text.splitlines() if line.startswith("| set | questions")]
    assert len({line.count("|") for line in [header, *lines[:2]]}) == 1
    cells = dict(zip(header.split("|"), lines[0].split("|"), strict=True))
    assert cells[" correct "] == " 0.250 "
