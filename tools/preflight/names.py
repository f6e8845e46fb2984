"""Names: what a change would make under a name that is taken. What is in the stack's own state is not made again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlparse

from tools.plan.reader import Block
from tools.plan.view import ResourceView
from tools.preflight.account import Account, Unanswered
from tools.preflight.report import Row, State, several, unknown

KIND: Final = "name"
# What is wrong with a name; "" where it is free.
Taken = Callable[[Account, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A type whose names are one an account and region (buckets: one in the world). `path` is the property with the name."""

    type: str
    says: str
    path: str
    taken: Taken
    way_out: str = "delete or import it (`pulumi import`), or take another name"


def _there(service: str, operation: str, parameter: str, *free: str, listed: bool = False, key: str = "") -> Taken:
    """Taken where the account answers (with something under `key`); `free` are the errors' codes for a name that nothing has."""

    def taken(account: Account, name: str) -> str:
        params: dict[str, Any] = {parameter: [name] if listed else name}
        answer = account.found(service, operation, free, **params)
        return "is there already" if answer is not None and (not key or answer.get(key)) else ""

    return taken


def _bucket(account: Account, name: str) -> str:
    """A name that is taken answers, or refuses: 403 is somebody else's (or not for us to see), 301 is in another region."""
    try:
        answer = account.found("s3", "head_bucket", ("404", "NoSuchBucket"), Bucket=name)
    except Unanswered as error:
        if error.code in ("403", "301"):
            return "is taken by somebody else" if error.code == "403" else "is there already, in another region"
        raise
    return "" if answer is None else "is there already"


def _policy(account: Account, name: str) -> str:
    arn = f"arn:{account.partition}:iam::{account.caller['Account']}:policy/{name}"
    return "is there already" if account.found("iam", "get_policy", ("NoSuchEntity",), PolicyArn=arn) is not None else ""


def _secret(account: Account, name: str) -> str:
    answer = account.found("secretsmanager", "describe_secret", ("ResourceNotFoundException",), SecretId=name)
    if answer is None:
        return ""
    return "waits for its deletion, and its name with it" if answer.get("DeletedDate") else "is there already"


def _log_group(account: Account, name: str) -> str:
    groups = account.every("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    return "is there already" if any(group["logGroupName"] == name for group in groups) else ""


def _oidc(account: Account, url: str) -> str:
    host = urlparse(url).netloc + urlparse(url).path if "://" in url else url
    for item in account.ask("iam", "list_open_id_connect_providers")["OpenIDConnectProviderList"]:
        if item["Arn"].endswith(f":oidc-provider/{host.rstrip('/')}"):
            return "is there already, and an account has only one"
    return ""


_NO_ENTITY: Final = "NoSuchEntity"
NAMED: Final = (
    Named(
        type="aws:s3/bucket:Bucket",
        says="buckets",
        path="bucket",
        taken=_bucket,
        way_out="take another name (the name is made of project, stack, account and region), or import the bucket if it is yours",
    ),
    Named(type="aws:iam/role:Role", says="IAM roles", path="name", taken=_there("iam", "get_role", "RoleName", _NO_ENTITY)),
    Named(type="aws:iam/policy:Policy", says="IAM policies", path="name", taken=_policy),
    Named(
        type="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        says="OIDC providers",
        path="url",
        taken=_oidc,
        way_out="leave slipway:identity.ci out of all stacks of the account but one, or import the provider",
    ),
    Named(
        type="aws:kms/alias:Alias",
        says="KMS aliases",
        path="name",
        taken=_there("kms", "describe_key", "KeyId", "NotFoundException"),
    ),
    Named(
        type="aws:ecr/repository:Repository",
        says="ECR repositories",
        path="name",
        taken=_there("ecr", "describe_repositories", "repositoryNames", "RepositoryNotFoundException", listed=True),
    ),
    Named(
        type="aws:eks/cluster:Cluster",
        says="EKS clusters",
        path="name",
        taken=_there("eks", "describe_cluster", "name", "ResourceNotFoundException"),
    ),
    Named(
        type="aws:sagemaker/endpoint:Endpoint",
        says="SageMaker endpoints",
        path="name",
        taken=_there("sagemaker", "describe_endpoint", "EndpointName", "ValidationException"),
    ),
    Named(
        type="aws:sagemaker/modelPackageGroup:ModelPackageGroup",
        says="model package groups",
        path="modelPackageGroupName",
        taken=_there("sagemaker", "describe_model_package_group", "ModelPackageGroupName", "ValidationException"),
    ),
    Named(
        type="aws:cloudwatch/logGroup:LogGroup",
        says="log groups",
        path="name",
        taken=_log_group,
        way_out="delete or import it (of /aws/sagemaker/TrainingJobs: set slipway:training.ownLogGroup in one stack only)",
    ),
    Named(
        type="aws:secretsmanager/secret:Secret",
        says="secrets",
        path="name",
        taken=_secret,
        way_out="`aws secretsmanager restore-secret` and import it, or delete it with --force-delete-without-recovery",
    ),
    Named(
        type="aws:ec2/launchTemplate:LaunchTemplate",
        says="launch templates",
        path="name",
        taken=_there(
            "ec2",
            "describe_launch_templates",
            "LaunchTemplateNames",
            "InvalidLaunchTemplateName.NotFoundException",
            listed=True,
            key="LaunchTemplates",
        ),
    ),
    Named(
        type="aws:ec2/placementGroup:PlacementGroup",
        says="placement groups",
        path="name",
        taken=_there(
            "ec2", "describe_placement_groups", "GroupNames", "InvalidPlacementGroup.Unknown", listed=True, key="PlacementGroups"
        ),
    ),
)
_BY_TYPE: Final[Mapping[str, Named]] = {row.type: row for row in NAMED}


def rows(views: Iterable[ResourceView], account: Account) -> list[Row]:
    """A row for each kind of name whose names are free, and one for each name that is not."""
    wanted: dict[str, list[str]] = {}
    for view in views:
        named = _BY_TYPE.get(view.type)
        if named and view.custom and view.op == "create" and (name := Block.of(view).text(named.path, unknown="")):
            wanted.setdefault(named.type, []).append(name)
    return [row for type_, names in wanted.items() for row in _kind(_BY_TYPE[type_], names, account)]


def _kind(named: Named, names: list[str], account: Account) -> list[Row]:
    found: list[Row] = []
    free: list[str] = []
    for name in names:
        try:
            fault = named.taken(account, name)
        except Unanswered as error:
            # One refusal stands for all of its kind: the next would be refused as well.
            return [*found, unknown(KIND, named.says, len(names), f"{several(names)}: {error}")]
        if fault:
            says = f"{named.says}: {name} {fault}"
            found.append(
                Row(kind=KIND, code=name, need="free", have="taken", says=says, state=State.SHORT, way_out=(named.way_out,))
            )
        else:
            free.append(name)
    if free:
        found.append(Row(kind=KIND, code=named.says, need=len(free), have=len(free), says=f"{several(free)}: free"))
    return found
