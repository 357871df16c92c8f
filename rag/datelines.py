"""What a page or an agency puts around a sentence: stamps, datelines, credits, prompts to the reader.

None of it is news, and an editor prints none of it. What is kept is always one literal part of the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LONGEST_FRONT = 160
"""Characters at either end of a sentence in which debris is looked for."""

_DAY = r"(?:\d{4}\s?年\s?)?\d{1,2}\s?月\s?\d{1,2}\s?日"
_ROLE = r"(?:记者|記者|通讯员|通訊員|编辑|編輯|实习生|撰稿|编译|作者)"
_REPORTERS = rf"[（(][^（()）。！？]{{0,30}}{_ROLE}[^（()）。！？]{{0,50}}[）)]"
_NAMES = r"[（(][\u4e00-\u9fff·、 ]{2,30}[）)]"
_NAME = r"[\u4e00-\u9fff·]{2,4}"
_AGENCY = (
    r"(?:新华社|新华网|新华财经|中新社|中新网|中新经纬|中国新闻网|人民网|央广网|央视网|环球网|参考消息网|光明网|中国网|"
    r"中国网财经|中国经济网|中国青年网|澎湃新闻|财联社|观察者网|IT之家|东方网|红网|红网时刻|红网时刻新闻|新京报|本报)"
)
_STAMP = re.compile(
    r"(?:(?:[^。！？，,>]{2,20}>[^。！？，,]{0,40}?)?\s*\[?\s*(?:\d{2,4}\s?[-/.年]\s?)?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?"
    r"(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?\s*\]?\s*(?:(?:来自|来源\s?[：:])[^。！？，,]{0,20})?"
    r"|(?:记者|来源|作者|编辑|(?:发表|发布)?时间)\s?[：:][^。！？，,]{0,60})?[，,]\s?正文\s?[：:]\s*"
)
"""Such as `2023-08-18 10:50，正文：`; the words in prose have no bare date before them."""
_DATELINE = (
    # 新华社北京8月18日电（记者…）, 红网时刻新闻7月26日讯（…）, 中国经济网北京7月31日讯 …
    rf"(?:(?!据)[^\s，,。！？；;：:“”\"《》]{{2,24}}?\s?{_DAY}(?:电|讯|訊|電)"
    rf"(?:\s*(?:{_REPORTERS}|{_NAMES})\s*|\s+(?=\S)|(?=据|【|“)|[，,：:]\s*)"
    # 保定日报讯（记者孟丽）, 荆楚网（湖北日报网）讯（通讯员…）
    rf"|(?:[^\s，,。！？；;：:“”\"《》（()）]{{2,16}}|[^\s，,。！？；;：:“”\"《》（()）]{{2,12}}[（(][^（()）]{{2,12}}[）)])"
    rf"讯\s*{_REPORTERS}\s*"
    rf"|本报讯(?:\s+(?=\S)|[，,：:]\s*)"
    # 央广网北京8月16日消息（记者…）, IT之家 8 月 2 日消息，…, 参考消息网8月6日报道 …
    rf"|{_AGENCY}[\u4e00-\u9fff]{{0,6}}\s?{_DAY}(?:消息|报道)(?:\s*{_REPORTERS}\s*|\s+(?=\S)|[，,：:]\s*)"
    # 东方网记者包永婷7月31日报道：…
    rf"|{_AGENCY}记者\s?[\u4e00-\u9fff· ]{{2,12}}\s?{_DAY}(?:电|讯|报道)[：:]\s*"
    # 【环球网报道 记者 …】, （观察者网讯）
    r"|[【（(][^】）)，。]{2,24}?(?:讯|消息|报道|特稿)(?:\s[^】）)，。]{0,20})?\s?[】）)]\s*)"
)
_CHINESE_DATELINE = re.compile(_DATELINE)
_TITLE = re.compile(r"原标题\s?[：:]\s*")
_LEAD = (
    r"(?:(?:北京时间|当地时间|截至|今年|去年|前年)?(?<!\d)(?:\d{4}年)?\d{1,2}月\d{1,2}日"
    r"(?:凌晨|清晨|早上?|上午|中午|下午|傍晚|晚上?|晚间|收盘)?|近日|日前|连日来|近期|今年以来)[，,]"
)
_TITLE_ENDS = re.compile(rf"(?P<cut>{_DATELINE})|(?P<reporters>{_REPORTERS}\s*)|(?P<lead>{_LEAD})")
_SHORTEST_TITLE, _LONGEST_TITLE = 6, 60
_HEADLINE_ALONE = 40
_CHINESE_FRONT = re.compile(
    r"[（(【\[]\s?(?:图|图片|图源|图片来源|来源|资料图|视频)\s?(?:[：:／/｜|丨][^（()）】\]]{0,40})?[）)】\]]\s*"
    r"|(?:文章|图片)?(?:来源|图源)\s?[：:]\s*[^\s，。：:【]{2,12}(?:\s+(?=\S)|(?=【))"
)
_TAIL = re.compile(
    r"\s*(?:返回搜狐[，,]\s?查看更多\s*(?:责任编辑\s?[：:]?\s*)?"
    r"|[（(【\[]\s?(?:责任编辑|编辑|责编|来源|图源|图片来源)\s?[：:｜|丨/／][^（()）【】\[\]]{0,40}[）)】\]]"
    r"|[（(]完[）)]"
    r"|(?<=[。！？”）)])\s*(?:责任编辑|责编)\s?[：:]\s?\S{0,8}(?:\s[A-Z]{2}\d{2,4})?)\s*\Z"
)
_CREDIT_LABEL = (
    r"(?:来源|图源|图片来源|文章来源|资料来源|内容来源|转自|稿源|责任编辑|责编|编辑|流程编辑|校对|审核|监制|采写|撰文|"
    r"文字|摄影|供稿|本文链接|原文链接|出品)"
)
_CREDIT_BRACKET = (
    rf"[（(【\[]\s?(?:{_CREDIT_LABEL}\s?[：:｜|丨/／\s]|完[）)]|图\s?[：:／/]|文\s?[：:／/]|图/文|作者\s?[：:]"
    rf"|[^（()）】\]，。]{{0,8}}{_ROLE}\s)[^（()）【】\[\]，。]{{0,60}}[）)】\]]?"
)
_CHINESE_DEBRIS = re.compile(
    rf"(?:{_CREDIT_LABEL}\s?[：:｜|丨/／](?:[^，。！？]{{0,80}}|[^，。！？]{{0,16}}。)"
    rf"|[（(]{_NAME}(?:[、 ]{_NAME}){{0,5}}[）)]"
    rf"|(?:(?>{_CREDIT_BRACKET})\s*+)++(?:更多精彩[^，。]{{0,30}})?"
    r"|\W{0,3}(?:返回搜狐|更多精彩(?:内容|稿件|图片|视频)|本文属于原创文章|如遇作品内容|版权归原作者|版权侵权联系"
    r"|(?:免责|广告|版权|特别)声明\s?[：:]|扫码关注|长按识别|欢迎关注|分享让更多人看到).{0,300}"
    # With a full stop they may be news: 扫描二维码即可乘车的城市已达30个。
    r"|\W{0,3}(?:点击(?:查看|此处|这里|阅读原文|下方|上方|图片|进入专题)|扫描(?:下方)?二维码)[^。]{0,60})\Z",
    re.DOTALL,
)

_CNN = r"CNN(?:\s?Business|Money)?"
_WIRE = rf"(?:AP|Reuters|REUTERS|AFP|{_CNN}|UPI|Xinhua|Bloomberg|Kyodo News|dpa|EFE|TASS|ANSA)"
_DASH = r"[—–−-]{1,2}"
_PLACE = r"[A-Z][\w.'’-]*(?:,? (?:(?:and|of|de) )?[A-Z][\w.'’-]*){0,5}"
_ALONE = (
    r"(?:WASHINGTON|LONDON|PARIS|BERLIN|BRUSSELS|GENEVA|ROME|MADRID|VIENNA|MOSCOW|KYIV|KIEV|BEIJING|SHANGHAI|"
    r"HONG KONG|TOKYO|SEOUL|TAIPEI|SINGAPORE|NEW DELHI|MUMBAI|DUBAI|CAIRO|JERUSALEM|TEL AVIV|BEIRUT|BAGHDAD|"
    r"TEHRAN|ISTANBUL|ANKARA|NEW YORK|LOS ANGELES|SAN FRANCISCO|CHICAGO|BOSTON|HOUSTON|DALLAS|MIAMI|ATLANTA|"
    r"SEATTLE|DENVER|PHILADELPHIA|DETROIT|LAS VEGAS|PHOENIX|TORONTO|MEXICO CITY|SAO PAULO|SYDNEY|"
    r"UNITED NATIONS|VATICAN CITY)"
)
"""Places that stand alone in a dateline; another word in capitals may be what the sentence is about."""

_PHOTO_AGENCY = r"(?:Getty Images|AP|AFP|Reuters|Bloomberg|Shutterstock|EPA)"
_PHOTOGRAPHER = r"[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,4}(?:/[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,3}){0,2}"
_ENGLISH_FRONT = re.compile(
    # LONDON (AP) — …, (Reuters) - …, Washington (CNN) The …
    rf"(?![^(]{{0,60}}\b(?:Press|Network|News|Agency)\b)"
    rf"(?:{_PLACE},? )?\({_WIRE}\)\s?(?:{_DASH}\s*|(?=[A-Z“\"]))"
    # CNN — …, London CNN —, Washington, DC Reuters —
    rf"|(?:{_PLACE} )?(?:{_CNN}|Reuters|AP)\s?(?:—|–)\s?(?=[A-Z“\"‘'])"
    # WASHINGTON – …, HORN LAKE, Miss. — …
    rf"|(?:[A-Z][A-Z.'’-]+(?: [A-Z][A-Z.'’-]+){{0,3}}(?:, [A-Z][A-Za-z.]+(?: [A-Z][A-Za-z.]+)?){{1,2}}"
    rf"|{_ALONE})\s{_DASH}\s(?=[A-Z])"
    # Stringer/Bloomberg/Getty Images …, AFP/Getty Images …
    rf"|{_PHOTOGRAPHER}/{_PHOTO_AGENCY}\s(?=[A-Z“\"])"
    rf"|Photos: [^.!?]{{0,120}}?/{_PHOTO_AGENCY}\s(?=[A-Z“\"])"
    r"|AI-assisted summary\s(?=[A-Z“\"])"
)
_ENGLISH_DEBRIS = re.compile(
    r"\W{0,3}(?:read more\s?(?:[:›»]|(?:about|on|at|from|here|opinion)\b|\W*\Z)"
    r"|(?=.{0,140}\Z)(?:related|more|watch|see also|read also|read next)"
    r"(?: (?:stories|story|coverage|video))?\s?[:›»]{1,2}(?:\S|.*[^.!?”\"’]\Z)"
    r"|click here\b|(?:sign up|subscribe)\b(?: (?:now|here)\b"
    r"| (?:to|for|today)\b.{0,160}\b(?:newsletters?|inbox|alerts|podcast|delivery)\b"
    r"| (?:to|for|with)\b.{0,160}\b(?:here|today)\W*\Z)"
    r"|follow .{2,60} on (?:twitter|x|facebook|instagram|threads|bluesky|tiktok)\b(?:[^ ]|.{0,40}@|\W*\Z)"
    r"|(?:reach|contact|email|e-mail) .{2,80}\w@\w+\.|contribut(?:ing|ors?)\s?:"
    r"|support .{0,40}\bjournalism by subscribing|advertisement\W*\Z|sponsored(?: content)?\W*\Z"
    r"|(?=.{0,60}\Z)(?:ap )?(?:photos?|photographs?|images?|pictures?|illustrations?)"
    r"(?: (?:by|credits?|courtesy(?: of)?))?\s?[:/©]"
    r"|(?:photo|photograph|image|picture|illustration) (?:by|courtesy of) .{2,80}(?:/|\bgetty\b|\bap\b)"
    r"|this (?:story|article) (?:has been|was) updated (?:to|with)\b"
    r"|a version of this (?:story|article) (?:first )?appeared in\b)"
    r"|(?-i:\W{0,3}[A-Z][\w.'’-]*(?:,? (?:[A-Z][\w.'’-]*|and|of|the|for|in|also|reports?|reporters?"
    r"|writers?)){0,20} contributed to this (?:report|story|article))\W*\Z"
    rf"|(?-i:\W?{_PHOTOGRAPHER}/{_PHOTO_AGENCY})\W*\Z",
    re.IGNORECASE | re.DOTALL,
)


def printed(text: str) -> str:
    """Give the part of a sentence that an editor would print; nothing where all of it is debris."""
    start, end = _inner(text)
    kept = text[start:end]
    if _CHINESE_DEBRIS.match(kept) or _ENGLISH_DEBRIS.match(kept):
        return ""
    return kept


def _inner(text: str) -> tuple[int, int]:
    """Give the range that is left between what stands around it; the text's own where nothing does."""
    end = _without_tails(text)
    start = _behind_stamp(text)
    stamped = start > 0
    title = _TITLE.match(text, start)
    if title and (stamped or title.start() == 0):
        start = _behind_title(text, title.end(), end)
    start = _behind(text, start, end, (_CHINESE_FRONT, _CHINESE_DATELINE, _ENGLISH_FRONT))
    if start:
        start += len(text[start:end]) - len(text[start:end].lstrip())
    return min(start, end), end


def _without_tails(text: str) -> int:
    end = len(text)
    while end and (found := _TAIL.search(text, max(0, end - _LONGEST_FRONT), end)):
        end = found.start()
    return end


def _behind_stamp(text: str) -> int:
    found = _STAMP.match(text)
    return found.end() if found else 0


def _behind_title(text: str, start: int, end: int) -> int:
    """Where a sentence begins behind the page's first title; the label alone goes where that is uncertain.

    A title that runs into the text ends where it is said a second time, or where a dateline, a bracket of
    reporters, or the date of a lead begins. One that ends in a mark of its own is all that there is.
    """
    if (again := _second_copy(text, start, end)) > start:
        return again
    for found in _TITLE_ENDS.finditer(text, start, min(end, start + _LONGEST_FRONT)):
        at = found.start()
        if found["cut"] is not None or found["reporters"] is not None:
            return found.end()
        if _SHORTEST_TITLE <= at - start <= _LONGEST_TITLE and text[at - 1] not in "，,、；：":
            return at
    alone = end - start <= _HEADLINE_ALONE and text[:end].rstrip().endswith(("！", "？", "!", "?", "…"))
    return end if alone else start


def _second_copy(text: str, start: int, end: int) -> int:
    """Where a title that is said twice in a row has been said; `start` where it is not."""
    opening = text[start : start + _SHORTEST_TITLE]
    at = text.find(opening, start + _SHORTEST_TITLE, min(end, start + 2 * _LONGEST_TITLE))
    if at < 0 or len(opening) < _SHORTEST_TITLE:
        return start
    title = text[start:at].rstrip()
    return at + len(title) if text.startswith(title, at) else start


def _behind(text: str, start: int, end: int, fronts: Sequence[re.Pattern[str]]) -> int:
    """Where a sentence begins behind all that stands before it, one form after another."""
    found: re.Match[str] | None
    while found := next(
        (m for front in fronts if (m := front.match(text, start, end)) and m.end() > start), None
    ):
        start = found.end()
    return start
