"""EFS."""

from __future__ import annotations

from typing import Final

from catalog.types.card import SETTING, Card, Points

ACCESS_POINT = Card(
    token="aws:efs/accessPoint:AccessPoint",
    taggable=True,
    free=SETTING,
    points=(Points(path="fileSystemId", to="aws:efs/fileSystem:FileSystem"),),
)
FILE_SYSTEM = Card(
    token="aws:efs/fileSystem:FileSystem",
    taggable=True,
    holds="its files",
    stores=True,
    unit="GB kept a month",
)
FILE_SYSTEM_POLICY = Card(
    token="aws:efs/fileSystemPolicy:FileSystemPolicy",
    free=SETTING,
    points=(Points(path="fileSystemId", to="aws:efs/fileSystem:FileSystem"),),
)
MOUNT_TARGET = Card(
    token="aws:efs/mountTarget:MountTarget",
    free=SETTING,
    points=(
        Points(path="fileSystemId", to="aws:efs/fileSystem:FileSystem"),
        Points(path="subnetId", to="aws:ec2/subnet:Subnet"),
    ),
)

CARDS: Final = (
    ACCESS_POINT,
    FILE_SYSTEM,
    FILE_SYSTEM_POLICY,
    MOUNT_TARGET,
)
