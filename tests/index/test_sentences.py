import gzip
import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_labels import agreement, windows

from index.sentences import sentence_spans

PIECES = st.sampled_from(
    [
        ".",
        "...",
        "…",
        "?!",
        "。",
        "！”",
        "；",
        "、",
        " ",
        "\n",
        "\u2028",
        '"',
        "”",
        "(",
        "）",
        "》",
        "Mr.",
        "U.S.",
        "No. 5",
        "$1.5",
        "said",
        "The",
        "接着",
        "iPhone",
        "e.g.",
        "[1]",
        "1.",
        "II.",
        "—",
        "\x1c",
        "\x85",
        "\u3000",
    ]
)


def split(text: str) -> list[str]:
    return [text[span.char_start : span.char_end] for span in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Mr. Smith met Prof. Lee in the U.S. Senate at 9 a.m. Monday.", "They spoke."],
        ["It was led by J. K. Rowling and George W. Bush.", "Nobody came."],
        ["Apple Inc. shares rose, e.g. on Jan. 9, by No. 5 of the list.", "The rest fell."],
        ["GPT-5.5 costs $1.5 per million.", "V4 is cheaper."],
        ["He works in the U.S.", "The pay is good."],
        ["It opens at 9 a.m.", "It closes at noon."],
        ["“We won’t sell,” he said.", "“Never!”", "“Why?” asked Bob.", "(It was late.)", "They left."],
        ['"Is it over?" she said.', 'He nodded: "Yes."', "Then it rained."],
        ["Yahoo! said it would close.", "Who knew?!", "Nobody."],
        ["They waited... and waited.", "Then...", "Nothing."],
        ["He left. . . and came back.", "Good."],
        ["The iPhone sold well.", "iPhone sales doubled."],
        ["Roe v. Wade was overturned.", "See Smith et al. for more."],
        ["The rate rose.[12]", "Prices fell."],
        ["公司表示，收入增长1.5倍；利润、现金都增加。", "真的吗？！", "是的！"],
        ["他说：“我来了。”", "她问：“什么时候？”", "（没有人回答。）", "天黑了。"],
        ["《你好，李焕英！》上映。", "“加油！”、“必胜！”，他们喊。"],
        ["估值为$45–$50 billion.", "接着，IPO开始了。", "OK?", "好。"],
        ["这个……我不知道。", "“我想……”", "她停住了。"],
        ["孩子们唱歌、跳舞、画画……", "操场上很热闹。", "“……以后再说。”", "他走了。"],
        [
            "“Why now?” Ms. Chen asked.",
            "“… I wait,” she said.",
            '"Go!"',
            "But Bob said no.",
            '"It pays!"',
            "Ann sold.",
        ],
        ["升级如下：——更轻的框架。", "——更快的芯片。"],
        ["见附注；1.统计范围2.采集渠道。", "完。"],
        ["The company said so.", "The market fell."],
    ],
)
def test_sentences_end_where_a_reader_ends_them(sentences):
    joint = "" if any("\u4e00" <= c <= "\u9fff" for c in sentences[0]) else " "
    assert split(joint.join(sentences)) == sentences


def test_missing_space_between_sentences_is_seen_and_hosts_are_not():
    assert split("It was signed.The market fell. See www.Example.com or Node.js for U.S.A. news.") == [
        "It was signed.",
        "The market fell.",
        "See www.Example.com or Node.js for U.S.A. news.",
    ]


def test_number_at_the_start_of_a_line_belongs_to_the_line():
    assert split("II. The Music Stops\n3. Rail strike\nNo.\nYes.") == [
        "II. The Music Stops",
        "3. Rail strike",
        "No.",
        "Yes.",
    ]


def test_line_break_always_ends_a_sentence():
    assert split("one\ntwo, and\n\n  three  ") == ["one", "two, and", "three"]


def test_long_sentence_stays_whole():
    sentence = "word " * 300 + "end."
    assert split(f"{sentence} Next.") == [sentence, "Next."]


def test_range_limits_what_is_read():
    text = "One two. Three four. Five."
    assert [(s.char_start, s.char_end) for s in sentence_spans(text, 4, 18)] == [(4, 8), (9, 18)]
    assert sentence_spans(text, 8, 9) == ()


@given(
    st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=30).map("".join)),
    st.data(),
)
@settings(max_examples=500, deadline=None)
def test_spans_cover_everything_but_white_space_and_do_not_overlap(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    position = start
    for span in sentence_spans(text, start, end):
        assert position <= span.char_start < span.char_end <= end
        assert text[position : span.char_start].strip() == ""
        sentence = text[span.char_start : span.char_end]
        assert sentence == sentence.strip()
        assert "\n" not in sentence
        position = span.char_end
    assert text[position:end].strip() == ""


@pytest.mark.parametrize("unit", [". ", "U.S. ", "a.\n", "“", "。” ", "Word word. ", " " * 40 + "."])
def test_time_is_linear_in_the_text(unit):
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        fastest = float("inf")
        for _ in range(3):
            began = time.process_time()
            sentence_spans(text)
            fastest = min(fastest, time.process_time() - began)
        return fastest

    seconds(10_000)
    assert seconds(800_000) < 40 * max(seconds(100_000), 0.001)


@pytest.mark.parametrize(("language", "precision", "recall"), [("en", 0.99, 0.99), ("zh", 0.99, 0.99)])
def test_boundaries_agree_with_those_that_annotators_saw(language, precision, recall):
    data = os.environ.get("GROUNDWIRE_TEST_DATA")
    if not data:
        pytest.skip("GROUNDWIRE_TEST_DATA does not name the folder of the test data")
    found = expected = common = 0
    for part in ("train", "dev"):
        with gzip.open(Path(data) / part / f"analytical_{language}" / "corpus.jsonl.gz", "rt") as rows:
            for row in map(json.loads, rows):
                text, spans = row["text"], row.get("sentences")
                if not spans:
                    continue
                # Theirs end at a Chinese semicolon too; ours never do.
                theirs = {start + len(text[start:end].rstrip()) for start, end in spans}
                theirs = {end for end in theirs if text[end - 1] != "；"}
                ours = {s.char_end for s in sentence_spans(text) if s.char_end <= spans[-1][1]}
                found, expected, common = (
                    found + len(ours),
                    expected + len(theirs),
                    common + len(ours & theirs),
                )
    assert common / found >= precision
    assert common / expected >= recall


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sentences_end_where_they_were_marked_by_hand(language, test_data):
    labelled = [window for window in windows(test_data) if window.language == language]
    assert sum(len(window.ends) for window in labelled) >= 200
    found = agreement(labelled, lambda line, _: [span.char_end for span in sentence_spans(line)])
    assert found.precision >= 0.98
    assert found.recall >= 0.98
