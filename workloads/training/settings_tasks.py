"""What each task adds to the settings, and the defaults that suit it. Imports no PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from workloads.models.decoder_config import PRESETS
from workloads.settings import one_of, within
from workloads.training.settings import DATA, LENGTH, OPTIMIZER, TrainerSettings

MODEL: Final = "model"
DIGITS_ARCHITECTURES: Final[Mapping[str, str]] = MappingProxyType({"cnn": "digits-cnn", "depthwise": "digits-depthwise"})
# Channels of the digits models come in groups of four.
WIDTH_MULTIPLE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitsSettings(TrainerSettings):
    """Settings of task `digits`."""

    epochs: int = field(default=15, metadata=within(1, 10_000, LENGTH, "passes over the training data"))
    learning_rate: float = field(default=0.008, metadata=within(1e-6, 1.0, OPTIMIZER, "highest learning rate, after the warm-up"))
    arch: str = field(
        default="cnn", metadata=one_of(tuple(DIGITS_ARCHITECTURES), MODEL, "the usual net, or the light one of depthwise layers")
    )
    width: int = field(default=16, metadata=within(4, 512, MODEL, "channels of the first layer, a multiple of 4"))

    def faults(self) -> list[str]:
        faults = TrainerSettings.faults(
            self
        )  # not super(): `slots=True` replaces the class, and super() would look for the one written here
        if self.width % WIDTH_MULTIPLE:
            faults.append(f"width is {self.width}; it must be a multiple of {WIDTH_MULTIPLE} (the layers' groups)")
        for name, instead in (("tensor", "shard or replicate"), ("pipeline", "replicate")):
            if getattr(self, name) > 1:
                faults.append(f"{name} is {getattr(self, name)}; the digits model has replicate and shard only, use {instead}")
        if self.activation_checkpointing:
            faults.append("activation_checkpointing is true; the digits model has no blocks, leave it false")
        if self.precision == "float8":
            faults.append("precision is 'float8'; the digits model's layers are too small for it, choose bf16 or fp32")
        return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSettings(TrainerSettings):
    """Settings of task `language`. The tokenizer is the corpus's."""

    batch_size: int = field(default=32, metadata=within(1, 65_536, LENGTH, "rows a step, over all processes together"))
    learning_rate: float = field(default=0.003, metadata=within(1e-6, 1.0, OPTIMIZER, "highest learning rate, after the warm-up"))
    warmup_steps: int = field(default=50, metadata=within(0, 100_000, OPTIMIZER, "steps over which the learning rate rises"))
    min_learning_rate_ratio: float = field(
        default=0.1, metadata=within(0.0, 1.0, OPTIMIZER, "where the cosine ends, as a share of learning_rate")
    )
    weight_decay: float = field(default=0.1, metadata=within(0.0, 1.0, OPTIMIZER, "AdamW's decoupled weight decay"))
    clip_norm: float = field(default=1.0, metadata=within(0.0, 1e6, OPTIMIZER, "largest norm of all gradients; 0: no clipping"))
    model: str = field(default="1m", metadata=one_of(tuple(PRESETS), MODEL, "size of the decoder"))
    sequence_length: int = field(default=256, metadata=within(8, 131_072, DATA, "tokens a row"))
