import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.language import detect
from index.types import StoredPassage


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Kimi的ARR是多少?", "zh"),
        ("DeepSeek V4比GPT-5.5强吗?", "zh"),
        ("SenseTime和Megvii的区别?", "zh"),
        ("Kimi ARR 从 $100 million 涨到 $200 million 用了多久", "zh"),
        ("阶跃星辰", "zh"),
        ("臺灣的半導體產業", "zh"),
        ("What did StepFun (阶跃星辰) do?", "en"),
        ("Who is 王小川?", "en"),
        ("What is 阶跃星辰的ARR?", "en"),
        ("Gaps still exist, but it is difficult to form generational碾压.", "en"),
        ("Kimi", "en"),
        ("Élysée", "en"),
        ("東京は日本の首都です。", "ja"),
        ("서울은 한국의 수도입니다.", "ko"),
        ("Привет, мир", "und"),
        ("12:30 – $45.5!", "und"),
        ("", "und"),
    ],
)
def test_language_of_short_texts(text, language):
    assert detect(text) == language


def test_chinese_article_with_a_long_english_quote_is_chinese():
    quote = "It raised the money in a round led by the state."
    assert (
        detect(f"该公司在周一的公告中表示，它已经从国家基金获得了二十亿美元的融资，原文如下：“{quote}”")
        == "zh"
    )


@given(st.text())
def test_answer_is_one_of_five(text):
    assert detect(text) in {"zh", "en", "ja", "ko", "und"}


@pytest.mark.parametrize(
    ("article", "text", "expected"),
    [
        ("en", "月之暗面完成新一轮融资。", "zh"),
        ("zh", "Kimi raised two billion dollars.", "en"),
        ("zh", "2026: 15.5%", "zh"),
        ("fr", "Le prix a baissé de deux pour cent.", "fr"),
    ],
)
def test_a_passage_has_its_own_language(article, text, expected):
    passage = StoredPassage(
        key=1, passage_id="a.1.0", article_id="a", version=1, title="T", source="", url="", language=article,
        published_at="", heading="", section_kind="body", article_kind="article", ordinal=0, char_start=0,
        char_end=len(text), text=text, sentences=(),
    )  # fmt: skip
    assert passage.text_language == expected
