"""Lines that pages of all kinds set around and between paragraphs, told by their words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from index.parse.pieces import Piece

_NETWORKS: Final = (
    r"(?:facebook|twitter|x|linkedin|whatsapp|telegram|reddit|e-?mail|weibo|wechat|微博|微信|朋友圈|qq空间)"
)
_ALONE: Final = re.compile(
    rf"(?:share|tweet|pin|teilen|partager|compartir)(?: (?:this|on|via|with|sur|en|por|auf))*(?: (?:article"
    rf"|story|{_NETWORKS}))*"
    rf"|auf {_NETWORKS} teilen|分享(?:到|至)?{_NETWORKS}?"
    r"|(?:read|see|learn|show|load|view) more|more|continue reading|skip (?:to )?(?:content|main content"
    r"|advertisement)|advertisements?|ad|sponsored"
    r"|article continues (?:below|after) (?:this )?(?:advertisement|ad)|story continues below|weiterlesen"
    r"|anzeige|werbung|lire la suite|publicité"
    r"|leer más|seguir leyendo|publicidad|阅读全文|查看更多|展开全文|加载更多|广告|返回顶部"
    r"|back to top|print|save|listen"
    r"|copy link|comments?"
    r"|sign in|log ?in|sign up|register|subscribe(?: now)?|accept(?: all)?(?: cookies)?|got it|menu|search"
    r"|home|首页|登录|注册|订阅",
    re.IGNORECASE,
)
_NOTICES: Final = re.compile(
    r"\b(?:we|our|us|this (?:web)?site)\b.{0,80}\bcookies?\b|\bcookies?\b.{0,80}\b(?:we|our"
    r"|this (?:web)?site)\b|\bwir\b.{0,80}\bcookies?\b"
    r"|\bnous\b.{0,80}\bcookies?\b|\bnosotros\b.{0,80}\bcookies?\b|(?:我们|本网站|本站).{0,40}cookies?"
    r"|\bsubscribe (?:now )?to (?:keep|continue) reading|\bto (?:keep"
    r"|continue) reading,? (?:please )?(?:subscribe|sign|log|register)|\balready (?:a|an) (?:member"
    r"|subscriber)\b"
    r"|\b(?:in|to) your inbox\b|sign up (?:for|to) (?:our|the).{0,40}newsletter|abonnieren und weiterlesen"
    r"|abonnez-vous pour lire|suscríbase para"
    r"|in (?:ihrem|ihr) postfach|dans votre boîte|en su correo|订阅后继续|已是会员|(?:送|发)(?:到|至)您的邮箱"
    r"|enable javascript|扫码关注|扫描二维码|关注公众号",
    re.IGNORECASE,
)
_TRAIL: Final = re.compile(r"[^>›»\n]{1,40}(?:\s[>›»]\s[^>›»\n]{1,60})+")
_LONGEST_NOTICE: Final = 300
_LONGEST_LINE: Final = 60
_TOP: Final = 4


def without_furniture(pieces: Sequence[Piece]) -> list[Piece]:
    """Drop notices, calls to share or subscribe, and the trail of menus above a title."""
    return [
        piece
        for number, piece in enumerate(pieces)
        if not _is_furniture(piece.text) and not (number < _TOP and _TRAIL.fullmatch(piece.text))
    ]


def _is_furniture(text: str) -> bool:
    if len(text) <= _LONGEST_LINE and _ALONE.fullmatch(text.strip(" .…:：>›»→")):
        return True
    return len(text) <= _LONGEST_NOTICE and _NOTICES.search(text) is not None
