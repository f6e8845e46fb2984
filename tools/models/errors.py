"""What can go wrong with the registry, in words: what was asked, the answer, the way out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


class RegistryError(ValueError):
    """Something that cannot be done with a model as it is. A name that is wrong is a plain ValueError."""


@contextlib.contextmanager
def asking(what: str, *, missing: str = "") -> Iterator[None]:
    """Turns what boto3 raises into a RegistryError that says what was asked.

    `missing` is said instead where the service answers that there is no such thing.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if missing and is_missing(error):
            raise RegistryError(missing) from error
        told = error.response["Error"]
        raise RegistryError(f"{what}: refused ({told.get('Code')}): {told.get('Message')}") from error
    except BotoCoreError as error:
        hint = "; is the local cloud up (./slipway local status), or has this shell credentials?"
        raise RegistryError(f"{what}: no answer: {error}{hint}") from error


def is_missing(error: Any) -> bool:
    """Whether a ClientError says that the thing asked for is not there."""
    code, message = str(error.response["Error"]["Code"]), str(error.response["Error"].get("Message", "")).lower()
    if code in ("404", "NoSuchKey", "NoSuchBucket", "NotFound") or code.startswith(("ResourceNotFound", "RepositoryNotFound")):
        return True
    words = ("does not exist", "not find", "not found")
    return code in ("ValidationException", "ImageNotFoundException") and any(word in message for word in words)
