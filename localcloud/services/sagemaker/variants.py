"""What an endpoint configuration asks for, resolved to what is run: containers, models, numbers, weights."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcloud.services.sagemaker import layout
from localcloud.services.sagemaker.servers import ModelServer
from localcloud.services.sagemaker.shared import Shared


class DeployFailed(Exception):
    """The endpoint's FailureReason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One container of a model: what a server needs to start."""

    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    model_uri: str  # "" for a model without data
    packed: bool  # a .tar.gz to unpack; else every object below `model_uri`


@dataclass(slots=True, kw_only=True)
class Variant:
    """A production variant as it runs. Changed by its endpoint's own thread only; `weight` also by a request."""

    name: str
    spec: ModelSpec
    weight: float
    desired: int
    startup_s: float
    serverless: Mapping[str, Any] | None = None
    model_folder: Path | None = None  # the unpacked model, shared by the variant's servers
    servers: list[ModelServer] = field(default_factory=list)

    @property
    def ready(self) -> list[ModelServer]:
        return [server for server in self.servers if server.ready]


@dataclass(slots=True, kw_only=True)
class Deployment:
    """One endpoint configuration in service."""

    config_name: str
    variants: dict[str, Variant]
    capture: Mapping[str, Any] | None
    _turns: dict[str, float] = field(default_factory=dict)
    _rotation: Any = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def servers(self) -> list[ModelServer]:
        return [server for variant in self.variants.values() for server in variant.servers]

    def pick_variant(self) -> Variant | None:
        """The next variant by weight, of those with a server. Smooth weighted round robin: 9:1 is nine and one of any ten."""
        with self._lock:
            candidates = [variant for variant in self.variants.values() if variant.ready]
            weighted = [variant for variant in candidates if variant.weight > 0] or candidates
            if not weighted:
                return None
            total = 0.0
            for variant in weighted:
                share = variant.weight if variant.weight > 0 else 1.0
                self._turns[variant.name] = self._turns.get(variant.name, 0.0) + share
                total += share
            best = max(weighted, key=lambda variant: self._turns[variant.name])
            self._turns[best.name] -= total
            return best

    def pick_server(self, variant: Variant, tried: set[ModelServer]) -> ModelServer | None:
        """The least busy server of a variant; among equals they take turns."""
        ready = [server for server in variant.ready if server not in tried]
        if not ready:
            return None
        turn = next(self._rotation) % len(ready)
        return min(ready[turn:] + ready[:turn], key=lambda server: server.in_flight)


def read_config(shared: Shared, region: str, config_name: str) -> Deployment:
    """The deployment that an endpoint configuration describes, without servers. Raises DeployFailed naming what cannot be run."""
    with shared.records:
        backend = shared.backend(region)
        config = backend.endpoint_configs.get(config_name)
        if config is None:
            raise DeployFailed(f"endpoint configuration {config_name!r} is gone")
        rows = [dict(row) for row in config.production_variants]
        models = {row["VariantName"]: backend._models.get(row.get("ModelName")) for row in rows}
        capture = dict(config.data_capture_config) if config.data_capture_config else None
    variants = {}
    for row in rows:
        name = row["VariantName"]
        if not layout.valid_name(name):
            raise DeployFailed(f"variant name {name!r} must match {layout.NAME_PATTERN}")
        if models[name] is None:
            raise DeployFailed(f"variant {name!r}: model {row.get('ModelName')!r} does not exist")
        variants[name] = Variant(
            name=name,
            spec=model_spec(shared, region, models[name]),
            weight=float(row.get("InitialVariantWeight", 1.0)),
            desired=max(1, int(row.get("InitialInstanceCount") or 1)),
            startup_s=float(row.get("ContainerStartupHealthCheckTimeoutInSeconds") or shared.limits.startup_s),
            serverless=row.get("ServerlessConfig"),
        )
    return Deployment(config_name=config_name, variants=variants, capture=capture)


def model_spec(shared: Shared, region: str, model: Any) -> ModelSpec:
    """The container of a moto model. Raises DeployFailed for a model that cannot run here."""
    several = list(model.containers or ())
    if len(several) > 1:
        raise DeployFailed(
            f"model {model.model_name!r} has {len(several)} containers, a serial inference pipeline or a direct one, which the "
            "local cloud does not run; deploy a model of one container"
        )
    container = dict(model.primary_container or (several or [{}])[0])
    if container.get("Mode") == "MultiModel":
        raise DeployFailed(
            f"model {model.model_name!r} is of mode MultiModel, which the local cloud does not run; deploy each model by itself"
        )
    if container.get("ModelPackageName"):
        container = {**_packaged(shared, region, container["ModelPackageName"]), **container}
    image, environment = container.get("Image", ""), container.get("Environment") or {}
    if not layout.is_ours(image, "serving"):
        raise DeployFailed(
            f"model {model.model_name!r}: image {image!r} cannot run in the local cloud: only our own workloads can, "
            "in a repository whose name begins with 'slipway-' and ends in '-serving'"
        )
    source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
    uri = container.get("ModelDataUrl") or source.get("S3Uri") or ""
    packed = bool(container.get("ModelDataUrl")) or source.get("CompressionType", "None") == "Gzip"
    command = (shared.python, "-m", "workloads.entrypoint", "serve")
    return ModelSpec(image=image, command=command, environment=environment, model_uri=uri, packed=packed)


def _packaged(shared: Shared, region: str, name: str) -> dict[str, Any]:
    """The first container of a model package in the registry."""
    try:
        package = shared.backend(region).describe_model_package(name)
        specification = package.inference_specification or {}
        return dict(specification["Containers"][0])
    except Exception as error:  # moto raises several kinds; all mean that there is nothing to run
        raise DeployFailed(f"model package {name!r} cannot be used: {error}") from error
