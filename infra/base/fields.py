"""Types of settings that more than one section has, each with its check and the words of its fault."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
GITHUB_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_NAME: Final = re.compile(r"[a-z]([a-z0-9-]{0,22}[a-z0-9])?")


def matching(pattern: re.Pattern[str], what: str) -> AfterValidator:
    """A field validator: the whole value matches `pattern`, or the fault says `what`."""

    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(what)
        return value

    return AfterValidator(check)


def _log_days(days: int) -> int:
    if days not in LOG_RETENTION_DAYS:
        nearest = min(LOG_RETENTION_DAYS, key=lambda allowed: abs(allowed - days))
        raise ValueError(f"is no retention that CloudWatch Logs has; the nearest is {nearest}")
    return days


Name = Annotated[
    str,
    matching(_NAME, "is no name here; use lower-case letters, digits and hyphens, a letter first, no hyphen last, 24 at most"),
]
LogDays = Annotated[int, AfterValidator(_log_days)]
Repository = Annotated[str, matching(GITHUB_REPOSITORY, "names no repository; write owner/name")]
