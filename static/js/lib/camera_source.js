// Where frames come from: the browser's camera, or the demonstration's photographs.
// Both: open(), draw(context, width, height), live(), lost(), stop().

// why: "refused" | "missing" | "busy", the names of the page's words.
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
