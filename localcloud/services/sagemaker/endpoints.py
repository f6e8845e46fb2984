"""Endpoints: what a request asks for, done by real servers; moto's record says what is true.

Each operation on an endpoint is one thread of its own; while it runs the endpoint is Creating or Updating and, as in the
cloud, refuses the next one. Requests never wait for servers.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from moto.core.utils import utcnow

from localcloud.services.sagemaker import layout, transfer
from localcloud.services.sagemaker.limits import allocate
from localcloud.services.sagemaker.rollout import Rollout
from localcloud.services.sagemaker.shared import Shared, bad_name, invalid
from localcloud.services.sagemaker.variants import DeployFailed, Deployment, Variant, read_config

FAILURE_CHARACTERS = 1024


class Endpoint:
    """One endpoint as it runs. `deployment` is what takes requests; None until the first one is in service."""

    def __init__(self, name: str, region: str, folder: Path, record: Any) -> None:
        self.name, self.region, self.folder = name, region, folder
        self.record = record  # moto's FakeEndpoint
        self.deployment: Deployment | None = None
        self.deleted = threading.Event()
        self.notes: list[str] = []
        self.rollout: Rollout | None = None

    @property
    def status(self) -> str:
        return str(self.record.endpoint_status)


class Endpoints:
    """All endpoints of this daemon, by region and name."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._numbers: dict[str, itertools.count[int]] = {}  # numbers go on after a delete, so that a folder is never used twice
        self._threads: set[threading.Thread] = set()

    def find(self, region: str, name: str) -> Endpoint | None:
        return self._endpoints.get((region, name))

    def all(self) -> list[Endpoint]:
        return list(self._endpoints.values())

    def check_create(self, region: str, request: Mapping[str, Any]) -> None:
        """Raises what AWS answers to an endpoint that cannot be made. Call with the records' lock held."""
        name = str(request.get("EndpointName", ""))
        if not layout.valid_name(name):
            raise bad_name(name, "endpointName", layout.NAME_PATTERN)
        existing = self._shared.backend(region).endpoints.get(name)
        if existing is not None:
            raise invalid(f'Cannot create already existing endpoint "{existing.arn}".')

    def create(self, region: str, name: str) -> None:
        """Starts what moto has just recorded. Call with the records' lock held."""
        record = self._shared.backend(region).endpoints[name]
        taken = any(other == name and where != region for where, other in self._endpoints)
        endpoint = Endpoint(name, region, self._shared.home / "endpoints" / (f"{name}@{region}" if taken else name), record)
        self._endpoints[region, name] = endpoint
        # moto reports the endpoint as in service at once, before any server is started.
        record.production_variants = [
            {**row, "CurrentInstanceCount": 0} if "DesiredInstanceCount" in row else row for row in record.production_variants
        ]
        record.data_capture_config = _capture_summary(record.data_capture_config)
        self._begin(endpoint, "Creating", lambda: self._replace(endpoint, record.endpoint_config_name, {}))

    def update(self, region: str, request: Mapping[str, Any]) -> str:
        """UpdateEndpoint: blue/green. The endpoint's arn."""
        with self._shared.records:
            endpoint = self._changeable(region, request["EndpointName"])
            config_name = request["EndpointConfigName"]
            if config_name not in self._shared.backend(region).endpoint_configs:
                arn = endpoint.record.arn.rpartition(":")[0] + f":endpoint-config/{config_name}"
                raise invalid(f'Could not find endpoint configuration "{arn}".')
            if request.get("DeploymentConfig"):
                endpoint.record.last_deployment_config = request["DeploymentConfig"]
            self._begin(endpoint, "Updating", lambda: self._replace(endpoint, config_name, request))
            return str(endpoint.record.arn)

    def check_weights(self, region: str, name: str) -> None:
        with self._shared.records:
            self._changeable(region, name)

    def set_weights(self, region: str, name: str, changes: Sequence[Mapping[str, Any]]) -> None:
        """UpdateEndpointWeightsAndCapacities, after moto has checked the names: weights at once, numbers in a thread."""
        with self._shared.records:
            endpoint = self._changeable(region, name)
            assert endpoint.deployment is not None
            counts = {}
            for change in changes:
                variant = endpoint.deployment.variants[change["VariantName"]]
                if change.get("DesiredWeight") is not None:
                    variant.weight = float(change["DesiredWeight"])
                if change.get("DesiredInstanceCount") is not None:
                    counts[variant.name] = int(change["DesiredInstanceCount"])
            self._begin(endpoint, "Updating", lambda: self._resize(endpoint, counts))

    def scale(self, endpoint: Endpoint, variant: str, count: int) -> bool:
        """Sets the number that the autoscaler asks for. False when the endpoint is busy or gone; the autoscaler asks again."""
        with self._shared.records:
            if endpoint.deleted.is_set() or endpoint.status != "InService" or endpoint.deployment is None:
                return False
            self._begin(endpoint, "Updating", lambda: self._resize(endpoint, {variant: count}))
            return True

    def delete(self, region: str, name: str) -> None:
        """After moto has dropped the record: the servers end in the background. Call with the records' lock held."""
        endpoint = self._endpoints.pop((region, name), None)
        if endpoint is not None:
            endpoint.deleted.set()
            self._spawn(lambda: self._remove(endpoint), f"delete {name}")

    def adopt(self) -> None:
        """Brings up the endpoints that a state from an earlier daemon has; their servers died with it."""
        with self._shared.records:
            for region, backend in self._shared.regions():
                for name in list(backend.endpoints):
                    if (region, name) not in self._endpoints:
                        self.create(region, name)

    def shutdown(self, grace_s: float) -> None:
        """Ends all servers. Blocks until they are gone."""
        with self._shared.records:
            endpoints = self.all()
            self._endpoints.clear()
            for endpoint in endpoints:
                endpoint.deleted.set()
        removing = [self._spawn(lambda e=endpoint: self._remove(e, grace_s), f"stop {endpoint.name}") for endpoint in endpoints]  # type: ignore[misc]
        for thread in [*removing, *list(self._threads)]:
            thread.join(grace_s + 2)

    def status(self) -> list[dict[str, Any]]:
        return [
            {
                "name": endpoint.name,
                "region": endpoint.region,
                "status": endpoint.status,
                "config": endpoint.deployment.config_name if endpoint.deployment else None,
                "notes": list(endpoint.notes),
                "variants": {
                    variant.name: {
                        "weight": variant.weight,
                        "servers_asked": variant.desired,
                        "servers": len(variant.servers),
                        "ready": len(variant.ready),
                        "restarts": sum(server.restarts for server in variant.servers),
                        "pids": [server.pid for server in variant.servers if server.pid],
                    }
                    for variant in (endpoint.deployment.variants.values() if endpoint.deployment else ())
                },
            }
            for endpoint in self.all()
        ]

    def _changeable(self, region: str, name: str) -> Endpoint:
        record = self._shared.backend(region).endpoints.get(name)
        endpoint = self._endpoints.get((region, name))
        if record is None or endpoint is None:
            raise invalid(f'Could not find endpoint "arn:aws:sagemaker:{region}:{self._shared.account}:endpoint/{name}".')
        if endpoint.status not in {"InService", "Failed"}:
            raise invalid(f'Cannot update in-progress endpoint "{record.arn}".')
        return endpoint

    def _begin(self, endpoint: Endpoint, status: str, work: Callable[[], None]) -> None:
        """Marks the endpoint busy and does the work in a thread. Call with the records' lock held."""
        endpoint.record.endpoint_status = status
        endpoint.record.failure_reason = None
        self._publish(endpoint)
        self._spawn(lambda: self._do(endpoint, work), f"{status} {endpoint.name}")

    def _do(self, endpoint: Endpoint, work: Callable[[], None]) -> None:
        reason = ""
        try:
            work()
        except (DeployFailed, transfer.TransferError) as error:
            reason = str(error)
        except Exception as error:  # an exception here must show in the status, or the endpoint stays Creating for ever
            reason = f"Internal error: {type(error).__name__}: {error}"
        with self._shared.records:
            serving = endpoint.deployment
            if reason and serving is not None:
                reason = f"The change failed and the endpoint still serves {serving.config_name!r} as before: {reason}"
            endpoint.record.failure_reason = reason[:FAILURE_CHARACTERS] or None
            endpoint.record.endpoint_status = "InService" if serving is not None else "Failed"
            self._publish(endpoint)

    def _replace(self, endpoint: Endpoint, config_name: str, request: Mapping[str, Any]) -> None:
        """Starts the new servers, moves the traffic to them, then ends the old ones."""
        deployment = read_config(self._shared, endpoint.region, config_name)
        _retain(deployment, endpoint.deployment, request)
        rollout = self._rollout(endpoint)
        rollout.bring_up(deployment, self._granted(endpoint, deployment))
        with self._shared.records:
            if endpoint.deleted.is_set():
                old: Deployment | None = deployment
            else:
                old, endpoint.deployment = endpoint.deployment, deployment
                endpoint.record.endpoint_config_name = config_name
                self._publish(endpoint)
        if old is not None:
            rollout.take_down(old)

    def _resize(self, endpoint: Endpoint, counts: Mapping[str, int]) -> None:
        deployment = endpoint.deployment
        assert deployment is not None
        before = {variant.name: variant.desired for variant in deployment.variants.values()}
        for name, count in counts.items():
            deployment.variants[name].desired = count
        try:
            self._rollout(endpoint).resize(deployment, self._granted(endpoint, deployment))
        except Exception:
            for variant in deployment.variants.values():
                variant.desired = before[variant.name]
            raise

    def _granted(self, endpoint: Endpoint, deployment: Deployment) -> dict[str, int]:
        """How many servers each variant gets on this machine; a note where that is fewer than asked for."""
        limits = self._shared.limits
        elsewhere = sum(len(other.deployment.servers) for other in self.all() if other is not endpoint and other.deployment)
        asked = {variant.name: variant.desired for variant in deployment.variants.values()}
        granted = allocate(asked, limits.servers - elsewhere)
        endpoint.notes = [
            f"variant {name}: {granted[name]} of the {asked[name]} servers asked for, since this machine has {limits.cores} cores"
            for name in asked
            if granted[name] < asked[name]
        ]
        return granted

    def _rollout(self, endpoint: Endpoint) -> Rollout:
        if endpoint.rollout is None:
            numbers = self._numbers.setdefault(endpoint.folder.name, itertools.count(1))
            endpoint.rollout = Rollout(
                self._shared,
                name=endpoint.name,
                region=endpoint.region,
                folder=endpoint.folder,
                numbers=numbers,
                cancelled=endpoint.deleted,
            )
            endpoint.rollout.notes = lambda: endpoint.notes
        return endpoint.rollout

    def _remove(self, endpoint: Endpoint, grace_s: float | None = None) -> None:
        self._rollout(endpoint).end(self._shared.limits.server_grace_s if grace_s is None else grace_s)
        endpoint.deployment = None

    def _spawn(self, work: Callable[[], None], name: str) -> threading.Thread:
        def run() -> None:
            try:
                work()
            finally:
                self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.add(thread)
        thread.start()
        return thread

    def _publish(self, endpoint: Endpoint) -> None:
        """Writes the state of the servers into moto's record. Call with the records' lock held."""
        record, deployment = endpoint.record, endpoint.deployment
        record.last_modified_time = utcnow()
        if deployment is None:
            return
        record.production_variants = [self._summary(endpoint, variant) for variant in deployment.variants.values()]
        record.data_capture_config = _capture_summary(deployment.capture)

    @staticmethod
    def _summary(endpoint: Endpoint, variant: Variant) -> dict[str, Any]:
        summary: dict[str, Any] = {
            "VariantName": variant.name,
            "DeployedImages": [
                {
                    "SpecifiedImage": variant.spec.image,
                    "ResolvedImage": variant.spec.image,
                    "ResolutionTime": endpoint.record.creation_time,
                }
            ],
            "CurrentWeight": variant.weight,
            "DesiredWeight": variant.weight,
        }
        if variant.serverless:
            return {**summary, "CurrentServerlessConfig": variant.serverless, "DesiredServerlessConfig": variant.serverless}
        return {**summary, "CurrentInstanceCount": len(variant.servers), "DesiredInstanceCount": variant.desired}


def _capture_summary(config: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """DescribeEndpoint's DataCaptureConfig of an endpoint configuration's."""
    if not config:
        return None
    enabled = bool(config.get("EnableCapture"))
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config.get("InitialSamplingPercentage", 100),
        "DestinationS3Uri": config.get("DestinationS3Uri", ""),
        "KmsKeyId": config.get("KmsKeyId", ""),
    }


def _retain(new: Deployment, old: Deployment | None, request: Mapping[str, Any]) -> None:
    """RetainAllVariantProperties: numbers and weights that were changed since stay, except those excluded."""
    if old is None or not request.get("RetainAllVariantProperties"):
        return
    excluded = {row["VariantPropertyType"] for row in request.get("ExcludeRetainedVariantProperties") or ()}
    for name in new.variants.keys() & old.variants.keys():
        if "DesiredInstanceCount" not in excluded:
            new.variants[name].desired = old.variants[name].desired
        if "DesiredWeight" not in excluded:
            new.variants[name].weight = old.variants[name].weight
    if "DataCaptureConfig" not in excluded:
        new.capture = old.capture
