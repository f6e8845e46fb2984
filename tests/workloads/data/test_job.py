"""The corpus workload as whole processes: through the entrypoint, as SageMaker starts it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.workloads.s3_server import S3
from tests.workloads.support import lay_out, run
from workloads.data.stream import TokenStream


@pytest.mark.e2e
def test_a_job_reads_its_channel_writes_to_s3_and_says_all_that_is_wrong(tmp_path: Path, s3: S3, bucket: str) -> None:
    base = lay_out(tmp_path / "ml", {"workload": "corpus", "output_uri": f"{bucket}/corpus", "processes_per_host": "2"})
    channel = base / "input" / "data" / "raw"
    channel.mkdir(parents=True)
    (base / "input" / "config" / "inputdataconfig.json").write_text(json.dumps({"raw": {}}))
    lines = [json.dumps({"text": f"{number} and so on\n" * 20}) for number in range(20)]
    (channel / "a.jsonl").write_text("\n".join(lines))
    done = run("train", base, **s3.environment())
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("documents=20; tokens=") == 1, "one process works"
    assert json.loads((base / "model" / "corpus.json").read_text())["uri"] == f"{bucket}/corpus"
    assert TokenStream(f"{bucket}/corpus/train", sequence_length=16, batch_size=4).steps_per_epoch > 50

    (channel / "a.jsonl").write_text("\n".join(['{"text": 1}', "{", *lines]))
    failed = run("train", base, **s3.environment())
    assert failed.returncode == 2
    cause = (base / "output" / "failure").read_text()
    assert "DataError" in cause
    assert "Traceback" not in failed.stderr
    assert "a.jsonl: 'text' is a number in line 1; mend or drop it" in cause
    assert "a.jsonl: it is no JSON in line 2; mend or drop it" in cause
