"""The settings of the KMS keys."""

from __future__ import annotations

from pydantic import Field

from infra.base.section import Section


class KeysSettings(Section):
    """The KMS keys, one a domain."""

    deletion_window_days: int = Field(
        default=30, ge=14, le=30, description="Days between deleting a key and losing it, 14 to 30."
    )
    rotation_days: int = Field(default=365, ge=90, le=2560, description="Days between two rotations of a key's material.")
