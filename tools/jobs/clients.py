"""boto3 clients for one region, made when they are first asked for: reading SageMaker's model alone takes a second."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

# boto3's own variables, and the argument of a client that says the same.
_ARGUMENTS = {
    "AWS_ENDPOINT_URL": "endpoint_url",
    "AWS_ACCESS_KEY_ID": "aws_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
}


class Clients:
    """`sagemaker`, `logs`, `s3`, `ecr`, `sts`, `kms`, `iam` of a region.

    `environment` reaches the local cloud; empty, the shell's is taken. `profile` is a profile of the AWS configuration, "" for
    the shell's own.
    """

    def __init__(self, region: str, environment: Mapping[str, str] | None = None, profile: str = "") -> None:
        self.region = region
        self._profile = profile or None
        self._environment = dict(environment or {})
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def local(self) -> bool:
        """Whether they reach a cloud on this machine."""
        return "AWS_ENDPOINT_URL" in self._environment

    @property
    def sagemaker(self) -> Any:
        return self._client("sagemaker")

    @property
    def logs(self) -> Any:
        return self._client("logs")

    @property
    def s3(self) -> Any:
        return self._client("s3")

    @property
    def ecr(self) -> Any:
        return self._client("ecr")

    @property
    def sts(self) -> Any:
        return self._client("sts")

    @property
    def kms(self) -> Any:
        return self._client("kms")

    @property
    def iam(self) -> Any:
        return self._client("iam")

    def _client(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        with self._lock:
            if service not in self._made:
                # A proxy of the user's must not see requests to loopback, and buckets have no names of their own there.
                reach: dict[str, Any] = {"proxies": {}, "s3": {"addressing_style": "path"}} if self.local else {}
                config = Config(retries={"mode": "standard", "max_attempts": 8}, user_agent_extra="slipway", **reach)
                arguments = {name: self._environment[key] for key, name in _ARGUMENTS.items() if key in self._environment}
                session = boto3.session.Session(region_name=self.region, profile_name=self._profile)
                self._made[service] = session.client(service, config=config, **arguments)
            return self._made[service]


def connect(region: str, environment: Mapping[str, str] | None = None, profile: str = "") -> Clients:
    """Clients of a region. `environment` is what `Cloud.environment()` of the local cloud gives; left out, AWS by the shell's."""
    return Clients(region, environment, profile)
