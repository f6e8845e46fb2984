"""What can go wrong while the beginnings are made, in words: what was asked, the answer, the way out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

_AGAIN: Final = "what was done is kept: run the same again, it goes on from there"
_REFUSED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden"})


class BootstrapError(ValueError):
    """The account does not let a step be done."""


def code_of(error: Exception) -> str:
    """AWS's code of a ClientError."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def asking(what: str) -> Iterator[None]:
    """Turns what boto3 raises into a BootstrapError that says which step it was."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

    try:
        yield
    except ClientError as error:
        told = error.response["Error"]
        hint = "these credentials may not; use ones that may administer IAM, KMS and S3" if code_of(error) in _REFUSED else _AGAIN
        raise BootstrapError(f"{what}: refused ({told.get('Code')}): {told.get('Message')}\n{hint}") from error
    except (NoCredentialsError, ProfileNotFound) as error:
        way_out = "`aws sso login` and AWS_PROFILE, or --local to rehearse it here"
        raise BootstrapError(f"{what}: this shell has no AWS credentials ({error}); {way_out}") from error
    except BotoCoreError as error:
        raise BootstrapError(f"{what}: no answer: {error}\n{_AGAIN}") from error
