"""A script finds /opt/ml, the names of its hosts and its own modules, with a namespace of its own and without."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from localcloud.services.sagemaker import namespace
from tests.localcloud.services.sagemaker.cloud import REGION, Cloud, archive, unpacked
from tests.localcloud.services.sagemaker.test_script_mode import LOGS, sent_by_the_sdk

TWO = {"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
IMAGE = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/pytorch-training:2.8-cpu-py312"

# Each line is what scripts of several hosts do; a line that raises is what its author would see.
NAMES = """
import json, os, socket, subprocess, sys, asyncio
hosts, host = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
first, other = hosts[0], [name for name in hosts if name != host][0]
server = socket.create_server((host, 15701), backlog=4)
told = {}
def tell(name, function):
    try:
        told[name] = function()
    except Exception as error:
        told[name] = repr(error)
tell("by name", lambda: socket.gethostbyname("algo-1"))
tell("of the list", lambda: socket.gethostbyname(json.loads(os.environ["SM_HOSTS"])[0]))
tell("by info", lambda: socket.getaddrinfo("algo-2", 80)[0][4][0])
tell("by extension", lambda: socket.gethostbyname_ex(other)[2][0])
tell("master", lambda: socket.gethostbyname(os.environ["MASTER_ADDR"]))
tell("master by the toolkit", lambda: socket.gethostbyname(os.environ["SM_MASTER_HOSTNAME"]))
tell("self", lambda: socket.gethostbyname(os.environ["SM_CURRENT_HOST"]))
tell("child", lambda: subprocess.check_output(
    [sys.executable, "-c", "import socket; print(socket.gethostbyname('algo-2'))"], text=True).strip())
async def lookup():
    return (await asyncio.get_running_loop().getaddrinfo("algo-1", 80))[0][4][0]
tell("loop", lambda: asyncio.run(lookup()))
def talk():
    import time
    for _ in range(200):
        try:
            with socket.create_connection((other, 15701), timeout=5):
                return "connected"
        except OSError:
            time.sleep(0.02)
    return "refused"
tell("talk", talk)
tell("bare connect", lambda: bool(socket.socket().connect_ex((other, 15701)) in (0, 111)))
server.accept()
tell("localhost", lambda: socket.gethostbyname("localhost"))
tell("unknown", lambda: socket.gethostbyname("algo-9.invalid"))
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], host + ".json"), "w") as file:
    json.dump(told, file)
"""
# What stands in scripts as it is written for a container.
PATHS = """
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--out"); parser.add_argument("--nested"); parser.add_argument("--bucket")
args = parser.parse_args()
told = {
    "argument": os.path.isdir(args.out),
    "inside an argument": os.path.isdir(args.nested.split("=")[1].split(",")[0]),
    "an address": args.bucket == "s3://b/opt/ml/x",
    "hyperparameter": os.path.isdir(os.environ["SM_HP_OUT"]),
    "all of them": os.path.isdir(json.loads(os.environ["SM_HPS"])["out"]),
    "variable": os.path.isdir(os.environ["HF_HOME"]),
    "several in a variable": all(map(os.path.isdir, os.environ["DIRS"].split(":"))),
    "a file's address": os.path.isdir(os.environ["TRACKING"].removeprefix("file://")),
    "other": os.environ["OTHER"] == "/opt/mlflow:/srv/opt/ml",
    "model": os.path.isdir(os.environ["SM_MODEL_DIR"]),
    "here": os.getcwd() == os.path.join(os.path.dirname(os.environ["SM_MODEL_DIR"]), "code"),
    "written": os.path.isfile("/opt/ml/input/config/resourceconfig.json"),
}
with open(os.path.join(os.environ["SM_MODEL_DIR"], "told.json"), "w") as file:
    json.dump(told, file)
"""


@pytest.fixture(params=["namespace", "none"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether the machine gives a job a namespace."""
    if request.param == "none":
        monkeypatch.setattr(namespace, "available", lambda *_: False)
    elif not namespace.available(sys.executable, "/opt/ml"):
        pytest.skip("this machine gives no namespace to a job")
    return str(request.param)


def outputs(cloud: Cloud, job: dict[str, Any], name: str = "model") -> dict[str, Any]:
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    uri = job["ModelArtifacts"]["S3ModelArtifacts"].replace("model.tar", f"{name}.tar")
    return {key: json.loads(text) for key, text in unpacked(cloud.get(uri)).items()}


def submitted(cloud: Cloud, name: str, files: dict[str, str]) -> str:
    return cloud.put(f"{name}/sourcedir.tar.gz", archive(files))


def test_hosts_know_each_others_names(others: Cloud, place: str) -> None:
    sources = submitted(others, "names", {"go.py": NAMES})
    job = others.run("", HyperParameters=sent_by_the_sdk("go.py", sources), ResourceConfig=TWO)
    told = outputs(others, job, "output")
    one, two = "127.0.0.1", "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
    assert sorted(told) == ["algo-1.json", "algo-2.json"]
    for host, own, other in (("algo-1", one, two), ("algo-2", two, one)):
        found = told[f"{host}.json"]
        assert "gaierror" in found.pop("unknown"), "a name that is none stays unknown"
        assert found == {
            "by name": one,
            "of the list": one,
            "by info": two,
            "by extension": other,
            "master": one,
            "master by the toolkit": one,
            "self": own,
            "child": two,
            "loop": one,
            "talk": "connected",
            "bare connect": True,
            "localhost": one,
        }
    said = [line for line in others.log(LOGS, job["TrainingJobName"]) if "no namespace of its own" in line]
    assert len(said) == (place == "none"), "what is missing is said"


def test_paths_of_the_contract_are_right_wherever_they_are_given(others: Cloud, place: str) -> None:
    hyperparameters = sent_by_the_sdk(
        "go.py",
        submitted(others, "paths", {"go.py": PATHS}),
        out="/opt/ml/checkpoints",
        nested="dir=/opt/ml/output/data,x=1",
        bucket="s3://b/opt/ml/x",
    )
    job = others.run(
        "",
        HyperParameters=hyperparameters,
        Environment={
            "HF_HOME": "/opt/ml/model",
            "DIRS": "/opt/ml/input:/opt/ml",
            "TRACKING": "file:///opt/ml/output",
            "OTHER": "/opt/mlflow:/srv/opt/ml",
        },
    )
    told = outputs(others, job)["told.json"]
    assert told.pop("written") is (place == "namespace"), "what stands in the script itself needs a namespace"
    assert [name for name, right in told.items() if not right] == []


# The user's folders have the names of this project's, without __init__.py, so that a package of ours would win over them.
MODULES = """
import importlib, json, os, subprocess, sys
from tools.metrics import f
from infra.layers import g
import catalog, workloads.contract, policies.verdict
told = {"f": f(), "g": g(), "catalog": catalog.WHOSE, "contract": workloads.contract.WHOSE, "verdict": policies.verdict.WHOSE}
for name in ("localcloud", "tools.cli", "infra.stack", "workloads.entrypoint", "policies.rules", "catalog.types", "benchmarks"):
    try:
        importlib.import_module(name)
        told[name] = "found"
    except ModuleNotFoundError:
        pass
code = "import importlib.util as u, tools; print(u.find_spec('localcloud'), [p[-11:] for p in tools.__path__])"
told["child"] = subprocess.check_output([sys.executable, "-c", code], text=True, cwd="/").strip()
told["by name"] = subprocess.check_output(["python", "-c", "import tools.metrics; print(tools.metrics.f())"], text=True).strip()
told["numpy"] = importlib.util.find_spec("numpy") is not None
told["path"] = sys.path
told["PYTHONPATH"] = os.environ["PYTHONPATH"]
with open(os.path.join(os.environ["SM_MODEL_DIR"], "told.json"), "w") as file:
    json.dump(told, file)
"""


def test_a_script_imports_its_own_modules_and_none_of_this_projects(others: Cloud, place: str) -> None:
    files = {
        "go.py": MODULES,
        "tools/metrics.py": "def f(): return 'mine'",
        "infra/layers.py": "def g(): return 'mine'",
        "catalog.py": "WHOSE = 'mine'",
        "workloads/contract.py": "WHOSE = 'mine'",
        "policies/verdict.py": "WHOSE = 'mine'",
        "sitecustomize.py": "import os; os.environ['SITE'] = 'mine'",
        "tarfile.py": "raise SystemExit('the launcher took a module of the script')" if place == "none" else "",
    }
    job = others.run("", HyperParameters=sent_by_the_sdk("go.py", submitted(others, "modules", files)))
    told = outputs(others, job)["told.json"]
    repository = str(Path(__file__).parents[4])
    assert repository not in {str(Path(entry).resolve()) for entry in told.pop("path")}
    assert repository not in told.pop("PYTHONPATH")
    assert told == {
        **dict.fromkeys(("f", "g", "catalog", "contract", "verdict", "by name"), "mine"),
        "child": "None ['/code/tools']",
        "numpy": True,
    }


def test_the_users_own_python_runs_the_script_and_the_log_says_which(others: Cloud, tmp_path: Path) -> None:
    own = tmp_path / "python-of-theirs"
    own.write_text(f'#!/bin/sh\nexport THEIRS=yes\nexec {sys.executable} "$@"\n')
    own.chmod(0o755)
    script = 'import json, os\njson.dump(os.environ.get("THEIRS"), open(os.environ["SM_MODEL_DIR"] + "/told.json", "w"))'
    told = sent_by_the_sdk("go.py", submitted(others, "python", {"go.py": script}))
    algorithm = {"TrainingImage": IMAGE, "TrainingInputMode": "File"}
    job = others.run("", HyperParameters=told, AlgorithmSpecification=algorithm, Environment={"SLIPWAY_JOB_PYTHON": str(own)})
    assert outputs(others, job) == {"told.json": "yes"}
    (said,) = [line for line in others.log(LOGS, job["TrainingJobName"]) if "runs on this machine" in line]
    assert (IMAGE in said, str(own) in said) == (True, True)
