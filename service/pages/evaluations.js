// The Evaluations view: start one, follow those that run, read what came of the others.

import { call, getJson, postJson } from "./api.js";
import { byId, el, showProblem } from "./dom.js";
import { ended, EvaluationCard, nameOf, SETS } from "./evaluation.js";

const PAGE = 20;
const LOOK_EVERY_MS = 1000;
const LOOK_AGAIN_MS = 5000;

let cards = [];
let next = null;
// Only the newest load may write to the page, and only its look at running evaluations goes on.
let turn = 0;
// Whether the last look failed: a service that is reached again takes its message back.
let lost = false;

/** Wire up the view; called once. */
export function startEvaluations() {
  const form = byId("evaluation-form");
  byId("e-set").append(...Object.entries(SETS).map(([value, { name }]) => el("option", { value }, name)));
  byId("e-set").addEventListener("change", explain);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin(form);
  });
  byId("more-evaluations").addEventListener("click", more);
  explain();
}

/** Show the evaluations, the newest first. */
export async function showEvaluations() {
  document.title = "Evaluations – Groundwire";
  const mine = ++turn;
  if (!cards.length) say("Opening the evaluations …");
  try {
    const page = await getJson(`/v1/evaluations?limit=${PAGE}`);
    if (mine !== turn) return;
    byId("evaluations-problem").replaceChildren();
    cards = page.items.map(card);
    next = page.next ?? null;
    byId("evaluation-list").replaceChildren(...cards.map(({ node }) => node));
    tell();
    follow(mine);
  } catch (error) {
    if (mine !== turn) return;
    say("");
    showProblem(byId("evaluations-problem"), error);
  }
}

async function more() {
  const mine = turn;
  byId("more-evaluations").disabled = true;
  try {
    const page = await getJson(`/v1/evaluations?limit=${PAGE}&after=${encodeURIComponent(next)}`);
    if (mine !== turn) return;
    byId("evaluations-problem").replaceChildren();
    const older = page.items.map(card);
    cards.push(...older);
    next = page.next ?? null;
    byId("evaluation-list").append(...older.map(({ node }) => node));
    tell();
    older[0]?.node.focus();
  } catch (error) {
    if (mine === turn) showProblem(byId("evaluations-problem"), error);
  } finally {
    byId("more-evaluations").disabled = false;
  }
}

function card(item) {
  return new EvaluationCard(item, cancel);
}

function tell() {
  byId("more-evaluations").hidden = next === null;
  say(cards.length ? "" : "None yet. Start one above: it asks questions whose answers are known, and measures "
    + "what comes back.");
}

function say(words) {
  byId("evaluations-status").textContent = words;
}

function explain() {
  const { hint, whole = false } = SETS[byId("e-set").value];
  byId("e-hint").textContent = hint;
  byId("e-sample").disabled = whole;
}

async function begin(form) {
  const button = form.querySelector("button[type=submit]");
  const sample = byId("e-sample");
  button.disabled = true;
  byId("starting-problem").replaceChildren();
  sample.setAttribute("aria-invalid", "false");
  try {
    const count = sample.disabled || sample.value === "" ? null : Number(sample.value);
    const asked = { set: byId("e-set").value, sample: count };
    const job = await (await postJson("/v1/evaluations", asked)).json();
    await showEvaluations();
    // A short one may have ended before the list came.
    const begun = cards.find(({ item }) => item.id === job.id);
    if (begun && ended(begun.item)) finished(begun);
    else say(`Started: ${nameOf({ ...job, asked })}.`);
  } catch (error) {
    showProblem(byId("starting-problem"), error);
    if ((error.errors ?? []).some((item) => item.loc === "sample")) {
      sample.setAttribute("aria-invalid", "true");
      sample.focus();
    }
  } finally {
    button.disabled = false;
  }
}

async function cancel(one) {
  one.button.disabled = true;
  try {
    one.show(await (await call(jobPath(one), { method: "DELETE" })).json());
    if (ended(one.item)) finished(one);
  } catch (error) {
    one.button.disabled = false;
    showProblem(byId("evaluations-problem"), error);
  }
}

/** Look at what runs until nothing does, the view is left, or it is loaded anew. */
async function follow(mine) {
  const running = cards.filter(({ item }) => !ended(item));
  if (!running.length || mine !== turn || byId("view-evaluations").hidden) return;
  try {
    // Nobody sees a page in the background.
    if (!document.hidden) await Promise.all(running.map(look));
    if (lost) byId("evaluations-problem").replaceChildren();
    lost = false;
  } catch (error) {
    lost = true;
    if (mine === turn) showProblem(byId("evaluations-problem"), error);
  }
  setTimeout(() => follow(mine), lost ? LOOK_AGAIN_MS : LOOK_EVERY_MS);
}

async function look(one) {
  one.show(await getJson(jobPath(one)));
  if (ended(one.item)) finished(one);
}

function finished(one) {
  const became = { succeeded: "Finished", failed: "Failed", cancelled: "Cancelled" };
  say(`${became[one.item.status]}: ${nameOf(one.item)}.`);
  // The button that had the focus is gone with the bar.
  if (document.activeElement === document.body) one.node.focus({ preventScroll: true });
}

function jobPath({ item }) {
  return `/v1/jobs/${encodeURIComponent(item.id)}`;
}
