"""A training run's settings: defaults, limits and meaning, once; the mechanism is `workloads/settings.py`.

What every task has is here, `settings_tasks.py` adds each task's own. It imports no PyTorch, so that tools that start jobs read
it in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from workloads.settings import DEVICES, Settings, about, one_of, within

PRECISIONS: Final = ("fp32", "bf16", "float8")
# The groups of settings in `--help`.
LENGTH, OPTIMIZER, COMPUTE, PARALLEL, CHECKPOINTS, DATA, START = (
    "length and batches",
    "optimizer",
    "precision and memory",
    "parallelism (the degrees multiply to the number of processes)",
    "checkpoints",
    "data",
    "starting from another model",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerSettings(Settings):
    """One training run's settings. Every one has its limits beside its default."""

    epochs: int = field(default=1, metadata=within(1, 10_000, LENGTH, "passes over the training data"))
    max_steps: int = field(default=0, metadata=within(0, 100_000_000, LENGTH, "end after so many steps; 0: epochs decide"))
    batch_size: int = field(default=64, metadata=within(1, 65_536, LENGTH, "rows a step, over all processes together"))
    accumulation: int = field(default=1, metadata=within(1, 4096, LENGTH, "parts a step's batch is computed in, to save memory"))
    log_every: int = field(default=10, metadata=within(1, 1_000_000, LENGTH, "steps between two lines of the log"))
    seed: int = field(default=0, metadata=within(0, 2**31 - 1, LENGTH, "decides weights, order and augmentation"))
    learning_rate: float = field(default=0.001, metadata=within(1e-6, 1.0, OPTIMIZER, "highest learning rate, after the warm-up"))
    warmup_steps: int = field(default=20, metadata=within(0, 100_000, OPTIMIZER, "steps over which the learning rate rises"))
    min_learning_rate_ratio: float = field(
        default=0.0, metadata=within(0.0, 1.0, OPTIMIZER, "where the cosine ends, as a share of learning_rate")
    )
    weight_decay: float = field(default=0.01, metadata=within(0.0, 1.0, OPTIMIZER, "AdamW's decoupled weight decay"))
    clip_norm: float = field(default=0.0, metadata=within(0.0, 1e6, OPTIMIZER, "largest norm of all gradients; 0: no clipping"))
    device: str = field(default="auto", metadata=one_of(DEVICES, COMPUTE, "where to train; auto takes GPUs if there are enough"))
    precision: str = field(
        default="fp32", metadata=one_of(PRECISIONS, COMPUTE, "what is computed in; weights stay fp32, float8 needs its GPU")
    )
    activation_checkpointing: bool = field(
        default=False, metadata=about(COMPUTE, "compute a block's activations again instead of keeping them")
    )
    compile: bool = field(default=False, metadata=about(COMPUTE, "torch.compile, block by block"))
    replicate: int = field(
        default=0, metadata=within(0, 65_536, PARALLEL, "data-parallel copies (DDP; with shard: HSDP); 0: what is left")
    )
    shard: int = field(
        default=1, metadata=within(1, 65_536, PARALLEL, "processes over which weights and optimizer are sharded (FSDP2)")
    )
    tensor: int = field(default=1, metadata=within(1, 64, PARALLEL, "processes that share each layer (tensor parallelism)"))
    pipeline: int = field(default=1, metadata=within(1, 256, PARALLEL, "stages the layers are dealt to (pipeline parallelism)"))
    pipeline_microbatches: int = field(
        default=0, metadata=within(0, 4096, PARALLEL, "parts a batch goes through the stages in; 0: as many as stages")
    )
    checkpoint_every: int = field(
        default=0,
        metadata=within(0, 100_000_000, CHECKPOINTS, "steps between two checkpoints; 0: only checkpoint_seconds decides"),
    )
    checkpoint_seconds: float = field(
        default=60.0,
        metadata=within(0.0, 86_400.0, CHECKPOINTS, "seconds between two checkpoints; 0: only checkpoint_every decides"),
    )
    checkpoint_keep: int = field(default=2, metadata=within(1, 100, CHECKPOINTS, "checkpoints kept, the newest"))
    checkpoint_uri: str = field(
        default="", metadata=about(CHECKPOINTS, "folder or s3:// address; empty: the job's checkpoints folder")
    )
    data_uri: str = field(
        default="", metadata=about(DATA, "folder or s3:// address with train and test; empty: channels of that name")
    )
    start_from: str = field(
        default="", metadata=about(START, "artifact whose weights to go on from (fine-tuning); in a job channel `model`")
    )
    lora_rank: int = field(default=0, metadata=within(0, 1024, START, "rank of LoRA's adapters; 0: all weights learn"))
    lora_alpha: float = field(default=16.0, metadata=within(0.0, 4096.0, START, "LoRA's scale, divided by its rank"))
    lora_dropout: float = field(default=0.0, metadata=within(0.0, 0.9, START, "dropout before LoRA's adapters"))
    teacher: str = field(
        default="", metadata=about(START, "artifact of a model to learn from (distillation); in a job channel `teacher`")
    )
    distillation_weight: float = field(
        default=0.5, metadata=within(0.0, 1.0, START, "share of the teacher's word in the loss; the rest is the data's")
    )
    distillation_temperature: float = field(
        default=2.0, metadata=within(0.1, 100.0, START, "softens both distributions before they are compared")
    )

    def faults(self) -> list[str]:
        """The faults of settings that exclude each other, each with the way out."""
        faults = []
        if self.batch_size % self.accumulation:
            faults.append(f"batch_size is {self.batch_size}, which accumulation ({self.accumulation}) does not divide")
        if self.pipeline > 1 and self.accumulation > 1:
            faults.append(
                f"accumulation is {self.accumulation} and pipeline {self.pipeline}; stages work in parts anyway, "
                "set pipeline_microbatches instead"
            )
        if self.pipeline_microbatches and self.pipeline == 1:
            faults.append(f"pipeline_microbatches is {self.pipeline_microbatches}, and pipeline is 1; set pipeline to 2 or more")
        if self.lora_rank and (self.tensor > 1 or self.pipeline > 1):
            faults.append(f"lora_rank is {self.lora_rank} with tensor or pipeline above 1; use shard or replicate with LoRA")
        if self.teacher and self.pipeline > 1:
            faults.append(f"teacher is given and pipeline is {self.pipeline}; distil with shard, replicate or tensor")
        if self.precision == "float8" and self.tensor > 1:
            faults.append(f"precision is 'float8' and tensor is {self.tensor}; use shard with float8, or bf16 with tensor")
        return faults
