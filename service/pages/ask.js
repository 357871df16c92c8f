// The Ask view: a question, its filters, and the answer as it arrives.

import { filtersInWords, showBeside, showFoot, showPassages, showStatus, Statements } from "./answer.js";
import { ApiError, events, postJson } from "./api.js";
import { byId, el, reveal, showProblem } from "./dom.js";
import { feedback } from "./feedback.js";
import { Sources } from "./sources.js";
import { counted, languageOf } from "./text.js";

const EXAMPLES = [
  "How much money did Kimi, StepFun and DeepSeek draw in May 2026?",
  "How large were the latest rounds of OpenAI and Anthropic?",
  "Why can more users make a model company poorer?",
  "What does a16z see in prediction markets such as Kalshi?",
  "为什么用户越多，大模型公司反而越穷？",
];
const FILTERS = { after: "published_after", before: "published_before", languages: "languages", sources: "sources" };
const LISTS = ["languages", "sources"];

let running = null;
let shownLink = null;

/** Wire up the view; called once. */
export function startAsk() {
  byId("example-list").append(...EXAMPLES.map((text) =>
    el("li", {}, el("a", { href: linkTo(text, {}), lang: languageOf(text) }, text))));
  byId("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  byId("question").addEventListener("keydown", (event) => {
    // While an input method composes (Chinese, Japanese), Enter picks a candidate and must not ask.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    byId("ask-form").requestSubmit();
  });
  byId("filters").addEventListener("input", countFilters);
  byId("cancel-button").addEventListener("click", () => running?.abort());
}

/**
 * Show what the address says: a question in it is asked.
 * @param {URLSearchParams} params
 */
export function showAsk(params) {
  const text = params.get("q")?.trim() ?? "";
  if (!text) {
    startAnew();
    return;
  }
  const filters = Object.fromEntries(Object.keys(FILTERS).map((name) => [name, params.get(name) ?? ""]));
  const link = linkTo(text, filters);
  document.title = `${text.slice(0, 80)} – Groundwire`;
  if (link === shownLink) return;
  byId("question").value = text;
  for (const [name, value] of Object.entries(filters)) field(name).value = value;
  countFilters();
  ask(text, filters, link);
}

function startAnew() {
  running?.abort();
  running = shownLink = null;
  document.title = "Groundwire";
  byId("nav-ask").href = "#ask";
  byId("ask-form").reset();
  countFilters();
  busy(false);
  byId("result").hidden = true;
  byId("examples").hidden = false;
  byId("question").focus({ preventScroll: true });
}

function field(name) {
  return byId(`f-${name}`);
}

function submit() {
  const text = byId("question").value.trim();
  if (!text) return;
  const filters = Object.fromEntries(Object.keys(FILTERS).map((name) => [name, field(name).value.trim()]));
  const link = linkTo(text, filters);
  // The address first, so that going back leads to the question before.
  if (location.hash !== link) history.pushState(null, "", link);
  document.title = `${text.slice(0, 80)} – Groundwire`;
  ask(text, filters, link);
}

function linkTo(text, filters) {
  const given = Object.entries(filters).filter(([, value]) => value);
  return `#ask?${new URLSearchParams([["q", text], ...given])}`;
}

function countFilters() {
  const count = Object.keys(FILTERS).filter((name) => field(name).value.trim()).length;
  byId("filters-count").textContent = count ? `(${count} in force)` : "";
}

function asked(filters) {
  const given = Object.entries(filters).filter(([, value]) => value);
  return Object.fromEntries(given.map(([name, value]) => [FILTERS[name], LISTS.includes(name)
    ? value.split(/[,，、]/).map((item) => item.trim()).filter(Boolean) : value]));
}

async function ask(text, filters, link) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  shownLink = link;
  // From the library the way back leads to this answer, not to an empty page.
  byId("nav-ask").href = link;
  const sources = new Sources();
  const statements = new Statements(sources);
  clear(text);
  busy(true);
  try {
    const body = { question: text, stream: true, filters: asked(filters) };
    const response = await postJson("/v1/answer", body, mine.signal);
    const whole = await receive(response, mine.signal, sources, statements);
    if (!whole) throw new ApiError({ title: "The answer broke off", detail: "The service ended it early. Ask again." });
  } catch (error) {
    if (running === mine) failed(error, statements.shown.length);
  } finally {
    if (running === mine) {
      running = null;
      busy(false);
    }
  }
}

/** Read the stream to its end; tells whether the final answer came. */
async function receive(response, signal, sources, statements) {
  let whole = false;
  for await (const { event, data } of events(response)) {
    // A question asked meanwhile has taken the page.
    signal.throwIfAborted();
    if (event === "retrieval") retrieved(data);
    else if (event === "citation") sources.add(data);
    else if (event === "statement") statements.add(data);
    else if (event === "error") throw new ApiError(data);
    else if (event === "final") {
      whole = true;
      settle(data, sources, statements);
    } else if (event === "done") break;
  }
  return whole;
}

function clear(text) {
  byId("examples").hidden = true;
  byId("result").hidden = false;
  for (const id of ["problem", "beside", "foot", "passages"]) byId(id).replaceChildren();
  const line = byId("asked");
  line.textContent = text;
  line.lang = languageOf(text) ?? "en";
  byId("status").textContent = "Searching the library …";
  // On a small screen the form fills the view, and the answer would arrive unseen below it.
  const result = byId("result");
  if (result.getBoundingClientRect().top > innerHeight / 2) reveal(result, "start");
}

function busy(is) {
  byId("cancel-button").hidden = !is;
  byId("result").classList.toggle("busy", is);
  byId("answer").setAttribute("aria-busy", String(is));
}

function retrieved({ hits, applied_filters: filters }) {
  byId("status").textContent = hits.length
    ? `Reading ${counted(hits.length, "passage")} and checking what they support …`
    : "Nothing found within reach …";
  byId("beside").replaceChildren(filtersInWords(filters ?? {}) ?? "");
}

function settle(answer, sources, statements) {
  sources.settle(answer.citations);
  statements.settle(answer.statements);
  showStatus(answer);
  showBeside(answer, sources);
  const filters = filtersInWords(answer.retrieval?.applied_filters ?? {});
  if (filters) byId("beside").append(filters);
  showPassages(answer.retrieval?.hits ?? [], answer.status);
  showFoot(answer, copyButton());
  byId("foot").prepend(feedback(answer));
}

function failed(error, shown) {
  const stopped = error.name === "AbortError";
  const rest = " What stands below was checked, but it is not the whole answer.";
  byId("status").textContent = shown
    ? `${stopped ? "Stopped." : "The answer broke off."}${rest}` : stopped ? "Stopped." : "No answer came.";
  if (!stopped) showProblem(byId("problem"), error);
  // A filter that was refused must be in sight to be mended.
  if ((error.errors ?? []).some((item) => String(item.loc).startsWith("filters"))) byId("filters").open = true;
}

function copyButton() {
  const said = el("span", { role: "status", class: "hint" });
  const button = el("button", { type: "button", class: "quiet" }, "Copy a link to this question");
  button.addEventListener("click", async () => {
    const link = new URL(shownLink, location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      said.textContent = "Copied.";
    } catch {
      // Outside https and localhost a page may not write to the clipboard.
      const input = el("input", { readonly: true, value: link, "aria-label": "Link to this question" });
      said.replaceChildren("Copy it from here: ", input);
      input.select();
    }
  });
  return el("p", { class: "copy" }, button, " ", said);
}
