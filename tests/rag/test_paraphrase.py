"""What rules say of paraphrases: denials, opposites, places exchanged, names in Chinese."""

from __future__ import annotations

import pytest

from rag.alignment import read
from rag.checks import missing_names, negation_differs, roles_swapped
from rag.chinese_names import missing_chinese_names
from rag.opposites import opposite_said, sided
from rag.polarity import polarity_differs
from rag.roles import places_exchanged, sides_exchanged
from rag.verify import turned_round

EVIDENCE = (
    "The harbour authority approved the new terminal after residents dropped their complaint.\n"
    "Ferries to the island will run every hour, and tickets remain free for children."
)
EVIDENCE_ZH = (
    "港务局批准了新码头的建设方案，居民随后撤回了投诉。\n前往该岛的渡轮每小时一班，儿童乘船继续免票。"
)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("The authority has not approved a new terminal at the harbour.", EVIDENCE),
        ("Ferries will not run to the island every hour.", EVIDENCE),
        ("新码头的建设方案未获港务局批准建设。", "港务局称新码头的建设方案已经动工建设。"),
        ("前往该岛的渡轮不再每小时一班。", EVIDENCE_ZH),
        (
            "The bank in Tarn is still paying out the savings of its older customers.",
            "Since May the bank in Tarn is not paying out the savings of its older customers.",
        ),
    ],
)
def test_denial_of_what_the_evidence_says_is_noticed(statement, evidence):
    assert polarity_differs(statement, evidence)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("The authority approved a terminal.", EVIDENCE),
        ("The pilots could not land the plane.", "The pilots were unable to land the plane in the storm."),
        ("The union did not accept the offer.", "The union refused to accept the offer of the railway."),
        ("The museum has no entrance fee.", "The museum charges no entrance fee on Sundays."),
        ("居民不再反对新码头。", "居民已放弃反对新码头，撤回了投诉。"),
        ("法院没有受理此案。", "法院拒绝受理此案，并退回了材料。"),
    ],
)
def test_denial_in_other_words_agrees(statement, evidence):
    assert not polarity_differs(statement, evidence)


IDIOMS = [
    (
        "The river had never before flooded the old town.",
        "The river flooded the old town for the first time this week.",
    ),
    (
        "The minister must sign the treaty no later than Monday.",
        "The minister must sign the treaty by Monday.",
    ),
    (
        "There is no doubt that the bridge will open in June.",
        "The bridge will certainly open in June, they said.",
    ),
    ("No more than 12 sailors slept in the cabin.", "Up to 12 sailors slept in the cabin at a time."),
    ("Nothing but rain fell on the island for weeks.", "Rain fell on the island for weeks."),
    (
        "Not all fishermen lose their boats in the storm.",
        "Some fishermen keep their boats in the storm.",
    ),
    (
        "The company not only builds ships but also repairs them.",
        "The company builds ships in its yard and repairs them there.",
    ),
    (
        "Residents cannot but accept the new toll on the bridge.",
        "Residents must accept the new toll on the bridge.",
    ),
    ("企业的利润不止上涨一成。", "企业的利润上涨超过一成。"),
    ("新码头不到一年建成投用。", "新码头在一年内建成投用。"),
    ("部长不得不在周五辞去职务。", "部长被迫在周五辞去职务。"),
    ("居民无不欢迎新码头的建设。", "居民都欢迎新码头的建设。"),
    ("毫无疑问新码头会在周五开放。", "新码头会在周五开放。"),
    ("港务局不会不批准新码头的建设方案。", "港务局会批准新码头的建设方案。"),
    ("他对渡轮的票价上涨并非没有准备。", "他对渡轮的票价上涨有所准备。"),
]


@pytest.mark.parametrize(("one", "other"), IDIOMS)
def test_idiom_with_a_word_of_denial_denies_nothing(one, other):
    for statement, evidence in ((one, other), (other, one)):
        assert not turned_round(statement, evidence)
        assert not negation_differs(statement, evidence)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        (
            "No more than 12 sailors slept in the cabin.",
            "More than 12 sailors slept in the cabin at a time.",
        ),
        ("Not all fishermen lose their boats.", "All fishermen on the coast lose their boats in a storm."),
        ("部长没有在周五辞去职务。", "部长在周五辞去职务。"),
        ("企业不得在疫情期间解雇怀孕员工。", "企业可以在疫情期间解雇怀孕员工。"),
        ("企业可以在疫情期间解雇怀孕员工。", "企业不得在疫情期间解雇怀孕员工。"),
        ("港务局不同意新码头的建设方案。", "港务局同意新码头的建设方案。"),
    ],
)
def test_words_of_an_idiom_that_deny_after_all_are_noticed(statement, evidence):
    assert turned_round(statement, evidence)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("Sales of the bakery rose by a tenth.", "In March the bakery's sales declined by about a tenth."),
        ("The council rejected the plan for the bridge.", "The council accepted a plan for a bridge."),
        ("Wages gained while rents were shrinking.", "Wages fell while rents were growing."),
        ("面包店的销售额上升了一成。", "三月份面包店的销售额下降约一成。"),
        ("市议会反对修桥方案。", "市议会经讨论后支持修桥方案。"),
    ],
)
def test_opposite_in_the_place_that_matches_is_noticed(statement, evidence):
    assert opposite_said(statement, evidence)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("Sales of the bakery fell by a tenth.", "In March the bakery's sales declined by about a tenth."),
        ("Sales rose and rents fell.", "While rents fell, sales rose."),
        ("Sales did not rise.", "Sales fell."),
        ("面包店的销售额下滑了一成。", "三月份面包店的销售额下降约一成。"),
        ("进口增加，出口减少。", "出口减少的同时，进口增加。"),
    ],
)
def test_same_direction_in_other_words_agrees(statement, evidence):
    assert not opposite_said(statement, evidence)


BOTH_SIDES = [
    ("China's exports to Brazil rose in March.", "Brazil's imports from China rose in March."),
    ("Spain lost the final in Oslo to France.", "France won the final in Oslo against Spain."),
    ("Rents in Oslo are higher than in Bergen.", "Rents in Bergen are lower than in Oslo."),
    ("Oslo leads Bergen in the league.", "Bergen trails Oslo in the league."),
    ("Shares of the bank fell before rising again.", "Shares of the bank rose again after falling."),
    ("Apple bought the Skyline unit from Google in May.", "Google sold the Skyline unit to Apple in May."),
    ("北京的房价低于上海。", "上海的房价高于北京。"),
    ("西班牙在决赛输给法国。", "法国在决赛战胜西班牙。"),
    ("中国对巴西的出口增加。", "巴西从中国的进口增加。"),
    ("谷歌向苹果支付十亿美元。", "苹果向谷歌出售专利，谷歌为此支付十亿美元。"),
]


@pytest.mark.parametrize(("one", "other"), BOTH_SIDES)
def test_the_same_told_from_its_other_side_agrees(one, other):
    for statement, evidence in ((one, other), (other, one)):
        assert not turned_round(statement, evidence)
        assert not roles_swapped(statement, evidence)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("China's exports to Brazil rose in March.", "China's imports from Brazil rose in March."),
        ("Spain won the final in Oslo against France.", "Spain lost the final in Oslo to France."),
        ("Rents in Bergen are higher than in Oslo.", "Rents in Bergen are lower than in Oslo."),
        ("Shares of the bank fell after rising again.", "Shares of the bank fell before rising again."),
        ("上海房价低于北京。", "上海房价高于北京。"),
        ("西班牙在决赛战胜法国。", "西班牙在决赛输给法国。"),
        ("谷歌向苹果支付十亿美元。", "苹果向谷歌支付十亿美元。"),
    ],
)
def test_a_converse_said_of_the_same_side_is_noticed(statement, evidence):
    assert turned_round(statement, evidence)


def test_forms_of_listed_words_are_known():
    words = {word.word for word in sided(read("Prices climbed, then shops cutting staff denied shrinking."))}
    assert {"climbed", "cutting", "denied", "shrinking"} <= words


@pytest.mark.parametrize(
    ("statement", "evidence", "exchanged"),
    [
        (
            "The paper mill came to 40 million dollars, the new harbour 90 million dollars.",
            "Building the harbour cost 90 million dollars. The paper mill was had for 40 million dollars.",
            False,
        ),
        (
            "The paper mill came to 90 million dollars, the new harbour 40 million dollars.",
            "Building the harbour cost 90 million dollars. The paper mill was had for 40 million dollars.",
            True,
        ),
        ("造纸厂耗资9000万元，新港口耗资4000万元。", "修建新港口花费9000万元，造纸厂花费4000万元。", True),
        ("造纸厂耗资4000万元，新港口耗资9000万元。", "修建新港口花费9000万元，造纸厂花费4000万元。", False),
        ("Between 3% and 5% of the eggs broke.", "Of the eggs, 3% to 5% broke.", False),
    ],
)
def test_amounts_in_each_others_place_are_noticed(statement, evidence, exchanged):
    assert places_exchanged(statement, evidence) == exchanged


def test_names_in_each_others_place_are_noticed():
    evidence = "The striker Marlow praised his goalkeeper. Later the coach Denholm left the pitch in anger."
    assert places_exchanged(
        "The coach Marlow left in anger; striker Denholm praised his goalkeeper.", evidence
    )
    assert not places_exchanged(
        "The coach Denholm left in anger; striker Marlow praised his goalkeeper.", evidence
    )


def test_sides_of_a_chinese_comparison_are_compared():
    evidence = "数据显示，今年北线比南线更受游客欢迎。"
    assert sides_exchanged("南线比北线更受欢迎。", evidence)
    assert not sides_exchanged("北线比南线更受欢迎。", evidence)


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("他在《海风》一书中写到这座灯塔。", ["《海风》"]),
        ("他在《灯塔纪事》一书中写到这座灯塔。", []),
        ("灯塔由卡洛斯·梅德拉设计。", ["洛斯·梅德"]),
        ("灯塔由安东·贝尔格设计。", []),
        ("青岚市负责维护灯塔。", ["青岚市"]),
        ("临浦市负责维护灯塔。", []),
        ("该市负责维护灯塔。", []),
        ("周海燕表示，灯塔将重新开放。", ["周海燕"]),
        ("林秋实表示，灯塔将重新开放。", []),
        ("卫健局表示，灯塔将重新开放。", []),
    ],
)
def test_chinese_names_that_nothing_accounts_for(statement, missing):
    known = "《灯塔纪事》的作者林秋实介绍，这座灯塔由安东·贝尔格设计，由临浦市维护，明年重新开放。"
    assert missing_chinese_names(statement, known, {}) == missing


@pytest.mark.parametrize(
    "statement",
    [
        "新政策帮助节省了一成开支。", "该公司宣布退市。", "大盘今日收市上涨。", "居民购买汽车。",
        "伤者送往附近医院救治。", "高管表示将继续投资。", "罢工影响公司业绩。", "解释称渡轮停运。",
        "项目说，工程将完工。", "车主表示不满。", "居民走上街道。", "两国法院都受理了此案。",
    ],
)  # fmt: skip
def test_ordinary_chinese_words_are_no_names(statement):
    assert missing_chinese_names(statement, "灯塔明年重新开放。", {}) == []


def test_common_words_in_each_others_place_are_no_names():
    assert missing_names("不少居民欢迎新码头的建设。", "许多居民欢迎新码头的建设。", "", {}) == []


def test_city_is_a_name_where_its_place_shows_it():
    assert missing_chinese_names("灯塔位于青岚市。", "灯塔。", {}) == ["青岚市"]
    assert missing_chinese_names("灯塔属江苏省。", "灯塔。", {}) == ["江苏省"]


def test_alias_accounts_for_a_chinese_name():
    aliases = {"青岚市": frozenset({"Qinglan"})}
    assert missing_chinese_names("青岚市负责维护灯塔。", "Qinglan maintains it.", aliases) == []


@pytest.mark.parametrize(
    ("statement", "evidence", "missing"),
    [
        ("Stubborn fires burned for days.", "Fires that would not go out burned for days.", []),
        ("Marlow burned for days.", "Fires that would not go out burned for days.", ["Marlow"]),
        ("The IPO failed.", "The initial public offering failed.", []),
        ("The USDA pays.", "The U.S. Department of Agriculture pays.", []),
        ("The FDA pays.", "The U.S. Department of Agriculture pays.", ["FDA"]),
        ("The FBI arrested him.", "He was arrested after the body was found by investigators.", ["FBI"]),
        ("The IRA paid.", "Its rates are paid.", ["IRA"]),
        ("The DOJ sued.", "The Department of Justice sued.", []),
        ("The ETF fell.", "The exchange-traded fund fell.", []),
        ("The NDA was filed.", "The new drug application was filed.", []),
        ("It opened in November.", "It opened on Nov. 3.", []),
        ("Forty-eight ships came.", "All 48 ships came.", []),
    ],
)
def test_words_that_are_no_new_names(statement, evidence, missing):
    assert missing_names(statement, evidence, "", {}) == missing
