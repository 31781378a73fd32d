// A run as its snapshot and the facts after it tell it. No element is touched here.

export const PHASES = ["record", "profile", "library", "score", "couple", "evaluate", "gkd", "export", "report", "ended"];
const SERIES = 400;

export class Model {
  constructor(snapshot) {
    const {now, ...rest} = snapshot;
    Object.assign(this, rest);
    this.space = snapshot.spec.space;
    this.blocks = this.space.attention.flatMap(a => this.space.ffn.map(f => `${a}+${f}`));
    this.tasks = new Map(snapshot.tasks.map(t => [t.key, t]));
    this.series = new Map();
    this.skew = Date.parse(now) - Date.now();
    this.onLive(snapshot.live);
  }

  get workload() { return this.spec.target.goals[0].workload; }
  get ended() { return this.outcome != null; }
  /** The parent's own block of a layer. */
  parentBlock(layer) { return this.space.own?.[layer] ?? this.blocks[0]; }
  get variants() { return [...this.space.attention, ...this.space.ffn]; }
  /** What stands in the subblock's place: "grouped-attention", "linear", "no-op". */
  kind(variant) { return this.kinds[variant]; }
  isNoOp(variant) { return this.kind(variant) === "no-op"; }

  /** Colour variable of each kind of the space, in its order: the parent's own look alike. */
  get kindColours() {
    const own = this.blocks[0].split("+").map(v => this.kind(v));
    const colours = new Map();
    let others = 0;
    for (const kind of this.variants.map(v => this.kind(v))) {
      if (!colours.has(kind)) {
        colours.set(kind, own.includes(kind) ? "own-kind" : kind === "no-op" ? kind : `other-kind-${1 + others++ % 3}`);
      }
    }
    return colours;
  }
  get now() { return Date.now() + this.skew; }

  /** Folds one fact (a CloudEvent) or the latest live picture. */
  apply(type, id, event) {
    if (type === "live") {
      this.onLive(event);
      return;
    }
    if (id) this.position = id;
    const at = event.time;
    const data = event.data;
    if (data?.key && ["attempt-started", "attempt-failed", "task-finished", "task-reopened", "task-renewed"].includes(type)) {
      this.onTask(type, event.layer ?? -1, at, data);
    } else if (type === "incumbent-found") {
      this.incumbents.push({at, incumbent: data.incumbent});
    } else if (event.layer == null) {
      this.history.push({at, type, data: type === "layer-settled" ? null : data});
      if (type === "architecture-chosen") {
        this.chosen = data.incumbent;
        this.baselines = data.baselines;
      } else if (type === "limits-proven-infeasible") this.infeasible = data.infeasible;
      else if (type === "run-ended") this.outcome = data.outcome;
      // What these undo, the snapshot knows best.
      this.outdated ||= ["failed-retried", "retargeted", "candidate-taken"].includes(type);
      if (type === "costs-delivered") this.costsKnown = null;
      this.stale ||= !["run-started", "layer-settled", "child-healed"].includes(type);
    }
  }

  onTask(type, layer, at, data) {
    const task = this.tasks.get(data.key) ?? {key: data.key, layer, state: "waiting", attempts: [], result: null};
    this.tasks.set(data.key, task);
    if (type === "attempt-started") {
      for (const a of task.attempts) {
        if (a.outcome === "running") Object.assign(a, {outcome: "superseded", ended: at});
      }
      task.attempts.push({number: data.attempt, device: data.device, started: at, outcome: "running"});
      task.state = "running";
      return;
    }
    if (type === "task-reopened" || type === "task-renewed") {
      task.state = "waiting";
      task.result = null;
      return;
    }
    const attempt = task.attempts.findLast(a => a.number === data.attempt);
    if (attempt) attempt.ended = at;
    if (type === "task-finished") {
      if (attempt) attempt.outcome = "done";
      task.state = "done";
      task.result = data.result;
    } else {
      if (attempt) {
        attempt.outcome = data.lost ? "lost" : "failed";
        attempt.failure = data.failure;
      }
      task.state = data.retried ? "waiting" : "quarantined";
    }
  }

  onLive(live) {
    this.live = live;
    for (const p of live?.progress ?? []) {
      if (p.loss == null) continue;
      const line = this.series.get(p.key) ?? [];
      if (line.length === 0 || line[line.length - 1].done !== p.done) {
        line.push({done: p.done, total: p.total, loss: p.loss});
        if (line.length > SERIES) line.splice(1, 1);
      }
      this.series.set(p.key, line);
    }
  }

  /** The score of a block, of halves trained together where there is one. */
  scoreTask(layer, block) {
    const together = this.tasks.get(`score/${layer}/${block}/coupled`);
    return together?.result ? together : this.tasks.get(`score/${layer}/${block}`) ?? together;
  }

  /** Scores of blocks whose halves were trained together. */
  get coupled() {
    let count = 0;
    for (const key of this.tasks.keys()) if (key.endsWith("/coupled")) count++;
    return count;
  }
  trainTask(layer, variant) { return this.tasks.get(`bld/${layer}/${variant}`); }

  get phase() {
    if (this.ended) return "ended";
    return this.live?.phase?.name ?? "record";
  }

  /** The latest incumbent: the final choice where there is one. */
  get best() {
    return this.chosen ?? this.incumbents[this.incumbents.length - 1]?.incumbent ?? null;
  }

  throughput(cost) {
    const w = this.workload;
    return w.batch * w.generation_tokens / (cost.prefill_seconds + w.generation_tokens * cost.decode_seconds);
  }

  memory(cost) { return cost.weight_bytes + cost.kv_bytes; }

  /** Costs by variant for the first workload; null before the profile. */
  get costs() {
    if (!this.costsKnown) {
      const w = this.workload;
      const name = `b${w.batch}-p${w.prefill_tokens}-g${w.generation_tokens}`;
      const result = this.tasks.get(`profile/${name}`)?.result;
      if (!result) return null;
      const delivered = new Map(this.history.filter(e => e.type === "costs-delivered")
        .flatMap(e => e.data.costs).filter(d => d.workload === name).map(d => [d.part, d]));
      const over = (part, cost) => {
        const d = delivered.get(part);
        return d ? {...cost, prefill_seconds: d.prefill_seconds, decode_seconds: d.decode_seconds,
          weight_bytes: d.weight_bytes ?? cost.weight_bytes, kv_bytes: d.kv_bytes ?? cost.kv_bytes} : cost;
      };
      this.costsKnown = {
        fixed: over("fixed", result.fixed),
        variants: new Map(result.variants.map(v => [v.variant, over(v.variant, v.cost)])),
      };
    }
    return this.costsKnown;
  }

  runtime(cost) { return cost.prefill_seconds + this.workload.generation_tokens * cost.decode_seconds; }

  /** The parent's cost as the sum of its parts; null before the profile. */
  get parentCost() {
    if (this.best) return this.best.parent_cost;
    const costs = this.costs;
    if (!costs) return null;
    const sum = {...costs.fixed};
    for (let layer = 0; layer < this.layers; layer++) {
      for (const name of this.parentBlock(layer).split("+")) {
        for (const [key, value] of Object.entries(costs.variants.get(name))) sum[key] += value;
      }
    }
    return sum;
  }

  /** The throughput asked for, tokens/s, or null. */
  get floor() {
    const parent = this.parentCost;
    let floor = null;
    for (const limit of this.spec.target.goals[0].limits) {
      if (limit.stat === "THROUGHPUT" && (parent || !limit.times_parent)) {
        floor = Math.max(floor ?? 0, limit.times_parent ? limit.value * this.throughput(parent) : limit.value);
      }
    }
    return floor;
  }

  /** Tasks by what became of them, for one kind of task. */
  tally(prefix) {
    let done = 0;
    for (const task of this.tasks.values()) {
      if (task.key.startsWith(prefix) && (task.state === "done" || task.state === "quarantined")) done++;
    }
    return done;
  }

  /** Attempts that failed, grouped by kind of failure. */
  get failures() {
    const groups = new Map();
    for (const task of this.tasks.values()) {
      for (const attempt of task.attempts) {
        if (!attempt.failure) continue;
        const kind = attempt.failure.kind;
        const group = groups.get(kind) ?? {kind, attempts: 0, tasks: new Set(), open: new Set(), last: null};
        group.attempts++;
        group.tasks.add(task.key);
        if (task.state === "quarantined") group.open.add(task.key);
        if (!group.last || attempt.ended > group.last.at) {
          group.last = {at: attempt.ended, key: task.key, device: attempt.device, message: attempt.failure.message};
        }
        groups.set(kind, group);
      }
    }
    return [...groups.values()].sort((a, b) => b.attempts - a.attempts);
  }

  /** Whether the run rests; from the run's own history. */
  get paused() {
    for (let i = this.history.length - 1; i >= 0; i--) {
      const type = this.history[i].type;
      if (type.includes("resumed")) return false;
      if (type.includes("paused")) return true;
    }
    return false;
  }
}
