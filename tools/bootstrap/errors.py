"""Errors of bootstrap. Each message says what was asked of AWS, what it answered, and the way out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

_AGAIN: Final = "what was done is kept: run the same again, it goes on from there"
_REFUSED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden"})


class BootstrapError(ValueError):
    """AWS refused a step, or did not answer."""


def code_of(error: Exception) -> str:
    """The error code that AWS gave in a ClientError; "" for any other error."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def asking(what: str) -> Iterator[None]:
    """Turns an exception of boto3 into a BootstrapError that names the step `what`."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

    try:
        yield
    except ClientError as error:
        answer = error.response["Error"]
        hint = "these credentials may not; use ones that may administer IAM, KMS and S3" if code_of(error) in _REFUSED else _AGAIN
        raise BootstrapError(f"{what}: refused ({answer.get('Code')}): {answer.get('Message')}\n{hint}") from error
    except (NoCredentialsError, ProfileNotFound) as error:
        way_out = "`aws sso login` and AWS_PROFILE, or --local to rehearse it here"
        raise BootstrapError(f"{what}: this shell has no AWS credentials ({error}); {way_out}") from error
    except BotoCoreError as error:
        raise BootstrapError(f"{what}: no answer: {error}\n{_AGAIN}") from error
