"""A client that checks nothing itself, as boto3 with `parameter_validation=False` does: AWS's refusals are what is seen."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import botocore.exceptions

from localcloud.kernel.clients import in_process
from localcloud.kernel.context import Clients
from localcloud.services.gathered import gated
from tests.localcloud import golden, golden_report

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/it"
_SERVICE = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [_SERVICE]})


@cache
def _clients() -> Clients:
    recorder = golden_report._parts()[0]
    return in_process(gated(recorder, recorder), golden.ENDPOINT, parameter_validation=False)


class Unchecked:
    """The cloud as such a client sees it; a new one is empty."""

    def __init__(self) -> None:
        golden_report.new_engine()

    def do(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """The answer, which must be one."""
        answer: dict[str, Any] = getattr(_clients()(service, golden.REGION), operation)(**params)
        return answer

    def refused(self, service: str, operation: str, **params: Any) -> str | None:
        """`CODE: words` of AWS's refusal; None where the operation was done."""
        try:
            self.do(service, operation, **params)
        except botocore.exceptions.ClientError as error:
            told = error.response["Error"]
            return f"{told['Code']}: {told['Message']}"
        return None
