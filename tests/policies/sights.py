"""Every sight."""

from __future__ import annotations

from typing import Final

from tests.policies.sights_gpu import GPU_SIGHTS
from tests.policies.sights_iam import IAM_SIGHTS
from tests.policies.sights_ml import ML_SIGHTS
from tests.policies.sights_platform import PLATFORM_SIGHTS
from tests.policies.sights_services import SERVICE_SIGHTS

SIGHTS: Final = (*GPU_SIGHTS, *IAM_SIGHTS, *PLATFORM_SIGHTS, *ML_SIGHTS, *SERVICE_SIGHTS)
