"""Where S3 rows differ from the golden provider, and why no row can mend it."""

from __future__ import annotations

DIFFERENCES = {
    "s3.BucketLifecycleConfiguration": {
        "noncurrent/error": "AWS takes a noncurrent version into STANDARD_IA after 30 days; the file was recorded where nobody asks",
    },
    "s3.BucketObjectv2": {
        "minimal/change {'etag': 'x'}/applied": "an etag that is not the content's own differs for ever, with the genuine provider too",
        "invalid/1": "pulumi-aws names the key after the resource where Terraform demands one",
    },
}
