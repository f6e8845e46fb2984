"""A decoder-only language model: RMSNorm, rotary positions, SwiGLU and grouped-query attention.

`blocks` is a dictionary "0" … "n-1": a pipeline's stage has only some of them, and they keep their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import nn

from workloads.models.decoder_config import PRESETS, DecoderConfig, rounded_vocabulary

__all__ = ["PRESETS", "Block", "Decoder", "DecoderConfig", "rounded_vocabulary"]

# Standard deviation of first weights, as in GPT-2; layers that write into the residual stream get less, the deeper the model is.
INITIAL_DEVIATION = 0.02


class Decoder(nn.Module):
    """Tokens in, a score for every next token out."""

    name: ClassVar[str] = "decoder"

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        # None in a pipeline stage that lacks the layer.
        self.embed: nn.Embedding | None = nn.Embedding(config.vocabulary, config.width)
        self.blocks = nn.ModuleDict({str(number): Block(config) for number in range(config.layers)})
        self.norm: nn.RMSNorm | None = nn.RMSNorm(config.width, config.norm_epsilon)
        self.head: nn.Linear | None = nn.Linear(config.width, config.vocabulary, bias=False)
        self.cosine: torch.Tensor
        self.sine: torch.Tensor
        for name in ("cosine", "sine"):
            self.register_buffer(name, torch.empty(config.positions, config.head_width), persistent=False)
        self.reset_buffers()

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Any]) -> Self:
        return cls(DecoderConfig(**configuration))

    def architecture(self) -> dict[str, Any]:
        """The configuration from which `workloads.models.build` makes this model again."""
        return {"name": self.name, **self.config.as_dict()}

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """int64 (rows, positions) -> logits (rows, positions, vocabulary).

        A pipeline stage takes and gives what flows between blocks: float (rows, positions, width).
        """
        flow = tokens if self.embed is None else self.embed(tokens)
        for block in self.blocks.values():
            flow = block(flow, self.cosine, self.sine)
        if self.norm is not None:
            flow = self.norm(flow)
        return flow if self.head is None else self.head(flow)

    def reset_buffers(self) -> None:
        """Compute the rotary tables; needed again after the model has left the meta device."""
        if self.cosine.is_meta:
            return
        pairs = torch.arange(0, self.config.head_width, 2, dtype=torch.float32)
        angles = torch.outer(
            torch.arange(self.config.positions).float(), self.config.rope_base ** (-pairs / self.config.head_width)
        )
        both = torch.cat((angles, angles), dim=-1)
        self.cosine.copy_(both.cos())
        self.sine.copy_(both.sin())

    def draw(self, name: str, weight: torch.Tensor, generator: torch.Generator) -> None:
        """Fill `weight`, the whole parameter `name`."""
        if weight.ndim == 1:
            weight.fill_(1.0)
            return
        residual = name.endswith(("attention.output.weight", "feed_forward.down.weight"))
        weight.normal_(0.0, INITIAL_DEVIATION * (2 * self.config.layers) ** (-0.5 if residual else 0.0), generator=generator)


class Block(nn.Module):
    """Attention, then the feed-forward net, each added to the residual stream."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.width, config.norm_epsilon)
        self.attention = Attention(config)
        self.feed_forward_norm = nn.RMSNorm(config.width, config.norm_epsilon)
        self.feed_forward = FeedForward(config)
        self.recompute = False  # activation checkpointing: keep only the block's input for the backward pass

    def forward(self, flow: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
        """float (rows, positions, width) -> float (rows, positions, width)."""
        if self.recompute and torch.is_grad_enabled():
            from torch.utils.checkpoint import checkpoint

            again: torch.Tensor = checkpoint(self._forward, flow, cosine, sine, use_reentrant=False, preserve_rng_state=False)
            return again
        return self._forward(flow, cosine, sine)

    def _forward(self, flow: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
        flow = flow + self.attention(self.attention_norm(flow), cosine, sine)
        result: torch.Tensor = flow + self.feed_forward(self.feed_forward_norm(flow))
        return result


class Attention(nn.Module):
    """Causal self-attention. Counts its heads by what its projections give, so a tensor-parallel share of them works alike."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.head_width = config.head_width
        self.query = nn.Linear(config.width, config.heads * config.head_width, bias=False)
        self.key = nn.Linear(config.width, config.kv_heads * config.head_width, bias=False)
        self.value = nn.Linear(config.width, config.kv_heads * config.head_width, bias=False)
        self.output = nn.Linear(config.heads * config.head_width, config.width, bias=False)

    def forward(self, flow: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
        query, key, value = (self._heads(project(flow)) for project in (self.query, self.key, self.value))
        query, key = _rotate(query, cosine, sine), _rotate(key, cosine, sine)
        shared = query.shape[1] // key.shape[1]
        if shared > 1:
            key, value = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        result: torch.Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return result

    def _heads(self, projected: torch.Tensor) -> torch.Tensor:
        """(rows, positions, heads x head_width) -> (rows, heads, positions, head_width)"""
        rows, positions, _ = projected.shape
        return projected.view(rows, positions, -1, self.head_width).transpose(1, 2)


class FeedForward(nn.Module):
    """SwiGLU: down(silu(gate(x)) * up(x))."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(config.width, config.feed_forward, bias=False)
        self.up = nn.Linear(config.width, config.feed_forward, bias=False)
        self.down = nn.Linear(config.feed_forward, config.width, bias=False)

    def forward(self, flow: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.down(F.silu(self.gate(flow)) * self.up(flow))
        return result


def _rotate(heads: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
    """Rotary positions, in float32: angles of late positions need its digits."""
    positions = heads.shape[2]
    exact = heads.float()
    first, second = exact.chunk(2, dim=-1)
    turned = exact * cosine[:positions] + torch.cat((-second, first), dim=-1) * sine[:positions]
    return turned.to(heads.dtype)
