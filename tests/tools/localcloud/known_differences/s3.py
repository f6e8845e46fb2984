"""Where S3 rows differ from the golden provider, and why no row can mend it."""

from __future__ import annotations

_IMPORT = "an object's id is its key alone; it is imported by bucket/key (test_rows_s3.py shows it)"

DIFFERENCES = {
    "s3.BucketObjectv2": {
        "minimal/import": _IMPORT,
        "full/import": _IMPORT,
        "kms_base64/import": _IMPORT,
        "minimal/change {'etag': 'x'}/applied": "an etag that is not the content's own differs for ever, with the genuine provider too",
        "invalid/1": "pulumi-aws names the key after the resource where Terraform demands one",
    },
}
