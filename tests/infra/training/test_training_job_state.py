"""What a state holds of a training job's provider."""

from __future__ import annotations

import base64
import subprocess
import sys

from pulumi.dynamic.dynamic import serialize_provider

from infra.training.training_job import TrainingJobProvider


def test_the_provider_is_stored_by_its_path_alone_and_the_same_in_every_run() -> None:
    stored = serialize_provider(TrainingJobProvider())
    assert len(stored) < 200, "the state must not carry code"
    assert b"infra.training.training_job" in base64.b64decode(stored)
    code = (
        "from pulumi.dynamic.dynamic import serialize_provider\n"
        "from infra.training.training_job import TrainingJobProvider\n"
        "print(serialize_provider(TrainingJobProvider()))"
    )
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert again.stdout.strip() == stored


def test_the_provider_is_no_secret_in_the_state() -> None:
    assert TrainingJobProvider.serialize_as_secret_always is False
