// The Library view: a table of the articles, one article to read, and its deletion.

import { startAdding } from "./add.js";
import { articlePath, call, getJson } from "./api.js";
import { byline, wholeArticle } from "./article.js";
import { byId, el, joined, reveal, showProblem } from "./dom.js";
import { counted, dateInWords, langTag } from "./text.js";

const PAGE = 50;
const shelf = { total: 0, next: null, loaded: false };
// Only the newest request may write to the page.
let turn = 0;

/** Wire up the view; called once. */
export function startLibrary() {
  startAdding(() => list(true));
  byId("more").addEventListener("click", () => list(false));
}

/**
 * Show what the address says: the table, or one article with the range to mark in it.
 * @param {URLSearchParams} params
 */
export function showLibrary(params) {
  const id = params.get("id");
  byId("shelf").hidden = Boolean(id);
  byId("reader").hidden = !id;
  document.title = "Library – Groundwire";
  if (id) {
    const range = /^(\d+)-(\d+)$/.exec(params.get("at") ?? "");
    read(id, Number(params.get("version")) || null, range && [Number(range[1]), Number(range[2])]);
  } else {
    list(true);
  }
}

async function list(anew) {
  const mine = ++turn;
  if (!shelf.loaded) byId("library-status").textContent = "Opening the library …";
  byId("more").disabled = true;
  try {
    const after = anew || shelf.next === null ? "" : `&after=${encodeURIComponent(shelf.next)}`;
    const page = await getJson(`/v1/articles?limit=${PAGE}${after}`);
    if (mine !== turn) return;
    byId("library-problem").replaceChildren();
    const rows = page.items.map(row);
    if (anew) byId("article-rows").replaceChildren(...rows);
    else byId("article-rows").append(...rows);
    Object.assign(shelf, { total: page.total, next: page.next ?? null, loaded: true });
    tell();
    if (!anew) rows[0]?.querySelector("a").focus();
  } catch (error) {
    if (mine !== turn) return;
    byId("library-status").textContent = "";
    showProblem(byId("library-problem"), error);
  } finally {
    byId("more").disabled = false;
  }
}

function tell() {
  const shown = byId("article-rows").childElementCount;
  byId("articles").hidden = shown === 0;
  byId("more").hidden = shelf.next === null;
  byId("library-status").textContent = shelf.total === 0
    ? "No articles yet. Add some below; questions are answered from them."
    : shown < shelf.total ? `${shown.toLocaleString("en")} of ${counted(shelf.total, "article")}`
      : counted(shelf.total, "article");
}

function row(item) {
  const lang = langTag(item.language);
  // A table wants days; the hour of a moment stands in the article.
  const day = item.published_at?.slice(0, 10);
  const actions = el("td", { class: "row-actions" });
  actions.append(deleteButton(item, actions));
  const href = `#library?${new URLSearchParams({ id: item.id })}`;
  return el("tr", {},
    el("th", { scope: "row" },
      el("a", { href, dir: "auto", lang }, item.title || "Untitled"),
      item.kind === "teaser" ? el("span", { class: "tag" }, "teaser") : null,
      el("div", { class: "narrow" }, byline({ source: item.source, published_at: day }, item.language))),
    el("td", { class: "wide", dir: "auto" }, item.source || "–"),
    el("td", { class: "wide" }, item.language || "–"),
    el("td", { class: "wide" }, day ? dateInWords(day) : "undated"),
    el("td", { class: "wide number" }, item.passages.toLocaleString("en")),
    el("td", { class: "wide number" }, item.characters.toLocaleString("en")),
    actions);
}

function deleteButton(item, place) {
  const button = el("button", { type: "button", class: "quiet", "aria-label": `Delete ${item.title}`,
    on: { click: () => confirmDelete(item, place) } }, "Delete");
  return button;
}

function confirmDelete(item, place) {
  const keep = el("button", { type: "button", class: "quiet", on: { click: () => {
    place.replaceChildren(deleteButton(item, place));
    place.firstChild.focus();
  } } }, "Keep");
  const drop = el("button", { type: "button", class: "danger", on: { click: () => remove(item, place, drop) } },
    "Delete");
  place.replaceChildren(el("span", { class: "confirm", role: "group", "aria-label": `Delete ${item.title}?` },
    "For good?", el("span", {}, drop, " ", keep)));
  // On the harmless choice: a second Enter must not delete.
  keep.focus();
}

async function remove(item, place, button) {
  button.disabled = true;
  try {
    await call(articlePath(item.id), { method: "DELETE" });
  } catch (error) {
    // Gone already is as good as deleted.
    if (error.status !== 404) {
      showProblem(byId("library-problem"), error);
      place.replaceChildren(deleteButton(item, place));
      return;
    }
  }
  place.closest("tr").remove();
  shelf.total -= 1;
  tell();
  byId("library-status").textContent += `. Deleted: ${item.title}`;
  byId("library-status").focus();
}

async function read(id, version, range) {
  const mine = ++turn;
  const reader = byId("reader");
  const back = el("p", {}, el("a", { href: "#library" }, "← All articles"));
  const place = el("div", {}, el("p", { class: "hint", role: "status" }, "Opening the article …"));
  reader.replaceChildren(back, place);
  try {
    const article = await getJson(articlePath(id, version));
    if (mine !== turn) return;
    place.replaceChildren(versionLine(article) ?? "", ...wholeArticle(article, range));
    document.title = `${article.title} – Groundwire`;
    const marked = place.querySelector("mark");
    place.querySelector("h1").focus({ preventScroll: true });
    if (marked) reveal(marked, "center");
    else scrollTo(0, 0);
  } catch (error) {
    if (mine === turn) showProblem(place, error);
  }
}

function versionLine({ id, version, latest_version: latest }) {
  if (!(latest > 1)) return null;
  const link = (number, words) =>
    el("a", { href: `#library?${new URLSearchParams({ id, version: String(number) })}` }, words);
  return el("p", { class: "hint" }, ...joined([`Version ${version} of ${latest}`,
    version > 1 ? link(version - 1, "the version before") : null,
    version < latest ? link(latest, "the newest") : null]));
}
