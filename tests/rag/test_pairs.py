import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.pairs import paired
from rag.parts import parts_of


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("2021年和2022年全国苹果产量", "2021年全国苹果产量", "2022年全国苹果产量"),
        ("2015和2016年有多少支球队参赛？", "2015年有多少支球队参赛？", "2016年有多少支球队参赛？"),
        ("2022年5月3日和2023年6月4日有什么活动？", "2022年5月3日有什么活动？", "2023年6月4日有什么活动？"),
        ("北城杯男单和女单冠军分别是谁？", "北城杯男单冠军是谁？", "北城杯女单冠军是谁？"),
        ("春城运动会和秋城运动会的开幕日期", "春城运动会的开幕日期", "秋城运动会的开幕日期"),
        ("去年的最佳男歌手和女歌手各是谁？", "去年的最佳男歌手是谁？", "去年的最佳女歌手是谁？"),
        ("《长河》的导演和编剧是谁？", "《长河》的导演是谁？", "《长河》的编剧是谁？"),
        ("《长河》和《短桥》的票房是多少？", "《长河》的票房是多少？", "《短桥》的票房是多少？"),
        ("新款手机的售价以及电池容量是多少？", "新款手机的售价是多少？", "新款手机的电池容量是多少？"),
        ("2022年四川和重庆的人口是多少？", "2022年四川的人口是多少？", "2022年重庆的人口是多少？"),
        ("5月6日安徽省和辽宁省各有多少病例？", "5月6日安徽省有多少病例？", "5月6日辽宁省有多少病例？"),
        ("世锦赛澳大利亚和挪威运动员人数", "世锦赛澳大利亚运动员人数", "世锦赛挪威运动员人数"),
        ("《长河》内地和香港上映日期", "《长河》内地上映日期", "《长河》香港上映日期"),
        ("成都马拉松和首都马拉松的时间", "成都马拉松的时间", "首都马拉松的时间"),
        ("ABC2022和2023的举办地", "ABC2022的举办地", "ABC2023的举办地"),
        ("今年春网男单和夏单男单冠军是谁？", "今年春网男单冠军是谁？", "今年夏单男单冠军是谁？"),
        ("去年最佳电视剧和最佳动画片分别是什么？", "去年最佳电视剧是什么？", "去年最佳动画片是什么？"),
        ("陈年往事上映时间及主演", "陈年往事上映时间", "陈年往事主演"),
        ("春节旅游人次和收入是多少？", "春节旅游人次是多少？", "春节旅游收入是多少？"),
        ("男子和女子单人赛得主分别是谁？", "男子单人赛得主是谁？", "女子单人赛得主是谁？"),
        ("北城队和东城队在哪个组", "北城队在哪个组", "东城队在哪个组"),
    ],
)
def test_what_is_asked_of_two_things_is_asked_of_each(question, one, other):
    assert paired(question) == (one, other)
    assert parts_of(question, "zh") == (one, other)


@pytest.mark.parametrize(
    "question",
    [
        "天津队和北城队的比赛结果是什么？",  # one match
        "曼西人与汉特人有什么差别？",
        "阿尔及利亚在哪一年独立？",
        "中华人民共和国成立于哪一年？",
        "陈先生和什么人一起开公司？",
        "英国和欧盟之间签了什么文件？",
        "公司为什么卖掉北厂和南厂？",
        "主力、游资和散户的资金各是多少？",
        "汤尔和在哪里任教？",
        "哪一年建成？",
        "上海和北京的距离是多少？",
        "华为和中兴的合同是什么时候签的？",
        "湖人和勇士的胜负是多少？",
        "印度野驴与非洲野驴的分别是什么？",  # a difference
        "英国和法国有什么分别？",
        "2020年5月美国和日本举行了什么演习？",
        "袭击英国和法国的风暴叫什么？",
        "英国和法国的贸易额是多少？",
        "谁支持恢复英国和法国的出口？",
    ],
)
def test_a_question_that_needs_both_or_has_only_one_stays_whole(question):
    assert paired(question) is None


def test_long_runs_of_digits_and_letters_are_read_at_once():
    for long in ("1" * 1900, "a" * 1900, "2022年" * 400):
        paired(f"{long}的甲和乙是什么？")
        paired(f"{long}和{long}b的票房")


@given(st.text(alphabet="和与及的是谁年男女单冠军《》2023AB，分别", max_size=24))
def test_each_of_the_two_is_made_of_the_question_s_own_characters(question):
    both = paired(question)
    if both is not None:
        assert both[0] != both[1]
        for text in both:
            assert len(text) <= len(question) + 1
            assert set(text) <= set(question)
