from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.process import alive
from tests.localcloud.services.sagemaker.cloud import (
    ACCOUNT,
    BUCKET,
    REGION,
    REGISTRY,
    TRAINING_IMAGE,
    Cloud,
    unique,
    unpacked,
    wait_for,
)

LOGS = "/aws/sagemaker/TrainingJobs"
WRITE_MODEL = "(BASE / 'model' / f'{HOST}.txt').write_text('trained')"


def channel(name: str, uri: str, **source: str) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, **source}}}


def hosts(count: int) -> dict[str, Any]:
    return {"InstanceCount": count, "InstanceType": "ml.g5.xlarge", "VolumeSizeInGB": 10}


def test_a_job_trains_and_leaves_its_model_in_s3(cloud: Cloud) -> None:
    job = cloud.run(WRITE_MODEL)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Completed"
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{BUCKET}/out/{job['TrainingJobName']}/output/model.tar.gz"
    assert unpacked(cloud.get(uri)) == {"algo-1.txt": "trained"}
    assert job["TrainingEndTime"] >= job["TrainingStartTime"] >= job["CreationTime"]
    assert job["TrainingTimeInSeconds"] == job["BillableTimeInSeconds"]
    assert "FailureReason" not in job


def test_a_job_goes_through_sagemakers_secondary_statuses(cloud: Cloud) -> None:
    name = cloud.start_job("import time; time.sleep(0.3)")
    first = cloud.job(name)
    assert first["TrainingJobStatus"] == "InProgress"
    assert "S3ModelArtifacts" not in first.get("ModelArtifacts", {})
    listed = cloud.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert [(row["TrainingJobStatus"], "TrainingEndTime" in row) for row in listed] == [("InProgress", False)]
    transitions = cloud.finished(name)["SecondaryStatusTransitions"]
    assert [row["Status"] for row in transitions] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all(row["EndTime"] >= row["StartTime"] for row in transitions)


def test_a_host_finds_its_contract_and_nothing_of_the_daemons_environment(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_DAEMON", "x")
    cloud.put("contract/train/a/b.txt", "data")
    job = cloud.run(
        "import json, os; config = BASE / 'input/config'\n"
        "found = {p.stem: json.loads(p.read_text()) for p in config.iterdir()}\n"
        "found['data'] = (BASE / 'input/data/train/a/b.txt').read_text()\n"
        "found['env'] = dict(os.environ); found['cwd'] = os.getcwd()\n"
        "(BASE / 'model/found.json').write_text(json.dumps(found))",
        InputDataConfig=[channel("train", f"s3://{BUCKET}/contract/train")],
        Environment={"MINE": "1", "SAGEMAKER_BASE_DIR": "/elsewhere"},
        ResourceConfig=hosts(1),
    )
    found = json.loads(unpacked(cloud.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["found.json"])
    name, base = job["TrainingJobName"], str(cloud.home / "jobs" / job["TrainingJobName"] / "algo-1")
    assert found["data"] == "data"
    assert found["inputdataconfig"]["train"]["TrainingInputMode"] == "File"
    assert found["resourceconfig"]["hosts"] == ["algo-1"]
    assert found["resourceconfig"]["current_instance_type"] == "ml.g5.xlarge"
    env = found["env"]
    assert env["SAGEMAKER_BASE_DIR"] == base == found["cwd"]
    assert env["TRAINING_JOB_NAME"] == name
    assert env["TRAINING_JOB_ARN"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}"
    assert env["MINE"] == "1"
    assert (env["AWS_ENDPOINT_URL"], env["AWS_REGION"], env["MASTER_ADDR"]) == (cloud.url, REGION, "127.0.0.1")
    assert int(env["MASTER_PORT"]) > 1023
    assert "SECRET_OF_THE_DAEMON" not in env
    assert "SM_MODEL_DIR" not in env, "SM_* come from the image, not the platform"


def test_several_hosts_meet_and_their_models_become_one_archive(cloud: Cloud) -> None:
    program = WRITE_MODEL + "\nimport os; print('port', os.environ['MASTER_PORT'], 'of', RESOURCES['hosts'])"
    job = cloud.run(program, ResourceConfig=hosts(2))
    assert set(unpacked(cloud.get(job["ModelArtifacts"]["S3ModelArtifacts"]))) == {"algo-1.txt", "algo-2.txt"}
    lines = [cloud.log(LOGS, f"{job['TrainingJobName']}/algo-{number}")[0] for number in (1, 2)]
    assert lines[0] == lines[1]
    assert "['algo-1', 'algo-2']" in lines[0]


def test_more_hosts_than_the_machine_has_are_cut_and_it_says_so(cloud: Cloud) -> None:
    job = cloud.run("print('hosts', len(RESOURCES['hosts']))", ResourceConfig=hosts(16))
    said = "2 of the 16 hosts asked for, since this machine has 2 cores"
    assert said in job["SecondaryStatusTransitions"][0]["StatusMessage"]
    log = cloud.log(LOGS, f"{job['TrainingJobName']}/algo-1")
    assert any(said in line for line in log)
    assert "hosts 2" in log
    assert job["ResourceConfig"]["InstanceCount"] == 16, "the declaration stays what was asked for"


def test_metrics_are_read_from_the_log_and_the_last_value_counts(cloud: Cloud) -> None:
    definitions = [{"Name": "test:accuracy", "Regex": r"test_accuracy=([0-9.]+);"}, {"Name": "never", "Regex": r"never=(\d+)"}]
    job = cloud.run(
        "print('test_accuracy=0.5;'); print('epoch 2 test_accuracy=0.9815; loss=0.1;')",
        AlgorithmSpecification={"TrainingImage": TRAINING_IMAGE, "TrainingInputMode": "File", "MetricDefinitions": definitions},
    )
    assert [(row["MetricName"], row["Value"]) for row in job["FinalMetricDataList"]] == [("test:accuracy", pytest.approx(0.9815))]
    assert job["AlgorithmSpecification"]["MetricDefinitions"] == definitions
    metrics = cloud.client("cloudwatch").list_metrics(Namespace="/aws/sagemaker/TrainingJobs", MetricName="test:accuracy")[
        "Metrics"
    ]
    assert {"Name": "TrainingJobName", "Value": job["TrainingJobName"]} in [row["Dimensions"][0] for row in metrics]


def test_a_failed_job_gives_the_failure_file_and_the_exit_code(cloud: Cloud) -> None:
    job = cloud.run("(BASE / 'output/failure').write_text('loss is nan ' + 'x' * 3000); raise SystemExit(7)")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: loss is nan xxx")
    assert job["FailureReason"].endswith(", exit code: 7")
    assert len(job["FailureReason"]) <= 1024
    assert "S3ModelArtifacts" not in job.get("ModelArtifacts", {})


def test_a_job_that_dies_without_a_failure_file_shows_the_end_of_its_log(cloud: Cloud) -> None:
    job = cloud.run("raise RuntimeError('out of memory on purpose')")
    assert "RuntimeError: out of memory on purpose" in job["FailureReason"]
    assert job["FailureReason"].endswith("exit code: 1")


def test_one_hosts_failure_ends_the_others_at_once(cloud: Cloud) -> None:
    job = cloud.run(
        "import os, sys, time; (BASE.parent / f'{HOST}.pid').write_text(str(os.getpid()))\n"
        "while not all((BASE.parent / f'{h}.pid').exists() for h in RESOURCES['hosts']): time.sleep(0.01)\n"
        "sys.exit(5) if HOST == 'algo-2' else time.sleep(60)",
        ResourceConfig=hosts(2),
    )
    assert job["FailureReason"].endswith("exit code: 5")
    assert job["TrainingTimeInSeconds"] < 10
    assert not alive(int((cloud.home / "jobs" / job["TrainingJobName"] / "algo-1.pid").read_text()))


def test_the_failure_reason_is_the_true_cause_and_not_the_lost_peer(cloud: Cloud) -> None:
    job = cloud.run(
        "import sys, time\n"
        "if HOST == 'algo-1': sys.exit('Connection closed by peer')\n"
        "time.sleep(0.02); sys.exit('CUDA error: no kernel image')",
        ResourceConfig=hosts(2),
    )
    assert "no kernel image" in job["FailureReason"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"InputDataConfig": [channel("train", f"s3://{BUCKET}/nothing-here")]}, "No S3 objects found under S3 URL"),
        ({"InputDataConfig": [channel("train", "s3://no-such-bucket-anywhere/x")]}, "NoSuchBucket"),
        ({"OutputDataConfig": {"S3OutputPath": "s3://no-such-bucket-anywhere/out"}}, "create it before the job"),
        ({"AlgorithmSpecification": {"TrainingImage": f"{REGISTRY}/xgboost:1", "TrainingInputMode": "File"}}, "brings neither"),
        ({"AlgorithmSpecification": {"TrainingImage": TRAINING_IMAGE, "TrainingInputMode": "Pipe"},
          "InputDataConfig": [channel("train", f"s3://{BUCKET}/x")]}, "Pipe mode"),
        ({"CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/c", "LocalPath": "/tmp/checkpoints"}}, "must be below /opt/ml"),
    ],
)  # fmt: skip
def test_what_cannot_run_fails_with_the_reason(cloud: Cloud, changes: dict[str, Any], reason: str) -> None:
    job = cloud.run("pass", **changes)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert reason in job["FailureReason"]


def test_kms_keys_are_accepted(cloud: Cloud) -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
    job = cloud.run(
        "pass",
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out/", "KmsKeyId": key},
        ResourceConfig={**hosts(1), "VolumeKmsKeyId": key},
    )
    assert job["TrainingJobStatus"] == "Completed"


def test_a_stopped_job_gets_sigterm_and_keeps_what_it_wrote(cloud: Cloud) -> None:
    name = cloud.start_job(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: ((BASE / 'model/last.txt').write_text('saved'), sys.exit(0)))\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    wait_for(
        lambda: cloud.job(name)["SecondaryStatus"] == "Training" and "ready" in cloud.log(LOGS, name), "the job's first line"
    )
    cloud.sagemaker.stop_training_job(TrainingJobName=name)
    assert cloud.job(name)["TrainingJobStatus"] in {"Stopping", "Stopped"}
    job = cloud.finished(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert unpacked(cloud.get(job["ModelArtifacts"]["S3ModelArtifacts"])) == {"last.txt": "saved"}


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace(cloud: Cloud) -> None:
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    name = cloud.start_job(program)
    wait_for(
        lambda: cloud.job(name)["SecondaryStatus"] == "Training" and "ready" in cloud.log(LOGS, name), "the job's first line"
    )
    cloud.sagemaker.stop_training_job(TrainingJobName=name)
    job = cloud.finished(name)
    assert job["TrainingJobStatus"] == "Stopped"
    assert "S3ModelArtifacts" not in job.get("ModelArtifacts", {}), "nothing was written, so there is no model"


def test_the_runtime_limit_stops_a_job_and_keeps_its_model(cloud: Cloud) -> None:
    job = cloud.run(WRITE_MODEL + "\nimport time; time.sleep(60)", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert unpacked(cloud.get(job["ModelArtifacts"]["S3ModelArtifacts"])) == {"algo-1.txt": "trained"}


def test_a_name_is_used_once(cloud: Cloud) -> None:
    name = cloud.start_job("pass")
    with pytest.raises(ClientError, match=r"ResourceInUse.*already exists"):
        cloud.start_job("pass", TrainingJobName=name)
    cloud.finished(name)


def test_the_same_name_at_once_from_many_makes_one_job(cloud: Cloud) -> None:
    name, outcomes = unique("job"), []

    def create() -> None:
        try:
            outcomes.append(cloud.start_job("print('ran')", TrainingJobName=name))
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == sorted([name] + ["ResourceInUse"] * 5)
    cloud.finished(name)
    assert cloud.log(LOGS, name).count("ran") == 1


@pytest.mark.parametrize("name", ["../escape", "under_score", "-dash", "a" * 64])
def test_a_bad_name_is_refused_before_it_becomes_a_folder(cloud: Cloud, name: str) -> None:
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        cloud.start_job("pass", TrainingJobName=name)


def test_a_metric_that_is_no_expression_is_refused(cloud: Cloud) -> None:
    algorithm = {
        "TrainingImage": TRAINING_IMAGE,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "m", "Regex": "m=("}],
    }
    with pytest.raises(ClientError, match="not a regular expression"):
        cloud.start_job("pass", AlgorithmSpecification=algorithm)


def test_checkpoints_come_from_s3_and_go_back_while_the_job_runs(cloud: Cloud) -> None:
    uri = cloud.put("checkpoints/a/epoch-1.pt", "one").rpartition("/")[0]
    name = cloud.start_job(
        "import time; assert (BASE / 'checkpoints/epoch-1.pt').read_text() == 'one'\n"
        "(BASE / 'checkpoints/epoch-2.pt').write_text('two')\n"
        "while not (BASE / 'go').exists(): time.sleep(0.02)",
        CheckpointConfig={"S3Uri": uri},
    )
    wait_for(lambda: "checkpoints/a/epoch-2.pt" in cloud.keys("checkpoints/a"), "the second checkpoint in S3")
    assert cloud.job(name)["TrainingJobStatus"] == "InProgress"
    (cloud.home / "jobs" / name / "algo-1" / "go").touch()
    assert cloud.finished(name)["TrainingJobStatus"] == "Completed"


def test_output_data_becomes_an_archive_of_its_own(cloud: Cloud) -> None:
    job = cloud.run("(BASE / 'output/data/plot.svg').write_text('<svg/>')")
    uri = job["ModelArtifacts"]["S3ModelArtifacts"].replace("model.tar.gz", "output.tar.gz")
    assert unpacked(cloud.get(uri)) == {"plot.svg": "<svg/>"}


def test_a_manifest_and_sharding_give_each_host_its_objects(cloud: Cloud) -> None:
    for number in range(4):
        cloud.put(f"shards/{number}.txt", str(number))
    manifest = cloud.put("manifests/m.json", json.dumps([{"prefix": f"s3://{BUCKET}/shards/"}, "1.txt", "3.txt"]))
    job = cloud.run(
        "for c in ('all', 'some'): print(c, sorted(p.name for p in (BASE / 'input/data' / c).iterdir()))",
        InputDataConfig=[
            channel("all", f"s3://{BUCKET}/shards/", S3DataDistributionType="ShardedByS3Key"),
            channel("some", manifest, S3DataType="ManifestFile"),
        ],
        ResourceConfig=hosts(2),
    )
    logs = [cloud.log(LOGS, f"{job['TrainingJobName']}/algo-{number}") for number in (1, 2)]
    assert logs[0][:2] == ["all ['0.txt', '2.txt']", "some ['1.txt', '3.txt']"]
    assert logs[1][:2] == ["all ['1.txt', '3.txt']", "some ['1.txt', '3.txt']"]


def test_stop_and_delete_say_what_is_wrong(cloud: Cloud) -> None:
    job = cloud.run("pass")
    with pytest.raises(ClientError, match="is in status Completed"):
        cloud.sagemaker.stop_training_job(TrainingJobName=job["TrainingJobName"])
    with pytest.raises(ClientError, match="resource not found"):
        cloud.sagemaker.stop_training_job(TrainingJobName="never-made")
    cloud.sagemaker.delete_training_job(TrainingJobName=job["TrainingJobName"])
    with pytest.raises(ClientError, match="Could not find training job"):
        cloud.job(job["TrainingJobName"])
    assert not (cloud.home / "jobs" / job["TrainingJobName"]).exists()


def test_two_regions_may_have_a_job_of_the_same_name(cloud: Cloud) -> None:
    name = cloud.start_job("import time; time.sleep(0.2); print('first')")
    other = cloud.client("sagemaker", "us-west-2")
    here = cloud.job(name)
    other.create_training_job(
        **{key: here[key] for key in ("TrainingJobName", "RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")},
        AlgorithmSpecification={"TrainingImage": TRAINING_IMAGE, "TrainingInputMode": "File"},
        HyperParameters={"program": "print('second')"},
    )
    cloud.finished(name)
    wait_for(
        lambda: other.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Completed", "the other region's job"
    )
    assert "first" in cloud.log(LOGS, name)
    assert "second" not in cloud.log(LOGS, name)


def test_more_jobs_than_the_machine_runs_wait_their_turn(cloud: Cloud) -> None:
    go = cloud.home / unique("go")
    names = [cloud.start_job(f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)") for _ in range(3)]
    wait_for(lambda: any(cloud.job(name)["SecondaryStatus"] == "Pending" for name in names), "one to wait")
    go.touch()
    assert [cloud.finished(name)["TrainingJobStatus"] for name in names] == ["Completed"] * 3
