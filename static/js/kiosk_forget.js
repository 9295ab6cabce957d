// Everything of a guest is forgotten 120 seconds after the last touch, in sight.
import { ring } from "./lib/ring.js";

const form = document.querySelector("[data-forget]");

if (form) {
  const seconds = Number(form.dataset.forgetSeconds) || 120;
  const count = form.querySelector("[data-forget-count]");
  const left = form.querySelector("[data-forget-left]");
  const run = form.querySelector("[data-forget-run]");
  const say = form.querySelector("[data-forget-say]");
  const near = form.querySelector("[data-forget-near]");
  let until = Date.now() + seconds * 1000;
  let warned = false;
  let done = false;

  function forget() {
    if (done) return;
    done = true;
    form.submit();
  }

  function show() {
    const rest = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    left.textContent = String(rest);
    ring(run, rest / seconds);
    count.dataset.near = rest <= 20 ? "yes" : "no";
    if (rest <= 20 && !warned) {
      warned = true;
      say.textContent = near.textContent;
    }
    if (rest === 0) forget();
  }

  function stay() {
    until = Date.now() + seconds * 1000;
    if (warned) {
      warned = false;
      say.textContent = "";
    }
    show();
  }

  for (const kind of ["pointerdown", "touchstart", "keydown", "input"]) {
    document.addEventListener(kind, stay, { passive: true });
  }
  window.addEventListener("scroll", stay, { passive: true });
  // A page kept by the back button belongs to a guest who has left.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  count.hidden = false;
  show();
  setInterval(show, 1000);
}
