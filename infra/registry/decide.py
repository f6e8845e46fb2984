"""Which images a repository keeps: plain values."""

from __future__ import annotations

from typing import Any

from infra.registry.settings import RegistrySettings


def image_lifecycle(settings: RegistrySettings) -> dict[str, Any]:
    """An ECR lifecycle policy: untagged images go after some days, tagged ones once there are too many."""
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": settings.untagged_days,
    }
    tagged = {
        "tagStatus": "tagged",
        "tagPatternList": ["src-*"],
        "countType": "imageCountMoreThan",
        "countNumber": settings.keep_images,
    }
    return {
        "rules": [
            {"rulePriority": 1, "description": "Untagged images", "selection": untagged, "action": {"type": "expire"}},
            {"rulePriority": 2, "description": "Oldest images", "selection": tagged, "action": {"type": "expire"}},
        ]
    }
