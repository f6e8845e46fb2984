"""Scripts as people bring them to SageMaker run unmodified, through plain boto3 and the project's entrypoint."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import numpy as np
import pytest

from tests.localcloud.services.sagemaker import scripts
from tests.localcloud.services.sagemaker.cloud import BUCKET, REGION, Cloud, archive, unpacked

LOGS = "/aws/sagemaker/TrainingJobs"
# Rows of two classes that a line separates, the label first, as in SageMaker's examples.
ROWS = "\n".join(f"{label},{x},{1 - x}" for label, x in [(0, 0.1), (0, 0.2), (1, 0.8), (1, 0.9)] * 4)


def source(cloud: Cloud, job: str, **files: str) -> str:
    """Uploads a sourcedir.tar.gz as the SDK does; its S3 URI."""
    return cloud.put(f"{job}/source/sourcedir.tar.gz", archive({name.replace("__", "/"): text for name, text in files.items()}))


def channel(name: str, uri: str, **more: str) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, **more}}}


def sent_by_the_sdk(program: str, sources: str, **hyperparameters: object) -> dict[str, str]:
    """Hyperparameters as the SageMaker SDK sends them: every value JSON, text in quotes."""
    sdk = {
        "sagemaker_program": program,
        "sagemaker_submit_directory": sources,
        "sagemaker_container_log_level": 20,
        "sagemaker_region": REGION,
    }
    return {key: json.dumps(value) for key, value in {**sdk, **hyperparameters}.items()}


def members(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}  # type: ignore[union-attr]


def test_a_classifier_in_the_style_of_the_examples_trains_in_a_framework_image(others: Cloud) -> None:
    others.put("mnist/train.csv", ROWS)
    image = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/pytorch-training:2.8-cpu-py312"
    metric = [{"Name": "train:accuracy", "Regex": "Accuracy: ([0-9.]+)"}]
    job = others.run(
        "",
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File", "MetricDefinitions": metric},
        HyperParameters=sent_by_the_sdk(
            "mnist.py", source(others, "mnist", **{"mnist.py": scripts.CLASSIFIER}), epochs=30, lr=0.5, **{"batch-size": 4}
        ),
        InputDataConfig=[channel("training", f"s3://{BUCKET}/mnist/train.csv")],
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    weights = np.load(io.BytesIO(members(others.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["model.npy"]))
    assert weights.shape == (2, 2)
    assert weights[0, 1] > weights[0, 0], "a large first value speaks for class 1"
    assert job["FinalMetricDataList"][0]["Value"] == 1.0
    output = job["ModelArtifacts"]["S3ModelArtifacts"].replace("model.tar.gz", "output.tar.gz")
    report = json.loads(unpacked(others.get(output))["report.json"])
    assert (report["hosts"], report["host"], report["args"]["batch_size"], report["args"]["lr"]) == (["algo-1"], "algo-1", 4, 0.5)


@pytest.mark.e2e
def test_a_scikit_learn_script_finds_its_channels_and_leaves_its_joblib_file(others: Cloud) -> None:
    for key in ("train/a.csv", "train/b.csv", "test/a.csv"):
        others.put(f"tree/{key}", ROWS)
    metric = [{"Name": "accuracy", "Regex": r"validation:accuracy ([\d.]+)"}]
    job = others.run(
        "",
        AlgorithmSpecification={
            "TrainingImage": f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3",
            "TrainingInputMode": "File",
            "MetricDefinitions": metric,
        },
        HyperParameters=sent_by_the_sdk("tree.py", source(others, "tree", **{"tree.py": scripts.SKLEARN}), max_leaf_nodes=5),
        InputDataConfig=[channel("train", f"s3://{BUCKET}/tree/train/"), channel("test", f"s3://{BUCKET}/tree/test/")],
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert "model.joblib" in members(others.get(job["ModelArtifacts"]["S3ModelArtifacts"]))
    assert job["FinalMetricDataList"][0]["Value"] == 1.0


def test_every_kind_of_hyperparameter_arrives_as_the_toolkit_would_pass_it(others: Cloud) -> None:
    told = {
        "optimizer": "adam",
        "lr": 0.1,
        "amsgrad": True,
        "layers": [64, 32],
        "betas": {"a": 1, "b": 2},
        "name": "0.5",
        "n": None,
    }
    hyperparameters = sent_by_the_sdk(
        "go.py",
        source(others, "kinds", **{"go.py": scripts.ARGUMENTS}),
        **told,
        checkpoints="/opt/ml/checkpoints",
        sagemaker_custom=1,
    )
    job = others.run("", HyperParameters={**hyperparameters, "raw": "as it is"})
    found = json.loads(unpacked(others.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["told.json"])
    base = found["SM_MODEL_DIR"].removesuffix("/model")
    arguments = dict(zip(found["argv"][::2], found["argv"][1::2], strict=True))
    assert arguments == {
        "--optimizer": "adam",
        "--lr": "0.1",
        "--amsgrad": "True",
        "--layers": "[64, 32]",
        "--betas": "a=1,b=2",
        "--name": "0.5",
        "-n": "",
        "--raw": "as it is",
        "--checkpoints": f"{base}/checkpoints",
    }
    assert list(arguments) == sorted(arguments, key=lambda flag: flag.lstrip("-"))
    assert json.loads(found["SM_HPS"]) == {**told, "raw": "as it is", "checkpoints": "/opt/ml/checkpoints"}
    assert found["SM_HP_OPTIMIZER"] == "adam", "text without its quotes"
    assert json.loads(found["SM_FRAMEWORK_PARAMS"]) == {"sagemaker_custom": 1}
    assert (found["SM_USER_ENTRY_POINT"], found["SM_MODULE_NAME"]) == ("go.py", "go")
    assert json.loads(found["SM_TRAINING_ENV"])["job_name"] == found["TRAINING_JOB_NAME"] == job["TrainingJobName"]
    assert (found["SAGEMAKER_REGION"], found["CURRENT_HOST"], found["cwd"]) == (REGION, "algo-1", f"{base}/code")


def test_processes_of_a_torchrun_job_meet_over_two_hosts_and_import_the_submitted_folder(others: Cloud) -> None:
    files = {"src/train.py": scripts.RANKS, "helpers/__init__.py": "", "helpers/words.py": "HELLO = 'hello'"}
    sources = others.put("ranks/sourcedir.tar.gz", archive(files))
    job = others.run(
        "",
        HyperParameters=sent_by_the_sdk("src/train.py", sources, processes_per_host=2, sagemaker_torch_distributed_enabled=True),
        ResourceConfig={"InstanceCount": 2, "InstanceType": "ml.g5.12xlarge", "VolumeSizeInGB": 30},
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    told = json.loads(unpacked(others.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["sum.json"])
    assert told == {"sum": 0 + 1 + 2 + 3, "world": 4, "said": "hello", "local": 2}
    assert any("rank 3 of 4 on algo-2" in line for line in others.log(LOGS, job["TrainingJobName"]))


def test_two_hosts_share_the_data_by_key_and_one_model(others: Cloud) -> None:
    for number in range(4):
        others.put(f"shards/part-{number}.txt", str(number))
    job = others.run(
        "",
        HyperParameters=sent_by_the_sdk("hosts.py", source(others, "shards", **{"hosts.py": scripts.HOSTS})),
        InputDataConfig=[channel("train", f"s3://{BUCKET}/shards/part-", S3DataDistributionType="ShardedByS3Key")],
        ResourceConfig={"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30},
    )
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert unpacked(others.get(artifact)) == {"model.bin": "weights"}
    told = {name: json.loads(text) for name, text in unpacked(others.get(artifact.replace("model.tar", "output.tar"))).items()}
    assert sorted(told) == ["algo-1.json", "algo-2.json"]
    assert [told[f"algo-{number}.json"]["rank"] for number in (1, 2)] == [0, 1]
    assert sorted(told["algo-1.json"]["files"] + told["algo-2.json"]["files"]) == [f"part-{number}.txt" for number in range(4)]


def test_a_shell_script_runs_by_its_own_first_line(others: Cloud) -> None:
    others.put("shell/part-0.txt", "data")
    job = others.run(
        "",
        HyperParameters=sent_by_the_sdk("run", source(others, "shell", run=scripts.SHELL), model="a name; touch x"),
        InputDataConfig=[channel("train", f"s3://{BUCKET}/shell/")],
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert unpacked(others.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["python.txt"] == "ran"
    assert "shell: 2 arguments, a name; touch x" in others.log(LOGS, job["TrainingJobName"])


@pytest.mark.parametrize("quoted", [True, False])
def test_a_script_inside_the_container_needs_no_archive(others: Cloud, quoted: bool) -> None:
    code = others.put("folder/go.py", scripts.ARGUMENTS).removesuffix("go.py")
    told = {"sagemaker_program": "go.py", "sagemaker_submit_directory": "/opt/ml/input/data/code"}
    job = others.run(
        "",
        HyperParameters={key: json.dumps(value) if quoted else value for key, value in told.items()},
        InputDataConfig=[channel("code", code)],
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
