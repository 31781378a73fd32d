# SPDX-License-Identifier: Apache-2.0
"""A Llama decoder in which every layer has its own attention and FFN.

Attention is grouped-query with any number of KV heads, one linear layer, or nothing; the FFN is a
gated SiLU of any width, one of `low_rank_width` whose matrices are products of two (`low_rank`),
one linear layer, or nothing. A subblock that is nothing has no norm.
"""

import math

import torch
import torch.nn.functional as F
import transformers
from torch import nn
from transformers.cache_utils import DynamicCache
from transformers.generation import GenerationMixin
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast
from transformers.modeling_utils import PreTrainedModel

from .configuration_decilm import DeciLMConfig, intermediate_size

# transformers 5.24 renamed what it hands over between steps.
CACHE = "cache" if "cache" in BaseModelOutputWithPast.__dataclass_fields__ else "past_key_values"


class DeciLMRMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        h = x.float()
        h = h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + self.eps)
        return self.weight * h.to(x.dtype)


def inverse_frequencies(config, device):
    """Rotary frequencies; with `llama3`, low ones are divided and those between blended."""
    steps = torch.arange(0, config.head_dim, 2, dtype=torch.float32, device=device)
    frequencies = config.rope_theta ** (-steps / config.head_dim)
    scaling = config.rope_scaling
    if not scaling or scaling.get("rope_type", scaling.get("type")) in (None, "default"):
        return frequencies
    factor = scaling["factor"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] * frequencies / (2 * math.pi)
    blend = ((turns - low) / (high - low)).clamp(0, 1)
    return (1 - blend) * frequencies / factor + blend * frequencies


def rotate(x, cos, sin):
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class DeciLMAttention(nn.Module):
    def __init__(self, config, attention, cache_index):
        super().__init__()
        self.heads = config.num_attention_heads
        self.kv_heads = self.heads // attention.n_heads_in_group
        self.head_dim = config.head_dim
        self.cache_index = cache_index
        hidden, bias = config.hidden_size, config.attention_bias
        qkv_bias = getattr(config, "qkv_bias", bias)
        self.q_proj = nn.Linear(hidden, self.heads * self.head_dim, bias=qkv_bias)
        self.k_proj = nn.Linear(hidden, self.kv_heads * self.head_dim, bias=qkv_bias)
        self.v_proj = nn.Linear(hidden, self.kv_heads * self.head_dim, bias=qkv_bias)
        self.o_proj = nn.Linear(self.heads * self.head_dim, hidden, bias=bias)

    def forward(self, x, cos, sin, mask, cache):
        batch, length, _ = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is not None:
            k, v = cache.update(k, v, self.cache_index)
        group = self.heads // self.kv_heads
        k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, -1))


class DeciLMLinearAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.linear_attn = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, x, cos, sin, mask, cache):
        return self.linear_attn(x)


class DeciLMMLP(nn.Module):
    def __init__(self, config, ffn):
        super().__init__()
        hidden, width = config.hidden_size, intermediate_size(ffn, config.hidden_size)
        self.gate_proj = nn.Linear(hidden, width, bias=config.mlp_bias)
        self.up_proj = nn.Linear(hidden, width, bias=config.mlp_bias)
        self.down_proj = nn.Linear(width, hidden, bias=config.mlp_bias)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class DeciLMProduct(nn.Module):
    """A matrix as the product of [out, rank] and [rank, in]."""

    def __init__(self, size_in, rank, size_out):
        super().__init__()
        self.b = nn.Linear(size_in, rank, bias=False)
        self.a = nn.Linear(rank, size_out, bias=False)

    def forward(self, x):
        return self.a(self.b(x))


class DeciLMLowRankMLP(nn.Module):
    def __init__(self, config, ffn):
        super().__init__()
        hidden, width = config.hidden_size, ffn.low_rank_width
        self.gate_proj = DeciLMProduct(hidden, ffn.low_rank, width)
        self.up_proj = DeciLMProduct(hidden, ffn.low_rank, width)
        self.down_proj = DeciLMProduct(width, ffn.low_rank, hidden)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class DeciLMLinearMLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.linear_mlp = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, x):
        return self.linear_mlp(x)


class DeciLMDecoderLayer(nn.Module):
    def __init__(self, config, block, cache_index):
        super().__init__()
        self.has_attention, self.has_ffn = not block.attention.no_op, not block.ffn.no_op
        if self.has_attention:
            self.input_layernorm = DeciLMRMSNorm(config.hidden_size, config.rms_norm_eps)
            self.self_attn = (
                DeciLMLinearAttention(config)
                if block.attention.replace_with_linear
                else DeciLMAttention(config, block.attention, cache_index)
            )
        if self.has_ffn:
            self.post_attention_layernorm = DeciLMRMSNorm(config.hidden_size, config.rms_norm_eps)
            if block.ffn.replace_with_linear:
                self.mlp = DeciLMLinearMLP(config)
            elif block.ffn.get("low_rank"):
                self.mlp = DeciLMLowRankMLP(config, block.ffn)
            else:
                self.mlp = DeciLMMLP(config, block.ffn)

    def forward(self, x, cos, sin, mask, cache):
        if self.has_attention:
            x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)
        if self.has_ffn:
            x = x + self.mlp(self.post_attention_layernorm(x))
        return x


class DeciLMPreTrainedModel(PreTrainedModel):
    config_class = DeciLMConfig
    base_model_prefix = "model"
    _no_split_modules = ["DeciLMDecoderLayer"]
    _supports_sdpa = True

    def _init_weights(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
            if getattr(module, "bias", None) is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, DeciLMRMSNorm):
            nn.init.ones_(module.weight)


class DeciLMModel(DeciLMPreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        layers, cached = [], 0
        for block in config.block_configs:
            # Layers without a KV cache are not counted: the cache has no gaps.
            layers.append(DeciLMDecoderLayer(config, block, cached))
            cached += not block.attention.no_op and not block.attention.replace_with_linear
        self.layers = nn.ModuleList(layers)
        self.cached_layers = cached
        self.norm = DeciLMRMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_init()

    def forward(
        self,
        input_ids=None,
        attention_mask=None,
        position_ids=None,
        past_key_values=None,
        inputs_embeds=None,
        use_cache=None,
        output_hidden_states=None,
        cache=None,
        **kwargs,
    ):
        cache = past_key_values if cache is None else cache
        x = self.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        use_cache = self.config.use_cache if use_cache is None else use_cache
        if self.cached_layers == 0 or self.training or not use_cache:
            cache = None
        elif cache is None:
            cache = DynamicCache()
        past = 0 if cache is None else cache.get_seq_length()
        length = x.shape[1]
        if position_ids is None:
            position_ids = torch.arange(past, past + length, device=x.device)[None]
        angles = position_ids[..., None].float() * inverse_frequencies(self.config, x.device)
        angles = torch.cat((angles, angles), dim=-1)[:, None]
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        mask = self._mask(attention_mask, past, length, x.device)
        states = (x,)
        for layer in self.layers:
            x = layer(x, cos, sin, mask, cache)
            states += (x,)
        x = self.norm(x)
        return BaseModelOutputWithPast(
            last_hidden_state=x,
            hidden_states=states[:-1] + (x,) if output_hidden_states else None,
            **{CACHE: cache},
        )

    @staticmethod
    def _mask(attention_mask, past, length, device):
        """True where a query may look: at itself, before itself, never at padding."""
        queries = torch.arange(past, past + length, device=device)
        mask = (torch.arange(past + length, device=device)[None] <= queries[:, None])[None, None]
        if attention_mask is not None and not bool(attention_mask.all()):
            itself = torch.eye(past + length, dtype=torch.bool, device=device)[past:]
            mask = mask & attention_mask[:, None, None, : past + length].bool() | itself
        return mask


class DeciLMForCausalLM(DeciLMPreTrainedModel, GenerationMixin):
    # transformers 5 wants the target beside the name.
    _tied_weights_keys = (
        {"lm_head.weight": "model.embed_tokens.weight"}
        if int(transformers.__version__.split(".")[0]) >= 5
        else ["lm_head.weight"]
    )

    def __init__(self, config):
        super().__init__(config)
        self.model = DeciLMModel(config)
        self.vocab_size = config.vocab_size
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def set_input_embeddings(self, value):
        self.model.embed_tokens = value

    def get_output_embeddings(self):
        return self.lm_head

    def set_output_embeddings(self, value):
        self.lm_head = value

    def forward(self, input_ids=None, attention_mask=None, labels=None, **kwargs):
        kwargs.pop("return_dict", None)
        out = self.model(input_ids, attention_mask, **kwargs)
        logits = self.lm_head(out.last_hidden_state)
        loss = None
        if labels is not None:
            loss = F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten())
        return CausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            hidden_states=out.hidden_states,
            **{CACHE: getattr(out, CACHE)},
        )
