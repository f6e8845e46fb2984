"""The error of a checkpoint that cannot be written or read, in words: where, why, and the way out."""

from __future__ import annotations

import errno
import re
from typing import Final

from workloads.errors import WorkloadError


class CheckpointError(WorkloadError):
    """A checkpoint could not be written or read; says where, why and the way out."""


# A pattern in the text of an error (of S3, botocore, CRT or the C library) -> the cause and the way out.
_WORDS: Final = (
    (r"NoSuchBucket|bucket does not exist", "there is no such bucket. Create it, or mend checkpoint_uri"),
    (
        r"AccessDenied|Forbidden|\b403\b|InvalidAccessKeyId|SignatureDoesNotMatch",
        "access is denied. Allow the job's role s3:ListBucket on the bucket, s3:GetObject, s3:PutObject and s3:DeleteObject "
        "below the prefix, and its KMS key if there is one",
    ),
    (r"Unable to locate credentials|NoCredentials|Failed to sign", "there are no AWS credentials. Give the job a role"),
    (
        r"onnect(ion)? (refused|timeout|timed out)|EndpointConnection|ConnectTimeout|ReadTimeout|SOCKET|Could not connect|"
        r"ConnectionClosed|throughput minimum|IncompleteRead|Connection broken|DNS|resol",
        "S3 cannot be reached. Check the network, its S3 endpoint and the security group's way out",
    ),
    (r"SlowDown|\b503\b|throttl", "S3 asks to slow down. Save less often, or spread runs over prefixes"),
)
_ERRNO_WORDS: Final = {
    errno.ENOSPC: "no space is left. Give the instance a larger volume, lower checkpoint_keep, or point checkpoint_uri to S3",
    errno.EDQUOT: "the quota is used up. Raise it, lower checkpoint_keep, or point checkpoint_uri to S3",
    errno.EFBIG: "a file may not grow that large here. Raise the limit (ulimit -f), or point checkpoint_uri to S3",
    errno.EACCES: "access is denied. Let the job's user write there, or point checkpoint_uri elsewhere",
    errno.EPERM: "access is denied. Let the job's user write there, or point checkpoint_uri elsewhere",
    errno.EROFS: "the file system is read-only. Point checkpoint_uri elsewhere",
    errno.ENOTDIR: "a file is in the way. Point checkpoint_uri to a folder",
    errno.EEXIST: "a file is in the way. Point checkpoint_uri to a folder",
}


def reason_of(error: BaseException, where: str, what: str) -> str:
    """`<where> cannot be <what>: <cause and way out> (<the error's own first line>)`."""
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    words = _ERRNO_WORDS.get(error.errno or 0, "") if isinstance(error, OSError) else ""
    words = words or next((words for pattern, words in _WORDS if re.search(pattern, f"{type(error).__name__} {said}")), "")
    return f"{where} cannot be {what}: {words} ({said})" if words else f"{where} cannot be {what}: {type(error).__name__}: {said}"
