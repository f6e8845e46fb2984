"""SageMaker that runs: training jobs and endpoints of the local cloud as processes on this machine."""

from .limits import Limits
from .runtime import SageMakerRuntime

__all__ = ["Limits", "SageMakerRuntime"]
