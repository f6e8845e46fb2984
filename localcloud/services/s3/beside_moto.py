"""S3: bucket policies are judged with their conditions, and delete markers can be disposed of."""

from __future__ import annotations

from localcloud.kernel.recorded import Addition
from localcloud.services.s3 import bucket_policy


def _dispose_of_markers() -> None:
    """moto 5.2.5 disposes of all versions of a key where versioning is suspended, and cannot of markers: they hold no content."""
    from moto.s3.models import FakeDeleteMarker

    FakeDeleteMarker.dispose = lambda _: None  # type: ignore[attr-defined]


ADDITION = Addition(service="s3", patches=(bucket_policy.install, _dispose_of_markers))
