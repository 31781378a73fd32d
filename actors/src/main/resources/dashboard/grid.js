// Picture 1: every block of every layer, or every variant of every layer, as one cell.
import {h, card, colour, mix, paint, tip, untip, say, number, legend} from "./dom.js";

export function grid(ui) {
  const shows = {what: "blocks"};
  const button = (what, text) => h("button.small", {
    "aria-pressed": what === shows.what, onclick: () => { shows.what = what; sync(); draw(); }}, text);
  const buttons = [button("blocks", "Blocks: score"), button("variants", "Variants: training")];
  const hint = h("span.hint", {}, "");
  const body = card("grid", ...buttons, hint, h("span.grow", {}, legend([
    ["good", "good-cell"], ["poor", "pale-cell"], ["running", "run-cell"], ["failed", "bad"], ["chosen", "text"]])));
  const canvas = h("canvas", {tabindex: "0", role: "img",
    "aria-label": "Layers across, blocks down. Arrow keys move, Enter selects the layer."});
  body.append(canvas);
  let model = null;
  let at = null;
  let place = null;

  function sync() {
    buttons[0].classList.toggle("on", shows.what === "blocks");
    buttons[1].classList.toggle("on", shows.what === "variants");
    buttons.forEach((b, i) => b.setAttribute("aria-pressed", (shows.what === "blocks") === (i === 0)));
  }
  sync();

  const rows = () => shows.what === "blocks" ? model.blocks : model.variants;
  const task = (layer, row) => shows.what === "blocks" ? model.scoreTask(layer, row) : model.trainTask(layer, row);
  const value = t => t?.result?.score?.value ?? t?.result?.loss_after ?? null;

  function draw() {
    if (!model) return;
    const names = rows();
    const left = shows.what === "blocks" && names.length > 30 ? 74 : 112;
    const width = canvas.clientWidth;
    const cw = Math.max(3, Math.min(110, (width - left - 4) / model.layers));
    const ch = Math.max(7, Math.min(26, model.layers <= 24 ? 590 / names.length : Math.floor(430 / names.length)));
    const drawn = paint(canvas, names.length * ch + 22);
    if (!drawn) return;
    const c = drawn.context;
    place = {left, cw, ch, names};
    const known = [];
    for (const t of model.tasks.values()) {
      if (t.key.startsWith(shows.what === "blocks" ? "score/" : "bld/")) {
        const v = value(t);
        if (v != null) known.push(Math.max(v, 1e-6));
      }
    }
    known.sort((a, b) => a - b);
    const low = Math.log(known[Math.floor(known.length * .02)] ?? 1e-4);
    const high = Math.log(known[Math.ceil(known.length * .98) - 1] ?? 1);
    const gap = cw > 6 && ch > 6 ? 1 : .5;
    const shade = Array.from({length: 33}, (unused, i) => mix("good-cell", "pale-cell", i / 32));
    c.textBaseline = "middle";
    for (let r = 0; r < names.length; r++) {
      for (let layer = 0; layer < model.layers; layer++) {
        const t = task(layer, names[r]);
        const v = value(t);
        const x = left + layer * cw;
        const y = r * ch;
        const same = shows.what === "blocks" ? r === 0 : r === 0 || r === model.space.attention.length;
        const free = shows.what === "variants" && model.isNoOp(names[r]);
        if (v != null || same) {
          const poor = same ? 0 : high > low ? (Math.log(Math.max(v, 1e-6)) - low) / (high - low) : 0;
          c.fillStyle = shade[Math.round(32 * Math.min(1, Math.max(0, poor)))];
        } else if (t?.state === "running") c.fillStyle = colour("run-cell");
        else if (t?.state === "quarantined") c.fillStyle = colour("bad");
        else c.fillStyle = colour("soft");
        if (free && !v) c.fillStyle = colour("soft");
        c.fillRect(x, y, cw - gap, ch - gap);
        if (t && v == null && t.state === "waiting" && t.attempts.some(a => a.failure)) {
          c.fillStyle = colour("bad");
          c.fillRect(x + cw / 2 - 1.5, y + ch / 2 - 1.5, 3, 3);
        }
      }
    }
    c.fillStyle = colour("dim");
    c.textAlign = "right";
    if (shows.what === "blocks" && names.length > 30) {
      const ffn = model.space.ffn.length;
      model.space.attention.forEach((name, i) => {
        c.fillText(short(name), left - 10, (i * ffn + ffn / 2) * ch);
        if (i > 0) {
          c.fillStyle = colour("faint");
          c.fillRect(left - 6, i * ffn * ch - 1, 5, 1);
          c.fillStyle = colour("dim");
        }
      });
    } else {
      names.forEach((name, i) => c.fillText(name, left - 8, i * ch + ch / 2));
    }
    c.textAlign = "center";
    const every = Math.max(1, Math.ceil(26 / cw));
    for (let layer = 0; layer < model.layers; layer += every) {
      c.fillText(String(layer), left + layer * cw + cw / 2, names.length * ch + 11);
    }
    outline(c);
    if (at && document.activeElement === canvas) {
      c.strokeStyle = colour("accent-2");
      c.lineWidth = 2;
      c.strokeRect(left + at.layer * cw - 1.5, at.row * ch - 1.5, cw + 2, ch + 2);
    }
    const done = known.length;
    const all = model.layers * (names.length - (shows.what === "blocks" ? 1 : names.filter(n => model.isNoOp(n)).length + 2)) + model.coupled;
    hint.textContent = `${done.toLocaleString("en")} of ${all.toLocaleString("en")} measured, log scale`
      + (known.length ? `, ${number(known[0])} to ${number(known[known.length - 1])}` : "");
  }

  function outline(c) {
    const best = ui.shown() ?? model.best;
    if (!best) return;
    c.strokeStyle = colour("text");
    c.lineWidth = place.cw > 8 ? 2 : 1.25;
    best.architecture.forEach((block, layer) => {
      const mark = shows.what === "blocks" ? [block] : block.split("+");
      for (const name of mark) {
        const r = place.names.indexOf(name);
        c.strokeRect(place.left + layer * place.cw + .2, r * place.ch + .2, place.cw - 1, place.ch - 1);
      }
    });
  }

  function describe(layer, row) {
    const name = place.names[row];
    const t = task(layer, name);
    const lines = [];
    if (shows.what === "blocks" && row === 0) lines.push("the parent's own block, score 0");
    if (t?.result?.score) {
      const score = t.result.score;
      lines.push(`score ${number(score.value)} ± ${number(score.standard_error)} nats/token`);
    }
    if (t?.result?.loss_after != null) {
      lines.push(`loss ${number(t.result.loss_before)} → ${number(t.result.loss_after)} in ${t.result.steps} steps`);
    }
    if (t) {
      const last = t.attempts[t.attempts.length - 1];
      lines.push(`${t.state}, attempt ${last?.number ?? 0}${last ? ` on ${last.device}` : ""}`);
      if (last?.failure) lines.push(last.failure.message);
    } else if (!(shows.what === "blocks" && row === 0)) lines.push("waiting");
    if ((ui.shown() ?? model.best)?.architecture[layer]?.split("+").join("+") === name) lines.push("chosen");
    return {title: `layer ${layer}, ${name}`, lines};
  }

  function hit(event) {
    if (!place) return null;
    const box = canvas.getBoundingClientRect();
    const layer = Math.floor((event.clientX - box.left - place.left) / place.cw);
    const row = Math.floor((event.clientY - box.top) / place.ch);
    return layer >= 0 && layer < model.layers && row >= 0 && row < place.names.length ? {layer, row} : null;
  }

  canvas.addEventListener("mousemove", event => {
    const cell = hit(event);
    if (!cell) { untip(); return; }
    const {title, lines} = describe(cell.layer, cell.row);
    tip(event.clientX, event.clientY, title, lines);
  });
  canvas.addEventListener("mouseleave", untip);
  canvas.addEventListener("click", event => { const cell = hit(event); if (cell) { at = cell; ui.select(cell.layer); } });
  canvas.addEventListener("blur", () => { untip(); draw(); });
  canvas.addEventListener("focus", () => { at ??= {layer: 0, row: 0}; draw(); });
  canvas.addEventListener("keydown", event => {
    const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (event.key === "Enter" && at) ui.select(at.layer);
    if (!step || !place) return;
    event.preventDefault();
    at = {layer: Math.min(model.layers - 1, Math.max(0, (at?.layer ?? 0) + step[0])),
      row: Math.min(place.names.length - 1, Math.max(0, (at?.row ?? 0) + step[1]))};
    draw();
    const {title, lines} = describe(at.layer, at.row);
    const box = canvas.getBoundingClientRect();
    tip(box.left + place.left + at.layer * place.cw, box.top + at.row * place.ch, title, lines);
    say(`${title}: ${lines.join(", ")}`);
  });

  return {draw(next) { model = next; draw(); }};
}

const short = name => name.replace("attention-", "att-");
