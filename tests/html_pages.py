"""Forty pages in ten layouts that news sites use, each with the body that a reader should find in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from news_words import Story

DAY = "2026-05-{day:02d}"


@dataclass(frozen=True)
class Page:
    """A page's bytes with what is known to be in it."""

    name: str
    content: bytes
    title: str
    body: tuple[str, ...]
    language: str
    source: str
    author: str
    published_at: str
    url: str
    secrets: tuple[str, ...] = ()


def links(story: Story, count: int, tag: str = "li") -> str:
    return "".join(f'<{tag}><a href="/x{n}">{escape(story.chatter())}</a></{tag}>' for n in range(count))


def paragraphs(story: Story, count: int, open_tag: str = "<p>", close_tag: str = "</p>") -> str:
    return "\n".join(f"{open_tag}{escape(story.prose())}{close_tag}" for _ in range(count))


def json_ld(**values: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **values}, ensure_ascii=False)}</script>'


def blog(story: Story) -> str:
    """A weblog engine's theme: content div, sharing row, related posts, comments, a cookie notice at the end."""
    body = paragraphs(story, 3) + f"<h2>{escape(story.heading())}</h2>" + paragraphs(story, 2)
    body += f"<ul>{''.join(f'<li>{escape(story.prose(1))}</li>' for _ in range(3))}</ul>" + paragraphs(
        story, 2
    )
    return f"""<!DOCTYPE html><html lang="{story.language}"><head><title>{escape(story.title)} – The Daily Anvil</title>
<meta property="og:site_name" content="The Daily Anvil"><meta property="og:title" content="{escape(story.title)}">
<meta name="author" content="Ada Poe"><meta property="article:published_time" content="2026-05-04T08:15:00+02:00">
<link rel="canonical" href="https://anvil.example/{story.seed}"></head><body class="single has-sidebar">
<header id="masthead"><div class="logo"><a href="/">The Daily Anvil</a></div><nav><ul>{links(story, 6)}</ul></nav></header>
<div id="content" class="site-content"><article class="post hentry"><header class="entry-header"><h1 class="entry-title">{escape(story.title)}</h1>
<div class="entry-meta">{story.phrase("by")} <a rel="author" href="/ada">Ada Poe</a> · <time datetime="2026-05-04T08:15:00+02:00">4 May</time></div></header>
<div class="entry-content">{body}<div class="sharedaddy"><h3>{story.phrase("share")}</h3><ul><li><a href="#">{story.phrase("share")}</a></li></ul></div></div>
<footer class="entry-footer"><span class="tags-links">{links(story, 3, "span")}</span></footer></article>
<div class="related-posts"><h3>{story.phrase("related")}</h3><ul>{links(story, 4)}</ul></div>
<div id="comments" class="comments-area"><h2>{story.phrase("comments")}</h2><ol class="comment-list">
{"".join(f'<li class="comment"><p>{escape(story.chatter())} {escape(story.chatter())}</p></li>' for _ in range(4))}</ol></div></div>
<aside class="sidebar"><h3>{story.phrase("popular")}</h3><ul>{links(story, 5)}</ul></aside>
<footer class="site-footer"><p>{story.phrase("rights")}</p></footer>
<div class="cookie-notice" role="dialog"><p>{story.phrase("cookie")}</p><button>{story.phrase("accept")}</button></div></body></html>"""


def live(story: Story) -> str:
    """A live blog: key points, then entries with their time, newest first, advertisements between."""
    points = "".join(f"<li>{escape(story.prose(1))}</li>" for _ in range(3))
    entries = ""
    for number in range(6):
        heading = f"<h3>{escape(story.heading())}</h3>" if number % 2 else ""
        entries += f"""<article class="live-entry" id="e{number}"><div class="stamp"><time datetime="2026-05-06T1{9 - number}:05:00Z">1{9 - number}:05</time></div>
{heading}{paragraphs(story, 1 + number % 3)}<div class="entry-share"><a href="#">{story.phrase("share")}</a></div></article>
<div class="ad-slot"><p>{story.phrase("advert")}</p></div>"""
    data = json_ld(
        **{"@type": "LiveBlogPosting"}, headline=story.title, datePublished="2026-05-06T06:00:00Z", dateModified="2026-05-06T19:05:00Z",
        author={"@type": "Person", "name": "Ben Okri"}, publisher={"@type": "Organization", "name": "Channel Nine"}, url=f"https://nine.example/live/{story.seed}",
    )  # fmt: skip
    return f"""<!doctype html><html lang="{story.language}"><head><meta charset="utf-8"><title>{escape(story.title)} | Channel Nine</title>{data}</head><body>
<div class="gdpr-banner"><h2>Cookies</h2><p>{story.phrase("cookie")}</p><p>{story.phrase("cookie")}</p></div>
<nav aria-label="main">{links(story, 8, "span")}</nav><main><h1>{escape(story.title)}</h1><p class="byline">{story.phrase("by")} Ben Okri</p>
<section class="key-points"><ul>{points}</ul></section><div class="live-stream">{entries}</div></main>
<section class="more-stories"><h2>{story.phrase("related")}</h2>{"".join(f'<div class="card"><a href="#"><h3>{escape(story.chatter())}</h3></a><p>{escape(story.chatter())}</p></div>' for _ in range(4))}</section>
<footer>{story.phrase("rights")}</footer></body></html>"""


def paywall(story: Story) -> str:
    """A teaser above a pay wall: three paragraphs, then an offer that is longer than they are."""
    data = json_ld(
        **{"@graph": [{"@type": "WebSite", "name": "Ledger"}, {
            "@type": "NewsArticle", "headline": story.title, "datePublished": "2026-05-07", "isAccessibleForFree": False,
            "author": [{"@type": "Person", "name": "Cleo Marsh"}], "publisher": {"name": "Ledger"}, "mainEntityOfPage": {"@id": f"https://ledger.example/a/{story.seed}"}}]}
    )  # fmt: skip
    offers = "".join(f"<p>{story.phrase('subscribe')}</p>" for _ in range(3))
    return f"""<!DOCTYPE html><html lang="{story.language}"><head><title>{escape(story.title)}</title>{data}</head><body>
<div class="topbar"><a href="/">{story.phrase("home")}</a> <a href="/login">Login</a></div>
<div class="article"><h1>{escape(story.title)}</h1><figure><img src="a.jpg" alt="x"><figcaption>{story.phrase("photo")}</figcaption></figure>
<div class="article-body is-teaser">{paragraphs(story, 3)}</div>
<div class="paywall" data-component="paywall"><h2>{story.phrase("more")}</h2>{offers}<ul><li>{story.phrase("letter")}</li></ul></div></div>
<div class="newsletter-box"><p>{story.phrase("letter")}</p></div><div class="footer-links">{links(story, 9, "span")}</div></body></html>"""


def hashed(story: Story) -> str:
    """A page built of components with meaningless class names, boxes of related links between the paragraphs."""
    blocks = ""
    for number in range(4):
        blocks += "".join(
            f'<div class="css-53u{number}a"><p class="css-at9mc1">{escape(story.prose())}</p></div>'
            for _ in range(2)
        )
        if number == 1:
            blocks += f'<div class="css-8x1" data-component="related-links"><h4>{story.phrase("related")}</h4><ul>{links(story, 3)}</ul></div>'
        if number == 2:
            blocks += f'<aside class="css-9k"><p>{story.phrase("letter")}</p><form><input type="email"><button>OK</button></form></aside>'
            blocks += f'<h2 class="css-13o6u42">{escape(story.heading())}</h2>'
    data = json_ld(
        **{"@type": "ReportageNewsArticle"}, headline=story.title, datePublished="2026-05-08T10:00:00.000Z", author={"name": "Dara Lin"},
        publisher={"name": "Tribune of the North"}, inLanguage=story.language,
    )  # fmt: skip
    return f"""<!DOCTYPE html><html lang="{story.language}"><head><title>{escape(story.title)} - Tribune of the North</title>
<link rel="canonical" href="https://tribune.example/2026/05/08/{story.seed}.html">{data}<style>.css-x{{color:red}}</style></head><body><div id="root">
<div class="css-1q1" role="banner"><div>{links(story, 7, "div")}</div></div><main id="site-content"><article id="story">
<header class="css-h1"><h1 class="css-88w">{escape(story.title)}</h1><p class="css-sum"></p><span itemprop="name">Dara Lin</span></header>
<section name="articleBody" class="css-1r7ky0e">{blocks}</section></article></main>
<section class="css-rec"><h2>{story.phrase("popular")}</h2><ol>{links(story, 5)}</ol></section><div role="contentinfo"><p>{story.phrase("rights")}</p></div></div></body></html>"""


def tables(story: Story) -> str:
    """A market report: figures with captions, a table, a numbered list, a quotation."""
    rows = ""
    for _ in range(4):
        cells = [story.fill("{a}"), story.fill("{n}.{y}"), story.fill("{m} %")]
        story.keep(" ".join(cells))
        rows += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    table_words = story.body[-4:]
    del story.body[-4:]
    first = paragraphs(story, 2)
    story.body.extend(table_words)
    steps = "".join(f"<li>{escape(story.prose(1))}</li>" for _ in range(3))
    quote = escape(story.prose(2))
    last = f"<h3>{escape(story.heading())}</h3>" + paragraphs(story, 3)
    return f"""<!DOCTYPE html><html lang="{story.language}"><head><title>{escape(story.title)} :: Market Post</title><meta name="source" content="Market Post">
<meta itemprop="datePublished" content="2026-05-09T09:30:00+08:00"></head><body><div class="navigation-bar">{links(story, 6, "span")}</div>
<div itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">{escape(story.title)}</h1>
<div class="meta"><span itemprop="author"><span itemprop="name">Eli Stone</span></span></div><link rel="canonical" href="https://post.example/m/{story.seed}">
<div itemprop="articleBody">{first}<table class="data"><tbody>{rows}</tbody></table><figure class="chart"><img src="c.png"><figcaption>{story.phrase("photo")}</figcaption></figure>
<ol>{steps}</ol><blockquote><p>{quote}</p></blockquote>{last}</div></div>
<div class="share-bar"><span>{story.phrase("share")}</span></div><div class="recommendations"><h4>{story.phrase("related")}</h4>{links(story, 5, "p")}</div>
<div class="copyright">{story.phrase("rights")}</div></body></html>"""


def table_layout(story: Story) -> str:
    """A page of the old kind: a table for the columns, font tags, line breaks instead of paragraphs."""
    body = "<br><br>\n".join(escape(story.prose(3)) for _ in range(6))
    return f"""<HTML><HEAD><TITLE>{escape(story.title)}</TITLE><META NAME="Author" CONTENT="Fay Wong"><META NAME="publisher" CONTENT="Old Gazette">
<META NAME="date" CONTENT="2026-05-10"></HEAD><BODY BGCOLOR="#FFFFFF"><TABLE WIDTH="100%"><TR><TD COLSPAN=2><IMG SRC="logo.gif"><FONT SIZE=1>{links(story, 4, "b")}</FONT></TD></TR>
<TR><TD WIDTH=120 VALIGN=top><FONT SIZE=1>{"<BR>".join(f'<A HREF="/{n}">{escape(story.chatter())}</A>' for n in range(7))}</FONT></TD>
<TD VALIGN=top><H1>{escape(story.title)}</H1><FONT FACE="Times" SIZE=3>{body}</FONT></TD></TR>
<TR><TD COLSPAN=2 ALIGN=center><FONT SIZE=1>{story.phrase("rights")}</FONT></TD></TR></TABLE></BODY></HTML>"""


def broken(story: Story) -> str:
    """A page whose author closed nothing, nested wrongly and left quotation marks out."""
    body = "".join(f"<p>{escape(story.prose())}\n" for _ in range(4))
    body += f"<h2>{escape(story.heading())}\n<p><b><i>{escape(story.prose())}</b></i>" + "".join(
        f"<p class=text>{escape(story.prose())}" for _ in range(3)
    )
    return f"""<html><head><title>{escape(story.title)} | Broken Times</title><meta property=og:site_name content="Broken Times">
<meta property="article:published_time" content=2026-05-11><link rel=canonical href=https://broken.example/{story.seed}>
<body><div class=menu><ul>{links(story, 5).replace("</li>", "")}</ul></div><div class=story><h1>{escape(story.title)}</h1><div class=text>{body}</div></div></div></span>
<div class=related><b>{story.phrase("related")}</b><ul>{links(story, 4).replace("</a></li>", "")}</ul></div>
<div class=comments>{"".join(f"<p>{escape(story.chatter())}" for _ in range(3))}</div><div id=footer>{story.phrase("rights")}<!-- unclosed <p>"""


def portal(story: Story) -> str:
    """A portal of the Chinese kind: stamps in words, editor at the end, boxes of links, sharing in the text."""
    return f"""<!DOCTYPE html><html lang="{story.language}"><head><meta http-equiv="Content-Type" content="text/html; charset=CHARSET"><title>{escape(story.title)}_Hub News</title>
<meta name="mediaid" content="Hub News"><meta name="publishdate" content="2026-05-12"><meta property="og:url" content="https://hub.example/doc-{story.seed}.shtml"></head><body>
<div class="top-nav"><ul class="nav-list">{links(story, 9)}</ul></div><div class="path breadcrumb"><a href="/">{story.phrase("home")}</a> &gt; News</div>
<div class="main-content w1240"><h1 class="main-title">{escape(story.title)}</h1><div class="date-source"><span class="date">2026年05月12日 09:20</span> <span class="source">Hub News</span></div>
<div class="article" id="artibody">{paragraphs(story, 4, "<p cms-style='font-L'>　　")}<div class="img_wrapper"><img src="x.jpg"><span class="img_descr caption">{story.phrase("photo")}</span></div>
<p><strong>{escape(story.heading())}</strong></p>{paragraphs(story, 4, "<p cms-style='font-L'>　　")}</div>
<div class="show_author byline">{story.phrase("by")} Gu Mei</div><div class="share-area">{story.phrase("share")}</div></div>
<div class="hot-list popular"><h3>{story.phrase("popular")}</h3><ul>{links(story, 8)}</ul></div><div class="recommend">{links(story, 6, "div")}</div>
<div class="comment-box"><p>{escape(story.chatter())}</p><p>{escape(story.chatter())}</p></div><div class="footer"><p>{story.phrase("rights")}</p></div></body></html>"""


def magazine(story: Story) -> str:
    """A long read with a questions section, a pull quote, an author's note and posts of others embedded."""
    opening = paragraphs(story, 3)
    pull = escape(story.body[0][:60])
    rest = f"<h2>{escape(story.heading())}</h2>{paragraphs(story, 3)}<h2>{escape(story.heading())}</h2>{paragraphs(story, 2)}"
    pairs = [(story.phrase("ask"), story.phrase("answer")) for _ in range(3)]
    faq = "".join(f"<h3>{escape(q)}</h3><p>{escape(a)}</p>" for q, a in pairs)
    data = json_ld(
        **{"@type": "FAQPage"},
        mainEntity=[
            {"@type": "Question", "name": q, "acceptedAnswer": {"@type": "Answer", "text": f"<p>{a}</p>"}}
            for q, a in pairs
        ],
    )
    return f"""<!DOCTYPE html><html lang="{story.language}"><head><title>{escape(story.title)} — Meridian</title><meta property="og:title" content="{escape(story.title)}">
<meta property="og:site_name" content="Meridian"><meta property="og:url" content="https://meridian.example/long/{story.seed}">{data}</head><body>
<div class="skip-link"><a href="#main">Skip</a></div><header class="site-header">{links(story, 5, "div")}</header>
<article><h1>{escape(story.title)}</h1><div class="author-line"><a rel="author">Hana Ito</a> <time datetime="2026-05-13T07:00:00+09:00">13 May</time></div>
<div class="body-text">{opening}<aside class="pullquote">{pull}</aside><div class="newsletter-signup"><p>{story.phrase("letter")}</p></div>{rest}
<h2>FAQ</h2>{faq}</div><div class="author-bio"><p>{story.phrase("bio")}</p></div></article>
<div class="comments-section">{"".join(f"<p>{escape(story.chatter())}</p>" for _ in range(5))}</div><footer><p>{story.phrase("rights")}</p></footer></body></html>"""


def wrapped_in_form(story: Story) -> str:
    """A page that is one form, with text that is hidden from readers and a list of questions."""
    secret = story.phrase("answer")
    body = paragraphs(story, 5)
    return f"""<!DOCTYPE html><html lang="{story.language}"><head><title>{escape(story.title)}</title><style>.seo{{display:none}} @media print{{.keep{{display:none}}}}</style>
<meta property="og:site_name" content="Office Wire"><meta property="article:published_time" content="2026-05-14T12:00:00Z"><link rel="canonical" href="https://wire.example/r/{story.seed}">
<meta name="author" content="Ivo Prag"></head><body><form id="aspnetForm" method="post"><input type="hidden" value="x"><div class="header"><span>{links(story, 5, "span")}</span></div>
<div class="release"><h1>{escape(story.title)}</h1><div class="keep">{body}</div><p style="display:none">{escape(story.paragraph(2))}</p><p class="seo">{escape(story.paragraph(2))}</p>
<p style="font-size:0">{escape(story.paragraph(1))}</p><p style="color:#fff">{escape(story.paragraph(1))}</p>
<dl class="questions"><dt>{escape(story.phrase("ask"))}</dt><dd>{escape(secret)}</dd><dt>{escape(story.phrase("ask"))}</dt><dd>{escape(story.phrase("answer"))}</dd></dl></div>
<div id="consent-layer"><p>{story.phrase("cookie")}</p></div><div class="footer">{story.phrase("rights")}</div></form></body></html>"""


LAYOUTS: dict[Callable[[Story], str], tuple[str, str, str, str]] = {
    blog: ("The Daily Anvil", "Ada Poe", "2026-05-04T08:15:00+02:00", "https://anvil.example/{seed}"),
    live: ("Channel Nine", "Ben Okri", "2026-05-06T06:00:00Z", "https://nine.example/live/{seed}"),
    paywall: ("Ledger", "Cleo Marsh", "2026-05-07", "https://ledger.example/a/{seed}"),
    hashed: ("Tribune of the North", "Dara Lin", "2026-05-08T10:00:00.000Z", "https://tribune.example/2026/05/08/{seed}.html"),
    tables: ("Market Post", "Eli Stone", "2026-05-09T09:30:00+08:00", "https://post.example/m/{seed}"),
    table_layout: ("Old Gazette", "Fay Wong", "2026-05-10", ""),
    broken: ("Broken Times", "", "2026-05-11", "https://broken.example/{seed}"),
    portal: ("Hub News", "Gu Mei", "2026-05-12", "https://hub.example/doc-{seed}.shtml"),
    magazine: ("Meridian", "Hana Ito", "2026-05-13T07:00:00+09:00", "https://meridian.example/long/{seed}"),
    wrapped_in_form: ("Office Wire", "Ivo Prag", "2026-05-14T12:00:00Z", "https://wire.example/r/{seed}"),
}  # fmt: skip
CHARSETS = {"zh": "gb18030", "de": "iso-8859-1", "fr": "windows-1252"}


def all_pages(first_seed: int = 0) -> Iterator[Page]:
    """Each layout in four languages; every third page in the old encoding of its language."""
    for number, (layout, (source, author, published_at, url)) in enumerate(LAYOUTS.items()):
        for turn, language in enumerate(("en", "zh", "de", "es") if number % 2 else ("en", "zh", "fr", "en")):
            story = Story(language, first_seed + 100 * number + turn)
            text = layout(story)
            charset = CHARSETS.get(language, "utf-8") if layout is portal else "utf-8"
            yield Page(
                f"{layout.__name__}-{turn}-{language}", text.replace("CHARSET", charset).encode(charset, "xmlcharrefreplace"),
                story.title, tuple(story.body), language, source, author, published_at, url.format(seed=story.seed),
            )  # fmt: skip
