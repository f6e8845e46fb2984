"""Versions that AWS supports, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesVersion:
    """A version of EKS, and the last days of its standard support and of its extended one, which costs six times as much."""

    version: str
    standard_until: date
    extended_until: date


# https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
EKS: Final = (
    KubernetesVersion(version="1.32", standard_until=date(2026, 3, 23), extended_until=date(2027, 3, 23)),
    KubernetesVersion(version="1.33", standard_until=date(2026, 7, 29), extended_until=date(2027, 7, 29)),
    KubernetesVersion(version="1.34", standard_until=date(2026, 12, 2), extended_until=date(2027, 12, 2)),
    KubernetesVersion(version="1.35", standard_until=date(2027, 3, 27), extended_until=date(2028, 3, 27)),
)
# What a new cluster takes.
EKS_DEFAULT: Final = EKS[-1]

# Runtimes of Lambda that get no fixes any more.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (deprecated)
LAMBDA_DEPRECATED: Final = frozenset(
    {
        *("python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "nodejs", "nodejs12.x", "nodejs14.x", "nodejs16.x"),
        *("nodejs18.x", "java8", "dotnet6", "dotnetcore3.1", "go1.x", "ruby2.7", "ruby3.2", "provided"),
    }
)
