"""One form for the many addresses under which one page is found."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from index.errors import InvalidInputError

_TRACKING = re.compile(
    r"(?:utm_\w+|ga_\w+|at_(?:medium|campaign|custom\w*|link_\w+|format|bbc_team|ptr_name)|ns_(?:source|campaign|"
    r"mchannel|linkname|fee)|mc_[ce]id|_hs(?:enc|mi)|__?s|_ga|_gl|g(?:clid|braid|bad_source|clsrc)|wbraid|[fdy]bclid|"
    r"[dy]clid|msclkid|twclid|ttclid|li_fat_id|igshi?d?|mkt_tok|vero_id|oly_(?:anon|enc)_id|ocid|ncid|icid|cmpid|"
    r"xtor|wt[._]mc(?:[._]\w+)?|s_cid|smid|smtyp|soc_(?:src|trk)|sr_share|guc(?:counter|e_\w+)|__twitter_impression|"
    r"ref_src|ref_url|referrer|share_(?:from|token|source|medium|plat|tag|session_id)|sharer?_?\w*(?:id|time)|"
    r"spm(?:_\w+)?|scm|from_source|chksm|wfr|isappinstalled)",
    re.IGNORECASE,
)
_IN_CHAT = frozenset(("timeline", "singlemessage", "groupmessage"))
_AMP_PARAMETERS = frozenset(
    (*(("amp", value) for value in ("", "1", "true")), ("outputtype", "amp"), ("output", "amp"))
)
_VARIANT_LABELS = frozenset(("www", "m", "mobile", "wap", "amp", "3g"))
_SECOND_LEVEL = frozenset(("com", "co", "net", "org", "gov", "edu", "ac"))
_AMP_CACHE = re.compile(r"/(?:c|v|i|amp)/(?:s/)?(?P<host>[^/]+\.[^/]+)(?P<path>/.*)?")
_AMP_PATH = re.compile(r"(?:^(?:/amp)+(?=/.)|(?:/amp)+/?$|[.]amp(?=$|[.]html?$))", re.IGNORECASE)
_INDEX_PAGE = re.compile(r"(?:/index[.]s?html?)+$", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_SPACE = re.compile(r"[\s\x00-\x20\x7f]+")
_PORTS = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """One form for the addresses of one page, for comparing and never for fetching.

    Folded are scheme and case of the host, `www`, mobile and AMP variants, the fragment, tracking
    parameters and the order of the others. Raises `InvalidInputError` where it is no http(s) address.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError as error:
        raise _bad_url(str(error)) from error
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host:
        raise _bad_url("is no http or https address")
    path = parts.path
    if host.endswith(".cdn.ampproject.org") or host in ("www.google.com", "google.com"):
        cached = _AMP_CACHE.fullmatch(path)
        host, path = (cached["host"].lower(), cached["path"] or "/") if cached else (host, path)
    host = _host(host)
    if port and port != _PORTS[scheme]:
        host = f"{host}:{port}"
    # http and https serve the same page; one name for both keeps an article from being stored twice.
    return urlunsplit(("https", host, _path(path), _query(parts.query), ""))


def _host(host: str) -> str:
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise _bad_url("has a host that no name server knows") from error
    labels = host.split(".")
    keep = 3 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2 else 2
    if labels[-1].isdecimal() or ":" in host:
        return host
    return ".".join([label for label in labels[:-keep] if label not in _VARIANT_LABELS] + labels[-keep:])


def _path(path: str) -> str:
    path = _ESCAPE.sub(_unescaped, _INDEX_PAGE.sub("/", _AMP_PATH.sub("", path)))
    return _SPACE.sub(lambda found: quote(found[0]), path).rstrip("/") or "/"


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    plain = character.isascii() and (character.isalnum() or character in "-._~")
    return character if plain else escape[0].upper()


def _query(query: str) -> str:
    pairs = [
        (name, value) for name, value in parse_qsl(query, keep_blank_values=True) if _counts(name, value)
    ]
    return urlencode(sorted(pairs))


def _counts(name: str, value: str) -> bool:
    """Whether a parameter can be a part of which page it is."""
    if (name.lower(), value.lower()) in _AMP_PARAMETERS or (name == "from" and value in _IN_CHAT):
        return False
    return not _TRACKING.fullmatch(name)


def _bad_url(problem: str) -> InvalidInputError:
    return InvalidInputError("url", f"{problem}.", "Give the page's full address, or leave the field out.")
