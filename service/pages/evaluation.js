// One evaluation on the page: what was asked, how far it is, and the figures that came of it.

import { call, storedKey } from "./api.js";
import { el, joined, showProblem } from "./dom.js";
import { counted, dateInWords } from "./text.js";

export const SETS = {
  library: { name: "Questions that came with the articles",
    hint: "From the Q&A sections of the library's articles. These are never searched, so each answer has to be "
      + "found in the articles themselves." },
  feedback: { name: "Answers that readers judged",
    hint: "What was judged right must stay right, and what was judged wrong is asked again. "
      + "Judge answers at their foot, under Ask." },
  fixed: { name: "The small fixed set", whole: true,
    hint: "Questions on the articles that ship with Groundwire, in a library of their own: the same on every "
      + "machine, always asked whole." },
};
const STATE = { queued: "Waiting for its turn", running: "Running", cancelled: "Cancelled", failed: "Failed" };
const GOLD = { passages: "from gold passages", evidence: "from gold evidence", parts: "from gold parts" };
const FIGURES = {
  "retrieval.fused.hit@1": ["Right article first", "The article that answers is the first one found"],
  "retrieval.fused.ndcg@10": ["Ranking", "nDCG at 10: how high the right articles stand"],
  correct: ["Answered right", "A gold answer stands in the answer, or an unanswerable question was refused"],
  "answer.f1": ["Words in common", "Token F1 of the answer and the reference answer"],
  "evidence.f1": ["Evidence", "F1 of the cited sentences and the gold ones"],
  "citations.exact": ["Citations exact", "The quote is what stands in the article at these characters"],
  "citations.recall": ["Statements supported", "Statements that their cited texts support"],
  "refusal.recall": ["Rightly refused", "Unanswerable questions that were refused"],
  "refusal.wrong": ["Wrongly refused", "Answerable questions that were refused; lower is better"],
};

/**
 * Whether nothing more will happen to an evaluation.
 * @param {any} item
 * @returns {boolean}
 */
export function ended(item) {
  return !["queued", "running"].includes(item.status);
}

/**
 * What an evaluation is called on the page.
 * @param {any} item
 * @returns {string}
 */
export function nameOf(item) {
  return SETS[item.asked?.set]?.name ?? String(item.asked?.set ?? "Evaluation");
}

/** The card of one evaluation; `show` brings it up to date. */
export class EvaluationCard {
  /**
   * @param {any} item as `GET /v1/evaluations` lists it
   * @param {(card: EvaluationCard) => void} cancel
   */
  constructor(item, cancel) {
    this.item = item;
    this.place = el("div", {});
    this.bar = el("progress", { max: 1, "aria-label": `Progress: ${nameOf(item)}` });
    this.words = el("p", { class: "hint" });
    this.button = el("button", { type: "button", class: "quiet", "aria-label": `Cancel: ${nameOf(item)}`,
      on: { click: () => cancel(this) } }, "Cancel");
    this.running = el("div", {}, this.bar, el("div", { class: "line" }, this.words, this.button));
    this.about = el("p", { class: "byline" });
    const gold = GOLD[item.asked?.oracle];
    this.node = el("li", { class: "evaluation", tabindex: "-1" },
      el("h2", {}, nameOf(item), gold ? el("span", { class: "tag" }, gold) : null), this.about, this.place);
    this.show(item);
  }

  /** @param {any} item what is newly known of it */
  show(item) {
    this.item = { ...this.item, ...item };
    this.about.replaceChildren(...joined(aboutIt(this.item)));
    if (!ended(this.item)) this.#follow();
    else if (this.item.status === "succeeded") this.place.replaceChildren(...outcome(this.item));
    else this.place.replaceChildren(el("div", { class: this.item.status === "failed" ? "notice error" : "notice" },
      el("p", { class: "notice-title" }, STATE[this.item.status]),
      this.item.error ? el("p", { dir: "auto" }, this.item.error) : null));
  }

  #follow() {
    const { status, progress, eta_s: left } = this.item;
    // A bar without a value tells by itself that nothing is known yet.
    if (status === "running" && progress > 0) this.bar.value = progress;
    else this.bar.removeAttribute("value");
    this.words.textContent = joined([STATE[status], progress > 0 ? `${Math.round(progress * 100)}\u00a0%` : null,
      Number.isFinite(left) ? `about ${duration(left)} left` : null]).join("");
    if (!this.running.isConnected) this.place.replaceChildren(this.running);
  }
}

function aboutIt({ asked = {}, created_at: created, result }) {
  const sample = asked.sample && !SETS[asked.set]?.whole;
  return [
    el("time", { datetime: created }, dateInWords(created)),
    result ? counted(result.questions, "question") : sample ? `at most ${counted(asked.sample, "question")}` : null,
    result ? `took ${duration(result.seconds)}` : null,
  ];
}

function outcome(item) {
  const { metrics = {}, ...counts } = item.result ?? {};
  const shown = Object.entries(FIGURES).filter(([metric]) => metric in metrics);
  return [
    ...warnings(counts),
    shown.length
      ? el("dl", { class: "figures" }, ...shown.map(([metric, [name, about]]) =>
        el("div", { title: about }, el("dt", {}, name), el("dd", {}, metrics[metric].toFixed(3)))))
      : el("p", { class: "hint" }, "Nothing of this set could be judged."),
    report(item),
  ];
}

function warnings({ failed = 0, leaks = 0, missing = 0 }) {
  const said = [
    failed && `${counted(failed, "question")} ended in an error.`,
    leaks && `The library holds the answers of ${counted(leaks, "question")} as Q&A: these figures are worth nothing.`,
    missing && `The articles that answer ${counted(missing, "question")} are not in the library.`,
  ].filter(Boolean);
  return said.length ? [el("div", { class: "notice conflict" }, ...said.map((line) => el("p", {}, line)))] : [];
}

/** A link to the report; behind a key, which no link can carry, a button that fetches and saves it. */
function report(item) {
  const path = `/v1/evaluations/${encodeURIComponent(item.id)}`;
  const problem = el("div", {});
  const link = storedKey()
    ? el("button", { type: "button", class: "quiet", on: { click: () => save(item, path, problem) } }, "Save the report")
    : el("a", { href: path, target: "_blank", rel: "noopener" }, "Open the report");
  return el("div", { class: "report" }, el("p", {}, link,
    el("span", { class: "hint" }, " with intervals, curves, and the questions that went worst")), problem);
}

async function save(item, path, problem) {
  problem.replaceChildren();
  try {
    const page = await (await call(path, { headers: { Accept: "text/html" } })).blob();
    const address = URL.createObjectURL(page);
    el("a", { href: address, download: `evaluation-${item.asked.set}-${item.created_at.slice(0, 10)}.html` }).click();
    URL.revokeObjectURL(address);
  } catch (error) {
    showProblem(problem, error);
  }
}

function duration(seconds) {
  // With a space that does not break: a number and its unit stay on one line.
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))}\u00a0s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)}\u00a0min` : `${(seconds / 3600).toFixed(1)}\u00a0h`;
}
