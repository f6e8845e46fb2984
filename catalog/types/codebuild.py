"""CodeBuild."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card, Rights

PROJECT = Card(
    token="aws:codebuild/project:Project",
    name="name",
    taggable=True,
    unit="minute of a build",
    rights=Rights(
        actions=("codebuild:CreateProject",), arn="arn:{partition}:codebuild:{region}:{account}:project/{name}", name="name"
    ),
    room="images",
)

CARDS: Final = (PROJECT,)
