"""The pages in a real browser, where one is installed (`make browser`)."""

import shutil
from urllib.parse import urlencode

import pytest
from browser import opened
from service_fakes import Service, run_server

DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not DRIVER, reason="no chromedriver here: `make browser` installs it")
HOSTILE = (
    '<img src="https://evil.example/x.png" onerror="window.owned=1"><script>window.owned=1</script>'
    " [click](javascript:window.owned=1) volcano erupts loudly."
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("site"))
    with service.client() as client:
        client.post("/v1/articles", json={"title": HOSTILE[:90], "text": HOSTILE, "source": "<b>x</b>"})
    with run_server(service) as (host, port):
        yield f"http://{host}:{port}/"


@pytest.fixture(scope="module")
def browser(site):
    with opened(DRIVER) as browser:
        yield browser


def ask(browser, site, question, **filters):
    browser.open(f"{site}#ask?{urlencode({'q': question, **filters})}")
    browser.wait("document.querySelector('#foot').innerText || document.querySelector('#problem').innerText")


def test_a_question_that_is_typed_is_answered_with_its_source_in_context(browser, site):
    browser.open(site)
    browser.type("#question", "harbour bridge opened Monday")
    browser.click("#ask-button")
    browser.wait("document.querySelector('#foot').innerText")
    assert browser.text("#status") == "Answered"
    assert "The harbour bridge opened on Monday." in browser.text("#answer")
    browser.click("button.cite")
    browser.wait("document.querySelector('.card.current mark')")
    assert browser.text(".card.current mark") == "The harbour bridge opened on Monday."
    browser.run("history.back()")
    browser.wait("!document.querySelector('#examples').hidden")
    assert browser.complaints() == []


def test_the_mark_is_exact_behind_an_emoji(browser, site):
    ask(browser, site, "growers ask aid")
    browser.click("button.cite")
    browser.wait("document.querySelector('.card.current mark')")
    assert browser.text(".card.current mark") == "Growers 🍎 ask for aid."
    browser.run("document.querySelector('.card-actions a').click()")
    browser.wait("document.querySelector('#reader mark')")
    assert browser.text("#reader mark") == "Growers 🍎 ask for aid."


def test_a_refusal_says_why_and_shows_the_nearest_passages(browser, site):
    ask(browser, site, "glacier melting quickly")
    assert browser.text("#status").startswith("Not answered. ")
    assert "Nearest passages, not an answer" in browser.text("#passages")
    assert browser.run("return document.querySelector('#sources').hidden")


def test_an_error_names_the_field_and_opens_it(browser, site):
    ask(browser, site, "bridge", languages="x" * 400)
    assert "filters.languages" in browser.text("#problem")
    assert browser.run("return document.querySelector('#filters').open")
    assert [said for said in browser.complaints() if "422" not in said] == []


def test_the_library_lists_and_deletes_only_when_told_twice(browser, site):
    browser.open(f"{site}#library")
    browser.wait("document.querySelectorAll('#article-rows tr').length == 4")
    last = "#article-rows tr:last-child .row-actions"
    browser.click(f"{last} button")
    assert browser.text("#library-status") == "4 articles"
    browser.click(f"{last} button.quiet")
    assert browser.run("return document.querySelectorAll('#article-rows tr').length") == 4


def test_what_an_article_holds_stays_text(browser, site):
    ask(browser, site, "volcano erupts loudly")
    assert "<script>" in browser.text("#answer")
    browser.click("button.cite")
    browser.wait("document.querySelector('.card.current mark')")
    browser.open(f"{site}#library")
    browser.wait("document.querySelectorAll('#article-rows tr').length == 4")
    assert browser.run("return window.owned") is None
    loaded = browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert loaded
    assert all(name.startswith(site) for name in loaded)
    assert browser.run("return document.querySelectorAll('main img, main script, main iframe').length") == 0
    assert browser.complaints() == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("view", ["", "#ask?q=harbour+bridge+opened+Monday", "#library"])
def test_no_width_makes_the_page_scroll_sideways(browser, site, view, width):
    browser.resize(width, 800)
    browser.open(site + view)
    browser.wait("document.readyState == 'complete'")
    if "q=" in view:
        browser.wait("document.querySelector('#foot').innerText")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.run(f"return {overflow}") <= 0
