// The kiosk's first screen: asks every 1.5 s which code to show and who is ready.
import { go, post } from "./lib/http.js";
import { ring } from "./lib/ring.js";

const POLL_MS = 1500;
const LIFETIME_S = 60;
const main = document.querySelector("[data-kiosk]");

if (main) {
  const circle = main.querySelector("[data-ring]");
  const qr = main.querySelector("[data-qr]");
  const short = main.querySelector("[data-short]");
  const guests = main.querySelector("[data-guests]");
  const offline = main.querySelector("[data-offline]");
  const faceOff = main.querySelector("[data-face-off]");
  let have = main.dataset.codeId;
  let until = Date.now() + Number(main.dataset.seconds) * 1000;
  let shown = "";
  let failures = 0;

  function countdown() {
    ring(circle, (until - Date.now()) / (LIFETIME_S * 1000));
  }

  function showGuests(list) {
    const key = JSON.stringify(list);
    if (key === shown) return;
    shown = key;
    guests.textContent = "";
    for (const guest of list) {
      const source = main.querySelector(`[data-guest-${guest.state}]`);
      if (!source) continue;
      const line = document.importNode(source.content, true);
      line.querySelector("[data-guest-short]").textContent = guest.short;
      guests.appendChild(line);
    }
  }

  async function poll() {
    try {
      const { ok, status, body } = await post(main.dataset.stateUrl, {
        csrf: main.dataset.csrf,
        fields: { have },
        timeout: 5000,
      });
      if (status === 401 || status === 403) {
        // The pairing or the page is no longer good: the server says what to do.
        location.reload();
        return;
      }
      if (!ok || !body) throw new Error("state");
      failures = 0;
      offline.hidden = true;
      faceOff.hidden = !body.face_off;
      if (body.next) {
        go(body.next);
        return;
      }
      if (body.qr) {
        // Drawn by our own server from its own code, never from a visitor's words.
        qr.innerHTML = body.qr;
        short.textContent = body.short;
      }
      have = body.id;
      until = Date.now() + Number(body.seconds) * 1000;
      showGuests(body.guests || []);
      countdown();
    } catch (error) {
      failures += 1;
      if (failures >= 3) offline.hidden = false;
    }
    setTimeout(poll, failures ? POLL_MS * Math.min(failures, 6) : POLL_MS);
  }

  countdown();
  setInterval(countdown, 1000);
  setTimeout(poll, POLL_MS);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}
