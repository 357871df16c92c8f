"""Whether what answers cite is there: fetched from the service and compared character by character."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
from served import sent


@dataclass
class Checked:
    """What became of the answers' citations."""

    answers: int = 0
    citations: int = 0
    unresolved: list[str] = field(default_factory=list)


def checked(client: httpx2.Client, answers: Iterable[dict[str, Any]]) -> Checked:
    """Fetch what the answers cite, and compare it character by character."""
    outcome = Checked()
    versions: dict[tuple[str, int], dict[str, Any]] = {}
    histories: dict[str, list[dict[str, Any]]] = {}
    for answer in answers:
        problems: list[str] = []
        for citation in answer["citations"]:
            identity, version = citation["article_id"], citation["version"]
            if (identity, version) not in versions:
                path = f"/v1/articles/{identity}"
                versions[identity, version] = sent(client, "GET", f"{path}?version={version}")[1]
                histories[identity] = sent(client, "GET", f"{path}/versions")[1].get("items", [])
            problems += problems_of(
                citation, versions[identity, version], histories[identity], answer["index"]["seq"]
            )
        outcome.answers += bool(answer["citations"]) and not problems
        outcome.citations += len(answer["citations"])
        outcome.unresolved += problems
    return outcome


def problems_of(
    citation: dict[str, Any], article: dict[str, Any], history: Sequence[dict[str, Any]], seq: int
) -> list[str]:
    """Tell what of a citation does not hold in the state of the library with this `seq`."""
    named = f"{citation['article_id']} version {citation['version']}"
    problems: list[str] = []
    quoted = article.get("text", "")[citation["char_start"] : citation["char_end"]]
    if quoted != citation["quote"]:
        problems.append(f"{named} has {quoted!r}, cited as {citation['quote']!r}")
    newest = max((item["version"] for item in history if item["seq"] <= seq), default=None)
    if newest != citation["version"]:
        problems.append(f"{named} is cited in change {seq}, where the newest version was {newest}")
    return problems
