"""What people are told of an exception: AWS's own words, or the row's, in one line."""

from __future__ import annotations

import botocore.exceptions

from localcloud.kernel.engine import UnknownType
from localcloud.kernel.values import ShapeError


def explain(error: Exception) -> str:
    """An error in one sentence, without a traceback."""
    if isinstance(error, botocore.exceptions.ClientError):
        detail = error.response.get("Error", {})
        return f"{detail.get('Code')}: {detail.get('Message')} ({error.operation_name})"
    if isinstance(error, (UnknownType, ShapeError, botocore.exceptions.ParamValidationError)):
        return str(error)
    return f"{type(error).__name__}: {error}"
