"""What the name of an instance type tells."""

from __future__ import annotations

import re
from typing import Final

# Where a rule must know the accelerated families: NVIDIA (g, p), Trainium, Inferentia, Gaudi and Qualcomm (dl).
# https://aws.amazon.com/ec2/instance-types/#Accelerated_Computing
_ACCELERATED: Final = re.compile(r"^(?:ml\.)?(?:p[2-9]|g[2-9]|gr\d|trn\d|inf\d|dl\d)[a-z0-9-]*\.", re.IGNORECASE)
# Families whose instances carry NVMe storage that the hardware encrypts: SageMaker refuses a volume key for them.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html (VolumeKmsKeyId)
_LOCAL_STORAGE: Final = re.compile(
    r"^(?:ml\.)?(?:[a-z]+\d[a-z]*d[a-z]*|g[4-9]\w*|gr\d\w*|p[4-9]\w*(?:-\w+)?|trn\d\w*)\.", re.IGNORECASE
)


def is_accelerated(instance_type: str) -> bool:
    return _ACCELERATED.match(instance_type) is not None


def has_local_storage(instance_type: str) -> bool:
    return _LOCAL_STORAGE.match(instance_type) is not None
