// Picture 3: one architecture, layer by layer: attention above the line, FFN below it.
import {h, card, colour, paint, tip, untip, number, legend, say} from "./dom.js";

export function strip(ui) {
  const hint = h("span.hint", {}, "");
  const key = h("span.grow", {});
  const body = card("strip", hint, key);
  const canvas = h("canvas", {tabindex: "0", role: "img",
    "aria-label": "Relative cost of attention and FFN of each layer. Arrow keys move."});
  const none = h("div.none", {}, "No architecture yet: the solver has one once the costs and the first scores are known.");
  body.append(canvas, none);
  const HEIGHT = 178, MIDDLE = 82, FULL = 68, LEFT = 74;
  let model = null;
  let colours = new Map();
  let shown = null;
  let before = null;
  let at = -1;
  let cw = 10;

  function remember(best) {
    const same = shown && best.architecture.every((b, i) => b === shown.architecture[i]);
    if (!same) {
      before = shown ?? previousIncumbent(best);
      shown = best;
    }
  }

  /** The last incumbent with another architecture. */
  function previousIncumbent(best) {
    for (let i = model.incumbents.length - 1; i >= 0; i--) {
      const a = model.incumbents[i].incumbent;
      if (a.architecture.some((b, layer) => b !== best.architecture[layer])) return a;
    }
    return null;
  }

  function share(variant, index, layer) {
    if (model.isNoOp(variant)) return 0;
    const costs = model.costs;
    if (!costs) return .5;
    const parent = model.parentBlock(layer).split("+")[index];
    const share = model.runtime(costs.variants.get(variant)) / model.runtime(costs.variants.get(parent));
    return Math.min(1.15, Math.max(.03, share));
  }

  function draw() {
    const best = model && (ui.shown() ?? model.best);
    canvas.hidden = !best;
    none.hidden = !!best;
    if (!best) return;
    remember(best);
    const drawn = paint(canvas, HEIGHT);
    if (!drawn) return;
    const c = drawn.context;
    cw = Math.min(140, (drawn.width - LEFT - 6) / model.layers);
    const gap = cw > 8 ? 2 : .75;
    c.textBaseline = "middle";
    c.textAlign = "right";
    c.fillStyle = colour("dim");
    c.fillText("attention", LEFT - 12, MIDDLE - FULL / 2);
    c.fillText("FFN", LEFT - 12, MIDDLE + FULL / 2);
    best.architecture.forEach((block, layer) => {
      const x = LEFT + layer * cw;
      block.split("+").forEach((variant, i) => {
        const tall = share(variant, i, layer) * FULL;
        c.fillStyle = colour("soft");
        c.fillRect(x, i ? MIDDLE + 1 : MIDDLE - FULL, cw - gap, FULL - 1);
        c.fillStyle = colour(colours.get(model.kind(variant)));
        const height = Math.max(tall, model.isNoOp(variant) ? 2 : 3);
        c.fillRect(x, i ? MIDDLE + 1 : MIDDLE - height, cw - gap, height);
        if (before && before.architecture[layer].split("+")[i] !== variant) {
          c.fillStyle = colour("warn");
          c.fillRect(x, i ? MIDDLE + FULL + 2 : MIDDLE - FULL - 5, cw - gap, 3);
        }
        if (cw >= 38) {
          c.fillStyle = height > FULL - 16 ? "#fff" : colour("dim");
          c.textAlign = "center";
          c.fillText(label(variant), x + (cw - gap) / 2, i ? MIDDLE + FULL - 10 : MIDDLE - FULL + 10);
        }
      });
      if (layer === ui.selected()) {
        c.strokeStyle = colour("accent-2");
        c.lineWidth = 2;
        c.strokeRect(x - 1, MIDDLE - FULL - 1, cw - gap + 2, 2 * FULL + 2);
      }
    });
    c.fillStyle = colour("dim");
    c.textAlign = "center";
    const every = Math.max(1, Math.ceil(26 / cw));
    for (let layer = 0; layer < model.layers; layer += every) {
      c.fillText(String(layer), LEFT + layer * cw + (cw - gap) / 2, MIDDLE + FULL + 18);
    }
    const differs = before ? best.architecture.filter((b, i) => b !== before.architecture[i]).length : 0;
    hint.textContent = `${ui.title() ?? (model.chosen ? "the final choice" : "best so far")}: height is run time relative to the parent's`
      + (before ? `; ${differs} of ${model.layers} layers differ from the one before` : "");
  }

  const label = v => v.replace("attention-", "").replace("kv-", "kv ").replace("ffn-", "");

  function describe(layer) {
    const best = ui.shown() ?? model.best;
    const block = best.architecture[layer];
    const lines = block.split("+").map((v, i) => `${i ? "FFN" : "attention"}: ${v}, ${Math.round(100 * share(v, i, layer))} % of the parent's run time`);
    const score = model.scoreTask(layer, block)?.result?.score;
    lines.push(block === model.parentBlock(layer) ? "the parent's own block" : score ? `score ${number(score.value)} nats/token` : "score predicted from its halves");
    if (before && before.architecture[layer] !== block) lines.push(`before: ${before.architecture[layer]}`);
    return {title: `layer ${layer}`, lines};
  }

  const layerAt = event => Math.floor((event.clientX - canvas.getBoundingClientRect().left - LEFT) / cw);
  canvas.addEventListener("mousemove", event => {
    const layer = layerAt(event);
    if (layer < 0 || layer >= model.layers) { untip(); return; }
    const {title, lines} = describe(layer);
    tip(event.clientX, event.clientY, title, lines);
  });
  canvas.addEventListener("mouseleave", untip);
  canvas.addEventListener("blur", untip);
  canvas.addEventListener("click", event => {
    const layer = layerAt(event);
    if (layer >= 0 && layer < model.layers) ui.select(layer);
  });
  canvas.addEventListener("keydown", event => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    event.preventDefault();
    at = Math.min(model.layers - 1, Math.max(0, (ui.selected() ?? at) + step));
    ui.select(at);
    const {title, lines} = describe(at);
    const box = canvas.getBoundingClientRect();
    tip(box.left + LEFT + at * cw, box.top + 20, title, lines);
    say(`${title}: ${lines.join(", ")}`);
  });

  /** Another run has another space, and with it other kinds. */
  function take(next) {
    shown = null;
    before = null;
    model = next;
    colours = model.kindColours;
    key.replaceChildren(legend([...[...colours].map(([kind, c]) => [kind.replaceAll("-", " "), c]),
      ["differs from the one before", "warn"]]));
  }

  return {draw(next) { if (next !== model) take(next); draw(); }};
}
