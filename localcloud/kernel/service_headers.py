"""Which service and operation a request asks for, of all that botocore knows, whether or not anything here answers them.

Only the heads of botocore's models are read for that (their `metadata`), which takes a moment for all of them together; the model
of a service is loaded with its first request.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import botocore
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

_METADATA: Final = re.compile(r'"metadata"\s*:\s*')
_HEAD_BYTES: Final = 8192
# S3 Control signs as S3 does, and its paths begin with the API's version.
_S3_CONTROL: Final = "/v20180820/"
# moto's packages whose names are not the service's without its hyphens.
_PACKAGES: Final[Mapping[str, str]] = {"lambda": "awslambda", "es": "opensearch"}


@dataclass(frozen=True, slots=True)
class ServiceHead:
    """The head of one service's model.

    name        boto3's name of the service
    signed_as   the name in its requests' signatures
    protocols   what its requests may be written in, the preferred first
    version     the API's version, which requests of the query protocol name
    target      what precedes the operation in X-Amz-Target; "" where that header is not sent
    compatible  whether its errors carry the codes of the query protocol that it spoke before
    """

    name: str
    signed_as: str
    protocols: tuple[str, ...]
    version: str
    target: str
    json_version: str
    compatible: bool


@cache
def heads() -> Mapping[str, ServiceHead]:
    """The head of every service that botocore knows, by the service's name."""
    found = {}
    for folder in sorted((Path(botocore.__file__).parent / "data").iterdir()):
        versions = sorted(folder.iterdir()) if folder.is_dir() else []
        if versions and (metadata := _metadata(versions[-1])) is not None:
            found[folder.name] = ServiceHead(
                folder.name,
                metadata.get("signingName") or metadata["endpointPrefix"],
                tuple(metadata.get("protocols") or (metadata["protocol"],)),
                metadata["apiVersion"],
                metadata.get("targetPrefix", ""),
                metadata.get("jsonVersion", "1.0"),
                "awsQueryCompatible" in metadata,
            )
    return found


def _metadata(folder: Path) -> dict[str, Any] | None:
    packed, plain = folder / "service-2.json.gz", folder / "service-2.json"
    if packed.exists():
        with gzip.open(packed) as file:
            text = file.read(_HEAD_BYTES).decode(errors="replace")
    elif plain.exists():
        with open(plain, "rb") as file:
            text = file.read(_HEAD_BYTES).decode(errors="replace")
    else:
        return None
    start = _METADATA.search(text)
    found: dict[str, Any] = json.JSONDecoder().raw_decode(text, start.end())[0] if start else {}
    return found or None


@cache
def emulated() -> Mapping[str, str]:
    """moto's package of every service that moto has, by boto3's name of the service."""
    from moto.backends import list_of_moto_modules

    packages = set(list_of_moto_modules())
    named = {name: _PACKAGES.get(name, name.replace("-", "")) for name in heads()}
    # moto has a backend for the queries of Timestream and nothing that takes a request for it.
    return {name: package for name, package in named.items() if package in packages and name != "timestream-query"}


@cache
def _signed() -> Mapping[str, Sequence[ServiceHead]]:
    """The services by the name in their signatures: those that moto has first, and of them the one of that name."""
    found: dict[str, list[ServiceHead]] = defaultdict(list)
    for head in heads().values():
        found[head.signed_as].append(head)
    for signed_as, services in found.items():
        services.sort(key=lambda head: (head.name not in emulated(), head.name != signed_as, head.name))
    return found


def services_signed_as(name: str) -> Sequence[ServiceHead]:
    """The services whose requests are signed with this name; empty for a name that AWS does not have."""
    found = _signed()
    return found.get(name) or found.get(name.lower()) or ((heads()[name],) if name in heads() else ())


@cache
def model(service: str) -> Any:
    """botocore's model of the service, with what moto adds to it."""
    return get_service_model(service)


@lru_cache(maxsize=8192)
def by_target(signed_as: str, target: str) -> tuple[str, str] | None:
    """(service, operation) of an X-Amz-Target; the operation is "" where the service has none of that name."""
    prefix, _, operation = target.rpartition(".")
    services = services_signed_as(signed_as) if signed_as else tuple(heads().values())
    for head in services:
        if head.target == prefix and head.target:
            return head.name, operation if operation in operations(head.name) else ""
    return None


@lru_cache(maxsize=8192)
def by_action(signed_as: str, action: str, version: str) -> tuple[str, str] | None:
    """(service, operation) of an Action and a Version; the operation is "" where no service of that signature has it."""
    services = [head for head in services_signed_as(signed_as) if {"query", "ec2"} & set(head.protocols)]
    services.sort(key=lambda head: head.version != version)
    for head in services:
        if action in operations(head.name):
            return head.name, action
    return (services[0].name, "") if services else None


def by_path(signed_as: str, request: Any) -> tuple[str, str] | None:
    """(service, operation) of a request to a REST service; the operation is "" where no service of that signature has it."""
    path = request.raw_path
    if signed_as == "s3" and path.startswith(_S3_CONTROL):
        services: Sequence[ServiceHead] = (heads()["s3control"],)
    else:
        services = services_signed_as(signed_as)
    found: tuple[str, str] | None = None
    for head in services:
        if not {"rest-json", "rest-xml"} & set(head.protocols):
            continue
        try:
            operation, _ = get_service_router(head.name).match(request)
        except (HTTPException, NotImplementedError, ValueError):
            continue
        # The last label of a path may hold slashes, so one service's path may swallow the longer one of another.
        if len(services) == 1 or operation.http["requestUri"].partition("?")[0].count("/") == path.count("/"):
            return head.name, str(operation.name)
        found = found or (head.name, str(operation.name))
    return found or ((services[0].name, "") if services else None)


@cache
def operations(service: str) -> frozenset[str]:
    """The operations of the service by its model."""
    return frozenset(model(service).operation_names)
