// Picture 5: how training goes: losses of running tasks, and what BLD gained for each variant.
import {h, s, card, number, ticks, axis, tip, untip} from "./dom.js";

const HEIGHT = 200, LEFT = 52, BOTTOM = 26, TOP = 8;

export function curves(ui) {
  const hint = h("span.hint", {}, "");
  const body = card("curves", hint);
  const gains = s("svg", {height: HEIGHT, role: "img", "aria-label": "Normalised loss of each variant before and after training"});
  const live = s("svg", {height: 150, role: "img", "aria-label": "Loss of the tasks that run, by step"});
  const liveTitle = h("div.hint", {}, "");
  body.append(gains, liveTitle, live);

  function draw(model) {
    const trained = new Map();
    for (const task of model.tasks.values()) {
      if (task.result?.loss_after == null) continue;
      const variant = task.key.split("/")[2];
      const list = trained.get(variant) ?? [];
      list.push({layer: task.layer, before: task.result.loss_before, after: task.result.loss_after});
      trained.set(variant, list);
    }
    drawGains(model, trained);
    drawLive(model);
  }

  function drawGains(model, trained) {
    const width = gains.clientWidth || 560;
    const names = [...model.space.attention, ...model.space.ffn].filter(n => trained.has(n));
    if (names.length === 0) {
      hint.textContent = "";
      gains.replaceChildren(s("text", {x: width / 2, y: HEIGHT / 2, "text-anchor": "middle"}, "no variant is trained yet"));
      return;
    }
    const all = names.flatMap(n => trained.get(n).flatMap(t => [t.before, t.after])).filter(v => v > 0);
    const low = Math.log10(Math.min(...all) * .85);
    const high = Math.log10(Math.max(...all) * 1.15);
    const y = v => TOP + (1 - (Math.log10(Math.max(v, 10 ** low)) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
    const step = (width - LEFT - 8) / names.length;
    const parts = [s("g.axis", {}, decades(low, high).map(v => [
      s("line", {x1: LEFT, x2: width, y1: y(v), y2: y(v)}),
      s("text", {x: LEFT - 8, y: y(v) + 4, "text-anchor": "end"}, axis(v))]).flat())];
    names.forEach((name, i) => {
      const list = trained.get(name);
      const center = LEFT + (i + .5) * step;
      const mean = key => list.reduce((sum, t) => sum + t[key], 0) / list.length;
      const spread = Math.min(step * .34, 16);
      parts.push(s("line", {x1: center, x2: center, y1: y(mean("before")), y2: y(mean("after")), stroke: "var(--line)", "stroke-width": 2}),
        s("line", {x1: center - 7, x2: center + 7, y1: y(mean("before")), y2: y(mean("before")), stroke: "var(--faint)", "stroke-width": 2}));
      const dots = list.length > 40 ? list.filter((t, j) => j % Math.ceil(list.length / 40) === 0) : list;
      dots.forEach((t, j) => parts.push(s("circle", {
        cx: center + (dots.length > 1 ? (j / (dots.length - 1) - .5) * spread : 0), cy: y(t.after), r: 2.4,
        fill: "var(--k-bld)", "fill-opacity": .75})));
      const size = step > name.length * 6.4 ? name : name.replace("attention", "att").replace("no-op", "–");
      parts.push(s("text", {x: center, y: HEIGHT - 8, "text-anchor": "middle"}, step > 30 ? size : ""),
        s("rect", {x: center - step / 2, y: TOP, width: step, height: HEIGHT - TOP - BOTTOM, fill: "transparent",
          onmousemove: e => tip(e.clientX, e.clientY, name, [`${list.length} of ${model.layers} layers trained`,
            `mean loss ${number(mean("before"))} → ${number(mean("after"))}`]),
          onmouseleave: untip}));
    });
    gains.replaceChildren(...parts);
    const count = [...trained.values()].reduce((n, l) => n + l.length, 0);
    hint.textContent = `normalised MSE before (tick) and after BLD (a dot per layer), ${count} trained`;
  }

  function decades(low, high) {
    const list = [];
    for (let e = Math.floor(low); e <= Math.ceil(high); e++) {
      for (const m of high - low < 1.2 ? [1, 2, 5] : [1]) {
        const v = m * 10 ** e;
        if (Math.log10(v) >= low && Math.log10(v) <= high) list.push(v);
      }
    }
    return list;
  }

  function drawLive(model) {
    const running = new Set((model.live?.progress ?? []).map(p => p.key));
    const lines = [...model.series].filter(([key, line]) => line.length > 1 && (running.has(key) || key === "gkd"));
    live.toggleAttribute("hidden", lines.length === 0);
    liveTitle.textContent = lines.length === 0 ? "" : `now: ${lines.map(([key, l]) => `${key} ${number(l[l.length - 1].loss)}`).join("   ")}`;
    if (lines.length === 0) return;
    const width = live.clientWidth || 560;
    const values = lines.flatMap(([, l]) => l.map(p => p.loss));
    const low = Math.min(...values);
    const high = Math.max(...values, low + 1e-9);
    const most = Math.max(...lines.flatMap(([, l]) => l.map(p => p.total)));
    const x = v => LEFT + v / most * (width - LEFT - 8);
    const y = v => 8 + (1 - (v - low) / (high - low)) * 112;
    live.replaceChildren(
      s("g.axis", {}, ticks(low, high, 3).map(v => [
        s("line", {x1: LEFT, x2: width, y1: y(v), y2: y(v)}),
        s("text", {x: LEFT - 8, y: y(v) + 4, "text-anchor": "end"}, axis(v))]).flat(),
      ticks(0, most, 5).map(v => s("text", {x: x(v), y: 140, "text-anchor": "middle"}, axis(v)))),
      ...lines.map(([key, l], i) => s("path", {fill: "none", "stroke-width": 1.8,
        stroke: key === "gkd" ? "var(--k-gkd)" : ["var(--k-bld)", "var(--k-score)", "var(--k-evaluate)", "var(--k-profile)"][i % 4],
        d: l.map((p, j) => `${j ? "L" : "M"}${x(p.done)} ${y(p.loss)}`).join("")})));
  }

  return {draw};
}
