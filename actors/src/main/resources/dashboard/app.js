// Starts the page: who is looking, which run, one snapshot, then facts as they come.
import {Model, PHASES} from "./model.js";
import {$, h, say, untip, pointer} from "./dom.js";
import {grid} from "./grid.js";
import {front} from "./front.js";
import {strip} from "./strip.js";
import {timeline} from "./timeline.js";
import {curves} from "./curves.js";
import {trail} from "./trail.js";
import {figures, cluster, failures} from "./status.js";

const state = {role: null, run: null, model: null, shown: null, title: null, selected: null, generation: 0, commands: []};

const ui = {
  shown: () => state.shown,
  title: () => state.title,
  selected: () => state.selected,
  operator: () => state.role === "operator",
  can: command => state.commands.includes(command),
  show(architecture, title) { state.shown = architecture; state.title = title ?? null; redraw(); },
  select(layer) { state.selected = state.selected === layer ? null : layer; redraw(); },
  get: path => call("GET", `/api/v1/runs/${state.run}/${path}`),
  post: (path, body) => call("POST", `/api/v1/runs/${state.run}/${path}`, body),
  async command(name, body = {}) {
    try {
      await ui.post(name, body);
      banner(`${name}: done`, "good", 4000);
      say(`${name}: done`);
    } catch (problem) {
      banner(`${name}: ${problem.message}`, "bad", 8000);
    }
  },
  retarget(asked) { return ui.command("retarget", {limits: asked.limits}); },
};

const pictures = [figures, grid, front, strip, timeline, curves, trail, cluster, failures].map(make => make(ui));

/** A request to this server; throws its problem in words. */
async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : {"Content-Type": "application/json"},
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  const error = new Error([problem.detail ?? response.statusText, problem.suggestion].filter(Boolean).join(". "));
  error.status = response.status;
  throw error;
}

let bannerTimer = 0;
function banner(text, kind = "", milliseconds = 0) {
  clearTimeout(bannerTimer);
  $("banner").textContent = text;
  $("banner").className = kind;
  $("banner").hidden = !text;
  if (milliseconds) bannerTimer = setTimeout(() => { $("banner").hidden = true; }, milliseconds);
}

function link(up, text) {
  $("link").className = up ? "up" : up === false ? "down" : "";
  $("link").lastElementChild.textContent = text;
}

function view(name) {
  for (const id of ["login", "empty", "board"]) $(id).hidden = id !== name;
}

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

async function login(token) {
  const me = await call("POST", "/api/v1/login", {token});
  state.role = me.role;
}

async function start() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    // The secret does not stay in the address bar or in the history.
    history.replaceState(null, "", location.pathname + location.search);
    try { await login(token); } catch (problem) { $("login-error").textContent = problem.message; }
  }
  for (;;) {
    try {
      state.role ??= (await call("GET", "/api/v1/me")).role;
      const api = await call("GET", "/openapi.json");
      state.commands = Object.keys(api.paths ?? {}).filter(p => p.startsWith("/api/v1/runs/{id}/")).map(p => p.split("/").pop());
      break;
    } catch (problem) {
      if (problem.status === 401) {
        view("login");
        link(null, "not signed in");
        return;
      }
      link(false, "no connection");
      await pause(1000);
    }
  }
  runs();
}

$("login-form").addEventListener("submit", async event => {
  event.preventDefault();
  $("login-error").textContent = "";
  try {
    await login($("token").value.trim());
    $("token").value = "";
    start();
  } catch (problem) {
    $("login-error").textContent = problem.message;
  }
});

/** Looks which runs there are; follows the one in the address, else the newest. */
async function runs() {
  for (;;) {
    try {
      const list = (await call("GET", "/api/v1/runs")).runs.map(r => r.run);
      const wanted = new URLSearchParams(location.search).get("run") ?? state.run;
      const known = [...$("runs").options].map(o => o.value);
      if (list.join() !== known.join()) {
        $("runs").replaceChildren(...list.map(r => h("option", {value: r}, r)));
      }
      $("runs").hidden = list.length === 0;
      if (list.length && !state.run) follow(list.includes(wanted) ? wanted : list[list.length - 1]);
      if (!list.length) { view("empty"); link(true, "connected"); }
      await pause(state.run ? 15000 : 1500);
    } catch (problem) {
      if (problem.status === 401) { state.role = null; start(); return; }
      await pause(1500);
    }
  }
}

$("runs").addEventListener("change", () => {
  history.replaceState(null, "", `?run=${encodeURIComponent($("runs").value)}`);
  follow($("runs").value);
});

/** One snapshot, then the facts after it; after a break the facts resume where they stopped. */
async function follow(run) {
  const generation = ++state.generation;
  Object.assign(state, {run, model: null, shown: null, title: null, selected: null});
  $("runs").value = run;
  document.title = `${run} – Puzzle`;
  let wait = 250;
  let lost = false;
  while (generation === state.generation) {
    try {
      if (!state.model) {
        link(null, "loading");
        state.model = new Model(await call("GET", `/api/v1/runs/${run}`));
        $("board").classList.toggle("few", state.model.layers <= 24);
        view("board");
        redraw();
      }
      await listen(run, generation, () => {
        wait = 250;
        link(true, "live");
        if (lost) banner("Connected again; nothing was missed.", "good", 4000);
        lost = false;
      });
      if (generation === state.generation) redraw();
    } catch (problem) {
      if (generation !== state.generation) return;
      if (problem.status === 401) { state.role = null; start(); return; }
      if (problem.status === 400 || problem.status === 404) state.model = null;
      if (problem.status === undefined && !["TypeError", "AbortError"].includes(problem.name)) console.error(problem);
      lost = true;
      link(false, "no connection");
      banner("The server does not answer. This page resumes as soon as it does.");
    }
    await pause(wait);
    wait = Math.min(3000, wait * 1.6);
  }
}

/** Reads facts until the connection ends. */
async function listen(run, generation, opened) {
  const stop = new AbortController();
  let heard = Date.now();
  // The server says something every ten seconds; silence means that the line is dead.
  const watch = setInterval(() => { if (Date.now() - heard > 25000 || generation !== state.generation) stop.abort(); }, 1000);
  try {
    const response = await fetch(`/api/v1/runs/${run}/events`, {
      headers: {"Last-Event-ID": state.model.position, Accept: "text/event-stream"}, signal: stop.signal});
    if (!response.ok) {
      const error = new Error(response.statusText);
      error.status = response.status;
      throw error;
    }
    opened();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const {done, value} = await reader.read();
      if (done || generation !== state.generation) return;
      heard = Date.now();
      rest += value;
      const frames = rest.split("\n\n");
      rest = frames.pop();
      for (const frame of frames) {
        let id = "", type = "", data = "";
        for (const line of frame.split("\n")) {
          if (line.startsWith("id: ")) id = line.slice(4);
          else if (line.startsWith("event: ")) type = line.slice(7);
          else if (line.startsWith("data: ")) data += line.slice(6);
        }
        if (data) state.model.apply(type, id, JSON.parse(data));
      }
      if (state.model.outdated) {
        state.model = new Model(await call("GET", `/api/v1/runs/${run}`));
        return;
      }
      if (frames.length) later();
    }
  } finally {
    clearInterval(watch);
    stop.abort();
  }
}

let planned = false;
let drawnAt = 0;
let drawing = 0;
/** Redraws soon, but so that at least two thirds of the time are left for all else. */
function later() {
  if (planned) return;
  planned = true;
  const rest = Math.max(40, 3 * drawing);
  setTimeout(() => requestAnimationFrame(() => { planned = false; redraw(); }), Math.max(0, rest - (performance.now() - drawnAt)));
}

function redraw() {
  if (!state.model || $("board").hidden) return;
  if (pointer.held) { later(); return; }
  drawnAt = performance.now();
  if (state.model.stale && state.model.ended) refreshSummary();
  phases();
  actions();
  for (const picture of pictures) picture.draw(state.model);
  document.documentElement.dataset.position = state.model.position;
  drawing = performance.now() - drawnAt;
}

async function refreshSummary() {
  state.model.stale = false;
  try {
    state.model.summary = (await call("GET", `/api/v1/runs/${state.run}`)).summary;
    redraw();
  } catch (problem) {
    state.model.stale = true;
  }
}

function phases() {
  const now = PHASES.indexOf(state.model.phase);
  const outcome = state.model.outcome?.kind.toLowerCase().replace("_", " ");
  const coupled = state.model.spec.bld.mode === "TWO_STAGE";
  $("phases").replaceChildren(...PHASES.map((name, i) => {
    if (name === "couple" && !coupled) return null;
    const last = i === PHASES.length - 1;
    if (last && !outcome) return null;
    return h(`li.${i < now ? "past" : i === now ? "now" : "next"}`, {"aria-current": i === now ? "step" : null}, last ? outcome : name);
  }).filter(Boolean));
}

let shownActions = "";
function actions() {
  const running = !state.model.ended && ui.operator();
  const wanted = !running ? [] : [state.model.paused ? "resume" : "pause", "cancel"].filter(ui.can);
  if (wanted.join() === shownActions) return;
  shownActions = wanted.join();
  $("actions").replaceChildren(...wanted.map(name => h(`button.small${name === "cancel" ? ".danger" : ""}`, {
    onclick: () => {
      if (name !== "cancel" || confirm("End this run? What is recorded stays.")) ui.command(name, name === "cancel" ? {reason: "cancelled on the dashboard"} : {});
    }}, name[0].toUpperCase() + name.slice(1))));
}

addEventListener("resize", later);
addEventListener("scroll", untip, {passive: true});
addEventListener("keydown", event => { if (event.key === "Escape") untip(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later);
setInterval(() => { if (state.model && !state.model.ended && !document.hidden) later(); }, 1000);
start();
