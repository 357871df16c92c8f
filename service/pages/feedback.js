// What a reader thinks of an answer: right or wrong, and why. Judged answers can be evaluated again.

import { postJson } from "./api.js";
import { el, showProblem } from "./dom.js";

const MOST_CHARACTERS = 4000;

/**
 * The line below an answer that asks whether it is right.
 * @param {any} answer
 * @returns {HTMLElement}
 */
export function feedback(answer) {
  const question = answer.status === "abstained" ? "Is it right not to answer this?" : "Is this answer right?";
  const said = el("span", { role: "status", class: "hint" });
  const problem = el("div", {});
  const field = el("input", { id: "comment", maxlength: MOST_CHARACTERS, autocomplete: "off", dir: "auto" });
  const comment = el("form", { class: "comment", autocomplete: "off", hidden: true },
    el("label", { for: "comment" }, "Anything to add?"),
    el("div", { class: "line" }, field, el("button", { type: "submit" }, "Send")));
  const buttons = { up: choice("Yes", () => rate("up")), down: choice("No", () => rate("down")) };
  let given = null;

  async function rate(thumbs) {
    problem.replaceChildren();
    const path = `/v1/answers/${encodeURIComponent(answer.id)}/feedback`;
    try {
      await postJson(path, { thumbs, comment: field.value.trim() });
    } catch (error) {
      said.textContent = "";
      showProblem(problem, error);
      return;
    }
    given = thumbs;
    for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(name === given));
    comment.hidden = false;
    said.textContent = field.value.trim() ? "Noted, with your comment." : "Noted.";
  }

  comment.addEventListener("submit", (event) => {
    event.preventDefault();
    rate(given);
  });
  return el("div", { class: "feedback" },
    el("div", { class: "line", role: "group", "aria-label": question },
      el("span", {}, question), buttons.up, buttons.down, said),
    comment, problem);
}

function choice(word, choose) {
  return el("button", { type: "button", class: "choice", "aria-pressed": "false", on: { click: choose } }, word);
}
