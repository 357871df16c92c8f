// Calls to the service: JSON, problems as errors, server-sent events, and the key where one is asked for.

const KEY = "groundwire.key";

/** An error of the service (RFC 9457), or of the way there. */
export class ApiError extends Error {
  /** @param {{status?: number, title?: string, detail?: string, errors?: any[], instance?: string}} body */
  constructor(body) {
    super(body.detail || body.title || "error");
    Object.assign(this, { errors: [], body }, body);
  }
}

let askKey = async () => {};

/**
 * Say how a key is asked of the reader: called with whether one was refused, resolves once there is a new one.
 * @param {(refused: boolean) => Promise<void>} ask
 */
export function onKeyNeeded(ask) {
  askKey = ask;
}

/** @returns {string} the key of this tab, empty where there is none */
export function storedKey() {
  return sessionStorage.getItem(KEY) ?? "";
}

/** @param {string} key the key to send from now on; empty forgets it */
export function storeKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

/**
 * Call the service and give the response, which is a success; waits for a key where one is asked for.
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function call(path, options = {}) {
  for (;;) {
    const key = storedKey();
    const headers = new Headers(options.headers);
    if (key) headers.set("Authorization", `Bearer ${key}`);
    const response = await reached(path, { ...options, headers });
    if (response.ok) return response;
    if (response.status !== 401) throw await problemOf(response);
    // Another call may have brought a new key while this one was on its way.
    if (storedKey() === key) await unlessAborted(askKey(Boolean(key)), options.signal);
  }
}

async function reached(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({ title: "The service cannot be reached",
      detail: "No answer came from it. See that it still runs, then try again." });
  }
}

async function problemOf(response) {
  const said = await response.json().catch(() => null);
  const body = said && typeof said === "object" ? said : {};
  const fallback = { status: response.status, title: response.statusText || "The service refused",
    detail: "It gave no reason." };
  // A reply of another kind (what became of files) keeps its own fields beside these.
  return new ApiError({ ...fallback, ...("refused" in body ? { detail: "" } : {}), ...body });
}

function unlessAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function getJson(path, signal) {
  return (await call(path, { signal })).json();
}

/**
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
export function postJson(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body), signal });
}

/**
 * Where an article is read, changed and deleted.
 * @param {string} id
 * @param {number | null} [version]
 * @returns {string}
 */
export function articlePath(id, version = null) {
  return `/v1/articles/${encodeURIComponent(id)}${version ? `?version=${version}` : ""}`;
}

/**
 * Read the server-sent events of a response, each with its data as JSON.
 * @param {Response} response
 * @returns {AsyncGenerator<{event: string, data: any}>}
 */
export async function* events(response) {
  let event = "message";
  let data = [];
  for await (const line of lines(response)) {
    if (line === "") {
      if (data.length) yield { event, data: JSON.parse(data.join("\n")) };
      event = "message";
      data = [];
      continue;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "event") event = value;
    if (field === "data") data.push(value);
    // Comments have an empty field; ids and retry times mean nothing to a POST.
  }
}

async function* lines(response) {
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      // A CR at the end of a chunk may be half of a CRLF: it waits for the next one.
      const parts = (rest + decoder.decode(value, { stream: !done })).split(/\r\n|\n|\r(?!$)/);
      rest = parts.pop();
      yield* parts;
      if (done) return;
    }
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({ title: "The connection broke off", detail: "The answer did not arrive whole. Ask again." });
  } finally {
    reader.cancel().catch(() => {});
  }
}
