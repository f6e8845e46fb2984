"""The image that a node boots and its first configuration: plain functions, which import no Pulumi.

EKS adds what a node needs to join the cluster to this configuration; see https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
and https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/ for NodeConfig.
"""

from __future__ import annotations

import base64
import json
from typing import Final

from catalog.instances import InstanceFacts

BOUNDARY: Final = "slipway-node"
# https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html amiType, by architecture.
STANDARD_AMI: Final = {"x86_64": "AL2023_x86_64_STANDARD", "arm64": "AL2023_ARM_64_STANDARD"}
NVIDIA_AMI: Final = {"x86_64": "AL2023_x86_64_NVIDIA", "arm64": "AL2023_ARM_64_NVIDIA"}
NEURON_AMI: Final = "AL2023_x86_64_NEURON"


def ami_type(facts: InstanceFacts) -> str:
    """EKS's own image for this instance type: with NVIDIA's driver, with Neuron's, or neither."""
    if facts.maker == "AWS":
        return NEURON_AMI
    return (NVIDIA_AMI if facts.accelerators else STANDARD_AMI)[facts.architecture]


def node_user_data(facts: InstanceFacts) -> str | None:
    """Base64 user data that puts images and pods' scratch space on the type's NVMe disks; None for a type that has none.

    Pulling CUDA images of several gigabytes takes most of a cold start, and local disks take them faster than the root volume.
    """
    if not facts.nvme:
        return None
    config = {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {"instance": {"localStorage": {"strategy": "RAID0"}}},
    }
    # NodeConfig may be YAML, which JSON is; with sorted keys the text, and so the launch template, is the same every time.
    lines = [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{BOUNDARY}"',
        "",
        f"--{BOUNDARY}",
        "Content-Type: application/node.eks.aws",
        "",
        json.dumps(config, sort_keys=True),
        "",
        f"--{BOUNDARY}--",
        "",
    ]
    return base64.b64encode("\n".join(lines).encode()).decode()
