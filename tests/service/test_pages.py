"""The web pages: whole, from this service alone, under a strict policy."""

import re
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "service" / "pages"
ASSETS = sorted(path.name for path in FOLDER.iterdir())
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
IMPORT = re.compile(r"""\bfrom\s+["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']""")
ADDRESS = re.compile(r"""(?:https?:)?//[^\s"'`)]+""")
COMMENT = re.compile(r"^\s*(?://|\*|/\*).*$", re.MULTILINE)


class Page(HTMLParser):
    """What a page refers to, and what scripts and styles stand in it."""

    def __init__(self, text):
        super().__init__()
        self.references, self.inline, self.ids, self.labelled = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.references += [given[name] for name in ("src", "href", "action") if name in given]
        self.ids += [given["id"]] if "id" in given else []
        self.labelled += [given["for"]] if "for" in given else []
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)


@pytest.fixture(scope="module")
def page():
    return Page((FOLDER / "index.html").read_text(encoding="utf-8"))


def test_the_start_page_is_the_page(reading):
    response = reading.get("/")
    assert response.status_code == 200
    assert response.content == (FOLDER / "index.html").read_bytes()
    assert response.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", ASSETS)
def test_every_asset_is_served_with_its_type_and_the_policy(reading, name):
    response = reading.get(f"/static/{name}")
    assert response.status_code == 200
    assert response.content == (FOLDER / name).read_bytes()
    assert response.headers["content-type"] == f"{TYPES[Path(name).suffix]}; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_page_refers_to_nothing_that_is_not_served(page):
    assert page.references
    for reference in page.references:
        assert reference.startswith(("/static/", "#")), reference
        if reference.startswith("/static/"):
            assert reference.removeprefix("/static/") in ASSETS


def test_no_script_or_style_stands_in_the_page(page):
    assert page.inline == []


def test_ids_are_unique_and_labels_lead_to_fields(page):
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.labelled) <= set(page.ids)


@pytest.mark.parametrize("name", [name for name in ASSETS if name.endswith(".js")])
def test_scripts_import_only_what_is_served(name):
    code = COMMENT.sub("", (FOLDER / name).read_text(encoding="utf-8"))
    for module in filter(None, chain(*IMPORT.findall(code))):
        assert module.startswith("./"), module
        assert module.removeprefix("./") in ASSETS


@pytest.mark.parametrize("name", [name for name in ASSETS if not name.endswith(".svg")])
def test_nothing_is_fetched_from_elsewhere(name):
    code = COMMENT.sub("", (FOLDER / name).read_text(encoding="utf-8"))
    assert [found for found in ADDRESS.findall(code) if found not in ("https://…", "//")] == []
    assert "@import" not in code


@pytest.mark.parametrize("name", [name for name in ASSETS if name.endswith(".js")])
def test_text_of_articles_never_becomes_markup(name):
    code = (FOLDER / name).read_text(encoding="utf-8")
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert way not in code


def test_every_id_that_scripts_ask_for_is_in_the_page(page):
    asked = set()
    for path in FOLDER.glob("*.js"):
        asked |= set(re.findall(r'byId\("([^"]+)"\)', path.read_text(encoding="utf-8")))
    assert len(asked) > 20
    assert asked <= set(page.ids)


def test_a_path_never_reaches_the_file_system(reading):
    for name in ("..%2fapp.py", "%2e%2e/app.py", "app.py", "index.html%00.js", ""):
        assert reading.get(f"/static/{name}").status_code == 404
