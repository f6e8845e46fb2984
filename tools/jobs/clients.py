"""boto3 clients for one region, made when they are first asked for: reading SageMaker's model alone takes a second."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from typing import Any

# boto3's own variables, and the argument of a client that has the same meaning.
_ARGUMENTS = {
    "AWS_ENDPOINT_URL": "endpoint_url",
    "AWS_ACCESS_KEY_ID": "aws_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
}


class Clients:
    """`sagemaker`, `logs`, `s3`, `ecr`, `sts` of a region, or any by `of`.

    `environment` reaches the local cloud; empty, the shell's is taken. `profile` is a profile of the AWS configuration, "" for
    the shell's own. `attempts` is how often a call is tried.
    """

    def __init__(
        self, region: str, environment: Mapping[str, str] | None = None, *, profile: str = "", attempts: int = 8
    ) -> None:
        self.region = region
        self._profile = profile or None
        self._attempts = attempts
        self._environment = dict(environment or {})
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def local(self) -> bool:
        """Whether the clients reach a cloud on this machine."""
        return "AWS_ENDPOINT_URL" in self._environment

    @property
    def sagemaker(self) -> Any:
        return self.of("sagemaker")

    @property
    def logs(self) -> Any:
        return self.of("logs")

    @property
    def s3(self) -> Any:
        return self.of("s3")

    @property
    def ecr(self) -> Any:
        return self.of("ecr")

    @property
    def sts(self) -> Any:
        return self.of("sts")

    def of(self, service: str) -> Any:
        """The client of a service."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._session.client(service, config=self._config(), **self._arguments())
            return self._made[service]

    @functools.cached_property
    def _session(self) -> Any:
        import boto3
        import botocore.session

        core = botocore.session.Session(profile=self._profile)
        core.register_component("data_loader", _service_models())
        return boto3.session.Session(botocore_session=core, region_name=self.region)

    def _config(self) -> Any:
        from botocore.config import Config

        # A proxy of the user's must not see requests to loopback, and buckets have no names of their own there.
        reach: dict[str, Any] = {"proxies": {}, "s3": {"addressing_style": "path"}} if self.local else {}
        return Config(retries={"mode": "standard", "max_attempts": self._attempts}, user_agent_extra="slipway", **reach)

    def _arguments(self) -> dict[str, str]:
        return {name: self._environment[key] for key, name in _ARGUMENTS.items() if key in self._environment}


def connect(region: str, environment: Mapping[str, str] | None = None, *, profile: str = "", attempts: int = 8) -> Clients:
    """Clients of a region. `environment` is what `Cloud.environment()` of the local cloud gives; left out, AWS by the shell's."""
    return Clients(region, environment, profile=profile, attempts=attempts)


@functools.cache
def _service_models() -> Any:
    """botocore's reader of service models, shared: SageMaker's alone takes a second to parse, and clients are many."""
    from botocore.loaders import create_loader

    return create_loader()
