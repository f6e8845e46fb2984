"""What EKS asks of the numbers of a cluster and its node groups: sizes against each other, and steps between Kubernetes versions.

Each function gives EKS's words for what it refuses, and None for what it takes.
https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
https://docs.aws.amazon.com/eks/latest/userguide/update-managed-node-group.html
"""

from __future__ import annotations

from typing import Final

from catalog.versions import EKS

CODE: Final = "InvalidParameterException"
# How many minor versions a node may be older than its cluster. https://kubernetes.io/releases/version-skew-policy/
BEHIND: Final = 3
UNKNOWN_VERSION: Final = "unsupported Kubernetes version"


def known_versions() -> tuple[str, ...]:
    """The versions that EKS makes clusters of."""
    return tuple(known.version for known in EKS)


def minor(version: str) -> int:
    """The minor version: 33 of 1.33; 0 of a text that is no version, which another check refuses."""
    part = version.partition(".")[2].partition(".")[0]
    return int(part) if part.isdigit() else 0


def sizes_refused(least: float | None, wanted: float | None, most: float | None) -> str | None:
    """Of a node group's minimum, desired and maximum size, as far as they are given."""
    if least is not None and most is not None and least > most:
        return f"Minimum capacity {least:g} can't be greater than max size {most:g}"
    if least is not None and wanted is not None and least > wanted:
        return f"Minimum capacity {least:g} can't be greater than desired size {wanted:g}"
    if wanted is not None and most is not None and wanted > most:
        return f"desired capacity {wanted:g} can't be greater than max size {most:g}"
    return None


def step_refused(old: str, new: str) -> str | None:
    """Of a cluster's step: one minor version up, and never down."""
    if old == new or minor(new) - minor(old) == 1:
        return None
    return f"Unsupported Kubernetes minor version update from {old} to {new}"


def step_down_refused(old: str, new: str) -> str | None:
    """Of a node group's step: nodes may skip versions on their way up to their cluster's, and never go back."""
    return f"Unsupported Kubernetes minor version update from {old} to {new}" if minor(new) < minor(old) else None


def nodes_refused(cluster: str, nodes: str) -> str | None:
    """Of a node group's version beside its cluster's: never newer, and at most three minor versions older."""
    if minor(nodes) > minor(cluster):
        return f"Nodegroup version {nodes} can't be newer than the version of its cluster, {cluster}"
    if minor(cluster) - minor(nodes) > BEHIND:
        return f"Nodegroup version {nodes} is more than {BEHIND} minor versions behind its cluster, {cluster}"
    return None
