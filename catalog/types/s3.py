"""S3."""

from __future__ import annotations

from typing import Final

from catalog.types.card import OF_A_BUCKET, Card, Points, Quota, Rights, Unique, Used

_BUCKETS: Final = Quota(
    service="s3", code="L-DC2B2D3D", name="Buckets", used=Used(service="s3", operation="list_buckets", key="Buckets")
)

ACCOUNT_PUBLIC_ACCESS_BLOCK = Card(
    token="aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    free=OF_A_BUCKET,
    room="data",
)
BUCKET = Card(
    token="aws:s3/bucket:Bucket",
    name="bucket",
    taggable=True,
    holds="its objects",
    stores=True,
    unit="GB kept a month, and requests",
    rights=Rights(actions=("s3:CreateBucket", "s3:PutBucketTagging"), arn="arn:{partition}:s3:::{name}", name="bucket"),
    unique=Unique(
        plural="buckets",
        way_out="take another name (the name is made of project, stack, account and region), or import the bucket if it is yours",
    ),
    quotas=(_BUCKETS,),
    room="data",
)
BUCKET_ACCELERATE_CONFIGURATION = Card(
    token="aws:s3/bucketAccelerateConfiguration:BucketAccelerateConfiguration",
    free=OF_A_BUCKET,
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_ACL = Card(
    token="aws:s3/bucketAcl:BucketAcl",
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_CORS_CONFIGURATION = Card(
    token="aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
    free=OF_A_BUCKET,
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_LIFECYCLE_CONFIGURATION = Card(
    token="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    free=OF_A_BUCKET,
    rights=Rights(actions=("s3:PutLifecycleConfiguration",), arn="arn:{partition}:s3:::{name}", name="bucket"),
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_LOGGING = Card(
    token="aws:s3/bucketLogging:BucketLogging",
    free=OF_A_BUCKET,
    rights=Rights(actions=("s3:PutBucketLogging",), arn="arn:{partition}:s3:::{name}", name="bucket"),
    points=(
        Points(path="bucket", to="aws:s3/bucket:Bucket"),
        Points(path="targetBucket", to="aws:s3/bucket:Bucket"),
    ),
    room="data",
)
BUCKET_METRIC = Card(
    token="aws:s3/bucketMetric:BucketMetric",
    free=OF_A_BUCKET,
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_NOTIFICATION = Card(
    token="aws:s3/bucketNotification:BucketNotification",
    free=OF_A_BUCKET,
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_OBJECT = Card(
    token="aws:s3/bucketObject:BucketObject",
    free=OF_A_BUCKET,
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_OBJECT_LOCK_CONFIGURATION = Card(
    token="aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    free=OF_A_BUCKET,
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_OBJECTV2 = Card(
    token="aws:s3/bucketObjectv2:BucketObjectv2",
    name="key",
    free=OF_A_BUCKET,
    rights=Rights(actions=("s3:PutObject",), arn="arn:{partition}:s3:::{name}/*", name="bucket"),
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_OWNERSHIP_CONTROLS = Card(
    token="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    free=OF_A_BUCKET,
    rights=Rights(actions=("s3:PutBucketOwnershipControls",), arn="arn:{partition}:s3:::{name}", name="bucket"),
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_POLICY = Card(
    token="aws:s3/bucketPolicy:BucketPolicy",
    free=OF_A_BUCKET,
    rights=Rights(actions=("s3:PutBucketPolicy",), arn="arn:{partition}:s3:::{name}", name="bucket"),
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_PUBLIC_ACCESS_BLOCK = Card(
    token="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    free=OF_A_BUCKET,
    rights=Rights(actions=("s3:PutBucketPublicAccessBlock",), arn="arn:{partition}:s3:::{name}", name="bucket"),
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION = Card(
    token="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    free=OF_A_BUCKET,
    rights=Rights(actions=("s3:PutEncryptionConfiguration",), arn="arn:{partition}:s3:::{name}", name="bucket"),
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)
# The name of a bucket in version 6 of the provider, which keeps it as an alias.
BUCKET_V2 = Card(
    token="aws:s3/bucketV2:BucketV2",
    holds="its objects",
    quotas=(_BUCKETS,),
    room="data",
)
BUCKET_VERSIONING = Card(
    token="aws:s3/bucketVersioning:BucketVersioning",
    free=OF_A_BUCKET,
    rights=Rights(actions=("s3:PutBucketVersioning",), arn="arn:{partition}:s3:::{name}", name="bucket"),
    points=(Points(path="bucket", to="aws:s3/bucket:Bucket"),),
    room="data",
)

CARDS: Final = (
    ACCOUNT_PUBLIC_ACCESS_BLOCK,
    BUCKET,
    BUCKET_ACCELERATE_CONFIGURATION,
    BUCKET_ACL,
    BUCKET_CORS_CONFIGURATION,
    BUCKET_LIFECYCLE_CONFIGURATION,
    BUCKET_LOGGING,
    BUCKET_METRIC,
    BUCKET_NOTIFICATION,
    BUCKET_OBJECT,
    BUCKET_OBJECT_LOCK_CONFIGURATION,
    BUCKET_OBJECTV2,
    BUCKET_OWNERSHIP_CONTROLS,
    BUCKET_POLICY,
    BUCKET_PUBLIC_ACCESS_BLOCK,
    BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION,
    BUCKET_V2,
    BUCKET_VERSIONING,
)
