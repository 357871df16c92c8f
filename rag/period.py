"""The time that a question speaks of, and whether it asks for what was published then.

A date in a question is most often of the event: articles about it may be older or much younger. A window on
publication dates is therefore read only out of a question that asks for news of a time in so many words.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from index.dates import day_of
from index.tokens import query_weights
from rag.dates import DateMention, date_mentions


@dataclass(frozen=True, slots=True)
class Period:
    """Days from first to last, both included; `relative` where the question counts from the day it is
    asked.
    """

    first: date
    last: date
    relative: bool

    def as_text(self, language: str) -> str:
        """Write the period as articles would, to be searched for: a day, a month or a year."""
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month
        if self.first == self.last:
            day = f"{self.first.year}年{self.first.month}月{self.first.day}日"
            return day if language == "zh" else f"{self.first:%B} {self.first.day}, {self.first.year}"
        if months == 0 and self.last.day - self.first.day >= 27:
            return f"{self.first.year}年{self.first.month}月" if language == "zh" else f"{self.first:%B %Y}"
        if self.first.year == self.last.year and months == 11:
            return f"{self.first.year}年" if language == "zh" else f"{self.first.year}"
        return ""


_RELATIVE = (
    (
        "day",
        0,
        r"(?<!USA )\btoday\b|\bthis (?:morning|afternoon|evening)\b|今天|今日(?!头条|资本|美国)|今早|今晚",
    ),
    ("day", -1, r"\byesterday\b|\blast night\b|昨天|昨日|昨晚"),
    ("day", -2, r"\bthe day before yesterday\b|前天|前日"),
    ("week", 0, r"\bthis week\b|本周|这周|这一周|这个?星期|这个?礼拜"),
    ("week", -1, r"\b(?:last|previous|past) week\b|上周|上一周|上个?星期|上个?礼拜"),
    ("month", 0, r"\bthis month\b|本月|这个月|当月"),
    ("month", -1, r"\b(?:last|previous|past) month\b|上个?月"),
    ("quarter", 0, r"\bthis quarter\b|本季度|这个?季度"),
    ("quarter", -1, r"\b(?:last|previous) quarter\b|上个?季度"),
    ("year", 0, r"\bthis year\b|今年|本年度?"),
    ("year", -1, r"\b(?:last|previous) year\b|去年|上一?年度?"),
    ("year", -2, r"\bthe year before last\b|前年"),
)
_FORMS = tuple((unit, shift, re.compile(form, re.IGNORECASE)) for unit, shift, form in _RELATIVE)
_PAST_DAYS = re.compile(
    r"\b(?:the )?(?:past|last) (?P<n>\d{1,3}) (?P<unit>day|week|month)s?\b|(?:过去|最近|"
    r"近)(?P<zn>\d{1,3})(?P<zu>天|周|个月)",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"\b(?:news|headlines?|(?:top|main) (?:stories|events))\b"
    r"|\bwhat(?:'s| is| was| has)? (?:new|happen(?:s|ed|ing)?)\b(?! (?:to|with|in the)\b)"
    r"|\b(?:articles|stories|coverage|reports?) (?:from|of|published|in)\b|\b(?:were|was) reported\b"
    r"|新闻|要闻|有什么(?:消息|大事|新鲜事)|发表了|刊登|报道了",
    re.IGNORECASE,
)
_HAPPENED = re.compile(r"\bwhat happened\b|发生了(?:什么|哪些)", re.IGNORECASE)
_OF_ARTICLE = re.compile(
    r"\b(?:the|this|that|an?) (?:news )?(?:article|report|story)\b|according to|据报道|该报道|报道称|"
    r"报道中|文章",
    re.IGNORECASE,
)
_RECENT = re.compile(
    r"\b(?:current(?:ly)?|now|latest|newest|most recent(?:ly)?|as of (?:today|now)|so far|still|"
    r"to date|up to now|at present)\b"
    r"|(?<![项题数])目前|(?<![出发呈展表体重再])现在|当前|最新|截至|如今|眼下|迄今|至今|现任",
    re.IGNORECASE,
)

_LATELY = re.compile(
    r"\b(?:recent|recently|lately|upcoming|forthcoming)\b|最近(?![的一])|近日|近期|近来|刚刚|(?<!\d)日前|不久前|即将",
    re.IGNORECASE,
)
_ALL_OF_THEM = re.compile(
    r"\b(?:latest|top|main|major|most important|important|big|biggest|today's|news|tell me|give me|me|any"
    r"|world|anything|everything|else|there|show|summari[sz]e|please|can|you)\b"
    r"|什么|哪些|主要|重要|最新|重大|发生|报道|消息|事情|告诉我|给我|讲讲",
    re.IGNORECASE,
)
_CHINESE_RUN = re.compile(r"[\u3400-\u9fff]+")
_SAYS_NOTHING = re.compile(r"[有的大事了都呢吗些世界上里中]*")
_WHEN = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|tonight|noon|midnight|dawn|overnight|weekend"
    r"|(?:this|next|last) (?:spring|summer|autumn|fall|winter|week|month|year)|ago|o'clock"
    r"|(?:days?|weeks?|months?|years?|hours?) (?:later|earlier|before|after))\b"
    r"|\b\d{1,2}(?::\d{2})?\s?[ap]\.?\s?m\b|\b\d{1,2}:\d{2}\b"
    r"|\bon the \d{1,2}(?:st|nd|rd|th)\b|\bin (?:\d+|two|three|four|five|six) (?:days|weeks|months|years)\b"
    r"|\bin (?:early |late )?(?:spring|summer|autumn|winter)\b"
    r"|(?<!四)周[一二三四五六日天]|星期[一二三四五六日天]|明天|明日|后天|昨晚|今晚|凌晨|上午|下午|傍晚|中午|下周|下个?月|明年|年底|月底|次日|当天|春节|元旦|国庆"
    r"|[\d一二三四五六七八九十几两]\s?个?[天周月年][前后]",
    re.IGNORECASE,
)
_OPENS_WITH_YEAR = re.compile(r"\W*(?:(?:in|during|for) )?(?:the )?(?:year )?|在|于", re.IGNORECASE)
_BEFORE, _AFTER, _LATER, _A_MONTH = 3, 5, 14, 31


def period_of(question: str, as_of: str) -> Period | None:
    """Read the time out of a question: relative to `as_of` (today where empty), or as it is named."""
    today = _day_asked(as_of)
    for unit, shift, form in sorted(_FORMS, key=lambda row: row[1]):
        if form.search(question):
            return Period(*_span(today, unit, shift), relative=True)
    if found := _PAST_DAYS.search(question):
        days = {"day": 1, "天": 1, "week": 7, "周": 7, "month": 30, "个月": 30}
        reach = int(found["n"] or found["zn"]) * days[(found["unit"] or found["zu"]).lower()]
        return Period(_moved(today, -reach), today, relative=True)
    return next((period for mention in date_mentions(question) if (period := _named(mention))), None)


def tells_when(text: str) -> bool:
    """Whether a text says when something is: a date, a weekday, a day counted from another, an hour."""
    return bool(date_mentions(text) or _WHEN.search(text) or any(form.search(text) for *_, form in _FORMS))


def year_asked(question: str) -> int:
    """Give the year that a question is about as a whole, because it begins with it; 0 for none.

    A year further on may be of something that the question only mentions.
    """
    first = next(iter(date_mentions(question)), None)
    opens = first is not None and _OPENS_WITH_YEAR.fullmatch(question[: first.char_start])
    return first.year if first is not None and opens else 0


def asks_for_news_of(question: str, period: Period) -> bool:
    """Whether a question asks for what was reported in a time, not for an event of that time.

    "What happened" asks for news where the time is counted from today; with a date it asks for the event.
    """
    if _OF_ARTICLE.search(question):
        return False
    return bool(_NEWS.search(question)) or (period.relative and bool(_HAPPENED.search(question)))


def reported_about(question: str, as_of: str) -> Period | None:
    """Give the days on which what a question asks was most likely reported, nothing where it gives no hint.

    That is the time which it counts from the day it is asked ("this week"), with some days around it: what is
    expected is reported before, what happened on the last day after. What is so "now" was reported lately,
    and what was on a day or in a month that it names, then or in the two weeks after.
    """
    period = period_of(question, as_of)
    if period is not None and not period.relative and (period.last - period.first).days <= _A_MONTH:
        return Period(_moved(period.first, -_BEFORE), _moved(period.last, _LATER), relative=False)
    if period is not None and period.relative:
        return Period(_moved(period.first, -_BEFORE), _moved(period.last, _AFTER), relative=True)
    if period is None and (_LATELY.search(question) or asks_for_present_state(question)):
        today = _day_asked(as_of)
        return Period(_moved(today, -_A_MONTH), _moved(today, _AFTER), relative=True)
    return None


def asks_for_all_news(question: str) -> bool:
    """Whether a question asks for news and names nothing that they should be about."""
    if not (_NEWS.search(question) or _HAPPENED.search(question)):
        return False
    rest = question
    for mention in reversed(date_mentions(question)):
        rest = f"{rest[: mention.char_start]} {rest[mention.char_end :]}"
    for form in (_NEWS, _HAPPENED, _PAST_DAYS, _ALL_OF_THEM, *(form for *_, form in _FORMS)):
        rest = form.sub(" ", rest)
    if not all(_SAYS_NOTHING.fullmatch(run) for run in _CHINESE_RUN.findall(rest)):
        return False
    return not any(weight >= 1 for weight in query_weights(_CHINESE_RUN.sub(" ", rest)).values())


def asks_for_present_state(question: str) -> bool:
    """Whether a question asks how things stand, so that of two reports the newer one counts."""
    return bool(_RECENT.search(question))


def _moved(day: date, days: int) -> date:
    """Give the day so many days later, at most the first or the last that there is."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def _day_asked(as_of: str) -> date:
    return date.fromisoformat(day_of(as_of)) if as_of else datetime.now(UTC).date()


def _span(today: date, unit: str, shift: int) -> tuple[date, date]:
    if unit == "day":
        day = _moved(today, shift)
        return day, day
    if unit == "week":
        monday = _moved(today, 7 * shift - today.weekday())
        return monday, min(_moved(monday, 6), today)
    if unit == "year":
        year = max(1, today.year + shift)
        return date(year, 1, 1), min(date(year, 12, 31), today) if shift == 0 else date(year, 12, 31)
    length = 3 if unit == "quarter" else 1
    months = max(12, today.year * 12 + (today.month - 1) // length * length + shift * length)
    first = date(months // 12, months % 12 + 1, 1)
    last = _month_end(*divmod(months + length - 1, 12))
    return first, min(last, today) if shift == 0 else last


def _named(mention: DateMention) -> Period | None:
    if not mention.year:
        return None
    try:
        if mention.day and mention.month:
            day = date(mention.year, mention.month, mention.day)
            return Period(day, day, relative=False)
    except ValueError:
        return None
    if mention.month:
        return Period(
            date(mention.year, mention.month, 1), _month_end(mention.year, mention.month - 1), relative=False
        )
    if mention.quarter:
        start = 3 * mention.quarter - 2
        return Period(date(mention.year, start, 1), _month_end(mention.year, start + 1), relative=False)
    return Period(date(mention.year, 1, 1), date(mention.year, 12, 31), relative=False)


def _month_end(year: int, month_from_zero: int) -> date:
    return date(year, month_from_zero + 1, calendar.monthrange(year, month_from_zero + 1)[1])
