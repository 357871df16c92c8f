// The sources beside an answer: one card a citation, and each quote in the paragraph it was taken from.

import { articlePath, getJson } from "./api.js";
import { byline, context } from "./article.js";
import { byId, el, outsideLink, reveal, showProblem } from "./dom.js";
import { languageOf, langTag } from "./text.js";

/** The cards of one answer. */
export class Sources {
  constructor() {
    this.cards = new Map();
    this.articles = new Map();
    byId("source-list").replaceChildren();
    byId("sources").hidden = true;
  }

  /**
   * Add a citation, or bring its card up to what the final answer says.
   * @param {any} citation
   */
  add(citation) {
    const told = JSON.stringify(citation);
    const before = this.cards.get(citation.n);
    if (before?.told === told) return;
    const card = this.#card(citation);
    card.told = told;
    this.cards.set(citation.n, card);
    if (before) before.node.replaceWith(card.node);
    else byId("source-list").append(card.node);
    byId("sources").hidden = false;
  }

  /**
   * Keep exactly the citations of the final answer.
   * @param {any[]} citations
   */
  settle(citations) {
    const kept = new Set(citations.map((citation) => citation.n));
    for (const [n, card] of this.cards) {
      if (kept.has(n)) continue;
      card.node.remove();
      this.cards.delete(n);
    }
    citations.forEach((citation) => this.add(citation));
    byId("sources").hidden = this.cards.size === 0;
  }

  /**
   * A numbered mark that leads to its source.
   * @param {number} n
   * @returns {HTMLElement}
   */
  mark(n) {
    const title = this.cards.get(n)?.citation.title;
    const label = title ? `Source ${n}: ${title}` : `Source ${n}`;
    const button = el("button", { type: "button", class: "cite", "aria-label": label,
      on: { click: () => this.#open(n, button) } }, String(n));
    return button;
  }

  async #open(n, from) {
    const card = this.cards.get(n);
    if (!card) return;
    for (const other of this.cards.values()) other.node.classList.toggle("current", other === card);
    card.cameFrom = from;
    card.back.hidden = false;
    card.node.focus({ preventScroll: true });
    reveal(card.node);
    await card.show();
    reveal(card.node);
  }

  #card(citation) {
    const place = el("div", { class: "in-context", hidden: true });
    const quote = el("blockquote", { dir: "auto", lang: languageOf(citation.quote) }, citation.quote);
    const toggle = el("button", { type: "button", class: "quiet", "aria-expanded": "false",
      on: { click: () => (place.hidden ? card.show() : setOpen(false)) } }, "Show in context");
    const back = el("button", { type: "button", class: "quiet", hidden: true,
      on: { click: () => backTo(card.cameFrom) } }, "Back to the answer");
    const setOpen = (open) => {
      place.hidden = !open;
      quote.hidden = open;
      toggle.setAttribute("aria-expanded", String(open));
      toggle.textContent = open ? "Show the quote alone" : "Show in context";
    };
    const show = async () => {
      setOpen(true);
      if (!place.hasChildNodes()) await this.#fillContext(place, citation, quote);
    };
    const node = el("li", { class: "card", tabindex: "-1", "aria-label": `Source ${citation.n}` },
      el("p", { class: "card-number", "aria-hidden": "true" }, String(citation.n)),
      el("h3", { dir: "auto", lang: languageOf(citation.title) }, citation.title || "Untitled"),
      byline(citation, citation.section ? el("span", { dir: "auto" }, `“${citation.section}”`) : null),
      quote, place,
      el("p", { class: "line card-actions" }, toggle,
        el("a", { href: readerLink(citation) }, "Open the article"), back),
      citation.url ? el("p", { class: "byline" }, outsideLink(citation.url)) : null);
    const card = { node, citation, show, back, cameFrom: null };
    return card;
  }

  async #fillContext(place, citation, quote) {
    place.replaceChildren(el("p", { class: "hint" }, "Opening the article …"));
    try {
      const article = await this.#article(citation);
      const newer = article.latest_version > citation.version;
      quote.lang = langTag(article.language) ?? quote.lang;
      place.replaceChildren(
        newer ? el("p", { class: "hint" }, `As it stood in version ${citation.version}, which is cited; `
          + `version ${article.latest_version} is the newest.`) : "",
        context(article, citation));
    } catch (error) {
      if (error.status === 404) {
        place.replaceChildren(el("p", { class: "notice" },
          "This article has been deleted since the answer was given. The quote was: "), quote.cloneNode(true));
        place.lastChild.hidden = false;
      } else {
        showProblem(place, error);
      }
    }
  }

  #article({ article_id: id, version }) {
    const key = `${version} ${id}`;
    if (!this.articles.has(key)) {
      // The cited version by its number: the newest text may have other characters at these offsets.
      const asked = getJson(articlePath(id, version));
      asked.catch(() => this.articles.delete(key));
      this.articles.set(key, asked);
    }
    return this.articles.get(key);
  }
}

function backTo(mark) {
  if (!mark) return;
  mark.focus({ preventScroll: true });
  reveal(mark, "center");
}

/**
 * Where this page shows a passage or a quote in its whole article.
 * @param {{article_id: string, version: number, char_start: number, char_end: number}} range
 * @returns {string}
 */
export function readerLink(range) {
  const query = new URLSearchParams({ id: range.article_id, version: String(range.version),
    at: `${range.char_start}-${range.char_end}` });
  return `#library?${query}`;
}
