"""Training sets of the project's own: questions without their articles, which lie in a pool.

A set is a folder of `eval/written` with `questions.jsonl` and `META.json`, whose `articles_from` names the
pool: a folder with `corpus.jsonl.gz`. Evidence is given by offsets with the hash of what stands there, so
that another text under the same id is found out.
"""

from __future__ import annotations

import gzip
import json
import random
import shutil
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from eval.errors import Fault, QuestionSetError

WRITTEN = Path(__file__).parent / "written"


class _Origin(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    articles_from: str


def assemble(questions: Path, pools: Path, out: Path, *, beside: int, seed: int) -> Path:
    """Make a whole set in the folder `out`: the questions, their articles, and `beside` others of the pool.

    The others make retrieval choose as it must in a library. Raises `QuestionSetError` where the pool is
    missing or lacks an article that is asked about.
    """
    origin = _Origin.model_validate_json((questions / "META.json").read_bytes()).articles_from
    corpus = pools / origin / "corpus.jsonl.gz"
    if not corpus.is_file():
        raise QuestionSetError(
            [Fault(str(corpus), 0, "The pool is missing.", f"Name the folder that {origin} lies in.")]
        )
    rows = _rows(corpus)
    asked = {str(row["source_id"]) for row in _rows(questions / "questions.jsonl")}
    missing = sorted(asked - {str(row["id"]) for row in rows})
    if missing:
        problem = f"{len(missing)} articles that are asked about are not in it, {missing[0]} among them."
        raise QuestionSetError([Fault(str(corpus), 0, problem, "Use the pool that META.json names.")])
    others = [row for row in rows if row["id"] not in asked]
    chosen = {str(row["id"]) for row in random.Random(seed).sample(others, min(beside, len(others)))}
    out.mkdir(parents=True, exist_ok=True)
    with gzip.open(out / "corpus.jsonl.gz", "wt", encoding="utf-8") as file:
        for row in rows:
            if row["id"] in asked or row["id"] in chosen:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    for name in ("questions.jsonl", "META.json"):
        shutil.copyfile(questions / name, out / name)
    return out


def _rows(path: Path) -> list[dict[str, object]]:
    read = gzip.open if path.suffix == ".gz" else open
    with read(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]
