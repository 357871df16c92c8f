// What the page shows: the view that the address names, and a field for a key where one is asked for.

import { onKeyNeeded, storedKey, storeKey } from "./api.js";
import { showAsk, startAsk } from "./ask.js";
import { byId } from "./dom.js";
import { showEvaluations, startEvaluations } from "./evaluations.js";
import { showLibrary, startLibrary } from "./library.js";

const VIEWS = { ask: showAsk, library: showLibrary, evaluations: showEvaluations };

function route() {
  const [, name, query] = /^#([^?]*)\??(.*)$/s.exec(location.hash) ?? [];
  const current = name in VIEWS ? name : "ask";
  for (const view of Object.keys(VIEWS)) {
    byId(`view-${view}`).hidden = view !== current;
    if (view === current) byId(`nav-${view}`).setAttribute("aria-current", "page");
    else byId(`nav-${view}`).removeAttribute("aria-current");
  }
  VIEWS[current](new URLSearchParams(query ?? ""));
}

// One field for all calls that wait for a key: the first to ask shows it, the rest wait with it.
let waiting = null;

function askKey(refused) {
  waiting ??= new Promise((resolve) => {
    byId("key-why").textContent = refused
      ? "The key was refused. Try another." : "Questions and articles are closed without one.";
    byId("key-gate").hidden = false;
    byId("key-input").focus();
    byId("key-form").onsubmit = (event) => {
      event.preventDefault();
      const key = byId("key-input").value.trim();
      // A header carries visible ASCII only; anything else would fail without saying why.
      if (!/^[\x21-\x7e]+$/.test(key)) {
        byId("key-why").textContent = "A key holds letters, digits and signs, without spaces. Try again.";
        return;
      }
      storeKey(key);
      byId("key-input").value = "";
      byId("key-gate").hidden = true;
      byId("forget-key").hidden = false;
      waiting = null;
      resolve();
    };
  });
  return waiting;
}

onKeyNeeded(askKey);
byId("forget-key").hidden = !storedKey();
byId("forget-key").addEventListener("click", () => {
  storeKey("");
  byId("forget-key").hidden = true;
});
byId("skip").addEventListener("click", (event) => {
  // The address belongs to the views; the skip link only moves the focus.
  event.preventDefault();
  byId("main").focus();
});
startAsk();
startLibrary();
startEvaluations();
addEventListener("hashchange", route);
route();
