#!/usr/bin/env python3
"""The place of a global distillation, with Python's standard library alone.

Reads one lease of the task `gkd` as JSON on standard input: the chosen architecture, the trained
weights of its blocks, the parent, the recording. Assembles the child into one safetensors file in
the run's store and writes the task's result as JSON on standard output, as `puzzle worker exec`
wants it. Train the file where it says so, with whatever your cluster has; as it stands, the child
is handed back as it was assembled.
"""
import hashlib
import json
import os
import struct
import sys

ATTENTION = ("input_layernorm.", "self_attn.")
FFN = ("post_attention_layernorm.", "mlp.")


class Tensors:
    """A safetensors file: names, and each tensor's bytes as they are."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            size = struct.unpack("<Q", file.read(8))[0]
            self.header = json.loads(file.read(size))
        self.header.pop("__metadata__", None)
        self.start = 8 + size

    def bytes(self, name):
        begin, end = self.header[name]["data_offsets"]
        with open(self.path, "rb") as file:
            file.seek(self.start + begin)
            return file.read(end - begin)


def parent_files(folder):
    index = os.path.join(folder, "model.safetensors.index.json")
    if not os.path.exists(index):
        return [Tensors(os.path.join(folder, "model.safetensors"))]
    with open(index, encoding="utf-8") as file:
        names = sorted(set(json.load(file)["weight_map"].values()))
    return [Tensors(os.path.join(folder, name)) for name in names]


def assembled(lease):
    """Each tensor's name and the file it is in."""
    task, space = lease["task"], lease["spec"]["space"]
    own = {"attention": space["attention"][0], "ffn": space["ffn"][0]}
    chosen = {}
    for file in parent_files(lease["spec"]["parent"]):
        chosen.update({name: file for name in file.header})
    for layer, block in enumerate(task["architecture"]):
        for half, variant, parts in zip(("attention", "ffn"), block.split("+"), (ATTENTION, FFN)):
            if variant == own[half]:
                continue
            prefix = "model.layers.%d." % layer
            for name in [n for n in chosen if n.startswith(tuple(prefix + p for p in parts))]:
                del chosen[name]
            trained = task["layers"][layer][half]
            if trained:
                file = Tensors(os.path.join(lease["store"], trained["path"]))
                chosen.update({name: file for name in file.header})
    return chosen


def pieces(tensors, header):
    yield struct.pack("<Q", len(header))
    yield header
    for name in sorted(tensors):
        yield tensors[name].bytes(name)


def write(tensors, path):
    """Writes a safetensors file; answers with its length and SHA-256."""
    header, offset = {}, 0
    for name in sorted(tensors):
        entry = tensors[name].header[name]
        size = entry["data_offsets"][1] - entry["data_offsets"][0]
        header[name] = dict(entry, data_offsets=[offset, offset + size])
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    digest, length = hashlib.sha256(), 0
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "wb") as out:
        for piece in pieces(tensors, text):
            out.write(piece)
            digest.update(piece)
            length += len(piece)
    os.replace(path + ".part", path)
    return length, digest.hexdigest()


def trained(lease):
    if lease["key"] != "gkd":
        raise ValueError("%s: only gkd is done here" % lease["key"])
    path = "external/healed-%d.safetensors" % lease["attempt"]
    # Train here: from the assembled tensors, against the parent, on the recording's tokens.
    length, sha256 = write(assembled(lease), os.path.join(lease["store"], path))
    return {"@type": "healed", "child": {"path": path, "bytes": length, "sha256": sha256},
            "steps": 0, "held_out": []}


if __name__ == "__main__":
    json.dump(trained(json.load(sys.stdin)), sys.stdout)
