// The desk's list stays fresh without flicker: rows are replaced only when they differ,
// and never under the reader's focus.
const PAUSE_MS = 5000;
const body = document.querySelector("[data-rows-url]");
const stale = document.querySelector("[data-stale]");

if (body) {
  let last = null;

  async function refresh() {
    try {
      const response = await fetch(body.dataset.rowsUrl, {
        credentials: "same-origin",
        cache: "no-store",
        headers: { "X-Requested-With": "fetch" },
      });
      if (!response.ok || response.redirected) throw new Error("rows");
      const text = await response.text();
      if (text !== last && !body.contains(document.activeElement)) {
        body.innerHTML = text;
        last = text;
      }
      if (stale) stale.hidden = true;
    } catch (error) {
      if (stale) stale.hidden = false;
    }
    setTimeout(refresh, PAUSE_MS);
  }

  // A name that was asked for stays for a minute; the next refresh puts it away.
  setTimeout(refresh, Number(body.dataset.firstPause) * 1000 || PAUSE_MS);
}
