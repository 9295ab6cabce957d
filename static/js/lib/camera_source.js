// Where frames come from: the browser's camera, the machine's own, or the
// demonstration's photographs. All: open(), draw(context, width, height), live(), lost(), stop().

// why: "refused" | "missing" | "busy" | "lost", the names of the page's words.
export class NoCamera extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

function reason(error) {
  const name = error && error.name;
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return "busy";
}

export class LiveSource {
  constructor(video) {
    this.video = video;
    this.stream = null;
    this.stopped = false;
  }

  async open() {
    const devices = navigator.mediaDevices;
    if (!devices || !devices.getUserMedia) throw new NoCamera("missing");
    let stream;
    try {
      stream = await devices.getUserMedia({
        audio: false,
        video: { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 } },
      });
    } catch (error) {
      throw new NoCamera(reason(error));
    }
    this.stream = stream;
    // The visitor may have pressed stop while the browser was asking.
    if (this.stopped) {
      this.stop();
      throw new NoCamera("refused");
    }
    this.video.srcObject = stream;
    try {
      await this.video.play();
    } catch (error) {
      this.stop();
      throw new NoCamera("busy");
    }
  }

  draw(context, width, height) {
    const { videoWidth, videoHeight } = this.video;
    if (!videoWidth) throw new Error("no picture yet");
    // Fill 4:3 from the middle, as the preview does; never mirrored.
    const scale = Math.max(width / videoWidth, height / videoHeight);
    const w = videoWidth * scale;
    const h = videoHeight * scale;
    context.drawImage(this.video, (width - w) / 2, (height - h) / 2, w, h);
  }

  tracks() {
    return this.stream ? this.stream.getTracks() : [];
  }

  live() {
    return this.tracks().some((track) => track.readyState === "live");
  }

  lost() {
    return Boolean(this.stream) && !this.stopped && !this.live();
  }

  stop() {
    this.stopped = true;
    for (const track of this.tracks()) track.stop();
    this.video.srcObject = null;
  }
}

const FRAME_GAP_MS = 100;
const FIRST_FRAME_MS = 20000;
const NEXT_FRAME_MS = 8000;
const FRAMES_MISSED_MAX = 3;
const UNAVAILABLE = 503;
const OVER = 410;

// The server gave no frame and said nothing of the camera: that is not the camera's doing.
class NoFrame extends Error {}

// A camera plugged into the server: it is on while this page asks it for frames.
export class LocalSource {
  // ended(next) is called once the server says that the capture is over.
  constructor(preview, address, ended) {
    this.preview = preview;
    this.address = address;
    this.ended = ended;
    this.image = null;
    this.stopped = false;
    this.gone = false;
    this.flight = null;
  }

  async open() {
    this.preview.hidden = false;
    for (let tries = 1; !this.image; tries += 1) {
      try {
        await this.next(FIRST_FRAME_MS);
      } catch (error) {
        if (!(error instanceof NoFrame)) {
          const missing = error instanceof NoCamera && error.why === "missing";
          throw new NoCamera(missing ? "missing" : "busy");
        }
        if (tries >= FRAMES_MISSED_MAX || this.stopped) throw new NoCamera("offline");
        await new Promise((resolve) => setTimeout(resolve, FRAME_GAP_MS));
      }
    }
    this.follow();
  }

  // Shows what the camera sees until stopped; never two requests in flight.
  async follow() {
    let missed = 0;
    let shown = Date.now();
    while (!this.stopped && !this.gone) {
      await new Promise((resolve) => setTimeout(resolve, FRAME_GAP_MS));
      if (this.stopped) return;
      try {
        await this.next(NEXT_FRAME_MS);
        missed = 0;
        shown = Date.now();
      } catch (error) {
        // The hints are refused likewise, and say what it is; this is for a page without.
        if (error instanceof NoFrame && Date.now() - shown < NEXT_FRAME_MS) continue;
        missed += 1;
        this.gone = error instanceof NoCamera || missed >= FRAMES_MISSED_MAX;
      }
    }
  }

  // Rejects with NoCamera when the server says that there is none, or no capture.
  async next(timeout) {
    this.flight = new AbortController();
    const timer = setTimeout(() => this.flight.abort(), timeout);
    try {
      const response = await fetch(this.address, {
        credentials: "same-origin",
        cache: "no-store",
        signal: this.flight.signal,
      });
      if (!response.ok) {
        const body = await response.json().catch(() => ({}));
        if (response.status === UNAVAILABLE && !body.why) throw new NoFrame();
        if (response.status === OVER && body.next && !this.stopped) this.ended(body.next);
        throw new NoCamera(body.why || "lost");
      }
      const image = await createImageBitmap(await response.blob());
      // Stopped while the frame was under way: nobody sees it.
      if (this.stopped) {
        image.close();
        throw new NoCamera("lost");
      }
      if (this.image) this.image.close();
      this.image = image;
      this.draw(this.preview.getContext("2d"), this.preview.width, this.preview.height);
    } finally {
      clearTimeout(timer);
    }
  }

  draw(context, width, height) {
    if (!this.image) throw new Error("no picture yet");
    context.drawImage(this.image, 0, 0, width, height);
  }

  live() {
    return Boolean(this.image) && !this.stopped && !this.gone;
  }

  lost() {
    return this.gone && !this.stopped;
  }

  stop() {
    this.stopped = true;
    if (this.flight) this.flight.abort();
    if (this.image) this.image.close();
    this.image = null;
    const context = this.preview.getContext("2d");
    context.clearRect(0, 0, this.preview.width, this.preview.height);
  }
}

export class DemoSource {
  constructor(preview, prefix) {
    this.preview = preview;
    this.prefix = prefix;
    this.image = null;
    this.stopped = false;
    this.chosen = () => {};
  }

  // Nobody stands there until a person has been chosen on the page.
  open() {
    this.preview.hidden = false;
    return new Promise((resolve) => {
      this.chosen = resolve;
    });
  }

  // Shows the photograph of person "0" or "1".
  show(person) {
    return new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => {
        if (this.stopped) return resolve();
        this.image = image;
        this.draw(this.preview.getContext("2d"), this.preview.width, this.preview.height);
        this.chosen();
        return resolve();
      };
      image.onerror = () => reject(new NoCamera("missing"));
      image.src = `${this.prefix}${person}.jpg`;
    });
  }

  draw(context, width, height) {
    if (!this.image) throw new Error("no picture yet");
    const scale = Math.min(width / this.image.width, height / this.image.height);
    const w = this.image.width * scale;
    const h = this.image.height * scale;
    context.fillStyle = "#777";
    context.fillRect(0, 0, width, height);
    context.drawImage(this.image, (width - w) / 2, (height - h) / 2, w, h);
  }

  live() {
    return Boolean(this.image) && !this.stopped;
  }

  lost() {
    return false;
  }

  stop() {
    this.stopped = true;
    this.image = null;
    const context = this.preview.getContext("2d");
    context.clearRect(0, 0, this.preview.width, this.preview.height);
  }
}
