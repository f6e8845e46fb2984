"""Input channels of a training job: which hosts get one, what is in it, and how it comes to their folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from localcloud.services.sagemaker import transfer
from localcloud.services.sagemaker.layout import HostGroup
from localcloud.services.sagemaker.transfer import Storage, TransferError

Object = tuple[str, str, str]  # bucket, key, and the name in the channel's folder


class CannotFetch(ValueError):
    """A channel that is not run here, or whose data is not there. The text is fit for a FailureReason."""


def of_host(request: Mapping[str, Any], groups: Sequence[HostGroup], host: str) -> list[dict[str, Any]]:
    """The channels that a host gets."""
    return [channel for channel in request.get("InputDataConfig") or () if host in hosts_of(channel, groups)]


def hosts_of(channel: Mapping[str, Any], groups: Sequence[HostGroup]) -> list[str]:
    """The hosts that get a channel: all, or those of the instance groups that it names."""
    named = _source(channel).get("InstanceGroupNames")
    return [host for group in groups if not named or group.name in named for host in group.hosts]


def objects(storage: Storage, region: str, request: Mapping[str, Any], channel: Mapping[str, Any]) -> list[Object]:
    """What is in a channel. Raises CannotFetch."""
    name, source = channel["ChannelName"], _source(channel)
    mode = channel.get("InputMode") or request["AlgorithmSpecification"].get("TrainingInputMode", "File")
    if not source or mode == "Pipe":
        what = "a file system" if not source else "Pipe mode"
        raise CannotFetch(f"channel {name!r} uses {what}, which is not run locally; use S3DataSource with File or FastFile")
    try:
        return transfer.channel_objects(storage, region, source)
    except TransferError as error:
        raise _failed(name, error) from error


def fetch(storage: Storage, region: str, channel: Mapping[str, Any], number: int, item: Object, folders: Sequence[Path]) -> None:
    """Brings object `number` of a channel to its hosts' folders, once from S3. Raises CannotFetch.

    Further hosts get a link, since a channel is input and not written to.
    """
    bucket, key, name = item
    sharded = _source(channel).get("S3DataDistributionType") == "ShardedByS3Key"
    first, *others = [folders[number % len(folders)]] if sharded else folders
    try:
        storage.download(region, bucket, key, first / name)
    except TransferError as error:
        raise _failed(channel["ChannelName"], error) from error
    for other in others:
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).hardlink_to(first / name)


def _source(channel: Mapping[str, Any]) -> Mapping[str, Any]:
    source: Mapping[str, Any] = (channel.get("DataSource") or {}).get("S3DataSource") or {}
    return source


def _failed(channel: str, error: TransferError) -> CannotFetch:
    return CannotFetch(f"Data download failed: channel {channel!r}: {error}")
