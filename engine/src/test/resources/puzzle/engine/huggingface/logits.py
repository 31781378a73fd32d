"""Loads a folder with an independent program and writes its logits: logits.py READER FOLDER IN OUT.

IN and OUT are safetensors: int64 `tokens` [batch, length] in, fp32 `logits` and, for transformers,
int64 `generated` (greedy, 8 tokens, with cache) out.
"""

import sys

reader, folder, given, out = sys.argv[1:]

if reader == "transformers":
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(1)
    tokens = load_file(given)["tokens"]
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, trust_remote_code=True, output_loading_info=True, torch_dtype=torch.float32
    )
    for kind, keys in info.items():
        if keys:
            sys.exit(f"{kind}: {keys}")
    model.eval()
    with torch.no_grad():
        logits = model(tokens, use_cache=False).logits
        ids = model.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=8,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
        )
        full = tokens
        for _ in range(8):
            step = model(full, use_cache=False).logits[:, -1:].argmax(-1)
            full = torch.cat((full, step), dim=1)
        if not torch.equal(ids, full):
            sys.exit("generation with a cache differs from generation without")
    save_file({"logits": logits.contiguous(), "generated": ids.contiguous()}, out)
elif reader == "mlx":
    import mlx.core as mx
    from mlx_lm.utils import load_model
    from pathlib import Path

    mx.set_default_device(mx.cpu)
    model, _ = load_model(Path(folder), strict=True)
    model.set_dtype(mx.float32)
    tokens = mx.load(given)["tokens"]
    mx.save_safetensors(out, {"logits": model(tokens).astype(mx.float32)})
