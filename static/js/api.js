/** The HTTP calls: JSON in, JSON out, and one error type. */

export class Refused extends Error {
  /** @param {{code: string, message?: string}} error what the server answered */
  constructor(error, status = 0) {
    super(error.message ?? error.code);
    this.error = error;
    this.status = status;
  }
}

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refused({ code: "offline" });
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(answer?.error ?? { code: "internal" }, response.status);
  return answer;
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
export const patch = (path, body) => call("PATCH", path, body);

/** An id that makes a command happen once however often it is sent. */
export function commandId() {
  // randomUUID is missing where a page came without TLS from another machine.
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
