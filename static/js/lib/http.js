// One way to post: same origin, CSRF from the page, a time limit, JSON or nothing.

export class NoConnection extends Error {}

// Resolves to {status, body}; body is null when the answer was not JSON.
// Rejects with NoConnection when no answer came in time.
export async function post(url, { csrf, fields, timeout = 10000, signal } = {}) {
  const controller = typeof AbortController === "function" ? new AbortController() : null;
  const timer = setTimeout(() => controller && controller.abort(), timeout);
  const abort = () => controller && controller.abort();
  if (signal) signal.addEventListener("abort", abort);
  try {
    const response = await fetch(url, {
      method: "POST",
      body: fields instanceof FormData ? fields : form(fields),
      credentials: "same-origin",
      cache: "no-store",
      headers: { "X-CSRFToken": csrf, Accept: "application/json" },
      signal: controller ? controller.signal : undefined,
    });
    const type = response.headers.get("content-type") || "";
    const body = type.includes("json") ? await response.json() : null;
    return { status: response.status, ok: response.ok, body };
  } catch (error) {
    throw new NoConnection(error && error.name);
  } finally {
    clearTimeout(timer);
    if (signal) signal.removeEventListener("abort", abort);
  }
}

function form(fields) {
  const data = new FormData();
  for (const name of Object.keys(fields || {})) data.append(name, fields[name]);
  return data;
}

// Only addresses of this very house are ever followed.
export function go(address) {
  const url = new URL(address, location.href);
  if (url.origin === location.origin) location.assign(url.href);
}
