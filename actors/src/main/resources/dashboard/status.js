// Pictures 7 and 8, and the key figures: members, journal, devices, failures by cause.
import {h, card, number, bytes, span, clock} from "./dom.js";

export function figures(ui) {
  const root = document.getElementById("figures");
  return {
    draw(model) {
      const best = model.best;
      const parent = model.parentCost;
      const layers = model.layers;
      const toScore = layers * (model.blocks.length - 1) + model.coupled;
      const scored = model.tally("score/");
      const toTrain = layers * model.variants.filter(v =>
        !model.isNoOp(v) && !model.blocks[0].split("+").includes(v)).length + model.coupled;
      const trained = model.tally("bld/");
      const now = model.ended ? lastTime(model) : model.now;
      const failed = model.failures.reduce((n, g) => n + g.attempts, 0);
      const quarantined = model.failures.reduce((n, g) => n + g.open.size, 0);
      const speed = best && model.throughput(best.cost);
      root.replaceChildren(
        figure("Quality lost", best ? number(best.objective) : "–", "KL, nats/token",
          best ? best.proven ? "proven for the scores so far" : `bound ${number(best.bound)}` : "no architecture yet"),
        figure("Speed", best ? `${number(speed / model.throughput(parent), 2)} ×` : "–", "of the parent",
          best ? `${number(speed)} tokens/s` : parent ? `parent ${number(model.throughput(parent))} tokens/s` : ""),
        figure("Memory", best ? bytes(model.memory(best.cost)) : "–", "weights and KV cache",
          best ? `${Math.round(100 * model.memory(best.cost) / model.memory(parent))} % of the parent's` : ""),
        figure("Variants", `${trained.toLocaleString("en")}`, `of ${toTrain.toLocaleString("en")} trained`, "", trained / toTrain),
        figure("Blocks", `${scored.toLocaleString("en")}`, `of ${toScore.toLocaleString("en")} scored`, "", scored / toScore),
        figure("Time", span(now - Date.parse(model.started_at)), model.ended ? "in all" : "so far",
          failed ? `${failed} failed attempts${quarantined ? `, ${quarantined} given up` : ""}` : "nothing has failed"));
    },
  };

  function figure(name, value, unit, note, share) {
    const bar = share == null ? h("small", {title: note}, note) : progress(share);
    return h("div.figure", {}, h("span", {}, name), h("b", {}, value), h("small", {}, unit), bar);
  }
}

function lastTime(model) {
  const end = model.history.findLast(e => e.type === "run-ended");
  return end ? Date.parse(end.at) : model.now;
}

function progress(share) {
  const fill = h("i", {});
  fill.style.width = `${100 * Math.min(1, share || 0)}%`;
  return h("div.bar", {role: "progressbar", "aria-valuenow": Math.round(100 * (share || 0)), "aria-valuemin": 0, "aria-valuemax": 100}, fill);
}

export function cluster(ui) {
  const hint = h("span.hint", {}, "");
  const body = card("cluster", hint);
  return {
    draw(model) {
      const live = model.live ?? {};
      const journal = live.journal ?? {};
      const members = live.members ?? [];
      const devices = (live.progress ?? []).filter(p => model.tasks.get(p.key)?.state === "running").map(p => h("div.device", {},
        h("span", {}, p.device), progress(p.total ? p.done / p.total : 0),
        h("span.key", {}, `${p.key} ${p.done}/${p.total}`)));
      hint.textContent = `${members.length} member${members.length === 1 ? "" : "s"}`;
      body.replaceChildren(h("div.split", {},
        h("div.scroll", {}, h("table", {},
          h("tr", {}, ...["member", "status", "roles"].map(t => h("th", {}, t))),
          ...members.map(m => h("tr", {},
            h("td", {}, m.address.replace(/^pekko:\/\/[^@]*@/, "")),
            h("td", {}, h(`span.pill.${m.reachable && m.status === "up" ? "good" : "bad"}`, {}, m.reachable ? m.status : "unreachable")),
            h("td", {}, m.roles.map(r => h("span.pill", {}, r)).flatMap((p, i) => i ? [" ", p] : [p]))))),
        h("table", {}, h("tr", {}, ...["journal", "facts of this run", "last fact", "delay"].map((t, i) => h(i ? "th.num" : "th", {}, t))),
          h("tr", {},
            h("td", {}, h(`span.pill.${journal.ok ? "good" : "bad"}`, {title: journal.error}, journal.ok ? "reads well" : "cannot be read"),
              journal.repaired ? ` ${journal.repaired} repaired` : ""),
            h("td.num", {}, number(journal.facts)),
            h("td.num", {}, journal.last_fact ? clock(journal.last_fact) : "–"),
            h("td.num", {}, `${journal.lag_ms ?? "–"} ms`)))),
        h("div", {}, devices.length ? devices : h("div.none", {}, model.ended ? "The run is over." : model.paused ? "The run is paused." : "No device reports progress."))));
    },
  };
}

const WORDS = {
  OUT_OF_MEMORY: "out of memory", DEVICE_LOST: "device lost", TIMED_OUT: "timed out", DIVERGED: "diverged",
  INVALID_VARIANT: "invalid variant", INVALID_INPUT: "invalid input", CORRUPT_ARTEFACT: "corrupt file",
  NO_STORAGE: "cannot be written", DEFECT: "defect",
};

export function failures(ui) {
  const hint = h("span.hint", {}, "");
  const retry = h("button.small.primary", {id: "retry", hidden: true, onclick: () => ui.command("retry")}, "Retry what was given up");
  const body = card("failures", hint, h("span.grow", {}), retry);
  return {
    draw(model) {
      const groups = model.failures;
      const open = groups.reduce((n, g) => n + g.open.size, 0);
      retry.hidden = open === 0 || !ui.operator() || !ui.can("retry");
      hint.textContent = groups.length ? `${groups.reduce((n, g) => n + g.attempts, 0)} attempts, ${open} tasks given up` : "";
      if (groups.length === 0) {
        body.replaceChildren(h("div.none", {}, "Nothing has failed."));
        return;
      }
      body.replaceChildren(h("div.scroll", {}, h("table", {},
        h("tr", {}, ...["cause", "attempts", "tasks", "given up", "the last one"].map((t, i) => h(i > 0 && i < 4 ? "th.num" : "th", {}, t))),
        ...groups.map(g => h("tr", {},
          h("td", {}, h(`span.pill.${g.open.size ? "bad" : "warn"}`, {}, WORDS[g.kind] ?? g.kind)),
          h("td.num", {}, g.attempts), h("td.num", {}, g.tasks.size), h("td.num", {}, g.open.size),
          h("td", {}, h("b", {}, g.last.key), ` ${g.last.at ? clock(g.last.at) : ""}`, h("br", {}), h("span.hint", {}, g.last.message)))))));
    },
  };
}
