"""The errors of a store. Each names the address, what is wrong and the way out.

StoreError     any fault of a file or a server, such as a full disk
├── Missing      there is no such file or object
├── NoBucket     the address names a bucket that does not exist
├── Refused      S3 knows the address and will not do it: rights, credentials, a request it does not take
├── Changed      the file is not the one that was listed
└── OutOfReach   the server did not answer before the deadline
"""

from __future__ import annotations

from workloads.errors import DataError


class StoreError(DataError):
    """A file could not be listed, read or written. `cause` is the library's own error, None where there is none."""

    def __init__(self, address: str, fault: str, cause: Exception | None = None) -> None:
        self.cause = cause
        super().__init__(address, [fault])


class Missing(StoreError):
    """There is no such file or object."""


class NoBucket(StoreError):
    """The address names a bucket that does not exist."""


class Refused(StoreError):
    """S3 knows the address and will not do it: rights, credentials, a request it does not take."""


class Changed(StoreError):
    """The file is not the one that was listed."""

    def __init__(self, address: str, cause: Exception | None = None) -> None:
        super().__init__(
            address, "it changed while it was read; write a new corpus to an address of its own, and start again", cause
        )


class OutOfReach(StoreError):
    """The server did not answer before the deadline."""
