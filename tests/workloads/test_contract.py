from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.support import REPOSITORY, lay_out
from workloads.contract import ServingContract, TrainingContract, command_arguments, parse_hyperparameter
from workloads.errors import ContractError


def read(base: Path, **environ: str) -> TrainingContract:
    return TrainingContract.from_environment({"SAGEMAKER_BASE_DIR": str(base), **environ})


def test_the_contract_is_read_without_pytorch() -> None:
    program = "import sys, workloads.contract, workloads.entrypoint; print('torch' in sys.modules, 'numpy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "False"]


def test_every_part_of_the_contract_arrives_typed(tmp_path: Path) -> None:
    lay_out(tmp_path, {"epochs": "3", "optimizer": "adam", "nested": '{"a": [1, 2]}'}, hosts=("algo-2", "algo-1"), digits=True)
    contract = read(tmp_path, TRAINING_JOB_NAME="job", TRAINING_JOB_ARN="arn:aws:sagemaker:eu-west-1:1:training-job/job")
    assert contract.hyperparameters == {"epochs": 3, "optimizer": "adam", "nested": {"a": [1, 2]}}
    assert contract.hosts == ("algo-1", "algo-2")
    assert (contract.current_host, contract.host_rank) == ("algo-2", 1)
    assert contract.channel("train") == tmp_path / "input" / "data" / "train"
    assert contract.model_dir == tmp_path / "model"
    assert contract.failure_file == tmp_path / "output" / "failure"
    assert contract.checkpoints_dir == tmp_path / "checkpoints"
    assert (contract.job_name, contract.job_arn.split(":")[0]) == ("job", "arn")


def test_what_sagemaker_adds_to_the_hyperparameters_is_not_the_scripts(tmp_path: Path) -> None:
    lay_out(tmp_path, {"lr": "0.1", "sagemaker_program": "train.py", "_tuning_objective_metric": '"average test loss"'})
    contract = read(tmp_path)
    assert contract.user_hyperparameters == {"lr": 0.1}
    assert contract.hyperparameters["_tuning_objective_metric"] == "average test loss"


def test_without_a_base_directory_the_contract_is_at_opt_ml() -> None:
    assert ServingContract.from_environment({}).model_dir == Path("/opt/ml/model")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.1", 0.1),
        ("true", True),
        ("null", None),
        ("adam", "adam"),
        ('"3"', "3"),
        ("[1", "[1"),
        ("", ""),
        ("1e-3", 0.001),
    ],
)
def test_a_hyperparameter_is_json_or_else_the_text_it_is(text: str, value: object) -> None:
    assert parse_hyperparameter(text) == value


# Few leaves: each kind of value must be met inside each other, and a large document only repeats that.
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=5,
    )
)
def test_any_json_value_survives_the_way_through_text(value: object) -> None:
    assert parse_hyperparameter(json.dumps(value)) == value


@given(st.text())
def test_no_text_makes_parsing_fail(text: str) -> None:
    parse_hyperparameter(text)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("hyperparameters.json", None, "hyperparameters.json is missing"),
        ("hyperparameters.json", "{", "is not JSON"),
        ("hyperparameters.json", "[]", "holds a JSON list"),
        ("resourceconfig.json", None, "resourceconfig.json is missing"),
        ("resourceconfig.json", '{"hosts": []}', "`hosts` is []"),
        ("resourceconfig.json", '{"hosts": ["a", "a"], "current_host": "a"}', "a name twice"),
        ("resourceconfig.json", '{"hosts": ["a"], "current_host": "b"}', "`current_host` is 'b'"),
    ],
)
def test_a_broken_file_is_named_with_what_it_holds(tmp_path: Path, file: str, content: str | None, says: str) -> None:
    path = lay_out(tmp_path, {}) / "input" / "config" / file
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(ContractError) as caught:
        read(tmp_path)
    assert says in str(caught.value)


def test_outside_a_container_the_error_says_three_ways_in(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"SageMaker or the local cloud.*SAGEMAKER_BASE_DIR.*on its own"):
        read(tmp_path / "nowhere")


def test_a_missing_channel_is_named_with_those_there_are(tmp_path: Path) -> None:
    contract = read(lay_out(tmp_path, {}, digits=True))
    with pytest.raises(ContractError, match=r"'validation' is missing; this job has \['test', 'train'\]"):
        contract.channel("validation")


def test_a_channel_that_was_not_downloaded_is_told_from_a_missing_one(tmp_path: Path) -> None:
    lay_out(tmp_path, {})
    (tmp_path / "input" / "config" / "inputdataconfig.json").write_text('{"train": {}}')
    with pytest.raises(ContractError, match="has no folder"):
        read(tmp_path).channel("train")


def test_sm_variables_are_those_of_the_toolkit(tmp_path: Path) -> None:
    lay_out(tmp_path, {"epochs": "3", "name": "x", "sagemaker_program": "train.py", "sagemaker_mpi": "true"}, digits=True)
    environment = read(tmp_path, TRAINING_JOB_NAME="job").sm_environment()
    assert environment["SM_MODEL_DIR"] == str(tmp_path / "model")
    assert environment["SM_OUTPUT_DATA_DIR"] == str(tmp_path / "output" / "data")
    assert environment["SM_CHANNELS"] == '["test","train"]'
    assert environment["SM_CHANNEL_TRAIN"] == str(tmp_path / "input" / "data" / "train")
    assert environment["SM_HPS"] == '{"epochs":3,"name":"x"}', "SageMaker's own are not the script's"
    assert (environment["SM_HP_EPOCHS"], environment["SM_HP_NAME"]) == ("3", "x")
    assert environment["SM_FRAMEWORK_PARAMS"] == '{"sagemaker_mpi":true}'
    assert environment["SM_HOSTS"] == '["algo-1"]'
    assert environment["SM_CURRENT_HOST"] == "algo-1"
    assert int(environment["SM_NUM_CPUS"]) >= 1
    assert int(environment["SM_NUM_GPUS"]) >= 0
    assert json.loads(environment["SM_RESOURCE_CONFIG"])["hosts"] == ["algo-1"]
    assert set(json.loads(environment["SM_INPUT_DATA_CONFIG"])) == {"train", "test"}
    training = json.loads(environment["SM_TRAINING_ENV"])
    assert training["hyperparameters"] == {"epochs": 3, "name": "x"}
    assert training["channel_input_dirs"]["test"] == environment["SM_CHANNEL_TEST"]
    assert training["job_name"] == "job"
    assert all(isinstance(value, str) for value in environment.values())


def test_script_arguments_have_the_toolkits_form() -> None:
    values = {"epochs": 3, "l": 0.1, "flag": True, "nothing": None, "map": {"b": 2, "a": 1}}
    assert command_arguments(values) == ["--epochs", "3", "--flag", "True", "-l", "0.1", "--map", "a=1,b=2", "--nothing", ""]


def test_a_server_listens_everywhere_in_its_container_and_where_it_is_told_on_a_laptop() -> None:
    there = ServingContract.from_environment({})
    here = ServingContract.from_environment({"SAGEMAKER_BIND_TO_PORT": "9001", "SLIPWAY_BIND_HOST": "127.0.0.1"})
    assert (there.host, there.port) == ("0.0.0.0", 8080)
    assert (here.host, here.port) == ("127.0.0.1", 9001)


@pytest.mark.parametrize("port", ["http", "-1", "65536", "8080.0", "²"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ContractError, match="SAGEMAKER_BIND_TO_PORT"):
        ServingContract.from_environment({"SAGEMAKER_BIND_TO_PORT": port})
