import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.library import Library
from index.schema import migrate
from index.story import common_figures, common_words, is_same_story, link, signature, stories_of, unlink
from index.types import Article

WORDS = (
    "ministers agreed late on tuesday to fund the northern rail line after months of talks about its cost "
    "and route through four valleys where farmers had asked for tunnels instead of bridges and towns wanted "
    "stations that trains would serve every hour from the spring of next year when the first part is to open"
).split()
ENGLISH = " ".join(WORDS) + ". The line costs 4.2 billion over 11 years, 37 kilometres of it in 14 tunnels."
CHINESE = (
    "记者从会议上获悉，今年前三季度全市新增充电桩一万二千个，覆盖所有街道和主要高速公路服务区。"
    "市发改委有关负责人表示，下一步将在老旧小区推广共享充电，并对建设单位给予补贴，预计到年底总数将达到5.6万个，投资额32亿元。"
)
TEMPLATE = (
    "截至2026年{day}日收盘，{name}报收于{price}元，换手率{turn}%，成交量{volume}万手，成交额{money}万元。当日的资金流向数据方面，"
    "主力资金净流出{a}万元，游资资金净流入{b}万元，散户资金净流出{c}万元。该股主要指标及行业内排名如下，公司主营收入{d}万元，"
    "以上内容由本站根据公开信息整理，由算法生成，与本站立场无关，投资有风险，请谨慎决策。"
)


def quote(**figures: str) -> str:
    return TEMPLATE.format(**figures)


def same(a: str, b: str) -> bool:
    one, other = signature(a), signature(b)
    assert one is not None
    assert other is not None
    return is_same_story(one, other)


@pytest.fixture
def connection():
    opened = sqlite3.connect(":memory:", isolation_level=None)
    opened.row_factory = sqlite3.Row
    migrate(opened)
    yield opened
    opened.close()


def put(connection: sqlite3.Connection, number: int, text: str) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO articles (number, id, version, seq) VALUES (?, ?, 1, 1)",
        (number, f"a{number}"),
    )
    link(connection, number, text)


def test_edited_cut_and_framed_copies_are_one_story():
    assert same(ENGLISH, ENGLISH.upper())
    assert same(ENGLISH, "BERLIN (Agency) - " + ENGLISH + " Read more on our pages. Subscribe now.")
    assert same(
        ENGLISH, ENGLISH.replace("late on tuesday", "on Tuesday night").replace("every hour", "hourly")
    )
    assert same(CHINESE, "【本报讯】" + CHINESE.replace("有关负责人表示", "负责人介绍") + "（编辑：小王）")


def test_reports_from_one_template_are_stories_of_their_own():
    monday = quote(
        day="4", name="甲公司", price="11.25", turn="2.31", volume="3.44", money="3871.2", a="120.5",
        b="33.1", c="87.4", d="81711.3",
    )  # fmt: skip
    tuesday = quote(
        day="5", name="甲公司", price="11.63", turn="1.87", volume="2.95", money="3402.9", a="98.7",
        b="41.6", c="57.1", d="81711.3",
    )  # fmt: skip
    one, other = signature(monday), signature(tuesday)
    assert common_words(one, other) >= 0.5
    assert common_figures(one, other) < 0.5
    assert not same(monday, tuesday)
    assert same(monday, "快讯：" + monday)


def test_short_texts_have_no_story():
    assert signature("Trading in the shares was halted.") is None
    assert signature("") is None


@given(st.permutations(WORDS))
@settings(max_examples=30)
def test_the_estimate_is_close_to_the_share_of_common_runs(words):
    def runs(text: list[str]) -> set[tuple[str, ...]]:
        return {tuple(text[i : i + 4]) for i in range(len(text) - 3)}

    mixed = WORDS[:30] + list(words[30:])
    exact = len(runs(WORDS) & runs(mixed)) / len(runs(WORDS) | runs(mixed))
    estimate = common_words(signature(" ".join(WORDS)), signature(" ".join(mixed)))
    assert abs(estimate - exact) < 0.2


def test_a_story_counts_the_other_articles_that_tell_it(connection):
    put(connection, 1, ENGLISH)
    put(connection, 2, "LONDON - " + ENGLISH)
    put(connection, 3, CHINESE)
    put(connection, 4, "Too short.")
    stories = stories_of(connection, ["a1", "a2", "a3", "a4", "unknown"])
    assert set(stories) == {"a1", "a2", "a3"}
    assert stories["a1"] == stories["a2"]
    assert (stories["a1"].also_in, stories["a3"].also_in) == (1, 0)
    assert stories["a3"].id != stories["a1"].id


def test_an_article_that_changes_or_goes_leaves_its_story(connection):
    put(connection, 1, ENGLISH)
    put(connection, 2, ENGLISH + " More soon.")
    put(connection, 1, CHINESE)
    stories = stories_of(connection, ["a1", "a2"])
    assert stories["a1"].id != stories["a2"].id
    assert stories["a2"].also_in == 0
    unlink(connection, 1)
    unlink(connection, 2)
    assert stories_of(connection, ["a1", "a2"]) == {}
    for table in ("stories", "story_articles", "story_bands"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0


def test_the_library_links_what_it_stores_and_forgets_what_it_deletes(library: Library):
    first = library.put(Article("Rail line funded", ENGLISH, source="Agency"))
    second = library.put(Article("Ministers fund rail line", "By our staff. " + ENGLISH, source="Paper"))
    library.put(Article("Rail line funded", ENGLISH, source="Portal", kind="teaser"))
    snapshot = library.snapshot()
    assert first.status == second.status == "created"
    assert snapshot.stories_of([first.article_id])[first.article_id].also_in == 1
    library.delete(second.article_id)
    stories = library.snapshot().stories_of([first.article_id, second.article_id])
    assert {identity: story.also_in for identity, story in stories.items()} == {first.article_id: 0}
