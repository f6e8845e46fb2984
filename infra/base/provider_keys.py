"""The `aws:` provider's own configuration keys, which a stack file may hold beside ours.

Source: pulumi-aws 7 `config/vars.py`. `aws:region` and `aws:allowedAccountIds` are ours: settings read them.
"""

from __future__ import annotations

from typing import Final

AWS_PROVIDER_KEYS: Final = frozenset(
    "aws:" + key
    for key in (
        "accessKey", "assumeRoleWithWebIdentity", "assumeRoles", "customCaBundle", "defaultTags",
        "ec2MetadataServiceEndpoint", "ec2MetadataServiceEndpointMode", "endpoints", "forbiddenAccountIds", "httpProxy",
        "httpsProxy", "ignoreTags", "insecure", "maxRetries", "noProxy", "profile", "retryMode", "s3UsEast1RegionalEndpoint",
        "s3UsePathStyle", "secretKey", "sharedConfigFiles", "sharedCredentialsFiles", "skipCredentialsValidation",
        "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId", "stsRegion", "tagPolicyCompliance", "token",
        "tokenBucketRateLimiterCapacity", "useDualstackEndpoint", "useFipsEndpoint", "userAgents",
    )
)  # fmt: skip
