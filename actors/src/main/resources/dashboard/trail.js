// Picture 6: the solver's objective and bound over time, and what caused each new answer.
import {h, s, card, number, ticks, axis, tip, untip, span, legend, clock} from "./dom.js";

const HEIGHT = 190, LEFT = 52, BOTTOM = 24, TOP = 8;

export function trail(ui) {
  const hint = h("span.hint", {}, "");
  const body = card("trail", hint, h("span.grow", {}, legend([["objective", "accent-2"], ["bound", "accent"]])));
  const svg = s("svg", {height: HEIGHT, role: "img", "aria-label": "Objective and bound over time"});
  const causes = h("ol.causes", {tabindex: "0", "aria-label": "Latest answers and their causes"});
  body.append(svg, causes);

  return {
    draw(model) {
      const width = svg.clientWidth || 560;
      const list = model.incumbents.map(i => ({t: Date.parse(i.at) - Date.parse(model.started_at), ...i.incumbent, at: i.at}));
      if (list.length === 0) {
        const why = model.infeasible;
        svg.replaceChildren(s("text", {x: width / 2, y: HEIGHT / 2, "text-anchor": "middle"},
          why ? "the limits cannot be met together" : "the solver waits for costs and first scores"));
        causes.replaceChildren(...(why ? [...why.conflict.map(c => h("li", {}, "", "", h("span", {}, c))),
          ...why.relaxations.filter(r => r.feasible != null).map(r => h("li", {}, h("time", {}, "way out"), "",
            h("span", {}, `${r.limit} can be ${number(r.feasible)} (asked for: ${number(r.given)})`)))] : []));
        hint.textContent = "";
        return;
      }
      const last = list[list.length - 1];
      const from = list[0].t;
      const to = Math.max(last.t, model.ended ? last.t : model.now - Date.parse(model.started_at), from + 1);
      const ys = list.flatMap(i => [i.objective, i.bound]);
      // The first answers, on a nearly empty table, would flatten all others.
      const sorted = [...ys].sort((a, b) => a - b);
      const high = Math.max(sorted[Math.floor(sorted.length * .95)], last.objective) * 1.1 + 1e-9;
      const low = Math.max(0, sorted[Math.floor(sorted.length * .02)] * .85);
      const x = t => LEFT + (t - from) / (to - from) * (width - LEFT - 8);
      const y = v => TOP + (1 - (Math.min(high, Math.max(low, v)) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
      const steps = key => list.map((i, n) => `${n ? `H${x(i.t)}V` : `M${x(i.t)} `}${y(i[key])}`).join("") + `H${x(to)}`;
      svg.replaceChildren(
        s("g.axis", {}, ticks(low, high, 4).map(v => [
          s("line", {x1: LEFT, x2: width, y1: y(v), y2: y(v)}),
          s("text", {x: LEFT - 8, y: y(v) + 4, "text-anchor": "end"}, axis(v))]).flat(),
        ticks(from / 1000, to / 1000, 4).map(v => s("text", {x: x(v * 1000), y: HEIGHT - 5, "text-anchor": "middle"}, span(v * 1000)))),
        s("path", {d: steps("bound"), fill: "none", stroke: "var(--accent)", "stroke-width": 1.5, "stroke-dasharray": "4 3"}),
        s("path", {d: steps("objective"), fill: "none", stroke: "var(--accent-2)", "stroke-width": 2}),
        ...list.slice(-150).map(i => s("circle", {cx: x(i.t), cy: y(i.objective), r: 3, fill: "var(--accent-2)",
          onmousemove: e => tip(e.clientX, e.clientY, `KL ${number(i.objective)}`, [
            `bound ${number(i.bound)}${i.proven ? ", proven" : ""}`, i.cause,
            `${i.measured} measured, ${i.predicted} predicted scores`, clock(i.at)]),
          onmouseleave: untip})));
      const gap = last.objective > 0 ? (last.objective - last.bound) / last.objective : 0;
      hint.textContent = `${list.length} answers; ${last.proven ? "the last is proven optimal" : `gap ${number(100 * gap, 1)} %`}`;
      causes.replaceChildren(...list.slice(-40).reverse().map(i => h("li", {},
        h("time", {}, clock(i.at)), h("b", {}, number(i.objective)), h("span", {title: i.cause}, i.cause))));
    },
  };
}
