"""SageMaker as a runner of jobs, on AWS and in the local cloud alike."""

from __future__ import annotations

from tools.jobs.runners.sagemaker.runner import SageMaker

__all__ = ["SageMaker"]
