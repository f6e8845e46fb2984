"""Learning from a teacher: besides the data's targets, the student learns how the teacher spreads its probability."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from workloads import artifact
from workloads.errors import ModelError
from workloads.training.settings import TrainerSettings
from workloads.training.tasks.task import loss_of


class Objective:
    """The loss of a step: the data's; with a teacher, mixed with the divergence of the student from the teacher."""

    def __init__(self, settings: TrainerSettings, teacher: nn.Module | None = None) -> None:
        self._teacher = teacher
        self._weight, self._temperature = settings.distillation_weight, settings.distillation_temperature

    @property
    def has_teacher(self) -> bool:
        return self._teacher is not None

    def __call__(self, logits: torch.Tensor, targets: torch.Tensor, inputs: torch.Tensor | None = None) -> torch.Tensor:
        """logits (rows, …, classes), targets int64 (rows, …) -> scalar, the mean over all predictions."""
        hard = loss_of(logits, targets)
        if self._teacher is None:
            return hard
        with torch.no_grad():
            told = self._teacher(inputs)
        soft = divergence(logits, told, self._temperature)
        return (1.0 - self._weight) * hard + self._weight * soft


def divergence(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """Mean Kullback-Leibler divergence of the softened distributions, times temperature squared.

    The square keeps the gradient's size independent of the temperature (Hinton et al., arXiv:1503.02531, section 2).
    """
    ours = F.log_softmax(student.float() / temperature, dim=-1).flatten(0, -2)
    theirs = F.log_softmax(teacher.float() / temperature, dim=-1).flatten(0, -2)
    return F.kl_div(ours, theirs, log_target=True, reduction="batchmean") * temperature**2


def load_teacher(folder: Path, task: str, student: nn.Module, device: torch.device) -> nn.Module:
    """The teacher, whole on every process. Raises `ModelError` when it answers another question than the student."""
    taught = artifact.load(folder)
    if taught.task != task:
        raise ModelError(
            f"the teacher in {folder} is of task {taught.task!r}, and this run of {task!r}; give one of the same task"
        )
    theirs, ours = (getattr(model, "config", None) for model in (taught.model, student))
    if ours is not None and theirs is not None:
        if theirs.vocabulary != ours.vocabulary:
            raise ModelError(
                f"the teacher in {folder} has a vocabulary of {theirs.vocabulary}, and this run of {ours.vocabulary}; "
                "teach with a model of the same tokenizer"
            )
        if theirs.positions < ours.positions:
            raise ModelError(
                f"the teacher in {folder} reads {theirs.positions} tokens, and sequence_length is {ours.positions}; "
                f"set sequence_length to {theirs.positions} or less"
            )
    return taught.model.requires_grad_(False).to(device)
