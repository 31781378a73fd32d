// Picture 2: quality against speed: incumbents, the Pareto front, and a limit to drag.
import {h, s, card, number, bytes, ticks, axis, tip, untip, say, legend, clock, pointer} from "./dom.js";

const TOP = 12, RIGHT = 18, BOTTOM = 40, LEFT = 56, HEIGHT = 330;

export function front(ui) {
  const hint = h("span.hint", {}, "");
  const adopt = h("button.small.primary", {hidden: true, onclick: () => ui.retarget(asked)}, "Make it the target");
  const clear = h("button.small", {hidden: true, onclick: () => { asked = null; ui.show(null); redraw(); }}, "Clear");
  const body = card("front", hint, h("span.grow", {}), adopt, clear);
  const svg = s("svg", {role: "group", height: HEIGHT, "aria-label":
    "Scatter plot. Across: tokens per second of the workload. Up: sum of scores, lower is better."});
  body.append(svg, legend([["incumbents", "faint"], ["Pareto front", "accent"], ["best so far", "accent-2"], ["parent", "dim"]]));
  let model = null;
  let points = [];
  let floor = null;
  let asked = null;
  let scale = null;
  let dragging = false;
  let signature = "";

  const inShape = p => ({x: model.throughput(p.cost), y: p.objective, p});

  function redraw() {
    if (!model) return;
    const parent = model.parentCost;
    const width = svg.clientWidth || 560;
    // What is far beyond all that was asked for would squeeze the rest.
    const far = 2.4 * Math.max(floor ?? 0, parent ? model.throughput(parent) : 0, model.best ? model.throughput(model.best.cost) : 0);
    const all = points.map(inShape).filter(p => p.x <= far);
    const seen = [...all, ...model.incumbents.map(i => inShape(i.incumbent)).filter(p => p.x <= far)];
    if (model.chosen) seen.push(inShape(model.chosen));
    if (parent) seen.push({x: model.throughput(parent), y: 0});
    if (ui.shown()) seen.push(inShape(ui.shown()));
    if (seen.length === 0) {
      svg.replaceChildren(s("text", {x: width / 2, y: HEIGHT / 2, "text-anchor": "middle"}, "no architecture yet"));
      return;
    }
    const low = Math.min(...seen.map(p => p.x)) * .94;
    const high = Math.max(...seen.map(p => p.x), floor ?? 0) * 1.04;
    const best = model.best?.objective ?? 1;
    const top = Math.max(1e-9, ...seen.map(p => p.y).filter(y => y <= Math.max(best * 5, 1e-6))) * 1.12;
    const near = all.filter(p => p.y <= top);
    scale = {
      x: v => LEFT + (v - low) / (high - low) * (width - LEFT - RIGHT),
      y: v => TOP + (1 - Math.min(1, v / top)) * (HEIGHT - TOP - BOTTOM),
      value: px => low + (px - LEFT) / (width - LEFT - RIGHT) * (high - low), low, high,
    };
    const parts = [axes(width, low, high, top)];
    if (near.length > 1) {
      parts.push(s("path", {d: path(near), fill: "none", stroke: "var(--accent)", "stroke-width": 2, "stroke-opacity": .55}));
    }
    model.incumbents.forEach((line, i) => {
      const p = inShape(line.incumbent);
      if (p.x > far) return;
      const last = i === model.incumbents.length - 1;
      parts.push(point(p, last ? 5 : 3, last ? "var(--accent-2)" : "var(--faint)",
        .25 + .75 * (i + 1) / model.incumbents.length, `incumbent ${i + 1}, ${clock(line.at)}`, [line.incumbent.cause]));
    });
    near.forEach((p, i) => parts.push(point(p, 5, "var(--accent)", 1, `Pareto front ${i + 1} of ${near.length}`, [])));
    if (parent) {
      const x = scale.x(model.throughput(parent));
      const y = scale.y(0);
      parts.push(s("rect", {x: x - 4.5, y: y - 4.5, width: 9, height: 9, fill: "var(--dim)", transform: `rotate(45 ${x} ${y})`}),
        s("text", {x, y: y - 12, "text-anchor": "middle"}, "parent"));
    }
    const shown = ui.shown();
    if (shown) {
      const p = inShape(shown);
      parts.push(s("circle", {cx: scale.x(p.x), cy: scale.y(p.y), r: 9, fill: "none", stroke: "var(--text)", "stroke-width": 2, "pointer-events": "none"}));
    }
    if (model.costs) parts.push(handle());
    // What has the keyboard's focus keeps it.
    const focus = svg.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    svg.replaceChildren(...parts);
    if (focus) svg.querySelector(`[data-key="${focus}"]`)?.focus();
    const one = model.best;
    hint.textContent = asked?.text ?? (one && parent
      ? `best: KL ${number(one.objective)} at ${number(model.throughput(one.cost) / model.throughput(parent), 2)} × parent` : "");
    adopt.hidden = !(asked?.feasible && ui.operator() && ui.can("retarget"));
    clear.hidden = !asked && !shown;
  }

  function axes(width, low, high, top) {
    const g = s("g.axis", {});
    for (const x of ticks(low, high, Math.max(3, width / 110))) {
      g.append(s("line", {x1: scale.x(x), x2: scale.x(x), y1: TOP, y2: HEIGHT - BOTTOM}),
        s("text", {x: scale.x(x), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle"}, axis(x)));
    }
    for (const y of ticks(0, top, 5)) {
      g.append(s("line", {x1: LEFT, x2: width - RIGHT, y1: scale.y(y), y2: scale.y(y)}),
        s("text", {x: LEFT - 8, y: scale.y(y) + 4, "text-anchor": "end"}, axis(y)));
    }
    g.append(s("text", {x: width - RIGHT, y: HEIGHT - 6, "text-anchor": "end"}, "throughput, tokens/s →"),
      s("text", {x: 2, y: HEIGHT - 6}, "↓ sum of scores (KL), nats/token"));
    return g;
  }

  function path(list) {
    return list.map((p, i) => `${i ? "L" : "M"}${scale.x(p.x)} ${scale.y(p.y)}`).join("");
  }

  function point(p, radius, fill, opacity, title, lines) {
    const parent = model.parentCost;
    const text = [
      `KL ${number(p.p.objective)}, bound ${number(p.p.bound)}${p.p.proven ? ", proven" : ""}`,
      `${number(p.x)} tokens/s, ${number(p.x / model.throughput(parent), 2)} × parent`,
      `memory ${bytes(model.memory(p.p.cost))}`, ...lines];
    const choose = () => { ui.show(p.p, title); say(`${title}: ${text.join(", ")}`); };
    return s("circle.point", {
      cx: scale.x(p.x), cy: scale.y(p.y), r: radius, fill, opacity, tabindex: "0", role: "button",
      "data-key": title, "aria-label": `${title}: ${text.join(", ")}`,
      onclick: choose,
      onkeydown: e => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); choose(); } },
      onmousemove: e => tip(e.clientX, e.clientY, title, [...text, "click: show the architecture"]),
      onmouseleave: untip,
    });
  }

  function handle() {
    const value = asked?.floor ?? floor ?? scale.low;
    const x = scale.x(Math.min(scale.high, Math.max(scale.low, value)));
    const parent = model.throughput(model.parentCost);
    const label = `at least ${number(value)} tokens/s (${number(value / parent, 2)} ×)`;
    const left = x > (svg.clientWidth || 560) * .62;
    const g = s("g.handle", {tabindex: "0", role: "slider", "data-key": "limit", "aria-label": "throughput limit, what if",
      "aria-valuemin": scale.low, "aria-valuemax": scale.high, "aria-valuenow": value, "aria-valuetext": label},
      s("rect", {x: x - 8, y: TOP, width: 16, height: HEIGHT - TOP - BOTTOM, fill: "transparent"}),
      s("line", {x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM}),
      s("rect.grip", {x: x - 5, y: TOP - 4, width: 10, height: 18, rx: 3}),
      s("text", {x: x + (left ? -10 : 10), y: TOP + 10, "text-anchor": left ? "end" : "start"}, label));
    g.addEventListener("pointerdown", event => {
      dragging = true;
      event.preventDefault();
      const move = e => ask(scale.value(e.clientX - svg.getBoundingClientRect().left), false);
      const up = e => {
        dragging = false;
        removeEventListener("pointermove", move);
        removeEventListener("pointerup", up);
        ask(scale.value(e.clientX - svg.getBoundingClientRect().left), true);
      };
      addEventListener("pointermove", move);
      addEventListener("pointerup", up);
    });
    g.addEventListener("keydown", event => {
      const step = {ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10}[event.key];
      if (!step) return;
      event.preventDefault();
      ask(value + step * (scale.high - scale.low) / 100, true);
    });
    return g;
  }

  let pending = null;
  let busy = false;

  /** Solves for another limit while it is dragged: one question at a time, the newest wins. */
  async function ask(value, final) {
    const wanted = Math.min(scale.high, Math.max(scale.low, value));
    asked = {...asked, floor: wanted, text: `solving for ${number(wanted)} tokens/s …`};
    redraw();
    pending = wanted;
    if (busy) return;
    busy = true;
    while (pending !== null) {
      const floorNow = pending;
      pending = null;
      const limits = model.spec.target.goals.flatMap((goal, g) => goal.limits
        .filter(l => !(g === 0 && l.stat === "THROUGHPUT"))
        .map(l => ({workload: nameOf(goal.workload), stat: l.stat.toLowerCase(), value: l.value, times_parent: l.times_parent})));
      limits.push({stat: "throughput", value: floorNow});
      try {
        const answer = await ui.post("what-if", {limits});
        const base = model.best;
        if (answer.feasible) {
          const a = answer.architecture;
          asked = {floor: asked.floor, feasible: true, limits,
            text: `what if: KL ${number(a.objective)}${base ? ` (${a.objective >= base.objective ? "+" : "−"}${number(Math.abs(a.objective - base.objective))})` : ""}, `
              + `${number(model.throughput(a.cost) / model.throughput(a.parent_cost), 2)} × parent`};
          ui.show(a, "what if");
        } else {
          const way = answer.infeasible?.relaxations?.find(r => r.feasible != null);
          asked = {floor: asked.floor, feasible: false, text: answer.timed_out ? "no answer in time"
            : `cannot be met${way ? `; ${way.limit} can be ${number(way.feasible)}` : ""}`};
        }
        say(asked.text);
      } catch (problem) {
        asked = {floor: asked.floor, feasible: false, text: problem.message};
      }
      redraw();
    }
    busy = false;
  }

  async function fetchFront() {
    const mark = `${model.tally("score/")} ${model.best?.objective} ${model.history.length}`;
    if (mark === signature || !model.costs || model.incumbents.length === 0 || document.hidden) return;
    signature = mark;
    try {
      points = (await ui.get("front?points=16")).front;
      if (pointer.held) signature = "";
      else redraw();
    } catch (problem) {
      signature = "";
    }
  }
  setInterval(() => { if (model) fetchFront(); }, 2500);

  return {
    draw(next) {
      if (model !== next) { points = []; asked = null; signature = ""; }
      model = next;
      floor = model.floor;
      if (!dragging) redraw();
      if (points.length === 0) fetchFront();
    },
  };
}

const nameOf = w => `b${w.batch}-p${w.prefill_tokens}-g${w.generation_tokens}`;
