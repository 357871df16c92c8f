import collections
import itertools
import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from eval.metrics.answer import contains_all_of, contains_any, exact_match, normalise, rouge_l, token_f1

# The definition, step by step as SQuAD 2.0's evaluation gives it.


def official_normalize(s):
    s = s.lower()
    s = "".join(ch for ch in s if ch not in set(string.punctuation))
    s = re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", s)
    return " ".join(s.split())


def official_exact(gold, pred):
    return int(official_normalize(gold) == official_normalize(pred))


def official_f1(gold, pred):
    gold_tokens = official_normalize(gold).split() if gold else []
    pred_tokens = official_normalize(pred).split() if pred else []
    common = collections.Counter(gold_tokens) & collections.Counter(pred_tokens)
    num_same = sum(common.values())
    if len(gold_tokens) == 0 or len(pred_tokens) == 0:
        return int(gold_tokens == pred_tokens)
    if num_same == 0:
        return 0
    precision = 1.0 * num_same / len(pred_tokens)
    recall = 1.0 * num_same / len(gold_tokens)
    return (2 * precision * recall) / (precision + recall)


TEXTS = [
    "",
    " ",
    "The",
    "a an the",
    "!!!",
    "the cat sat on the mat",
    "The Cat, sat on a mat.",
    "theatre",
    "A. the-cat",
    "1,000",
    "1000",
    "$2.5 billion",
    "U.S.",
    "US",
    "naïve café",
    "naive cafe",
    "“Thor: Love and Thunder”",
    '"Thor: Love and Thunder"',
    "it's the end\tof\nthe world",
    "İstanbul",
    "深圳 the 上海",
    "the the cat cat cat",
]
WORDS = st.sampled_from(
    ["the", "a", "An", "cat", "Cat.", "sat", "$5", "5", "it's", "—", "é", "深圳", "x-ray"]
)
PROSE = st.lists(WORDS, max_size=8).map(" ".join) | st.text(max_size=12)


@pytest.mark.parametrize(("gold", "pred"), list(itertools.product(TEXTS, repeat=2)))
def test_english_metrics_are_squads_on_the_hand_list(gold, pred):
    assert normalise(gold) == official_normalize(gold)
    assert exact_match(pred, [gold], language="en") == official_exact(gold, pred)
    assert token_f1(pred, [gold], language="en") == pytest.approx(official_f1(gold, pred), abs=1e-12)


@settings(max_examples=400)
@given(gold=PROSE, pred=PROSE)
def test_english_metrics_are_squads_on_random_text(gold, pred):
    assert exact_match(pred, [gold], language="en") == official_exact(gold, pred)
    assert token_f1(pred, [gold], language="en") == pytest.approx(official_f1(gold, pred), abs=1e-12)


def test_the_best_of_several_gold_answers_counts():
    assert token_f1("the red cat", ["dog", "cat"], language="en") == pytest.approx(2 / 3)
    assert exact_match("cat", ["dog", "The cat"], language="en") == 1.0
    assert token_f1("cat", [], language="en") == rouge_l("cat", [], language="en") == 0.0
    assert exact_match("cat", [], language="en") == 0.0


# CMRC 2018's definition: one list of marks is dropped, each Han character is a token, and the longest
# common substring counts. Its Latin words go through NLTK there; these texts have none with punctuation.

CMRC_MARKS = "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』"


def official_cmrc_f1(gold, pred):
    def segments(text):
        kept = "".join(ch for ch in text.lower().strip() if ch not in CMRC_MARKS)
        return re.sub(r"([\u4e00-\u9fa5])", r" \1 ", kept).split()

    a, b = segments(gold), segments(pred)
    runs = [
        n
        for i in range(len(a))
        for n in range(1, len(a) - i + 1)
        if any(a[i : i + n] == b[j : j + n] for j in range(len(b)))
    ]
    if not runs:
        return 0.0
    precision, recall = max(runs) / len(b), max(runs) / len(a)
    return 2 * precision * recall / (precision + recall)


@given(
    gold=st.text(alphabet="上海深圳的，。GPT45 ", max_size=10),
    pred=st.text(alphabet="上海深圳的，。GPT45 ", max_size=14),
)
def test_chinese_f1_is_cmrcs_longest_common_run(gold, pred):
    assert token_f1(pred, [gold], language="zh") == pytest.approx(official_cmrc_f1(gold, pred), abs=1e-12)


def test_chinese_by_hand():
    # Four of six characters in one run: precision 4/6, recall 4/4.
    assert token_f1("在上海浦东！区", ["上海浦东"], language="zh") == pytest.approx(0.8)
    # 上海 and 浦东 are both there, but only one run of two counts.
    assert token_f1("上海的浦东", ["上海浦东"], language="zh") == pytest.approx(4 / 9)
    assert exact_match("《上海》。", ["上海"], language="zh") == 1.0
    assert exact_match("上海市", ["上海"], language="zh") == 0.0


ENGLISH = st.lists(
    st.sampled_from(["the", "cats", "running", "ran", "to", "5", "houses,", "House"]), max_size=15
)


@given(gold=ENGLISH, pred=ENGLISH)
def test_english_rouge_l_is_rouge_scores(gold, pred):
    gold_text, pred_text = " ".join(gold), " ".join(pred)
    expected = RougeScorer(["rougeL"], use_stemmer=True).score(gold_text, pred_text)["rougeL"].fmeasure
    assert rouge_l(pred_text, [gold_text], language="en") == pytest.approx(expected, abs=1e-12)


def test_chinese_rouge_l_by_hand():
    # Tokens 公司 -> 2, GPT4 -> 1, 发布了 -> 3 of the gold's 6; said 公司发布GPT4: 公 司 发 布 common, 5 said.
    assert rouge_l("公司发布GPT4", ["公司GPT4发布了"], language="zh") == pytest.approx(2 * 4 / (5 + 6))
    assert rouge_l("，。", ["公司"], language="zh") == 0.0


@pytest.mark.parametrize(
    ("answer", "gold", "found"),
    [
        ("The answer is 2,000 people.", "2000", True),
        ("In 2025 it grew.", "20", False),
        ("会议在19日举行", "9日", False),
        ("会议在7月9日举行", "9日", True),
        ("价值８万美元", "8万美元", True),
        ("It cost 80000美元 then", "80000 美元", True),
        ("“Thor: Love and Thunder” leads", '"Thor: Love and Thunder"', True),
        ("She met Spider Man", "Spider-Man", True),
        ("The cat", "cats", False),
        ("China’s economy", "China", True),
        ("It rose 3.5 percent", "5", False),
        ("Anything at all", "the", False),
        ("", "cat", False),
    ],
)
def test_containing_compares_whole_words_and_numbers(answer, gold, found):
    assert contains_any(answer, ["no such thing", gold]) is found


def test_every_group_needs_one_alternative():
    said = "6月18日和7月6日"
    assert contains_all_of(said, [["6月18日"], ["7月6日", "7月7日"]])
    assert not contains_all_of(said, [["6月18日"], ["7月7日"]])
    assert not contains_all_of(said, [])
