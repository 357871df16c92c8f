// DOM nodes without markup: what articles and models wrote only ever becomes text.

/**
 * Make an element. `props` are attributes, save `on` (listeners by event); what is null, undefined
 * or false is left out. Children are nodes or strings; a string always becomes a text node.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElement}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/**
 * The element of the page with an id; that it is there is this project's own affair.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * A link to an article's address, spelled out so that nobody is led elsewhere unawares;
 * anything but http and https stays plain text.
 * @param {string} address
 * @returns {Node}
 */
export function outsideLink(address) {
  const url = parsed(address);
  if (!url || !["http:", "https:"].includes(url.protocol)) return el("span", { class: "address" }, address);
  // href and not the text as it was sent: a look-alike host shows its punycode.
  const props = { class: "address", href: url.href, target: "_blank", rel: "noopener noreferrer" };
  return el("a", props, url.href);
}

function parsed(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/**
 * Nodes with a separator between them; those that are null are left out.
 * @param {(Node | string | null)[]} parts
 * @param {string} [separator]
 * @returns {(Node | string)[]}
 */
export function joined(parts, separator = " · ") {
  return parts.filter(Boolean).flatMap((part, i) => (i ? [separator, part] : [part]));
}

/**
 * Show an error in words, with what the service said of each field.
 * @param {HTMLElement} place
 * @param {any} error
 */
export function showProblem(place, error) {
  const title = error.title || "Something went wrong";
  const detail = error.detail ?? error.message;
  // The detail often holds the fields already; what it says needs no second line.
  const unsaid = (error.errors ?? []).filter((item) => !detail?.includes(`${where(item)}: ${item.msg}`));
  place.replaceChildren(
    el("div", { class: "notice error", role: "alert" },
      el("p", { class: "notice-title" }, error.status ? `${title} (${error.status})` : title),
      detail ? el("p", { dir: "auto" }, detail) : null,
      unsaid.length ? el("ul", {}, ...unsaid.map(fieldError)) : null,
      error.instance ? el("p", { class: "hint" }, "Reference: ", el("code", {}, error.instance)) : null));
}

function where({ loc }) {
  return Array.isArray(loc) ? loc.join(".") : String(loc ?? "body");
}

function fieldError(item) {
  return el("li", {}, el("code", {}, where(item)), `: ${item.msg ?? "was refused"}`);
}

/**
 * Bring a node into view, smoothly where the reader has not asked for less motion.
 * @param {Element} node
 * @param {ScrollLogicalPosition} [block]
 */
export function reveal(node, block = "nearest") {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  node.scrollIntoView({ block, behavior: calm ? "auto" : "smooth" });
}
