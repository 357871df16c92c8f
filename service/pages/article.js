// An article's text on the page: whole, or the paragraph around a quote, with the exact characters marked.

import { el, joined, outsideLink } from "./dom.js";
import { dateInWords, langTag, languageName, utf16Offsets } from "./text.js";

const MOST_BEFORE = 900;
const MOST_AFTER = 900;

/**
 * The line under a title: source, date, and what else is given.
 * @param {{source?: string, published_at?: string | null}} item
 * @param {...(string | null)} more
 * @returns {HTMLElement}
 */
export function byline(item, ...more) {
  const date = item.published_at
    ? el("time", { datetime: item.published_at }, dateInWords(item.published_at))
    : "undated";
  const source = item.source ? el("span", { dir: "auto", class: "source" }, item.source) : null;
  return el("p", { class: "byline" }, ...joined([source, date, ...more]));
}

/**
 * Text with one range of it marked; the offsets are UTF-16 units of the whole text.
 * @param {string} text
 * @param {[number, number]} range what to show
 * @param {[number, number] | null} marked what to mark; the part outside `range` is left out
 * @returns {(Node | string)[]}
 */
export function markedText(text, [from, to], marked) {
  const start = Math.max(from, marked?.[0] ?? to);
  const end = Math.min(to, marked?.[1] ?? to);
  if (start >= end) return [text.slice(from, to)];
  return [text.slice(from, start), el("mark", {}, text.slice(start, end)), text.slice(end, to)];
}

/**
 * The paragraph around a quote, the quote marked in it.
 * @param {any} article as `GET /v1/articles/{id}` gives it
 * @param {{char_start: number, char_end: number, quote: string}} citation
 * @returns {HTMLElement}
 */
export function context(article, citation) {
  const { text } = article;
  const units = utf16Offsets(text);
  const [start, end] = [units(citation.char_start), units(citation.char_end)];
  const [from, to] = paragraphAround(text, start, end);
  const exact = text.slice(start, end) === citation.quote;
  return el("div", { class: "context" },
    exact ? null : el("p", { class: "notice error" },
      "The article's text at these characters is not the quote. Do not rely on this citation."),
    el("p", { class: "paragraph", dir: "auto", lang: langTag(article.language) },
      startsBlock(text, from) ? "" : "… ", ...markedText(text, [from, to], [start, end]),
      endsBlock(text, to) ? "" : " …"));
}

function paragraphAround(text, start, end) {
  const before = text.lastIndexOf("\n\n", start - 1);
  const after = text.indexOf("\n\n", end);
  // A text without paragraphs is cut at code points, never inside a surrogate pair.
  const from = wholeCharacter(text, Math.max(before < 0 ? 0 : before + 2, start - MOST_BEFORE));
  const to = wholeCharacter(text, Math.min(after < 0 ? text.length : after, end + MOST_AFTER));
  return [Math.min(from, start), Math.max(to, end)];
}

function wholeCharacter(text, at) {
  return /[\udc00-\udfff]/.test(text.charAt(at)) ? at - 1 : at;
}

function startsBlock(text, at) {
  return at === 0 || text[at - 1] === "\n";
}

function endsBlock(text, at) {
  return at === text.length || text[at] === "\n";
}

/**
 * A whole article: title, where it comes from, its sections; a range of it marked where one is given.
 * @param {any} article as `GET /v1/articles/{id}` gives it
 * @param {[number, number] | null} [range] what to mark, in code points
 * @returns {HTMLElement[]}
 */
export function wholeArticle(article, range = null) {
  const lang = langTag(article.language);
  const units = utf16Offsets(article.text);
  const marked = range && [units(range[0]), units(range[1])];
  return [
    el("h1", { dir: "auto", lang, tabindex: "-1" }, article.title),
    byline(article, article.language ? languageName(article.language) : null,
      article.kind === "teaser" ? "teaser, the full article has not arrived" : null),
    article.url ? el("p", { class: "byline" }, outsideLink(article.url)) : null,
    el("div", { class: "text", lang }, ...blocks(article, units, marked)),
  ].filter(Boolean);
}

function blocks(article, units, marked) {
  const { text } = article;
  const nodes = [];
  let position = 0;
  for (const section of article.sections ?? []) {
    const [from, to] = [units(section.char_start), units(section.char_end)];
    // Between sections stand their headings, and headings that have no text of their own.
    nodes.push(...headings(text.slice(position, from), section));
    nodes.push(...paragraphs(text, from, to, marked));
    position = to;
  }
  return [...nodes, ...paragraphs(text, position, text.length, marked)];
}

function headings(gap, section) {
  const lines = gap.split(/\n+/).map((line) => line.trim()).filter(Boolean);
  // Texts sent without headings in them still name their sections.
  if (section.heading && lines.at(-1) !== section.heading) lines.push(section.heading);
  return lines.map((line) => el("h2", { dir: "auto" }, line,
    section.kind === "summary" && line === lines.at(-1) ? el("span", { class: "tag" }, "page's summary") : null));
}

function paragraphs(text, from, to, marked) {
  const nodes = [];
  const separator = /\n\s*\n/g;
  separator.lastIndex = from;
  for (let start = from; start < to;) {
    const found = separator.exec(text);
    const end = Math.min(found ? found.index : to, to);
    if (text.slice(start, end).trim()) nodes.push(el("p", { dir: "auto" }, ...markedText(text, [start, end], marked)));
    start = found ? separator.lastIndex : to;
  }
  return nodes;
}
