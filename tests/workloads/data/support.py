"""What the tests of data share."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workloads.data import prepare

CORPUS_BYTES = 300_000


@dataclass(frozen=True, kw_only=True)
class S3:
    """A server on loopback."""

    endpoint: str

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }

    def client(self) -> Any:
        import boto3

        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1")


def make_corpus(out: Path | str, **settings: Any) -> Any:
    """Run `workloads.data.prepare`; gives back `out`."""
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    with contextlib.redirect_stdout(io.StringIO()):
        assert prepare.main([*arguments, "--out", str(out)]) == 0
    return out
