// The presence check, as its page runs it: what is asked now, and the frames that showed
// it. It decides nothing: the server judges all frames together, in the order drawn there.
// Frames are held here until they are sent, and dropped with the page.

const STRAIGHT = "straight";
const STRAIGHT_FRAMES = 3;
const STEP_FRAMES = 2;
// Longer than anybody needs who wants to; then what was shown is sent as it is.
const STEP_MS = 15000;

export class Presence {
  constructor(steps) {
    this.plan = [
      { step: STRAIGHT, frames: STRAIGHT_FRAMES },
      ...steps.map((step) => ({ step, frames: STEP_FRAMES })),
      { step: STRAIGHT, frames: 1 },
    ];
    this.drop();
  }

  drop() {
    this.place = 0;
    this.kept = [];
    this.shown = [];
    this.others = [];
    this.since = Date.now();
    this.over = false;
  }

  get asked() {
    return this.plan[Math.min(this.place, this.plan.length - 1)].step;
  }

  // The first straight frame, to hold the others against.
  get straight() {
    return this.kept[0] || this.shown[0] || null;
  }

  // How far it is, 0 to 1.
  get part() {
    const all = this.plan.reduce((sum, one) => sum + one.frames, 0);
    return (this.kept.length + this.shown.length) / all;
  }

  // Takes what the server said of a frame; returns true when another thing is asked now.
  take(frame, reply) {
    if (reply.other) {
      // Once may be a slip; twice in a row is another order, and is judged as it is.
      this.others.push(frame);
      if (this.others.length >= STEP_FRAMES) this.finish(this.others);
      return false;
    }
    this.others = [];
    if (reply.ok) this.shown.push(frame);
    // The first ones are straight in a row, or begun anew with another to hold against.
    else if (this.place === 0) this.shown = [];
    if (this.shown.length >= this.plan[this.place].frames) {
      this.kept.push(...this.shown);
      this.shown = [];
      this.place += 1;
      this.since = Date.now();
      this.over = this.place >= this.plan.length;
      return !this.over;
    }
    const waited = Date.now() - this.since > STEP_MS;
    if (this.place > 0 && waited) this.finish(this.shown);
    return false;
  }

  finish(frames) {
    this.kept.push(...frames);
    this.shown = [];
    this.over = true;
  }
}
