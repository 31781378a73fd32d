"""The steps of NativeSpeedBenchmark in Python's torch: eager, one thread, fused AdamW.

Reads arrays.json and arrays.bin (fp32 and int64, row-major) from the folder given, then for each
name of a step on standard input runs it once and writes its seconds and its loss.
"""
import json
import os
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
folder = sys.argv[1]
arrays = {}
with open(os.path.join(folder, "arrays.bin"), "rb") as f:
    for entry in json.load(open(os.path.join(folder, "arrays.json"))):
        kind = torch.float32 if entry["type"] == "fp32" else torch.int64
        data = bytearray(f.read(entry["bytes"]))
        arrays[entry["name"]] = torch.frombuffer(data, dtype=kind).reshape(entry["shape"]).clone()


def group(name, trained):
    prefix = name + "/"
    found = [a for n, a in arrays.items() if n.startswith(prefix)]
    return [a.clone().requires_grad_(trained) for a in found]


cos, sin = arrays["cos"], arrays["sin"]


def rms(x, w):
    return F.rms_norm(x, (x.size(-1),), w, 1e-5)


def rope(x):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def attention(x, w):
    b, t, d = x.size(0), x.size(1), cos.size(-1)
    n = rms(x, w[0])
    q, k, v = (F.linear(n, p).view(b, t, -1, d).transpose(1, 2) for p in w[1:4])
    group = q.size(1) // k.size(1)
    k, v = (y.repeat_interleave(group, 1) for y in (rope(k), v))
    y = F.scaled_dot_product_attention(rope(q), k, v, is_causal=True)
    return x + F.linear(y.transpose(1, 2).reshape(b, t, -1), w[4])


def ffn(x, w):
    n = rms(x, w[0])
    return x + F.linear(F.silu(F.linear(n, w[1])) * F.linear(n, w[2]), w[3])


def states(ids, w):
    x = F.embedding(ids, w[0])
    found = []
    for i in range(1, len(w) - 2, 9):
        x = ffn(attention(x, w[i : i + 5]), w[i + 5 : i + 9])
        found.append(x)
    return found, F.linear(rms(x, w[-2]), w[-1])


def kl(logits, parent):
    child, target = F.log_softmax(logits, -1), F.log_softmax(parent, -1)
    return F.kl_div(child, target, reduction="none", log_target=True).sum(-1).mean()


def nmse(y, target):
    return F.mse_loss(y, target) / target.square().mean()


class Trained:
    def __init__(self, name):
        self.p = group(name, True)
        self.optimiser = torch.optim.AdamW(
            self.p, lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.01, fused=True
        )

    def step(self, loss):
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.p, 1.0)
        self.optimiser.step()
        return loss.item()


parent, frozen = group("parent", False), group("frozen", False)
trained = {n: Trained(n) for n in ("bld_ffn", "bld_attention", "gkd")}


def bld_ffn():
    t = trained["bld_ffn"]
    return t.step(nmse(ffn(arrays["middle"], t.p), arrays["output"]))


def bld_attention():
    t = trained["bld_attention"]
    return t.step(nmse(ffn(attention(arrays["input"], t.p), frozen), arrays["output"]))


def score():
    with torch.no_grad():
        return kl(states(arrays["scored"], scored)[1], arrays["logits"]).item()


def gkd():
    t = trained["gkd"]
    with torch.no_grad():
        their_states, their_logits = states(arrays["healed"], parent)
    our_states, our_logits = states(arrays["healed"], t.p)
    loss = kl(our_logits, their_logits)
    for ours, theirs in zip(our_states, their_states):
        loss = loss + (1 - F.cosine_similarity(ours, theirs, -1)).mean()
    return t.step(loss)


scored = group("scored_model", False)
print("ready", torch.__version__, flush=True)
for line in sys.stdin:
    step = globals()[line.strip()]
    begin = time.perf_counter()
    loss = step()
    print(time.perf_counter() - begin, loss, flush=True)
