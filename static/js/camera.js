// The only script that starts a camera. Loaded by one page, under one live consent.
//
// Rules it keeps:
//   * the camera starts here and nowhere else, and every way out of the page stops it;
//   * never two frames in flight;
//   * frames live in a canvas and in one request, those of a presence check in memory
//     until that request, and nowhere else;
//   * the mark "camera is on" follows the tracks, not our intentions.
import { NoConnection, go, post } from "./lib/http.js";
import { ring } from "./lib/ring.js";
import { Presence } from "./lib/presence.js";
import { DemoSource, LiveSource, LocalSource, NoCamera } from "./lib/camera_source.js";

const WIDTH = 640;
const HEIGHT = 480;
const QUALITY = 0.9;
const HINT_EVERY_MS = 500;
const GOOD_IN_A_ROW = 2;
const BURST_FRAMES = 3;
const BURST_GAP_MS = 200;
const HINT_TIMEOUT_MS = 6000;
// The longest that the server may take, and the way there and back.
const BURST_TIMEOUT_MS = 25000;
const FAILURES_ALLOWED = 3;
const BUSY = [429, 503];
const TROUBLE_SHOWN_MS = 60000;

const main = document.querySelector("[data-capture]");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function capture() {
  const one = (name) => document.querySelector(`[data-${name}]`);
  const { hintUrl, burstUrl, stopUrl, csrf, demoCamera, localCamera, steps } = main.dataset;
  const presence = steps ? new Presence(steps.split(",")) : null;
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const stopForm = one("stop");
  const deadline = Date.now() + Number(main.dataset.seconds) * 1000;
  const source = chosenSource();
  const flight = typeof AbortController === "function" ? new AbortController() : null;
  let over = false;
  let sent = false;
  let good = 0;
  let failures = 0;
  let clock = 0;

  function chosenSource() {
    if (demoCamera) return new DemoSource(one("preview"), demoCamera);
    if (localCamera) {
      // Ended on a phone or by the house: on, as a refused hint goes on.
      return new LocalSource(one("preview"), localCamera, (next) => explain({ next }));
    }
    return new LiveSource(one("video"));
  }

  function word(name) {
    const element = main.querySelector(`[data-word="${name}"]`);
    return element ? element.textContent : "";
  }

  function hint(text) {
    const line = one("hint");
    if (text && line.textContent !== text) line.textContent = text;
  }

  function lens() {
    const live = source.live();
    one("lens").dataset.live = live ? "on" : "off";
    one("lens-on").hidden = !live;
    one("lens-off").hidden = live;
  }

  // The one way out. Stops tracks first, before anything that could fail.
  function end() {
    source.stop();
    over = true;
    clearInterval(clock);
    if (presence) presence.drop();
    if (flight) flight.abort();
    canvas.width = 0;
    lens();
  }

  // `next` is where the server sends the guest; without it, stopping is the way on.
  function trouble(text, next) {
    end();
    if (next) {
      one("trouble-next").href = next;
      one("trouble-next").hidden = false;
      one("trouble-stop").hidden = true;
    }
    document.querySelector(".capture").hidden = true;
    one("trouble-text").textContent = text;
    one("trouble").hidden = false;
    one("trouble-text").focus();
    // Nobody answers: the next page forgets, in sight. form.submit() asks nobody.
    setTimeout(() => (next ? go(next) : stopForm.submit()), TROUBLE_SHOWN_MS);
  }

  async function leave(name) {
    end();
    hint(word(name));
    try {
      const { body } = await post(stopUrl, { csrf });
      if (body && body.next) go(body.next);
      else stopForm.submit();
    } catch (error) {
      trouble(word("offline"));
    }
  }

  function frame() {
    source.draw(canvas.getContext("2d"), WIDTH, HEIGHT);
    return new Promise((resolve, reject) => {
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error("frame"))),
        "image/jpeg",
        QUALITY,
      );
    });
  }

  // A refusal is told in the server's words before anybody is sent on.
  function explain(body) {
    if (body && body.next && !body.text) {
      end();
      go(body.next);
      return;
    }
    trouble((body && body.text) || word("offline"), body && body.next);
  }

  // Returns true when the walk of this page is over.
  function answered(reply) {
    if (over) return true;
    if (reply.ok && reply.body) return false;
    // Busy is not broken: the next frame asks again.
    if (BUSY.includes(reply.status)) throw new NoConnection("busy");
    explain(reply.body);
    return true;
  }

  async function look() {
    const data = new FormData();
    const seen = await frame();
    data.append("frame", seen, "frame.jpg");
    if (presence) {
      data.append("step", presence.asked);
      if (presence.straight) data.append("straight", presence.straight, "frame.jpg");
    }
    if (over) return;
    const reply = await post(hintUrl, {
      csrf,
      fields: data,
      timeout: HINT_TIMEOUT_MS,
      signal: flight && flight.signal,
    });
    if (answered(reply)) return;
    failures = 0;
    if (presence) {
      asking(seen, reply.body);
      return;
    }
    good = reply.body.ok ? good + 1 : 0;
    ring(one("ring"), good / GOOD_IN_A_ROW);
    hint(reply.body.ok ? word("good") : reply.body.text || word("look"));
  }

  // One thing at a time: the arrow and the words say the same.
  function asking(seen, body) {
    presence.take(seen, body);
    ring(one("ring"), presence.part);
    one("move").dataset.move = presence.asked;
    const plain = presence.place === 0 ? (body.ok ? "good" : "look") : presence.asked;
    hint((!body.ok && body.text) || word(plain));
  }

  function ready() {
    return presence ? presence.over : good >= GOOD_IN_A_ROW;
  }

  async function burst() {
    const data = new FormData();
    for (const kept of presence ? presence.kept : []) data.append("frame", kept, "frame.jpg");
    for (let count = presence ? BURST_FRAMES : 0; count < BURST_FRAMES; count += 1) {
      if (count) await pause(BURST_GAP_MS);
      if (over) return;
      data.append("frame", await frame(), "frame.jpg");
    }
    if (over) return;
    // Nothing more is to be seen: off before the answer, not after it.
    sent = true;
    end();
    hint(word("sending"));
    const reply = await post(burstUrl, { csrf, fields: data, timeout: BURST_TIMEOUT_MS });
    if (reply.ok && reply.body && reply.body.next) go(reply.body.next);
    else explain(reply.body);
  }

  async function loop() {
    while (!over) {
      const began = Date.now();
      try {
        if (ready()) await burst();
        else await look();
      } catch (error) {
        // Stopped on purpose while a frame was under way: that is not a failure.
        if (over && !sent) return;
        if (source.lost()) {
          trouble(word("lost"));
          return;
        }
        failures += 1;
        if (sent || failures >= FAILURES_ALLOWED) {
          trouble(word("offline"));
          return;
        }
        if (error instanceof NoConnection) hint(word("slow"));
      }
      await pause(Math.max(0, HINT_EVERY_MS - (Date.now() - began)));
    }
  }

  function tick() {
    const rest = Math.max(0, Math.ceil((deadline - Date.now()) / 1000));
    one("left").textContent = String(rest);
    lens();
    if (over) return;
    if (rest === 0) leave("over");
    else if (source.lost()) trouble(word("lost"));
  }

  function choose(event) {
    for (const button of main.querySelectorAll("[data-person]")) {
      button.setAttribute("aria-pressed", String(button === event.currentTarget));
    }
    good = 0;
    if (presence) presence.drop();
    ring(one("ring"), 0);
    source.show(event.currentTarget.dataset.person).catch(() => trouble(word("missing")));
  }

  async function start() {
    stopForm.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!over) leave("stopped");
    });
    for (const button of main.querySelectorAll("[data-person]")) {
      button.addEventListener("click", choose);
    }
    // Leaving in any other way: stop at once; the server closes the use by itself.
    window.addEventListener("pagehide", end);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && !over) leave("stopped");
    });
    window.addEventListener("error", () => !over && trouble(word("busy")));
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) location.reload();
    });
    clock = setInterval(tick, 1000);
    hint(word(demoCamera ? "choose" : "opening"));
    try {
      await source.open();
    } catch (error) {
      if (!over) trouble(word(error instanceof NoCamera ? error.why : "busy"));
      return;
    }
    // Stopped while the browser was still asking: the tracks must not outlive that.
    if (over) {
      source.stop();
      return;
    }
    lens();
    hint(word("look"));
    await loop();
  }

  start();
}

if (main) capture();
