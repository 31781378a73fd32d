"""Tokens a second of one layer of Llama-3.1-8B's shape in bf16: what LayerSpeedBenchmark is compared with."""

import sys
import time

import torch
from torch.nn.functional import linear, rms_norm, scaled_dot_product_attention, silu

HIDDEN, HEADS, KV_HEADS, SIZE, WIDTH, REPETITIONS = 4096, 32, 8, 128, 14336, 3


def weight(rows, columns):
    return (torch.randn(rows, columns) * 0.02).bfloat16()


def rotated(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def layer(x, w, cos, sin):
    n = rms_norm(x, (HIDDEN,), w["norm"], 1e-5)
    q, k, v = (
        linear(n, w[name]).view(1, -1, heads, SIZE).transpose(1, 2)
        for name, heads in (("q", HEADS), ("k", KV_HEADS), ("v", KV_HEADS))
    )
    q, k = rotated(q, cos, sin), rotated(k, cos, sin)
    k, v = (t.repeat_interleave(HEADS // KV_HEADS, 1) for t in (k, v))
    y = scaled_dot_product_attention(q, k, v, is_causal=True)
    x = x + linear(y.transpose(1, 2).reshape(1, -1, HIDDEN), w["o"])
    n = rms_norm(x, (HIDDEN,), w["norm"], 1e-5)
    return x + linear(silu(linear(n, w["gate"])) * linear(n, w["up"]), w["down"])


torch.set_num_threads(1)
torch.manual_seed(1)
tokens = int(sys.argv[1])
shapes = {
    "q": (HIDDEN, HIDDEN), "k": (KV_HEADS * SIZE, HIDDEN), "v": (KV_HEADS * SIZE, HIDDEN), "o": (HIDDEN, HIDDEN),
    "gate": (WIDTH, HIDDEN), "up": (WIDTH, HIDDEN), "down": (HIDDEN, WIDTH),
}
w = {name: weight(*shape) for name, shape in shapes.items()}
w["norm"] = torch.ones(HIDDEN).bfloat16()
angles = torch.outer(torch.arange(tokens), 500000 ** (-torch.arange(0, SIZE, 2) / SIZE))
cos, sin = (torch.cat([f(angles)] * 2, -1).bfloat16() for f in (torch.cos, torch.sin))
x = torch.randn(1, tokens, HIDDEN).bfloat16()
best = float("inf")
with torch.inference_mode():
    for _ in range(REPETITIONS + 1):
        start = time.thread_time()
        layer(x, w, cos, sin)
        best = min(best, time.thread_time() - start)
print("%-12s %5d tokens: %7.1f tokens/s" % ("torch bf16", tokens, tokens / best), flush=True)
