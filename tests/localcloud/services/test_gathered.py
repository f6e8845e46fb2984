"""What the services add to moto, held to AWS's own models: every operation that an addition names is one of its service's."""

from __future__ import annotations

import boto3

from localcloud.services.gathered import additions, all_rows


def test_every_operation_that_an_addition_names_is_one_of_its_services() -> None:
    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")
    faults = []
    for addition in additions():
        known = set(session.client(addition.service, region_name="us-east-1").meta.service_model.operation_names)
        for operation in (*addition.extras, *(name for kind in addition.recorded for name in kind.operations)):
            if operation not in known:
                faults.append(f"{addition.service}: no operation {operation!r}")
        faults += [
            f"{addition.service}: a kind of {kind.service}" for kind in addition.recorded if kind.service != addition.service
        ]
    assert not faults, "\n".join(faults)


def test_a_service_adds_to_moto_in_one_place() -> None:
    services = [addition.service for addition in additions()]
    assert len(services) == len(set(services))
    assert {"ec2", "eks", "sagemaker", "s3"} <= set(services)


def test_an_operation_is_answered_in_one_way() -> None:
    twice = {
        (addition.service, operation)
        for addition in additions()
        for kind in addition.recorded
        for operation in kind.operations
        if operation in addition.extras
    }
    assert not twice


def test_a_folder_s_rows_are_all_found() -> None:
    tokens = set(all_rows())
    assert {token.split(":")[1].split("/")[0] for token in tokens} >= {"sns", "sqs", "cloudwatch", "ec2", "vpc", "eks", "iam"}
