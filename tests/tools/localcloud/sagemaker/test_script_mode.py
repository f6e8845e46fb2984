"""The project's own entrypoint under the runtime: script mode, which needs no PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

from .cloud import BUCKET, REGION, SHORT, Cloud, archive, unpacked

SCRIPT = """
import json, os, sys
print("accuracy=%s;" % json.loads(os.environ["SM_HPS"])["accuracy"])
with open(os.path.join(os.environ["SM_MODEL_DIR"], "args.json"), "w") as file:
    json.dump({"args": sys.argv[1:], "data": open(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "x.csv")).read()}, file)
"""


def test_any_script_mode_job_runs_in_a_framework_image(cloud: Cloud, tmp_path: Path) -> None:
    own = Cloud(tmp_path / "home", Path(__file__).parents[4], SHORT)
    own.put("script/train/x.csv", "1,2")
    sources = own.put("script/sourcedir.tar.gz", archive({"train.py": SCRIPT}))
    image = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/pytorch-training:2.8-cpu-py312"
    metric = [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}]
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/script/train"}}
    job = own.run(
        "",
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File", "MetricDefinitions": metric},
        HyperParameters={"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"{sources}"', "accuracy": "0.75"},
        InputDataConfig=[{"ChannelName": "train", "DataSource": source}],
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    written = json.loads(unpacked(own.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["args.json"])
    assert written == {"args": ["--accuracy", "0.75"], "data": "1,2"}
    assert job["FinalMetricDataList"][0]["Value"] == 0.75

    failed = own.run("", HyperParameters={"sagemaker_program": "missing.py", "sagemaker_submit_directory": "/opt/ml/code"})
    assert "missing.py" in failed["FailureReason"]
    own.stop()
