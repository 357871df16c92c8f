from __future__ import annotations

import pytest
from builders import asked, evidence, passage
from hypothesis import given
from hypothesis import strategies as st

from rag.datelines import printed
from rag.generate.extractive import ExtractiveGenerator
from rag.types import DraftStatement
from rag.verify import Verifier


@pytest.mark.parametrize(
    ("front", "kept"),
    [
        ("2024-03-18 10:50，正文：", "港口三月恢复了夜间装卸。"),
        ("，正文：", "港口三月恢复了夜间装卸。"),
        ("[ 2024/03/18 16:33 ]，正文： ", "港口三月恢复了夜间装卸。"),
        ("来源：海滨电视台 | 2024年03月06日 15:16:02，正文：", "港口三月恢复了夜间装卸。"),
        ("2024年03月06日 15:16:02 来自海滨市，正文：", "港口三月恢复了夜间装卸。"),
        ("中新社海滨3月18日电 ", "港口三月恢复了夜间装卸。"),
        ("新华社海滨3月18日电（记者林小雨、周平）", "港口三月恢复了夜间装卸。"),
        ("中新网3月18日电 (林小雨 周平)", "港口三月恢复了夜间装卸。"),
        ("海滨日报讯（记者林小雨）", "“港口三月恢复了夜间装卸。”"),
        ("海滨网（海滨日报网）讯（通讯员林小雨 周平） ", "3月18日，港口恢复了夜间装卸。"),
        ("本报讯 （记者 林小雨）", "港口三月恢复了夜间装卸。"),
        ("IT之家 3 月 18 日消息，", "港口三月恢复了夜间装卸。"),
        ("东方网记者林小雨3月18日报道：", "港口三月恢复了夜间装卸。"),
        ("【环球网报道 记者 林小雨】", "港口三月恢复了夜间装卸。"),
        ("（图／海滨港务局）", "港口三月恢复了夜间装卸。"),
        ("图源：海滨港务局 ", "港口三月恢复了夜间装卸。"),
        ("LONDON (AP) — ", "The port opened its night shift in March."),
        ("(Reuters) - ", "The port opened its night shift in March."),
        ("Washington (CNN) ", "The port opened its night shift in March."),
        ("London CNN — ", "The port opened its night shift in March."),
        ("London and Abu Dhabi CNN — ", "The port opened its night shift in March."),
        ("CNN — ", "“The port opened its night shift in March,” she said."),
        ("New York CNN Business — ", "The port opened its night shift in March."),
        ("HARBOUR LAKE, Miss. — ", "The port opened its night shift in March."),
        ("GENEVA − ", "The port opened its night shift in March."),
        ("Photos: A port at night Ann Lee/Getty Images ", "The port opened its night shift in March."),
        ("Ann Lee/Bloomberg/Getty Images ", "The port opened its night shift in March."),
    ],
)
def test_what_stands_before_a_sentence_is_not_printed(front, kept):
    assert printed(front + kept) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "2024-03-18 10:50，正文：原标题：驻港指导 海滨港恢复装卸海滨日报讯（记者林小雨）“吊车不停。”",
            "“吊车不停。”",
        ),
        ("正文前的原标题：这样写的句子没有被当作标签。", "正文前的原标题：这样写的句子没有被当作标签。"),
        ("原标题：海滨港恢复夜间装卸 新华社海滨3月18日电 吊车整夜不停。", "吊车整夜不停。"),
        ("原标题：海滨港恢复夜间装卸海滨港恢复夜间装卸 吊车整夜不停。", "吊车整夜不停。"),
        ("原标题：海滨港恢复夜间装卸3月18日，海滨港的吊车整夜不停。", "3月18日，海滨港的吊车整夜不停。"),
        ("原标题：海滨港恢复夜间装卸今年3月18日，吊车整夜不停。", "今年3月18日，吊车整夜不停。"),
        ("原标题：海滨港恢复夜间装卸吊车在夜里也没有停下来。", "海滨港恢复夜间装卸吊车在夜里也没有停下来。"),
        (
            "原标题：夜间装卸恢复为保障供应，3月18日，港口开工。",
            "夜间装卸恢复为保障供应，3月18日，港口开工。",
        ),
    ],
)
def test_a_title_goes_as_far_as_its_end_is_certain(text, kept):
    assert printed(text) == kept


@pytest.mark.parametrize(
    ("kept", "tail"),
    [
        ("港口恢复了夜间装卸。", "返回搜狐，查看更多责任编辑："),
        ("港口恢复了夜间装卸！", "(责任编辑：林小雨 CN079)"),
        ("港口恢复了夜间装卸。", "（来源：海滨发布）返回搜狐，查看更多 责任编辑："),
        ("港口恢复了夜间装卸。", "（完）"),
    ],
)
def test_what_stands_behind_a_sentence_is_not_printed(kept, tail):
    assert printed(kept + tail) == kept


@pytest.mark.parametrize(
    "text",
    [
        "责任编辑：林小雨 SF055",
        "编辑：林小雨",
        "来源：海滨发布、海滨日报。",
        "图源：海滨港务局",
        "(责任编辑：林小雨 CN079)",
        "（记者 林小雨）",
        "（林小雨、周平）",
        "（总台记者 林小雨） 【责任编辑：周平】",
        "【编辑:林小雨】 更多精彩内容请进入国际频道",
        "点击查看详情>>",
        "2024-03-18，正文：原标题：恢复了！",
        "(AP Photo/Ann Lee)",
        "Ann Lee/Bloomberg/Getty Images.",
        "Photo by Ann Lee/Getty Images.",
        "Read more: How the port was built.",
        "READ MORE: How the port was built.",
        "More:How the port was built.",
        "Sign up for our Harbour Days newsletter.",
        "Click here to see the cranes.",
        "Follow Ann Lee on Twitter: @annlee.",
        "Reach her at ann@harbour.example.",
        "Contributing: Ann Lee.",
        "Bo Holm contributed to this report.",
        "This story has been updated to add new information.",
    ],
)
def test_debris_as_a_whole_is_not_printed(text):
    assert printed(text) == ""


WHOLE = [
    "CNN said on Monday that it would close its London office.",
    "Reuters reported that the port had opened.",
    "Executives at CNN — The Atlanta network among them — declined to comment.",
    "The Associated Press (AP) Photographers' Union met in March.",
    "NATO — The alliance met in March.",
    "The port (Reuters) had called it closed.",
    "Shares rose 3%, according to Refinitiv/Reuters.",
    "Sign up for Medicare by March 31 to avoid a penalty.",
    "Read more books to your child, doctors say.",
    "Follow-up talks on X are due in March.",
    "More: Two ports have each closed a quay.",
    "Photos: The port's new crane is lifted from its ship in front of a large crowd.",
    "来源：海滨网港口的夜间装卸在三月恢复得很慢。",
    "Photos of the port show two cranes.",
    "2023年8月18日，海滨市宣布港口恢复夜间装卸。",
    "8月18日电影节在海滨开幕。",
    "据新华社报道，港口恢复了夜间装卸。",
    "据新华社8月18日电，港口恢复了夜间装卸。",
    "港口（记者 林小雨在场）恢复了夜间装卸。",
    "编辑部表示，港口恢复了夜间装卸。",
    "来源于海滨的货物增加了三成。",
    "点击进入该网站的用户超过一百万。",
    "More than 200 scientists contributed to this report.",
    "合同于2024年3月18日签订，正文：第一条写明了港口的界线。",
    "他说，正文：第一条写明了港口的界线。",
    "今天（8月18日）港口恢复了夜间装卸。",
    "（二）港口恢复了夜间装卸。",
    "扫描二维码即可乘车的城市已达30个。",
    "点击查看次数超过一亿的视频被平台下架。",
    "Contact tracing began for all who had been at the @Home party.",
    "Subscribe numbers for the paper's newsletter doubled within a year.",
    "Follow the Leader was the most shared clip on X this week.",
    "NVIDIA – The chipmaker reported record sales on Wednesday.",
    "ASEAN – The bloc of ten countries met in Jakarta.",
]


def test_many_brackets_are_read_at_once():
    assert printed("（编辑 甲）" * 200) == ""
    assert printed("（编辑 甲）" * 200 + "桥开了。").endswith("桥开了。")


@pytest.mark.parametrize("text", WHOLE)
def test_sentences_that_only_look_like_it_stay_whole(text):
    assert printed(text) == text


FRONTS = st.sampled_from(
    [
        "",
        "2024-03-18，正文：",
        "，正文：原标题：",
        "新华社海滨3月18日电 ",
        "LONDON (AP) — ",
        "CNN — ",
        "（完）",
        "(AP) ",
    ]
)


@given(FRONTS, st.text(max_size=60) | st.sampled_from(WHOLE), FRONTS)
def test_what_is_printed_is_a_literal_part_of_the_sentence(front, middle, tail):
    text = front + middle + tail
    assert printed(text) in text


@given(st.lists(st.sampled_from("the port of harbour said rose by night again march".split()), min_size=2))
def test_plain_sentences_are_left_alone(words):
    text = " ".join(words).capitalize() + "."
    assert printed(text) == text


@given(st.text(alphabet="港口恢复夜间装卸在海滨城里人们看见灯光", min_size=1, max_size=60))
def test_plain_chinese_sentences_are_left_alone(words):
    assert printed(f"{words}。") == f"{words}。"


def test_statements_are_printed_without_datelines_and_cite_the_whole_sentence():
    place = passage(
        "2024-03-18 10:50，正文：原标题：港口不再沉默 海滨日报讯（记者林小雨）港口三月恢复了夜间装卸。"
        "（记者 林小雨）"
    )
    items = evidence(place, *([0.9] * len(place.sentences)))
    drafts = ExtractiveGenerator().generate(asked("港口为什么恢复？", language="zh"), items)
    assert drafts == [DraftStatement("港口三月恢复了夜间装卸。", (1,))]
    assert items[0].text.startswith("2024-03-18")
    assert items[0].text == place.text[items[0].char_start : items[0].char_end]


def test_a_statement_behind_a_long_dateline_is_a_quotation():
    place = passage("2024-03-18，正文：原标题：港口不再沉默也不涨价 海滨日报讯（记者林小雨）港口恢复装卸。")
    (item,) = evidence(place, 0.9)
    assert Verifier().by_rules("港口恢复装卸。", [item]).label == "supported"


def test_it_is_not_named_after_the_agency_of_a_dateline():
    place = passage("LONDON (AP) — Kimi opened an office in March. It raised its prices twice that year.")
    drafts = ExtractiveGenerator().generate(asked("Why did users leave?"), evidence(place, 0.01, 0.9))
    assert drafts == [DraftStatement("It [Kimi] raised its prices twice that year.", (2, 1))]
