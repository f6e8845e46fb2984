"""The data lake: five buckets, each closed, versioned, encrypted, logged and tidied, and the data that training starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from catalog.tags import DataClass
from infra.base.component import Component
from infra.base.ground import Ground
from infra.lake.datasets import DATASETS, SPLITS, dataset_digest
from infra.lake.decide import LAKE_BUCKETS, BucketSpec, lifecycle_rules
from infra.lake.rights import bucket_policy
from infra.lake.settings import LakeSettings


@dataclass(frozen=True, kw_only=True)
class LakeArgs:
    """`datasets` names folders of `workloads/data` that hold train.parquet and test.parquet."""

    ground: Ground
    settings: LakeSettings
    datasets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One dataset in the curated bucket. `uris` are S3 prefixes by split (train, test), known once the files are there."""

    digest: str
    uris: Mapping[str, pulumi.Output[str]]


class Lake(Component[LakeArgs], token="slipway:data:Lake"):
    """Bucket names and arns by purpose: raw, curated, models, checkpoints, logs. `datasets` is by name."""

    bucket_names: dict[str, pulumi.Output[str]]
    bucket_arns: dict[str, pulumi.Output[str]]

    def declare(self, args: LakeArgs) -> None:
        buckets: dict[str, aws.s3.Bucket] = {}
        closed: dict[str, list[pulumi.Resource]] = {}
        for spec in LAKE_BUCKETS:
            buckets[spec.purpose], closed[spec.purpose] = self._bucket(spec)
        for spec in LAKE_BUCKETS:
            if not spec.takes_access_logs:
                self._access_logs(spec, buckets[spec.purpose], buckets["logs"], closed["logs"])
        # Outputs wait until the bucket is closed, so that nothing is written to a bucket that is open, even for a moment.
        self.bucket_names = {purpose: _after(bucket.bucket, closed[purpose]) for purpose, bucket in buckets.items()}
        self.bucket_arns = {purpose: _after(bucket.arn, closed[purpose]) for purpose, bucket in buckets.items()}
        self.datasets = {dataset: self._dataset(dataset, buckets["curated"], closed["curated"]) for dataset in args.datasets}

    def named_outputs(self) -> Mapping[str, str]:
        return {f"{dataset}Digest": found.digest for dataset, found in self.datasets.items()}

    def _bucket(self, spec: BucketSpec) -> tuple[aws.s3.Bucket, list[pulumi.Resource]]:
        """The bucket, and what closes and encrypts it."""
        args, naming, scope = self._args, self._args.ground.naming, self._args.ground.scope
        name = naming.name(spec.purpose)
        bucket = aws.s3.Bucket(
            name,
            bucket=naming.bucket(spec.purpose, scope.account_id, scope.region),
            force_destroy=args.settings.force_destroy,
            tags=naming.tags(name, data_class=spec.data_class),
            opts=self.child(protect=args.ground.protect),
        )
        child = pulumi.ResourceOptions(parent=bucket)
        public = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        ownership = aws.s3.BucketOwnershipControls(
            name, bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
        )
        versioning = aws.s3.BucketVersioning(
            name, bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=child
        )
        encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": args.ground.keys[spec.key],
                    },
                    "bucket_key_enabled": True,
                }
                if spec.key
                else {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
            ],
            opts=child,
        )
        # The policy waits for the public access block: of two such calls at once, S3 answers one with a conflict.
        policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=json.dumps(bucket_policy(scope, spec)),
            opts=pulumi.ResourceOptions(parent=bucket, depends_on=[public]),
        )
        rules = lifecycle_rules(
            spec,
            retention_days=getattr(args.settings.retention_days, spec.purpose),
            noncurrent_days=args.settings.noncurrent_days,
            cool_days=args.settings.infrequent_access_days,
        )
        # S3 refuses rules about old versions until there can be some.
        aws.s3.BucketLifecycleConfiguration(
            name, bucket=bucket.bucket, rules=rules, opts=pulumi.ResourceOptions(parent=bucket, depends_on=[versioning])
        )
        return bucket, [public, ownership, versioning, encryption, policy]

    def _access_logs(self, spec: BucketSpec, bucket: aws.s3.Bucket, target: aws.s3.Bucket, ready: list[pulumi.Resource]) -> None:
        aws.s3.BucketLogging(
            self._args.ground.naming.name(spec.purpose),
            bucket=bucket.bucket,
            target_bucket=target.bucket,
            target_prefix=f"access/{spec.purpose}/",
            opts=pulumi.ResourceOptions(parent=bucket, depends_on=ready),
        )

    def _dataset(self, dataset: str, bucket: aws.s3.Bucket, ready: list[pulumi.Resource]) -> Dataset:
        digest = dataset_digest(DATASETS / dataset)
        uris = {}
        for split in SPLITS:
            key = f"{dataset}/{digest}/{split}/{split}.parquet"
            name = self._args.ground.naming.name(dataset, split)
            item = aws.s3.BucketObjectv2(
                name,
                bucket=bucket.bucket,
                key=key,
                source=pulumi.FileAsset(str(DATASETS / dataset / f"{split}.parquet")),
                content_type="application/vnd.apache.parquet",
                tags=self._args.ground.naming.tags(name, data_class=DataClass.CONFIDENTIAL),
                opts=self.child(depends_on=ready),
            )
            uris[split] = pulumi.Output.all(bucket.bucket, item.key).apply(
                lambda known: f"s3://{known[0]}/{known[1].rpartition('/')[0]}/"
            )
        return Dataset(digest=digest, uris=uris)


def _after(value: pulumi.Output[str], resources: list[pulumi.Resource]) -> pulumi.Output[str]:
    """An output of `value` that becomes known only when these resources exist."""
    return pulumi.Output.all(value, *(resource.urn for resource in resources)).apply(lambda known: str(known[0]))
