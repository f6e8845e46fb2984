"""The settings of log groups."""

from __future__ import annotations

from pydantic import Field

from infra.base.fields import LogDays
from infra.base.section import Section


class LogsSettings(Section):
    """CloudWatch log groups other than flow logs."""

    retention_days: LogDays = Field(default=365, description="How long job, endpoint and cluster logs are kept.")
