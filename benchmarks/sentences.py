"""Sentence boundaries beside pysbd, blingfire and sentencex, on boundaries that were marked by hand.

All of them get the same lines, one at a time, so that line breaks are given to all; a boundary counts inside
a line only. The labels are in `tests/index/sentence_labels.json`; the texts are those of the test data.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from environments import python_with
from material import ROOT, add_work, parser, show_table, write_json

from index.sentences import sentence_spans

sys.path.insert(0, str(ROOT / "tests" / "index"))

from sentence_labels import Splitter, Window, agreement, windows

REQUIREMENTS = {
    "pysbd": ("pysbd==0.3.4",),
    "blingfire": ("blingfire==0.1.8", "numpy==2.4.6"),
    "sentencex": ("sentencex==1.0.32",),
}
SCRIPT = Path(__file__).resolve().parent / "peers" / "split_lines.py"


def groundwire(line: str, language: str) -> list[int]:
    return [span.char_end for span in sentence_spans(line)]


def peer(name: str, labelled: Sequence[Window], work: Path) -> Splitter:
    """Give the splitter of a library, which has seen all lines beforehand in its own environment."""
    lines = sorted({(line, w.language) for w in labelled for line in w.text.split("\n") if line.strip()})
    given = "".join(json.dumps({"text": line, "language": language}) + "\n" for line, language in lines)
    done = subprocess.run(
        [str(python_with(name, REQUIREMENTS[name], work)), str(SCRIPT), name],
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    ends = dict(zip(lines, map(json.loads, done.stdout.splitlines()), strict=True))
    return lambda line, language: ends.get((line, language), ())


def measured(labelled: Sequence[Window], splitters: Mapping[str, Splitter]) -> dict[str, dict[str, object]]:
    rows: dict[str, dict[str, object]] = {}
    for language in ("en", "zh"):
        part = [window for window in labelled if window.language == language]
        for name, split in splitters.items():
            found = agreement(part, split)
            rows[f"{language} {name}"] = {
                "boundaries": found.right + found.missed,
                "precision": round(found.precision, 4),
                "recall": round(found.recall, 4),
                "f1": round(found.f1, 4),
            }
    return rows


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--peers", nargs="*", choices=list(REQUIREMENTS), default=list(REQUIREMENTS))
    add_work(options)
    arguments = options.parse_args()
    data = os.environ.get("GROUNDWIRE_TEST_DATA")
    if not data:
        raise SystemExit("GROUNDWIRE_TEST_DATA does not name the folder of the test data.")
    labelled = list(windows(Path(data)))
    splitters: dict[str, Splitter] = {"Groundwire": groundwire}
    for name in arguments.peers:
        try:
            splitters[name] = peer(name, labelled, arguments.work)
        except subprocess.CalledProcessError as error:
            print(f"{name} is left out: {(error.stderr or str(error)).strip()[-300:]}", file=sys.stderr)
    rows = measured(labelled, splitters)
    header = ("", "boundaries", "precision", "recall", "F1")
    show_table("sentence boundaries", header, ((name, *map(str, row.values())) for name, row in rows.items()))
    write_json(arguments.json, rows)


if __name__ == "__main__":
    main()
