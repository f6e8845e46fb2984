"""Small plans and accounts for the tests of preflight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from catalog.types import ec2, eks, sagemaker
from tools.plan.links import LinkedPlan
from tools.plan.view import Plan, ResourceView
from tools.preflight.account import Account
from tools.preflight.fleets import Fleet
from tools.preflight.fleets import fleets as fleets_of
from tools.preflight.needs import live
from tools.preflight.places import Places
from tools.preflight.report import Row

REGION = "us-east-1"


def view(type_: str, props: Mapping[str, Any] | None = None, name: str = "it", **more: Any) -> ResourceView:
    """A resource with a urn of its own."""
    return ResourceView(type=type_, name=name, props=props or {}, urn=f"urn:{type_}::{name}", **more)


def pool(
    name: str = "gpu",
    types: Any = ("g6.xlarge",),
    most: Any = 2,
    subnets: Any = (),
    props: Mapping[str, Any] | None = None,
    **more: Any,
) -> ResourceView:
    """A node group."""
    given = {"instanceTypes": types, "scalingConfig": {"minSize": 0, "desiredSize": 0, "maxSize": most}, "subnetIds": subnets}
    return view(eks.NODE_GROUP.token, {**given, **(props or {})}, name, **more)


def subnet(name: str, zone: str = "us-east-1a", cidr: Any = "10.0.0.0/24", **more: Any) -> ResourceView:
    """A subnet whose id is its name."""
    return view(ec2.SUBNET.token, {"availabilityZone": zone, "cidrBlock": cidr}, name, **{"id": name, **more})


def job(name: str = "digits", type_: Any = "ml.m5.large", many: Any = 1, *, spot: Any = False, **more: Any) -> ResourceView:
    """A training job."""
    props = {"resourceConfig": {"instanceType": type_, "instanceCount": many}, "enableManagedSpotTraining": spot}
    return view(sagemaker.TRAINING_JOB.token, props, name, **more)


class Parts:
    """The parts of a plan that the checks of a preflight take: its views, links, fleets and places."""

    def __init__(self, account: Account, *views: ResourceView) -> None:
        self.account, self.views = account, live(Plan(views))
        self.links = LinkedPlan(self.views)
        self.fleets: list[Fleet] = fleets_of(self.views, self.links)
        self.places = Places(self.views, self.links, account)


def states_of(rows: list[Row]) -> list[tuple[str, str]]:
    """(state, code) of each row."""
    return [(str(row.state), row.code) for row in rows]


class RefusingClient:
    """A client that refuses every call, as AWS does where the caller has no rights."""

    def can_paginate(self, operation: str) -> bool:
        return False

    def __getattr__(self, operation: str) -> Any:
        def refuse(**_: Any) -> Any:
            message = "User is not authorized to perform this"
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, operation)

        return refuse


class Caller(RefusingClient):
    """A client that answers who the caller is, and refuses every other call."""

    def __init__(self, arn: str = "arn:aws:sts::123456789012:assumed-role/reader/me") -> None:
        self._arn = arn

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": self._arn.split(":")[4], "Arn": self._arn}


def refusing() -> Account:
    """An account that answers whose it is, and refuses every other question."""
    return Account(lambda service: Caller(), region=REGION)
