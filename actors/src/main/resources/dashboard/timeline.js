// Picture 4: every attempt on every device, with the gaps between them.
import {h, card, colour, paint, tip, untip, span, clock, legend, ticks, say} from "./dom.js";

const KINDS = ["record", "profile", "bld", "score", "evaluate", "measure", "gkd", "export"];
const RANGES = [["1 min", 60e3], ["5 min", 300e3], ["1 h", 3600e3], ["all", Infinity]];

export function timeline(ui) {
  let range = Infinity;
  const buttons = RANGES.map(([name, value]) => h("button.small", {
    onclick: () => { range = value; sync(); draw(); }}, name));
  const sync = () => buttons.forEach((b, i) => {
    b.classList.toggle("on", RANGES[i][1] === range);
    b.setAttribute("aria-pressed", RANGES[i][1] === range);
  });
  sync();
  const hint = h("span.hint", {}, "");
  const body = card("timeline", h("span", {role: "group", "aria-label": "How far back"}, buttons), hint,
    h("span.grow", {}, legend([...KINDS.map(k => [k, `k-${k}`]), ["failed", "bad"]])));
  const canvas = h("canvas", {tabindex: "0", role: "img",
    "aria-label": "Attempts by device over time. Arrow keys step through them."});
  body.append(canvas);
  const LEFT = 128, ROW = 24;
  let model = null;
  let bars = [];
  let at = -1;

  function collect() {
    const list = [];
    for (const task of model.tasks.values()) {
      for (const a of task.attempts) {
        if (a.device) list.push({task, a, device: a.device.split("#")[0], start: Date.parse(a.started), end: a.ended ? Date.parse(a.ended) : null});
      }
    }
    return list.sort((x, y) => x.start - y.start);
  }

  function draw() {
    if (!model) return;
    const all = collect();
    const devices = [...new Set(all.map(b => b.device))].sort();
    const end = model.ended ? Math.max(...all.map(b => b.end ?? b.start), 0) : model.now;
    const begin = Math.max(range === Infinity ? 0 : end - range, Math.min(Date.parse(model.started_at), ...all.map(b => b.start)));
    const drawn = paint(canvas, Math.max(1, devices.length) * ROW + 24);
    if (!drawn) return;
    const c = drawn.context;
    const width = drawn.width - LEFT - 8;
    const x = t => LEFT + (t - begin) / Math.max(1, end - begin) * width;
    c.textBaseline = "middle";
    c.textAlign = "center";
    c.fillStyle = colour("dim");
    for (const t of ticks(0, (end - begin) / 1000, Math.max(3, width / 140))) {
      const px = x(begin + t * 1000);
      c.fillStyle = colour("line");
      c.fillRect(px, 0, 1, devices.length * ROW);
      c.fillStyle = colour("dim");
      c.fillText(span(begin - Date.parse(model.started_at) + t * 1000), Math.min(px, drawn.width - 26), devices.length * ROW + 12);
    }
    let busy = 0;
    const until = new Map();
    bars = [];
    devices.forEach((device, row) => {
      c.textAlign = "right";
      c.fillStyle = colour("dim");
      c.fillText(device.length > 20 ? `…${device.slice(-19)}` : device, LEFT - 10, row * ROW + ROW / 2);
      c.fillStyle = colour("soft");
      c.fillRect(LEFT, row * ROW + 4, width, ROW - 8);
    });
    for (const b of all) {
      const stop = b.end ?? end;
      if (stop < begin) continue;
      // Under load a device's next attempt is on record a moment before the end of its last.
      const from0 = Math.max(b.start, begin, until.get(b.device) ?? 0);
      busy += Math.max(0, stop - from0);
      until.set(b.device, Math.max(stop, from0));
      const row = devices.indexOf(b.device);
      const from = x(Math.max(b.start, begin));
      const wide = Math.max(1.2, x(stop) - from - .4);
      const bad = b.a.outcome === "failed" || b.a.outcome === "lost";
      c.fillStyle = colour(`k-${b.task.key.split("/")[0]}`) || colour("dim");
      c.globalAlpha = b.a.outcome === "running" ? .6 : 1;
      c.fillRect(from, row * ROW + 4, wide, ROW - 8);
      c.globalAlpha = 1;
      if (bad) {
        c.fillStyle = colour("bad");
        c.fillRect(from, row * ROW + 1, Math.max(2, wide), 3);
        c.fillRect(from, row * ROW + ROW - 4, Math.max(2, wide), 3);
      }
      bars.push({...b, x: from, w: wide, row});
    }
    if (at >= 0 && at < bars.length && document.activeElement === canvas) {
      const b = bars[at];
      c.strokeStyle = colour("text");
      c.lineWidth = 2;
      c.strokeRect(b.x - 1, b.row * ROW + 2, b.w + 2, ROW - 4);
    }
    hint.textContent = devices.length === 0 ? "nothing has run yet"
      : `${all.length.toLocaleString("en")} attempts, devices busy ${Math.round(100 * busy / Math.max(1, devices.length * (end - begin)))} % of the time`;
  }

  function describe(b) {
    const stop = b.end ?? model.now;
    return {title: b.task.key, lines: [
      `attempt ${b.a.number} on ${b.a.device}: ${b.a.outcome}`,
      `${clock(b.start)}, ${span(stop - b.start)}`, b.a.failure?.message]};
  }

  function hit(event) {
    const box = canvas.getBoundingClientRect();
    const px = event.clientX - box.left;
    const row = Math.floor((event.clientY - box.top) / ROW);
    return bars.findLastIndex(b => b.row === row && px >= b.x - 1 && px <= b.x + b.w + 1);
  }

  canvas.addEventListener("mousemove", event => {
    const i = hit(event);
    if (i < 0) { untip(); return; }
    const {title, lines} = describe(bars[i]);
    tip(event.clientX, event.clientY, title, lines);
  });
  canvas.addEventListener("mouseleave", untip);
  canvas.addEventListener("blur", () => { untip(); draw(); });
  canvas.addEventListener("keydown", event => {
    const step = {ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9}[event.key];
    if (!step || bars.length === 0) return;
    event.preventDefault();
    at = Math.min(bars.length - 1, Math.max(0, (at < 0 ? bars.length : at) + step));
    draw();
    const {title, lines} = describe(bars[at]);
    const box = canvas.getBoundingClientRect();
    tip(box.left + bars[at].x, box.top + bars[at].row * ROW, title, lines);
    say(`${title}: ${lines.filter(Boolean).join(", ")}`);
  });

  return {draw(next) { model = next; draw(); }};
}
