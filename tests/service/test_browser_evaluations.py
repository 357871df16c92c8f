"""Evaluations and feedback in a real browser: started, followed, cancelled, read; with a key and without."""

import shutil
from threading import Event

import pytest
from browser import opened
from fakes import FakeScorer
from service_fakes import Service, run_server

from index.types import Article, QAPair

DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not DRIVER, reason="no chromedriver here: `make browser` installs it")
PAIRS = (
    QAPair("When did the lighthouse reopen?", "It has been open again since March."),
    QAPair("What did the lighthouse lamp cost?", "All in all 9 crowns were spent on it."),
)
LIGHTHOUSE = Article(
    "The lighthouse reopens",
    "The lighthouse reopened in March. The lamp cost 9 crowns.",
    article_id="lighthouse",
    language="en",
    qa_pairs=PAIRS,
)
CARDS = "document.querySelectorAll('.evaluation')"
FIRST = ".evaluation:first-child"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class HeldScorer(FakeScorer):
    """A scorer that waits until it is let go."""

    def __init__(self):
        self.go = Event()
        self.go.set()

    def score(self, question, hits):
        assert self.go.wait(60)
        return super().score(question, hits)


def served(folder, **settings):
    service = Service(folder, **settings)
    service.scorer = HeldScorer()
    return service


def filled(service):
    with service.client():
        service.engine.library.put(LIGHTHOUSE)
    return service


@pytest.fixture(scope="module")
def browser():
    with opened(DRIVER) as browser:
        browser.resize(1280, 900)
        yield browser


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return filled(served(tmp_path_factory.mktemp("evaluations")))


@pytest.fixture(scope="module")
def site(service):
    with run_server(service) as (host, port):
        yield f"http://{host}:{port}/"


def start(browser, set_name="library", sample=""):
    before = browser.run(f"return {CARDS}.length")
    browser.run(
        "const set = document.querySelector('#e-set'); set.value = arguments[0];"
        "set.dispatchEvent(new Event('change')); document.querySelector('#e-sample').value = arguments[1]",
        set_name,
        sample,
    )
    browser.click("#evaluation-form button[type=submit]")
    browser.wait(f"{CARDS}.length == {before + 1}")


def figures(browser):
    return browser.run(
        "return Object.fromEntries([...document.querySelectorAll(arguments[0] + ' .figures > div')]"
        ".map((one) => [one.querySelector('dt').innerText, one.querySelector('dd').innerText]))",
        FIRST,
    )


def test_an_empty_list_says_what_to_do(browser, tmp_path):
    with run_server(served(tmp_path / "empty")) as (host, port):
        browser.open(f"http://{host}:{port}/#evaluations")
        browser.wait("document.querySelector('#evaluations-status').innerText.startsWith('None yet')")
        start(browser)
        browser.wait(f"document.querySelector('{FIRST} .notice.error')")
        assert "Q&A section" in browser.text(FIRST)
    assert browser.complaints() == []


def test_an_evaluation_is_started_followed_and_read(browser, site, service):
    service.scorer.go.clear()
    browser.open(f"{site}#evaluations")
    browser.wait("!document.querySelector('#evaluations-status').innerText.startsWith('Opening')")
    start(browser)
    assert browser.text("#evaluations-status") == "Started: Questions that came with the articles."
    browser.wait(f"document.querySelector('{FIRST} progress')")
    browser.wait(f"document.querySelector('{FIRST}').innerText.includes('Running')")
    service.scorer.go.set()
    browser.wait(f"document.querySelector('{FIRST} .figures')")
    assert browser.text("#evaluations-status") == "Finished: Questions that came with the articles."
    shown = figures(browser)
    assert shown["Right article first"] == "1.000"
    assert shown["Citations exact"] == "1.000"
    assert "2 questions" in browser.text(FIRST)
    assert browser.run(f"return document.querySelectorAll('{FIRST} .notice').length") == 0
    assert browser.run("return document.querySelector(arguments[0]) === null", f"{FIRST} progress")
    assert browser.complaints() == []


def test_a_report_is_shown_with_its_own_style(browser, site):
    browser.open(f"{site}#evaluations")
    browser.wait(f"document.querySelector('{FIRST}')")
    start(browser, sample="1")
    browser.wait(f"document.querySelector('{FIRST} .report a')")
    browser.open(browser.run(f"return document.querySelector('{FIRST} .report a').href"))
    assert browser.text("h1") == "Evaluation of library"
    assert browser.run("return getComputedStyle(document.querySelector('.cards')).display") == "grid"
    assert browser.complaints() == []


def test_a_running_evaluation_is_cancelled(browser, site, service):
    service.scorer.go.clear()
    browser.open(f"{site}#evaluations")
    browser.wait(f"document.querySelector('{FIRST}')")
    start(browser)
    start(browser)
    browser.click(f"{FIRST} button")
    browser.wait(f"document.querySelector('{FIRST} .notice')")
    assert "Cancelled" in browser.text(f"{FIRST} .notice")
    assert browser.text("#evaluations-status") == "Cancelled: Questions that came with the articles."
    service.scorer.go.set()
    browser.wait("document.querySelectorAll('progress').length == 0")
    assert len(browser.run(f"return [...{CARDS}].filter((one) => one.innerText.includes('Cancelled'))")) == 1


def test_a_sample_that_is_none_is_refused_at_its_field(browser, site):
    browser.open(f"{site}#evaluations")
    browser.wait(f"document.querySelector('{FIRST}')")
    before = browser.run(f"return {CARDS}.length")
    browser.run("document.querySelector('#evaluation-form').noValidate = true")
    browser.type("#e-sample", "0")
    browser.click("#evaluation-form button[type=submit]")
    browser.wait("document.querySelector('#starting-problem .notice.error')")
    assert "sample" in browser.text("#starting-problem")
    assert browser.run("return document.activeElement.id") == "e-sample"
    assert browser.run(f"return {CARDS}.length") == before
    assert [said for said in browser.complaints() if "422" not in said] == []


def test_the_fixed_set_takes_no_sample(browser, site):
    browser.open(f"{site}#evaluations")
    browser.run(
        "const set = document.querySelector('#e-set'); set.value = 'fixed';"
        "set.dispatchEvent(new Event('change'))"
    )
    assert browser.run("return document.querySelector('#e-sample').disabled")
    assert "asked whole" in browser.text("#e-hint")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_makes_the_evaluations_scroll_sideways(browser, site, width):
    browser.resize(width, 800)
    browser.open(f"{site}#evaluations")
    browser.wait("document.querySelector('.evaluation .figures')")
    assert browser.run(f"return {OVERFLOW}") <= 0
    browser.resize(1280, 900)


def test_an_answer_is_judged_and_the_judgement_evaluated(browser, site):
    browser.open(f"{site}#ask?q=harbour+bridge+opened+Monday")
    browser.wait("document.querySelector('.feedback')")
    assert "Is this answer right?" in browser.text(".feedback")
    browser.click(".feedback .choice:nth-of-type(2)")
    browser.wait("document.querySelector('.feedback .hint').innerText == 'Noted.'")
    browser.click(".feedback .choice")
    browser.wait("document.querySelector('.choice').getAttribute('aria-pressed') == 'true'")
    assert browser.run("return document.querySelectorAll('.choice[aria-pressed=true]').length") == 1
    browser.type("#comment", "well said")
    browser.click(".comment button")
    browser.wait("document.querySelector('.feedback .hint').innerText == 'Noted, with your comment.'")
    browser.open(f"{site}#evaluations")
    browser.wait(f"document.querySelector('{FIRST}')")
    start(browser, "feedback")
    browser.wait(f"document.querySelector('{FIRST} .figures')")
    assert "Answers that readers judged" in browser.text(FIRST)
    assert "1 question" in browser.text(FIRST)
    assert figures(browser)["Evidence"] == "1.000"
    assert browser.run(f"return document.querySelectorAll('{FIRST} .notice').length") == 0
    assert browser.complaints() == []


def test_a_refusal_is_judged_as_one(browser, site):
    browser.open(f"{site}#ask?q=glacier+melting+quickly")
    browser.wait("document.querySelector('.feedback')")
    assert "Is it right not to answer this?" in browser.text(".feedback")


def test_behind_a_key_the_report_is_saved_and_not_linked(browser, tmp_path):
    service = served(tmp_path / "keyed", api_keys=("secret",))
    with run_server(service) as (host, port):
        service.engine.library.put(LIGHTHOUSE)
        browser.open(f"http://{host}:{port}/#evaluations")
        browser.wait("!document.querySelector('#key-gate').hidden")
        browser.type("#key-input", "secret")
        browser.click("#key-form button")
        browser.wait("document.querySelector('#evaluations-status').innerText.startsWith('None yet')")
        start(browser)
        browser.wait(f"document.querySelector('{FIRST} .report button')")
        assert browser.run(f"return document.querySelectorAll('{FIRST} .report a').length") == 0
        browser.run(
            "window.saved = []; HTMLAnchorElement.prototype.click = function () {"
            " saved.push([this.download, this.href]) }; URL.revokeObjectURL = () => {}"
        )
        browser.click(f"{FIRST} .report button")
        name, address = browser.wait("window.saved[0]")
        assert name.startswith("evaluation-library-")
        assert address.startswith("blob:")
        text = "fetch(arguments[0]).then((got) => got.text())"
        # The page may not fetch what it made itself: its policy lets it reach the service alone.
        assert browser.run(f"return {text}.catch(() => 'refused')", address) == "refused"
    assert [said for said in browser.complaints() if "401" not in said and "blob:" not in said] == []
