"""Every expected verdict on a single resource."""

from __future__ import annotations

from typing import Final

from tests.policies.expectations_gpu import GPU_EXPECTATIONS
from tests.policies.expectations_iam import IAM_EXPECTATIONS
from tests.policies.expectations_ml import ML_EXPECTATIONS
from tests.policies.expectations_platform import PLATFORM_EXPECTATIONS
from tests.policies.expectations_services import SERVICE_EXPECTATIONS

EXPECTATIONS: Final = (*GPU_EXPECTATIONS, *IAM_EXPECTATIONS, *PLATFORM_EXPECTATIONS, *ML_EXPECTATIONS, *SERVICE_EXPECTATIONS)
