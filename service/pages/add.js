// Adding articles: by hand or as files, and what became of each.

import { call, postJson } from "./api.js";
import { byId, el, showProblem } from "./dom.js";
import { counted } from "./text.js";

const BECAME = { created: "Added", updated: "Updated, as a new version", unchanged: "Already here, unchanged" };
const MOST_REFUSALS = 100;

/**
 * Wire up both forms; called once.
 * @param {() => void} changed called when the library holds something new
 */
export function startAdding(changed) {
  const article = byId("article-form");
  const files = byId("file-form");
  wire(article, async () => {
    const fields = [...new FormData(article)].filter(([, value]) => value.trim());
    const result = await (await postJson("/v1/articles", Object.fromEntries(fields))).json();
    article.reset();
    const href = `#library?${new URLSearchParams({ id: result.id })}`;
    return [el("p", {}, `${BECAME[result.status] ?? result.status}. `, el("a", { href }, "Read it"),
      ` (library at seq ${result.seq})`)];
  }, changed);
  wire(files, async () => {
    const body = new FormData();
    for (const file of byId("files").files) body.append("files", file, file.name);
    const summary = await sendFiles(body);
    files.reset();
    return summaryInWords(summary);
  }, changed);
}

function wire(form, send, changed) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    byId("adding-problem").replaceChildren();
    byId("adding-result").replaceChildren(el("p", {}, "Adding …"));
    pointAt(form, []);
    try {
      byId("adding-result").replaceChildren(...(await send()));
      changed();
    } catch (error) {
      byId("adding-result").replaceChildren();
      showProblem(byId("adding-problem"), error);
      pointAt(form, error.errors ?? []);
    } finally {
      button.disabled = false;
    }
  });
}

/** Mark the fields that the service refused, and go to the first. */
function pointAt(form, errors) {
  const named = new Set(errors.map((item) => String(item.loc).split(".")[0]));
  const wrong = [...form.elements].filter((field) => {
    field.setAttribute("aria-invalid", String(named.has(field.name)));
    return named.has(field.name);
  });
  wrong[0]?.focus();
}

async function sendFiles(body) {
  try {
    return await (await call("/v1/articles", { method: "POST", body })).json();
  } catch (error) {
    // With nothing stored at all the same summary comes as an error.
    if (Array.isArray(error.body?.refused)) return error.body;
    throw error;
  }
}

function summaryInWords(summary) {
  const refused = summary.refused ?? [];
  const refusals = summary.refused_total ?? refused.length;
  const listed = refused.slice(0, MOST_REFUSALS);
  return [
    el("p", {}, `${counted(summary.added, "article")} added, ${summary.updated} updated, `
      + `${summary.unchanged} unchanged, ${refusals} refused.`),
    listed.length
      ? el("ul", { class: "refusals" }, ...listed.map(refusal)) : "",
    refusals > listed.length ? el("p", { class: "hint" }, `And ${refusals - listed.length} more.`) : "",
  ];
}

function refusal(item) {
  const name = String(item.name ?? `line ${item.index}`);
  const detail = String(item.detail ?? item.reason);
  // The service's own words may begin with the name.
  const why = detail.startsWith(`${name}: `) ? detail.slice(name.length + 2) : detail;
  return el("li", { dir: "auto" }, el("strong", {}, name), `: ${why}`);
}
