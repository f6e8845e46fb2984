"""A script-mode job of somebody else, as its owner submits it: `./slipway local start`, then plain boto3 and nothing of ours."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

from tests.e2e.slipway import Slipway, until

LOGS = "/aws/sagemaker/TrainingJobs"
REGION = "us-east-1"
BUCKET = "somebody-elses-bucket"
# PyTorch's distributed example as it is written for SageMaker: it finds its place, its data and its model folder in variables.
SCRIPT = """
import argparse, json, os, sys
import torch
import torch.distributed as dist

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x)

def train(args):
    dist.init_process_group(backend=args.backend)
    rank, world_size = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(args.seed)
    model = torch.nn.parallel.DistributedDataParallel(Net())
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
    rows = [list(map(float, line.split(","))) for line in open(os.path.join(args.data_dir, "train.csv"))][rank::world_size]
    table = torch.tensor(rows)
    for epoch in range(1, args.epochs + 1):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(table[:, 1:]), table[:, 0].long())
        loss.backward()
        optimizer.step()
    print("Rank {} of {}: Train Loss: {:.4f}".format(rank, world_size, loss.item()))
    if rank == 0:
        torch.save(model.module.cpu().state_dict(), os.path.join(args.model_dir, "model.pth"))
    dist.destroy_process_group()

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", type=str, default="gloo")
    parser.add_argument("--hosts", type=list, default=json.loads(os.environ["SM_HOSTS"]))
    parser.add_argument("--model-dir", type=str, default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--data-dir", type=str, default=os.environ["SM_CHANNEL_TRAINING"])
    train(parser.parse_args())
"""


def test_a_job_of_others_runs_as_it_was_submitted_and_leaves_its_model(here: Slipway) -> None:
    here.run("local", "start")
    s3, sagemaker, logs = (here.boto(service) for service in ("s3", "sagemaker", "logs"))
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="data/train.csv", Body="0,0.1,0.9\n1,0.9,0.1\n0,0.2,0.8\n1,0.8,0.2\n")
    s3.put_object(Bucket=BUCKET, Key="job/source/sourcedir.tar.gz", Body=archive("mnist.py", SCRIPT))
    told = {
        "sagemaker_program": "mnist.py",
        "sagemaker_submit_directory": f"s3://{BUCKET}/job/source/sourcedir.tar.gz",
        "sagemaker_torch_distributed_enabled": True,
        "sagemaker_region": REGION,
        "epochs": 3,
        "backend": "gloo",
    }
    sagemaker.create_training_job(
        TrainingJobName="pytorch-training-2026-11-25",
        AlgorithmSpecification={
            "TrainingImage": f"763104351884.dkr.ecr.{REGION}.amazonaws.com/pytorch-training:2.8-cpu-py312-ubuntu22.04-sagemaker",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "train:loss", "Regex": "Train Loss: ([0-9.]+)"}],
        },
        # As the SageMaker SDK sends them: every value JSON, so text is in quotes.
        HyperParameters={name: json.dumps(value) for name, value in told.items()},
        InputDataConfig=[
            {
                "ChannelName": "training",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/"}},
            }
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
        ResourceConfig={"InstanceCount": 2, "InstanceType": "ml.c5.xlarge", "VolumeSizeInGB": 30},
        RoleArn="arn:aws:iam::123456789012:role/somebody",
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    until(lambda: described(sagemaker)["TrainingJobStatus"] not in ("InProgress", "Stopping"), "the job has ended")
    job = described(sagemaker)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert [row["MetricName"] for row in job["FinalMetricDataList"]] == ["train:loss"]
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{BUCKET}/")
    with tarfile.open(fileobj=io.BytesIO(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())) as model:
        assert model.getnames() == ["model.pth"]
    streams = logs.describe_log_streams(logGroupName=LOGS, logStreamNamePrefix=f"{job['TrainingJobName']}/")["logStreams"]
    lines = [
        event["message"]
        for stream in streams
        for event in logs.get_log_events(logGroupName=LOGS, logStreamName=stream["logStreamName"], startFromHead=True)["events"]
    ]
    assert len(streams) == 2
    assert {line.partition(":")[0] for line in lines if line.startswith("Rank")} == {"Rank 0 of 2", "Rank 1 of 2"}
    written = here.root / "report.html"
    assert here.ask("report", job["TrainingJobName"], "--out", str(written))["jobs"] == [job["TrainingJobName"]]
    assert "pytorch-training:2.8-cpu" in written.read_text()


def described(sagemaker: Any) -> dict[str, Any]:
    return dict(sagemaker.describe_training_job(TrainingJobName="pytorch-training-2026-11-25"))


def archive(name: str, text: str) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(text.encode())
        tar.addfile(entry, io.BytesIO(text.encode()))
    return target.getvalue()
