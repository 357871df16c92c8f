"""An answer's words against gold answers.

Several gold answers count as alternatives: the best score stands. Text in Chinese and Japanese is
compared by characters, all other by words.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence

from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import Tokenizer

CHARACTER_LANGUAGES = frozenset({"zh", "ja"})

_ARTICLES = frozenset({"a", "an", "the"})
_ARTICLE = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_CMRC_PUNCTUATION = frozenset("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
_EAST_ASIAN = r"\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CMRC_TOKEN = re.compile(rf"[{_EAST_ASIAN}]|[^\W{_EAST_ASIAN}]+|[^\w\s]")
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORD = re.compile(rf"[{_EAST_ASIAN}]|{_NUMBER}|[^\W\d_{_EAST_ASIAN}][^\W_{_EAST_ASIAN}]*")


def normalise(text: str) -> str:
    """Lower the case, drop ASCII punctuation and English articles, join words by single spaces.

    This is `normalize_answer` of SQuAD's evaluation (Rajpurkar et al. 2016), kept as it is, Unicode
    punctuation included, so that numbers compare with published ones.
    """
    return " ".join(_ARTICLE.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(answer: str, golds: Sequence[str], *, language: str) -> float:
    """Exact match: 1 where the normalised answer equals a normalised gold answer, else 0.

    English as in SQuAD (Rajpurkar et al. 2016). Chinese as in CMRC 2018 (Cui et al. 2019): lower case,
    without the punctuation that its script lists. A sentence never equals a name: for answers in
    sentences the metric says how literally they answer, and `contains_any` whether.
    """
    form = _cmrc_form if language in CHARACTER_LANGUAGES else normalise
    return float(any(form(answer) == form(gold) for gold in golds))


def token_f1(answer: str, golds: Sequence[str], *, language: str) -> float:
    """F1 of the tokens that an answer shares with a gold answer; the best of the gold answers.

    English as in SQuAD (Rajpurkar et al. 2016, 2018): a bag of normalised words; where one text has
    none, 1 if the other has none either. Chinese as in CMRC 2018 (Cui et al. 2019): the longest run of
    characters that both have, as a share of either. Its script splits Latin words by NLTK; here they
    are runs of letters and digits.
    """
    score = _cmrc_f1 if language in CHARACTER_LANGUAGES else _squad_f1
    return max((score(answer, gold) for gold in golds), default=0.0)


def rouge_l(answer: str, golds: Sequence[str], *, language: str) -> float:
    """ROUGE-L (Lin 2004): F-measure of the longest common subsequence; the best of the gold answers.

    By Google's rouge_score, English with the Porter stemmer, Chinese over single characters and whole
    Latin words and numbers.
    """
    if not golds:
        return 0.0
    scorer = _CHARACTER_ROUGE if language in CHARACTER_LANGUAGES else _WORD_ROUGE
    return float(scorer.score_multi(list(golds), answer)["rougeL"].fmeasure)


def contains_any(answer: str, golds: Sequence[str]) -> bool:
    """Tell whether a gold answer stands in the answer as a run of whole words and numbers.

    This is the string match of ALCE (Gao et al. 2023, arXiv 2305.14627) and the accuracy of RGB (Chen
    et al. 2023, arXiv 2309.01431), made stricter: it compares tokens and not characters, so that `9日`
    is not found in `19日`, nor `20` in `2025`. Case, width, punctuation, English articles and the
    commas of thousands are ignored. A gold answer without any word never counts.
    """
    said = _words(answer)
    return any(_has_run(said, _words(gold)) for gold in golds)


def contains_all_of(answer: str, groups: Sequence[Sequence[str]]) -> bool:
    """Tell whether the answer contains one alternative of every group (RGB, arXiv 2309.01431)."""
    return bool(groups) and all(contains_any(answer, group) for group in groups)


def _squad_f1(answer: str, gold: str) -> float:
    said, wanted = normalise(answer).split(), normalise(gold).split()
    if not said or not wanted:
        return float(said == wanted)
    same = sum((Counter(said) & Counter(wanted)).values())
    return _f1(same, len(said), len(wanted))


def _cmrc_f1(answer: str, gold: str) -> float:
    said, wanted = _cmrc_tokens(answer), _cmrc_tokens(gold)
    return _f1(_longest_common_run(said, wanted), len(said), len(wanted))


def _f1(same: int, said: int, wanted: int) -> float:
    return 2 * same / (said + wanted) if same else 0.0


def _cmrc_form(text: str) -> str:
    return "".join(character for character in text.lower().strip() if character not in _CMRC_PUNCTUATION)


def _cmrc_tokens(text: str) -> list[str]:
    return _CMRC_TOKEN.findall(_cmrc_form(text))


def _longest_common_run(one: Sequence[str], other: Sequence[str]) -> int:
    longest = 0
    ending_here = [0] * (len(other) + 1)
    for token in one:
        before = ending_here
        ending_here = [0] * (len(other) + 1)
        for place, candidate in enumerate(other):
            if token == candidate:
                ending_here[place + 1] = before[place] + 1
                longest = max(longest, ending_here[place + 1])
    return longest


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [token.replace(",", "") for token in _WORD.findall(folded) if token not in _ARTICLES]


def _has_run(tokens: Sequence[str], run: Sequence[str]) -> bool:
    length = len(run)
    return length > 0 and any(tokens[i : i + length] == run for i in range(len(tokens) - length + 1))


class _Characters(Tokenizer):  # type: ignore[misc]  # rouge_score has no types
    def tokenize(self, text: str) -> list[str]:
        """Split into East Asian characters and whole words of other scripts, without punctuation."""
        return [token for token in _CMRC_TOKEN.findall(text.lower()) if token[0].isalnum()]


_WORD_ROUGE = RougeScorer(["rougeL"], use_stemmer=True)
_CHARACTER_ROUGE = RougeScorer(["rougeL"], tokenizer=_Characters())
