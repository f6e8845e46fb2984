"""What SageMaker answers to a start and to a question about S3, as a runner passes it on."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.tools.jobs.make import job
from tools.jobs.runner import LookFailed
from tools.jobs.runners.sagemaker import SageMaker
from tools.jobs.runners.sagemaker.runner import ROLE_ATTEMPTS

SPEC = job().spec


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every pause, none of them slept."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def answering(**operations: Any) -> SageMaker:
    """A runner whose clients all answer these operations: with a value, or with an error that they raise."""

    def operation(answer: Any) -> Any:
        def called(**_: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer() if callable(answer) else answer

        return called

    client = SimpleNamespace(**{name: operation(answer) for name, answer in operations.items()})
    clients: Any = SimpleNamespace(sagemaker=client, s3=client, logs=client, region="eu-west-1", local=False)
    return SageMaker(clients)


class NewRole:
    """CreateTrainingJob that does not know the role for the first `blind` times."""

    def __init__(self, blind: int) -> None:
        self.blind, self.asked = blind, 0

    def __call__(self) -> None:
        self.asked += 1
        if self.asked <= self.blind:
            message = "Could not assume role arn:aws:iam::1:role/x. Please ensure that the role exists"
            raise refusal("ValidationException", message)


def test_a_role_made_moments_ago_is_waited_for_and_one_that_never_comes_is_not_waited_for_for_ever(slept: list[float]) -> None:
    soon, never = NewRole(2), NewRole(1000)
    assert answering(create_training_job=soon).submit(SPEC, "a") is True
    assert (soon.asked, len(slept)) == (3, 2)
    with pytest.raises(ValueError, match="Could not assume role"):
        answering(create_training_job=never).submit(SPEC, "a")
    assert never.asked == ROLE_ATTEMPTS


def test_other_refusals_are_told_at_once(slept: list[float]) -> None:
    refusing = answering(create_training_job=refusal("ValidationException", "no such instance type"))
    with pytest.raises(ValueError, match=r"SageMaker refuses a \(ValidationException\): no such instance type"):
        refusing.submit(SPEC, "a")
    with pytest.raises(ClientError, match="InternalFailure"):
        answering(create_training_job=refusal("InternalFailure")).submit(SPEC, "a")
    assert slept == []


def test_a_name_that_is_in_use_is_no_error() -> None:
    assert answering(create_training_job=refusal("ResourceInUse")).submit(SPEC, "a") is False


@pytest.mark.parametrize(
    "error",
    [refusal("ThrottlingException", "slow down"), EndpointConnectionError(endpoint_url="http://x")],
    ids=["refused", "gone"],
)
def test_a_run_that_cannot_be_looked_at_is_a_look_that_failed(error: Exception) -> None:
    with pytest.raises(LookFailed, match="SageMaker does not say how a is"):
        answering(describe_training_job=error).describe("a")


@pytest.mark.parametrize("error", [refusal("ResourceNotFound"), refusal("ValidationException", "Requested resource not found.")])
def test_a_run_that_is_not_there_is_none(error: ClientError) -> None:
    assert answering(describe_training_job=error).describe("a") is None


def test_to_stop_a_run_that_has_ended_meanwhile_is_fine() -> None:
    answering(stop_training_job=refusal("ValidationException", "it has ended")).stop("a")
    with pytest.raises(ClientError, match="AccessDenied"):
        answering(stop_training_job=refusal("AccessDenied")).stop("a")


@pytest.mark.parametrize(
    ("uri", "keys", "there"),
    [
        ("s3://b/x/model.tar.gz", ["x/model.tar.gz"], True),
        ("s3://b/x/model.tar.gz", ["x/model.tar.gz.old"], False),
        ("s3://b/corpus/", ["corpus/train/0.bin"], True),
        ("s3://b/corpus/", [], False),
    ],
)
def test_an_object_is_there_or_a_folder_has_one(uri: str, keys: list[str], there: bool) -> None:
    listed = {"Contents": [{"Key": key} for key in keys]} if keys else {}
    assert answering(list_objects_v2=listed).holds(uri) is there


def test_a_bucket_that_is_gone_holds_nothing_and_one_that_cannot_be_listed_is_told_with_the_right() -> None:
    assert answering(list_objects_v2=refusal("NoSuchBucket")).holds("s3://b/x") is False
    with pytest.raises(LookFailed, match=r"cannot tell whether s3://b/x is there: .*needs s3:ListBucket on b"):
        answering(list_objects_v2=refusal("AccessDenied")).holds("s3://b/x")


def test_a_log_that_cannot_be_read_says_why() -> None:
    tail = answering(describe_log_streams=refusal("ResourceNotFoundException", "no such group")).tail("a", lines=3)
    assert "cannot be read" in tail.by_host()
    assert tail.merged(3) == []
    assert answering(describe_log_streams={"logStreams": []}).tail("a", lines=3).by_host().startswith("(it wrote no log to")
