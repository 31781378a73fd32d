#!/usr/bin/env python3
"""Scores FFN variants of the last layer, with Python's standard library alone.

Reads one lease as JSON on standard input and writes the task's result as JSON on standard output,
as `puzzle worker exec` wants it. Takes the tasks `score/LAST/PARENT_ATTENTION+*`: only the FFN of
the last layer is replaced, so what has to run is that FFN, the final norm and the head, from the
recorded state between attention and FFN. The score is the mean over tokens of
KL(parent || modified), with the standard error of the mean over sequences.
"""
import array
import json
import math
import operator
import os
import re
import struct
import sys


class Tensors:
    """A safetensors file; tensors of fp32 and bf16 as lists of floats."""

    def __init__(self, path):
        self.file = open(path, "rb")
        size = struct.unpack("<Q", self.file.read(8))[0]
        self.header = json.loads(self.file.read(size))
        self.start = 8 + size

    def shape(self, name):
        return self.header[name]["shape"]

    def values(self, name, first=0, count=None):
        """Values [first, first + count) of a tensor, in the file's order."""
        entry = self.header[name]
        width = {"F32": 4, "F16": 2, "BF16": 2}[entry["dtype"]]
        begin, end = entry["data_offsets"]
        count = (end - begin) // width if count is None else count
        self.file.seek(self.start + begin + first * width)
        raw = self.file.read(count * width)
        if entry["dtype"] == "F16":
            return list(struct.unpack("<%de" % count, raw))
        if entry["dtype"] == "BF16":
            # bf16 is the upper half of an fp32.
            raw = b"".join(b"\0\0" + raw[i:i + 2] for i in range(0, len(raw), 2))
        values = array.array("f", raw)
        if sys.byteorder == "big":
            values.byteswap()
        return values.tolist()

    def matrix(self, name):
        rows, columns = self.shape(name)
        flat = self.values(name)
        return [flat[r * columns:(r + 1) * columns] for r in range(rows)]


def parent_tensors(folder):
    """Finds a tensor of the parent, in one file or in several."""
    index = os.path.join(folder, "model.safetensors.index.json")
    if not os.path.exists(index):
        single = Tensors(os.path.join(folder, "model.safetensors"))
        return lambda name: single
    with open(index, encoding="utf-8") as file:
        where = json.load(file)["weight_map"]
    return lambda name: Tensors(os.path.join(folder, where[name]))


def times(matrix, x):
    return [sum(map(operator.mul, row, x)) for row in matrix]


def product(matrices, x):
    """The matrices applied to x, the first of them first."""
    for matrix in matrices:
        x = times(matrix, x)
    return x


def normed(x, weight, epsilon):
    scale = 1 / math.sqrt(sum(map(operator.mul, x, x)) / len(x) + epsilon)
    return [v * scale * w for v, w in zip(x, weight)]


# Ends of the names of the matrices that make up a projection, in the order they are applied.
PARTS = {
    r"ffn-\d+": ["weight"],
    r"ffn-\d+-rank-\d+": ["b.weight", "a.weight"],
}


def ffn_of(variant, prefix, weights, epsilon):
    """The FFN with its norm and its residual, as a function of one token's state."""
    if variant == "ffn-no-op":
        return lambda x: x
    parts = next((p for kind, p in PARTS.items() if re.fullmatch(kind, variant)), None)
    if parts is None and variant != "ffn-linear":
        raise ValueError(variant + ": not a kind of FFN that is known here")
    norm = weights.values(prefix + "post_attention_layernorm.weight")
    if variant == "ffn-linear":
        linear = weights.matrix(prefix + "mlp.linear_mlp.weight")
        return lambda x: list(map(operator.add, x, times(linear, normed(x, norm, epsilon))))
    gate, up, down = (
        [weights.matrix("%smlp.%s.%s" % (prefix, name, part)) for part in parts]
        for name in ("gate_proj", "up_proj", "down_proj"))

    def gated(x):
        n = normed(x, norm, epsilon)
        inner = [g / (1 + math.exp(-g)) * u for g, u in zip(product(gate, n), product(up, n))]
        return list(map(operator.add, x, product(down, inner)))

    return gated


def log_softmax(logits):
    top = max(logits)
    total = top + math.log(sum(math.exp(v - top) for v in logits))
    return [v - total for v in logits]


def kl(reference, logits):
    p = log_softmax(reference)
    q = log_softmax(logits)
    return sum(math.exp(a) * (a - b) for a, b in zip(p, q))


def score(lease):
    metric = (lease["spec"].get("scoring") or {}).get("metric") or "kl"
    if str(metric).lower() != "kl":
        raise ValueError("scoring.metric is %s: only kl is measured here" % metric)
    task, store, folder = lease["task"], lease["store"], lease["spec"]["parent"]
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    last = config["num_hidden_layers"] - 1
    attention, ffn = task["block"].split("+")
    if task["layer"] != last or attention != lease["spec"]["space"]["attention"][0]:
        raise ValueError(lease["key"] + ": only FFN variants of layer %d are scored here" % last)
    epsilon = config["rms_norm_eps"]
    parent = parent_tensors(folder)
    prefix = "model.layers.%d." % last
    trained = (task.get("weights") or {}).get("ffn")
    weights = Tensors(os.path.join(store, trained["path"])) if trained else None
    apply_ffn = ffn_of(ffn, prefix, weights, epsilon)
    final = parent("model.norm.weight").values("model.norm.weight")
    head_name = "model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"
    head = parent(head_name).matrix(head_name)

    with open(os.path.join(store, task["recording"]["path"]), encoding="utf-8") as file:
        shares = json.load(file)["shares"]
    means = []
    for share in shares:
        def states(layer, place):
            path = next(f["file"]["path"] for f in share["states"]
                        if (f["split"], f["layer"], f["place"]) == ("SCORING", layer, place))
            return Tensors(os.path.join(store, path)), "scoring." + place.lower()

        middle, middle_name = states(last, "MIDDLE")
        # The parent's final states: its head gives its logits again.
        output, output_name = states(last + 1, "INPUT")
        sequences, tokens, width = middle.shape(middle_name)
        for first in range(0, sequences * tokens * width, tokens * width):
            x = middle.values(middle_name, first, tokens * width)
            parents = output.values(output_name, first, tokens * width)
            total = 0.0
            for t in range(0, tokens * width, width):
                out = apply_ffn(x[t:t + width])
                total += kl(times(head, normed(parents[t:t + width], final, epsilon)),
                            times(head, normed(out, final, epsilon)))
            means.append(total / tokens)
    sequences = len(means)
    mean = sum(means) / sequences
    spread = sum((m - mean) ** 2 for m in means)
    error = math.sqrt(spread / (sequences - 1) / sequences) if sequences > 1 else 0.0
    return {"@type": "scored",
            "score": {"value": mean, "standard_error": error, "kind": "MEASURED"}}


if __name__ == "__main__":
    json.dump(score(json.load(sys.stdin)), sys.stdout)
