"""States of earlier releases name `infra.components.training_job.TrainingJobProvider` as the provider of their training jobs.

Pulumi imports a dynamic resource's provider by the path in the state, so this path must stay importable as long as such a state
can be upgraded.
"""

from __future__ import annotations

from infra.training.training_job import TrainingJobProvider

__all__ = ["TrainingJobProvider"]
