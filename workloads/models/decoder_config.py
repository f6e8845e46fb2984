"""The decoder's sizes, as plain numbers: readable without PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final

# A vocabulary is rounded up to this multiple, so that tensor parallelism can divide it and tensor cores run at full speed. The
# rows too many stand for no token and soon get no probability.
VOCABULARY_MULTIPLE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderConfig:
    """A decoder-only transformer: `layers` blocks of `width` channels; `heads` query heads share `kv_heads` keys and values."""

    width: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int = 320  # bytes and an end of text, rounded up
    positions: int = 1024  # longest sequence
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-5

    def __post_init__(self) -> None:
        for name in ("width", "layers", "heads", "kv_heads", "feed_forward", "vocabulary", "positions"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} is {value!r}; it must be a whole number from 1")
        if self.width % self.heads or self.width // self.heads % 2:
            raise ValueError(f"width is {self.width} and heads {self.heads}; a head needs an even number of channels")
        if self.heads % self.kv_heads:
            raise ValueError(f"heads is {self.heads}, which kv_heads ({self.kv_heads}) does not divide")

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def parameters(self) -> int:
        """Weights, all of them."""
        attention = 2 * self.width * self.width + 2 * self.width * self.kv_heads * self.head_width
        block = attention + 3 * self.width * self.feed_forward + 2 * self.width
        return self.layers * block + 2 * self.vocabulary * self.width + self.width

    def flops_per_token(self, sequence_length: int) -> int:
        """Floating-point operations of forward and backward for one token: `6 N + 6 L W S`.

        6 for each weight that multiplies (the embedding only looks up, so it isn't among N). Attention: 12 x layers x width x
        sequence_length for whole scores (PaLM, arXiv:2204.02311, appendix B), of which a causal model needs half.
        """
        multiplying = self.parameters - self.vocabulary * self.width
        return 6 * multiplying + 6 * self.layers * self.width * sequence_length

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


# Named by their size with a vocabulary of bytes; from 1b on the name also fits a vocabulary of 32 thousand.
PRESETS: Final[Mapping[str, DecoderConfig]] = MappingProxyType(
    {
        "1m": DecoderConfig(width=128, layers=5, heads=4, kv_heads=2, feed_forward=352),
        "10m": DecoderConfig(width=320, layers=8, heads=8, kv_heads=4, feed_forward=960),
        "50m": DecoderConfig(width=512, layers=16, heads=8, kv_heads=4, feed_forward=1536),
        "125m": DecoderConfig(width=768, layers=18, heads=12, kv_heads=4, feed_forward=2304),
        "350m": DecoderConfig(width=1024, layers=28, heads=16, kv_heads=8, feed_forward=3072),
        "1b": DecoderConfig(width=2048, layers=20, heads=16, kv_heads=8, feed_forward=5632),
        "3b": DecoderConfig(width=3072, layers=28, heads=24, kv_heads=8, feed_forward=8192),
        "8b": DecoderConfig(width=4096, layers=36, heads=32, kv_heads=8, feed_forward=14336),
    }
)


def rounded_vocabulary(tokens: int) -> int:
    """The vocabulary a model gets for a tokenizer of `tokens` tokens."""
    return -(-tokens // VOCABULARY_MULTIPLE) * VOCABULARY_MULTIPLE
