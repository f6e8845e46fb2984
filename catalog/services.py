"""What is fixed about a service and is no limit: the names that AWS itself gives."""

from __future__ import annotations

from typing import Final

# The services with a gateway endpoint, which costs nothing; all others have interface endpoints.
# https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
GATEWAY_SERVICES: Final = ("s3", "dynamodb")
# The kinds of logs that an EKS control plane writes.
# https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
CONTROL_PLANE_LOGS: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
# ModelApprovalStatus of a version that may be deployed.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelPackage.html
APPROVED: Final = "Approved"
