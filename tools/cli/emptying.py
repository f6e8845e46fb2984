"""Empties what AWS does not delete while something is in it, for rehearsals in the local cloud only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

BUCKETS: Final = frozenset({"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"})
REPOSITORY: Final = "aws:ecr/repository:Repository"


def empty(known: Iterable[Any], env: Mapping[str, str], clients: Any = None) -> int:
    """Deletes every object version and image in the state's buckets and repositories; returns how many.

    `known` are `tools.engine.state.Known`; `env` names the local cloud (AWS_ENDPOINT_URL and keys). What is not there is passed.
    """
    known = list(known)
    buckets = [item.id for item in known if item.type in BUCKETS]
    repositories = [item.id for item in known if item.type == REPOSITORY]
    if not buckets and not repositories:
        return 0
    make = clients or (lambda service: _client(service, env))
    count = 0
    if buckets:
        s3 = make("s3")
        count += sum(_bucket(s3, name) for name in buckets)
    if repositories:
        ecr = make("ecr")
        count += sum(_repository(ecr, name) for name in repositories)
    return count


def _bucket(s3: Any, name: str) -> int:
    count = 0
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            if keys:
                s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True}, BypassGovernanceRetention=True)
                count += len(keys)
    except s3.exceptions.NoSuchBucket:
        return count
    return count


def _repository(ecr: Any, name: str) -> int:
    count = 0
    try:
        for page in ecr.get_paginator("list_images").paginate(repositoryName=name):
            if page["imageIds"]:
                ecr.batch_delete_image(repositoryName=name, imageIds=page["imageIds"])
                count += len(page["imageIds"])
    except ecr.exceptions.RepositoryNotFoundException:
        return count
    return count


def _client(service: str, env: Mapping[str, str]) -> Any:
    import boto3
    from botocore.config import Config

    session = boto3.session.Session()
    return session.client(
        service,
        endpoint_url=env["AWS_ENDPOINT_URL"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        region_name=env["AWS_REGION"],
        # A proxy of the user's must not be asked for this machine.
        config=Config(s3={"addressing_style": "path"}, proxies={}),
    )
