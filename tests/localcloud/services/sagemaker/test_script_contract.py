"""Every file and variable of the contract, for scripts, modules of packages and entry points; and what a job leaves."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

from tests.localcloud.services.sagemaker.cloud import BUCKET, REGION, Cloud, archive, unpacked
from tests.localcloud.services.sagemaker.test_script_mode import LOGS, channel

IMAGE = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/pytorch-training:2.8-cpu-py312"
GROUPS = {
    "InstanceGroups": [
        {"InstanceGroupName": "loaders", "InstanceType": "ml.m5.large", "InstanceCount": 1},
        {"InstanceGroupName": "trainers", "InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
    ],
    "VolumeSizeInGB": 30,
}
# A container's own program: no toolkit starts it, so it has the files and the platform's two variables, and nothing else.
TRAIN = """
import json, os, sys
config = "/opt/ml/input/config/"
read = {name[:-5]: json.load(open(config + name)) for name in sorted(os.listdir(config))}
resources = read["resourceconfig"]
host = resources["current_host"]
told = {"argv": sys.argv[1:], "group": resources["current_group_name"], "type": resources["current_instance_type"],
        "files": read, "data": sorted(os.listdir("/opt/ml/input/data")), "cwd": os.getcwd(),
        "toolkit": sorted(name for name in os.environ if name.startswith("SM_")), "name": os.environ["TRAINING_JOB_NAME"],
        "arn": os.environ["TRAINING_JOB_ARN"].rpartition("/")[2]}
json.dump(told, open("/opt/ml/output/data/" + host + ".json", "w"))
open(read["tensorboardoutputconfig"]["LocalPath"] + "/events." + host, "w").write("events")
open(read["checkpointconfig"]["LocalPath"] + "/" + host + ".pt", "w").write("state")
if host == "algo-1":
    os.chdir("/opt/ml/model")
    os.makedirs("empty/inside"); os.makedirs("blobs")
    open("blobs/a", "w").write("weights")
    os.symlink("blobs/a", "to-file"); os.symlink("/opt/ml/model/blobs/a", "by-its-whole-path")
    os.symlink("blobs", "to-folder"); os.symlink("/usr", "to-another"); os.symlink("nowhere", "dangling")
    os.mkfifo("pipe")
"""


def test_an_entry_point_finds_every_file_and_what_it_leaves_is_kept_or_said(others: Cloud) -> None:
    code = others.put("contract/code/train.py", TRAIN).removesuffix("train.py")
    others.put("contract/data/a.txt", "a")
    job = others.run(
        "",
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["/bin/bash", "-c"],
            "ContainerArguments": ["set -e; python3 /opt/ml/input/data/code/train.py --where /opt/ml/model; echo through"],
        },
        HyperParameters={"epochs": "3"},
        ResourceConfig=GROUPS,
        InputDataConfig=[
            channel("code", code),
            channel("raw", f"s3://{BUCKET}/contract/data/", InstanceGroupNames=["loaders"]),  # type: ignore[arg-type]
        ],
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/contract/checkpoints"},
        TensorBoardOutputConfig={"S3OutputPath": f"s3://{BUCKET}/contract/board", "LocalPath": "/opt/ml/output/events"},
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["OutputDataConfig"]["KmsKeyId"] == "", "SageMaker's SDK reads it when it attaches to a job"
    name, artifact = job["TrainingJobName"], job["ModelArtifacts"]["S3ModelArtifacts"]
    told = {host: json.loads(text) for host, text in unpacked(others.get(artifact.replace("model.tar", "output.tar"))).items()}
    one, two = told["algo-1.json"], told["algo-2.json"]
    assert [(row["group"], row["type"], row["data"]) for row in (one, two)] == [
        ("loaders", "ml.m5.large", ["code", "raw"]),
        ("trainers", "ml.g5.xlarge", ["code"]),
    ]
    assert one["files"].keys() == {
        "checkpointconfig", "hyperparameters", "inputdataconfig", "resourceconfig", "tensorboardoutputconfig"
    }  # fmt: skip
    assert one["files"]["checkpointconfig"] == {
        "LocalPath": "/opt/ml/checkpoints",
        "S3Uri": f"s3://{BUCKET}/contract/checkpoints",
    }
    assert [group["hosts"] for group in one["files"]["resourceconfig"]["instance_groups"]] == [["algo-1"], ["algo-2"]]
    assert (one["argv"], one["cwd"], one["toolkit"]) == (["--where", "/opt/ml/model"], "/opt/ml", [])
    assert one["name"] == one["arn"] == name
    assert others.keys(f"contract/board/{name}/") == [
        f"contract/board/{name}/tensorboard-output/events.algo-{number}" for number in (1, 2)
    ]
    assert others.keys("contract/checkpoints/") == [f"contract/checkpoints/algo-{number}.pt" for number in (1, 2)]
    assert kinds(others.get(artifact)) == {
        "blobs/a": "weights",
        "to-file": "weights",
        "by-its-whole-path": "weights",
        "to-folder": "-> blobs",
        "empty/inside": "folder",
    }
    lines = others.log(LOGS, name)
    assert "through" in lines
    for left_out in ("'to-another' of the archive: it is a link to a folder outside", "'dangling'", "'pipe'"):
        assert any(left_out in line for line in lines), left_out


PACKAGE = {
    "setup.py": "import setuptools as s\ns.setup(name='p', version='1.5', package_dir={'': 'src'}, install_requires=['numpy'])",
    "src/pkg/__init__.py": "from importlib.metadata import version\n__version__ = version('p')",
    "src/pkg/words.py": "HELLO = 'hello'",
    "src/pkg/train.py": """
import json, os, sys
from pkg.words import HELLO
from . import words
import pkg, top
told = {name: os.environ[name] for name in os.environ if name.startswith("SM_")}
told.update({"said": HELLO, "top": top.HERE, "version": pkg.__version__, "argv": sys.argv[1:]})
json.dump(told, open(os.environ["SM_MODEL_DIR"] + "/told.json", "w"))
""",
    "top.py": "HERE = True",
}


def test_a_module_of_a_package_runs_and_its_script_may_be_named_by_variables(others: Cloud) -> None:
    sources = others.put("package/sourcedir.tar.gz", archive(PACKAGE))
    job = others.run(
        "",
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        HyperParameters={"epochs": "3"},
        Environment={"SAGEMAKER_PROGRAM": "pkg.train", "SAGEMAKER_SUBMIT_DIRECTORY": sources},
        ResourceConfig={**GROUPS, "InstanceGroups": GROUPS["InstanceGroups"][:1]},  # type: ignore[index]
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    told: dict[str, Any] = json.loads(unpacked(others.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["told.json"])
    assert (told["said"], told["top"], told["version"], told["argv"]) == ("hello", True, "1.5", ["--epochs", "3"])
    assert (told["SM_USER_ENTRY_POINT"], told["SM_MODULE_NAME"], told["SM_MODULE_DIR"]) == ("pkg.train", "pkg.train", sources)
    assert (told["SM_CURRENT_INSTANCE_GROUP"], json.loads(told["SM_INSTANCE_GROUPS"])) == ("loaders", ["loaders"])
    assert json.loads(told["SM_CURRENT_INSTANCE_GROUP_HOSTS"]) == ["algo-1"]
    assert json.loads(told["SM_INSTANCE_GROUPS_DICT"])["loaders"]["instance_type"] == "ml.m5.large"
    assert (told["SM_IS_HETERO"], told["SM_DISTRIBUTION_INSTANCE_GROUPS"]) == ("false", "[]")


def kinds(data: bytes) -> dict[str, str]:
    """An archive's members: a file's text, where a link leads, or that it is a folder."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {
            member.name: f"-> {member.linkname}"
            if member.issym()
            else "folder"
            if member.isdir()
            else tar.extractfile(member).read().decode()  # type: ignore[union-attr]
            for member in tar
        }
