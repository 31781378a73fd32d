# SPDX-License-Identifier: Apache-2.0
"""Configuration of a decoder whose layers differ: `block_configs` has one entry per layer."""

from transformers.configuration_utils import PretrainedConfig


class Fields(dict):
    """A JSON object whose keys are attributes too, which is how serving engines look blocks up."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @classmethod
    def of(cls, value):
        if not isinstance(value, dict):
            return value
        return cls({key: cls.of(item) for key, item in value.items()})


def intermediate_size(ffn, hidden_size):
    """Width of an FFN, given as itself or as a multiplier that is rounded up to 256."""
    if ffn.get("intermediate_size") is not None:
        return ffn["intermediate_size"]
    size = int(2 * ffn["ffn_mult"] * hidden_size / 3)
    return (size + 255) // 256 * 256


class DeciLMConfig(PretrainedConfig):
    model_type = "nemotron-nas"
    keys_to_ignore_at_inference = ["past_key_values"]

    def __init__(
        self,
        vocab_size=32000,
        hidden_size=4096,
        num_hidden_layers=0,
        num_attention_heads=32,
        head_dim=None,
        hidden_act="silu",
        max_position_embeddings=2048,
        initializer_range=0.02,
        rms_norm_eps=1e-6,
        rope_theta=10000.0,
        rope_scaling=None,
        rope_parameters=None,
        attention_bias=False,
        attention_dropout=0.0,
        mlp_bias=False,
        use_cache=True,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
        tie_word_embeddings=False,
        block_configs=None,
        **kwargs,
    ):
        self.block_configs = [Fields.of(block) for block in block_configs or []]
        if len(self.block_configs) != num_hidden_layers:
            raise ValueError(
                f"{num_hidden_layers} layers, but {len(self.block_configs)} block_configs"
            )
        for name in ("intermediate_size", "num_key_value_heads"):
            kwargs.pop(name, None)
        super().__init__(
            bos_token_id=bos_token_id,
            eos_token_id=eos_token_id,
            pad_token_id=pad_token_id,
            tie_word_embeddings=tie_word_embeddings,
            **kwargs,
        )
        # Those differ between layers.
        self.intermediate_size = None
        self.num_key_value_heads = None
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.head_dim = head_dim if head_dim is not None else hidden_size // num_attention_heads
        self.hidden_act = hidden_act
        self.max_position_embeddings = max_position_embeddings
        self.initializer_range = initializer_range
        self.rms_norm_eps = rms_norm_eps
        self.attention_bias = attention_bias
        self.attention_dropout = attention_dropout
        self.mlp_bias = mlp_bias
        self.use_cache = use_cache
        self.pad_token_id = pad_token_id
        self.bos_token_id = bos_token_id
        self.eos_token_id = eos_token_id
        self.tie_word_embeddings = tie_word_embeddings
        # Old and new spelling of rotary positions: readers ask for either.
        given = dict(rope_parameters or {})
        self.rope_theta = given.get("rope_theta", rope_theta)
        if given.get("rope_type", "default") != "default":
            rope_scaling = {key: given[key] for key in given if key != "rope_theta"}
        self.rope_scaling = rope_scaling
        self.rope_parameters = {
            "rope_type": "default",
            **(rope_scaling or {}),
            "rope_theta": self.rope_theta,
        }
