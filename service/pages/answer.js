// An answer on the page: its statements as they arrive, its conflicts, the passages it was read from.

import { byline } from "./article.js";
import { byId, el, joined } from "./dom.js";
import { readerLink } from "./sources.js";
import { counted, dateInWords, languageName, languageOf } from "./text.js";

const STATUS = { answered: "Answered", partial: "Partly answered", abstained: "Not answered" };
const REASON = {
  no_evidence: "Nothing in the library says enough to answer this question.",
  outside_filters: "No article lies within the filters, so there was nothing to read. Widen them and ask again.",
  empty_library: "The library holds no articles yet. Add some under Library, then ask again.",
  unsupported_draft: "An answer was drafted, but the articles do not support what it said, so it is not shown.",
};
const PART = { answered: "answered", partial: "partly answered", abstained: "not answered" };

/**
 * Say in words what became of the question, within which filters.
 * @param {any} answer
 */
export function showStatus(answer) {
  const words = STATUS[answer.status] ?? answer.status;
  const reason = answer.reason ? REASON[answer.reason] ?? `Reason: ${answer.reason}.` : null;
  byId("status").replaceChildren(
    el("strong", { class: `state ${answer.status in STATUS ? answer.status : ""}` }, words),
    reason ? `. ${reason}` : answer.status === "partial" ? ". The articles cover only a part of the question." : "");
}

/**
 * The filters in force in words: those asked for and those read out of the question.
 * @param {Record<string, any>} filters
 * @returns {HTMLElement | null}
 */
export function filtersInWords(filters) {
  const words = joined([
    filters.published_after && `published on or after ${dateInWords(filters.published_after)}`,
    filters.published_before && `published on or before ${dateInWords(filters.published_before)}`,
    filters.languages?.length && `in ${filters.languages.map(languageName).join(", ")}`,
    filters.sources?.length && `from ${filters.sources.join(", ")}`,
    filters.article_ids?.length && `in ${counted(filters.article_ids.length, "chosen article")}`,
  ], "; ");
  return words.length ? el("p", { class: "hint", dir: "auto" }, "Read only articles ", ...words, ".") : null;
}

/** The statements of one answer, each followed by its marks. */
export class Statements {
  /** @param {import("./sources.js").Sources} sources */
  constructor(sources) {
    this.sources = sources;
    this.shown = [];
    byId("answer").replaceChildren();
  }

  /** @param {any} statement */
  add(statement) {
    const last = this.shown.at(-1);
    // The ranges take in each statement's marks, so a gap between them is a space of the answer.
    const spaced = last && statement.char_start > last.char_end;
    this.shown.push(statement);
    const lang = languageOf(statement.text);
    const paragraph = byId("answer").lastElementChild
      ?? byId("answer").appendChild(el("p", { dir: "auto", lang }));
    const unsupported = statement.support?.label === "unsupported";
    paragraph.append(spaced ? " " : "",
      el("span", { class: unsupported ? "statement unsupported" : "statement" }, statement.text,
        el("span", { class: "cites" }, ...statement.citations.map((n) => this.sources.mark(n))),
        unsupported ? el("span", { class: "tag" }, "not supported by its sources") : null));
  }

  /**
   * Hold to the final answer. What already stands is left alone, so that it is not read out twice.
   * @param {any[]} statements
   */
  settle(statements) {
    const key = (list) => JSON.stringify(list.map(({ text, citations, support }) => [text, citations, support?.label]));
    if (key(statements) === key(this.shown)) return;
    this.shown = [];
    byId("answer").replaceChildren();
    statements.forEach((statement) => this.add(statement));
  }
}

/**
 * What stands below the statements: disagreements, and the parts of a question that asked several things.
 * @param {any} answer
 * @param {import("./sources.js").Sources} sources
 */
export function showBeside(answer, sources) {
  const conflicts = answer.conflicts ?? [];
  const parts = answer.parts ?? [];
  byId("beside").replaceChildren(
    ...conflicts.map((conflict) => conflictBox(conflict, sources)),
    ...(parts.length > 1 ? [partsBox(parts)] : []));
}

function conflictBox(conflict, sources) {
  return el("section", { class: "notice conflict" },
    el("h2", {}, "Sources disagree"),
    conflict.about ? el("p", { dir: "auto" }, `On: ${conflict.about}`) : null,
    el("ul", {}, ...conflict.positions.map((position) => el("li", { dir: "auto" },
      el("strong", {}, position.value),
      el("span", { class: "cites" }, ...position.citations.map((n) => sources.mark(n)))))));
}

function partsBox(parts) {
  return el("section", { class: "parts" },
    el("h2", {}, "What was asked"),
    el("ul", {}, ...parts.map((part) => el("li", { dir: "auto" },
      `${part.question} `, el("span", { class: "tag" }, PART[part.status] ?? part.status)))));
}

/**
 * The passages that were read: in full view where there is no answer, folded away where there is one.
 * @param {any[]} hits
 * @param {string} status
 */
export function showPassages(hits, status) {
  const place = byId("passages");
  place.replaceChildren();
  if (!hits.length) return;
  const list = el("ol", { class: "hits" }, ...hits.map(hitCard));
  if (status === "abstained") {
    place.append(el("h2", {}, "Nearest passages, not an answer"), list);
  } else if (status === "partial") {
    place.append(el("details", {}, el("summary", {}, `Nearest passages, not an answer (${hits.length})`), list));
  } else {
    place.append(el("details", {}, el("summary", {}, `Passages that were read (${hits.length})`), list));
  }
}

function hitCard(hit) {
  const score = hit.scores?.evidence;
  return el("li", { class: "hit" },
    el("h3", { dir: "auto", lang: languageOf(hit.title ?? "") },
      el("a", { href: readerLink(hit) }, hit.title || "Untitled")),
    byline(hit, hit.section ? el("span", { dir: "auto" }, `“${hit.section}”`) : null,
      typeof score === "number" ? `evidence ${score.toFixed(2)}` : null),
    el("p", { class: "passage", dir: "auto", lang: languageOf(hit.text) }, hit.text));
}

/**
 * The line at the foot: what gave this answer, from which state of the library, in what time.
 * @param {any} answer
 * @param {HTMLElement} copy the button that copies a link to the question
 */
export function showFoot(answer, copy) {
  const { models = {}, index = {}, timings_ms: timings = {} } = answer;
  const facts = [["Generator", models.generator], ["Evidence", models.evidence], ["Embedder", models.embedder],
    ["Library", `seq ${index.seq}`],
    ["Indexed through", index.indexed_through && dateInWords(index.indexed_through)],
    ["Time", Number.isFinite(timings.total) ? `${Math.round(timings.total).toLocaleString("en")} ms` : null]];
  byId("foot").replaceChildren(el("div", { class: "foot" },
    el("dl", {}, ...facts.filter(([, value]) => value)
      .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    copy));
}
