"""The model registry: SageMaker model packages through boto3, the same on AWS and on the local cloud.

`clients` is everywhere an object with boto3's `sagemaker` and `s3` clients; where it has `ecr` (image digests) and `sts` (who
approves), those are used too.
"""

from __future__ import annotations

from tools.models.errors import RegistryError
from tools.models.register import register
from tools.models.version import ModelVersion

__all__ = ["ModelVersion", "RegistryError", "register"]
