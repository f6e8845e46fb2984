"""Processing jobs run: a script of the user's, in files and folders that SageMaker promises, with S3 before and after it."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.process import alive
from localcloud.services.sagemaker import namespace
from tests.localcloud.services.sagemaker.cloud import ACCOUNT, BUCKET, REGION, Cloud, unique, wait_for

IMAGE = f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
LOGS = "/aws/sagemaker/ProcessingJobs"
ROOT = "/opt/ml/processing"
has_namespace = pytest.mark.skipif(
    not namespace.available(sys.executable, "/opt/ml"), reason="this machine gives no mount namespace, so /opt/ml is elsewhere"
)
# As in SageMaker's own quick start: paths of the container, written down in the script.
SPLIT = f"""
import argparse, csv, os, pathlib
arguments = argparse.ArgumentParser()
arguments.add_argument("--train-test-split-ratio", type=float)
ratio = arguments.parse_args().train_test_split_ratio
with open(os.path.join("{ROOT}/input", "census.csv")) as file:
    rows = list(csv.reader(file))
cut = round(len(rows) * (1 - ratio))
for name, part in (("train", rows[:cut]), ("test", rows[cut:])):
    folder = pathlib.Path("{ROOT}", name)
    (folder / "features.csv").write_text("".join(",".join(row) + "\\n" for row in part))
print(f"split {{len(rows)}} rows")
"""


def s3_input(name: str, uri: str, path: str, **more: str) -> dict[str, Any]:
    kinds = {"S3DataType": "S3Prefix", "S3InputMode": "File", "S3DataDistributionType": "FullyReplicated"}
    return {"InputName": name, "S3Input": {"S3Uri": uri, "LocalPath": f"{ROOT}/{path}", **kinds, **more}}


def s3_output(name: str, uri: str, path: str, mode: str = "EndOfJob") -> dict[str, Any]:
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": f"{ROOT}/{path}", "S3UploadMode": mode}}


def start(
    cloud: Cloud, *command: str, arguments: tuple[str, ...] = (), hosts: int = 1, outputs: tuple[Any, ...] = (), **more: Any
) -> str:
    name = more.pop("ProcessingJobName", unique("processing"))
    application = {"ImageUri": IMAGE, "ContainerEntrypoint": list(command)}
    cluster = {"InstanceCount": hosts, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
    cloud.sagemaker.create_processing_job(
        ProcessingJobName=name,
        ProcessingResources={"ClusterConfig": cluster},
        AppSpecification={**application, **({"ContainerArguments": list(arguments)} if arguments else {})},
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/processing",
        **({"ProcessingOutputConfig": {"Outputs": list(outputs)}} if outputs else {}),
        **more,
    )
    return str(name)


def describe(cloud: Cloud, name: str) -> dict[str, Any]:
    return dict(cloud.sagemaker.describe_processing_job(ProcessingJobName=name))


def finished(cloud: Cloud, name: str) -> dict[str, Any]:
    found: dict[str, Any] = wait_for(
        lambda: (job := describe(cloud, name))["ProcessingJobStatus"] not in {"InProgress", "Stopping"} and job, name
    )
    return found


def run(cloud: Cloud, *command: str, **more: Any) -> dict[str, Any]:
    return finished(cloud, start(cloud, *command, **more))


@has_namespace
def test_the_quick_starts_script_finds_its_paths_and_leaves_its_parts_in_s3(cloud: Cloud) -> None:
    data = cloud.put("census/census.csv", "".join(f"{n},{n % 2}\n" for n in range(10)))
    code = cloud.put("census-code/preprocessing.py", SPLIT)
    job = run(
        cloud,
        "python3",
        f"{ROOT}/input/code/preprocessing.py",
        arguments=("--train-test-split-ratio", "0.2"),
        ProcessingInputs=[s3_input("input-1", data, "input"), s3_input("code", code, "input/code")],
        outputs=tuple(s3_output(name, f"s3://{BUCKET}/census-{name}", name) for name in ("train", "test")),
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert len(cloud.get(f"s3://{BUCKET}/census-train/features.csv").splitlines()) == 8
    assert len(cloud.get(f"s3://{BUCKET}/census-test/features.csv").splitlines()) == 2
    assert "split 10 rows" in cloud.log(LOGS, f"{job['ProcessingJobName']}/algo-1-")
    assert job["ProcessingEndTime"] >= job["ProcessingStartTime"] >= job["CreationTime"]
    assert job["AppSpecification"]["ContainerArguments"] == ["--train-test-split-ratio", "0.2"]
    assert "FailureReason" not in job


LOOK = """
import json, os, socket, sys
socket.gethostbyname("algo-2")
base = os.environ["SAGEMAKER_BASE_DIR"]
config = {name: json.load(open(f"{base}/config/{name}.json")) for name in ("processingjobconfig", "resourceconfig")}
told = {"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, **config}
open(f"{base}/processing/out/{config['resourceconfig']['current_host']}.json", "w").write(json.dumps(told))
"""


def test_each_host_finds_its_configuration_its_environment_and_nothing_of_this_project(cloud: Cloud) -> None:
    name = unique("processing")
    run(
        cloud,
        "python3",
        "-c",
        LOOK,
        arguments=("a b", "$HOME", "--x=/opt/ml/processing/y"),
        hosts=2,
        Environment={"MINE": "yes"},
        ProcessingJobName=name,
        outputs=(s3_output("out", f"s3://{BUCKET}/{name}", "out"),),
    )
    told = {host: json.loads(cloud.get(f"s3://{BUCKET}/{name}/{host}.json")) for host in ("algo-1", "algo-2")}
    assert [each["resourceconfig"]["hosts"] for each in told.values()] == [["algo-1", "algo-2"]] * 2
    first = told["algo-1"]
    assert first["argv"][:2] == ["a b", "$HOME"]
    assert first["env"]["MINE"] == "yes"
    assert first["env"]["AWS_REGION"] == REGION
    config = first["processingjobconfig"]
    assert config["ProcessingJobName"] == name
    assert config["ProcessingJobArn"].endswith(f":processing-job/{name}")
    assert config["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 2
    assert config["Environment"] == {"MINE": "yes"}
    assert str(cloud.runtime._shared.repository) not in first["path"]  # the user's `tools` is not this project's
    if namespace.available(sys.executable, "/opt/ml"):
        assert first["argv"][2] == "--x=/opt/ml/processing/y"
        assert first["env"]["SAGEMAKER_BASE_DIR"] == "/opt/ml"


def test_where_there_is_no_namespace_paths_in_arguments_and_environment_are_those_of_this_machine(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namespace, "available", lambda python, target: False)
    name = unique("processing")
    data = cloud.put(f"{name}/in/data.txt", "words")
    script = "import os, shutil, sys; shutil.copy(sys.argv[1], os.environ['OUT'])"
    job = run(
        cloud,
        "python3",
        "-c",
        script,
        arguments=(f"{ROOT}/in/data.txt",),
        Environment={"OUT": f"{ROOT}/out/", "OTHER": "/mnt/opt/ml/x:/opt/mlx"},
        ProcessingInputs=[s3_input("in", data, "in")],
        outputs=(s3_output("out", f"s3://{BUCKET}/{name}/out", "out"),),
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.get(f"s3://{BUCKET}/{name}/out/data.txt") == b"words"


# What ends a job -> its status, and what FailureReason says.
ENDS: dict[str, tuple[tuple[str, ...], dict[str, Any], str, str]] = {
    "exit code 0": (("true",), {}, "Completed", ""),
    "an exit code": (("sh", "-c", "echo why; exit 3"), {}, "Failed", "exit code: 3"),
    "the log's end": (("sh", "-c", "echo no such column >&2; exit 1"), {}, "Failed", "no such column"),
    "a signal": (("sh", "-c", "kill -9 $$"), {}, "Failed", "exit code: 137"),
    "an exception": (("python3", "-c", "raise ValueError('bad row 7')"), {}, "Failed", "ValueError: bad row 7"),
    "a program that is not there": (("smspark-submit", "x.py"), {}, "Failed", "'smspark-submit' is a program of image"),
    "a Python of another version": (("/usr/bin/python3.6", "-c", "print(1)"), {}, "Completed", ""),
    "no entrypoint": ((), {}, "Failed", "is not known in the local cloud"),
    "its time": (("sleep", "30"), {"StoppingCondition": {"MaxRuntimeInSeconds": 1}}, "Stopped", ""),
    "an input that is not there": (
        ("true",),
        {"ProcessingInputs": [s3_input("data", f"s3://{BUCKET}/nothing-here/", "in")]},
        "Failed",
        "input 'data': No S3 objects found under S3 URL",
    ),
    "a pipe": (
        ("true",),
        {"ProcessingInputs": [s3_input("data", f"s3://{BUCKET}/x/", "in", S3InputMode="Pipe")]},
        "Failed",
        "uses Pipe mode, which is not run locally",
    ),
    "a bucket that is not there": (
        ("true",),
        {"outputs": (s3_output("out", "s3://no-such-bucket-of-mine/x", "out"),)},
        "Failed",
        "the bucket of 's3://no-such-bucket-of-mine/x' does not exist",
    ),
}


@pytest.mark.parametrize("what", ENDS)
def test_it_ends_as_its_script_does_and_says_why(cloud: Cloud, what: str) -> None:
    command, asked, status, reason = ENDS[what]
    if not command:
        asked = {**asked, "AppSpecification": {"ImageUri": IMAGE}}
    more = {key: value for key, value in asked.items() if key != "AppSpecification"}
    name = unique("processing")
    if command:
        start(cloud, *command, ProcessingJobName=name, **more)
    else:
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
        cloud.sagemaker.create_processing_job(
            ProcessingJobName=name,
            ProcessingResources={"ClusterConfig": cluster},
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/processing",
            **asked,
        )
    job = finished(cloud, name)
    assert job["ProcessingJobStatus"] == status, job.get("FailureReason")
    assert reason in job.get("FailureReason", "")
    assert ("FailureReason" in job) == (status == "Failed")
    listed = cloud.sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
    assert [row["ProcessingJobStatus"] for row in listed] == [status]


def test_a_message_of_the_container_is_told_whether_it_failed_or_not(cloud: Cloud) -> None:
    write = "mkdir -p $SAGEMAKER_BASE_DIR/output; printf '%s' \"$1\" > $SAGEMAKER_BASE_DIR/output/message; exit $2"
    done = run(cloud, "sh", "-c", write, "sh", arguments=("rows: 7 äö", "0"))
    assert (done["ProcessingJobStatus"], done["ExitMessage"]) == ("Completed", "rows: 7 äö")
    failed = run(cloud, "sh", "-c", write, "sh", arguments=("x" * 2000, "1"))
    assert (failed["ProcessingJobStatus"], failed["ExitMessage"]) == ("Failed", "x" * 1024)
    assert "ExitMessage" not in run(cloud, "true")


def test_a_continuous_output_is_in_s3_while_the_job_runs_and_one_of_the_end_only_when_it_went_well(cloud: Cloud) -> None:
    name = unique("processing")
    both = (
        s3_output("now", f"s3://{BUCKET}/{name}/now", "now", "Continuous"),
        s3_output("end", f"s3://{BUCKET}/{name}/end", "end"),
    )
    write = "cd $SAGEMAKER_BASE_DIR/processing; echo 1 > now/a; echo 1 > end/a; sleep 30"
    start(cloud, "sh", "-c", write, ProcessingJobName=name, outputs=both)
    wait_for(lambda: cloud.keys(f"{name}/"), "the continuous output")
    assert describe(cloud, name)["ProcessingJobStatus"] == "InProgress"
    cloud.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert finished(cloud, name)["ProcessingJobStatus"] == "Stopped"
    assert cloud.keys(f"{name}/") == [f"{name}/now/a"]


def test_it_is_stopped_with_all_that_it_started(cloud: Cloud) -> None:
    name = start(cloud, "sh", "-c", "trap 'echo asked to stop; exit 0' TERM; sleep 60 & wait")
    (pid,) = wait_for(lambda: [pid for job in cloud.runtime.status()["jobs"] if job["name"] == name for pid in job["pids"]], name)
    cloud.sagemaker.stop_processing_job(ProcessingJobName=name)
    job = finished(cloud, name)
    assert job["ProcessingJobStatus"] == "Stopped"
    wait_for(lambda: not alive(pid), "the end of its processes")
    with pytest.raises(ClientError, match="rejected because the processing job is in status Stopped"):
        cloud.sagemaker.stop_processing_job(ProcessingJobName=name)


def test_sharded_inputs_are_dealt_out_and_others_are_on_every_host(cloud: Cloud) -> None:
    name = unique("processing")
    for number in range(4):
        cloud.put(f"{name}/part-{number}", "x")
    host = "$(grep -o 'algo-.' config/resourceconfig.json | head -1)"
    script = f"cd $SAGEMAKER_BASE_DIR; ls processing/some > processing/out/{host}"
    source = f"s3://{BUCKET}/{name}/part-"
    run(
        cloud,
        "sh",
        "-c",
        f"{script}; test $(ls processing/all | wc -l) = 4",
        hosts=2,
        ProcessingJobName=name,
        ProcessingInputs=[
            s3_input("some", source, "some", S3DataDistributionType="ShardedByS3Key"),
            s3_input("all", source, "all"),
        ],
        outputs=(s3_output("out", f"s3://{BUCKET}/{name}/out", "out"),),
    )
    told = [cloud.get(f"s3://{BUCKET}/{name}/out/algo-{number}").decode().split() for number in (1, 2)]
    assert sorted(told[0] + told[1]) == [f"part-{number}" for number in range(4)]
    assert len(told[0]) == 2


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a name with an underscore": ({"ProcessingJobName": "a_b"}, "failed to satisfy constraint"),
    "a name of 64 characters": ({"ProcessingJobName": "a" * 64}, "failed to satisfy constraint"),
    "a path outside": (
        {
            "ProcessingInputs": [
                {"InputName": "x", "S3Input": {"S3Uri": "s3://b/x", "LocalPath": "/data", "S3DataType": "S3Prefix"}}
            ]
        },
        "must start with /opt/ml/processing/",
    ),
    "no path": (
        {"ProcessingInputs": [{"InputName": "x", "S3Input": {"S3Uri": "s3://b/x", "S3DataType": "S3Prefix"}}]},
        "LocalPath is required",
    ),
    "two inputs of one name": (
        {"ProcessingInputs": [s3_input("x", "s3://b/x", "x"), s3_input("x", "s3://b/y", "y")]},
        "input names must be unique",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_sagemaker_refuses_is_refused_and_nothing_is_listed(cloud: Cloud, what: str) -> None:
    asked, said = REFUSED[what]
    name = asked.get("ProcessingJobName", unique("refused"))
    with pytest.raises(ClientError, match=said):
        start(cloud, "true", **{"ProcessingJobName": name, **asked})
    assert not cloud.sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]


def test_a_name_is_given_once_and_a_job_that_has_ended_can_be_described_for_ever(cloud: Cloud) -> None:
    job = run(cloud, "true")
    with pytest.raises(ClientError, match="a processing job with this name already exists") as refused:
        start(cloud, "true", ProcessingJobName=job["ProcessingJobName"])
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    assert describe(cloud, job["ProcessingJobName"])["ProcessingJobStatus"] == "Completed"


def test_packages_that_a_script_installs_stay_with_the_job(cloud: Cloud) -> None:
    install = "mkdir -p $PIP_TARGET && echo 'said = 7' > $PIP_TARGET/own_package.py"
    job = run(cloud, "sh", "-c", f"{install} && python3 -c 'import own_package; print(own_package.said)'")
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert "7" in cloud.log(LOGS, job["ProcessingJobName"])
