"""What can be trained: one module a task, imported when it is used.

A task says what its data and its model are; how they are trained is the trainer's, the same for all.
"""

from __future__ import annotations

from workloads.training.tasks.registry import TASKS, TaskRow, evaluate

__all__ = ["TASKS", "TaskRow", "evaluate"]
