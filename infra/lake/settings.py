"""The settings of the buckets."""

from __future__ import annotations

from pydantic import Field

from infra.base.section import Section


class RetentionDays(Section):
    """Days until an object expires, a bucket each; 0 keeps it for good."""

    raw: int = Field(default=0, ge=0, description="Raw data, as it arrived.")
    curated: int = Field(default=0, ge=0, description="Data that training reads.")
    models: int = Field(default=0, ge=0, description="Model artifacts.")
    checkpoints: int = Field(default=30, ge=0, description="Training checkpoints.")
    logs: int = Field(default=400, ge=1, description="Access logs; never for good.")


class LakeSettings(Section):
    """The buckets."""

    retention_days: RetentionDays = Field(default=RetentionDays(), description="Days until an object expires, by bucket.")
    noncurrent_days: int = Field(default=30, ge=1, description="Days a replaced or deleted version is kept.")
    infrequent_access_days: int = Field(
        default=90, ge=30, description="Days until raw data and models move to cheaper storage; S3 takes 30 or more."
    )
    force_destroy: bool = Field(default=False, description="Whether `destroy` may delete buckets that still hold objects.")
