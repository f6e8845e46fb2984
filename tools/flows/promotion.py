"""`models promote`: an approved version carried to another environment.

Both environments are told by their stack files alone: a shell can read the state of one account at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.engine.stack_ref import LOCAL, StackRef
from tools.models import promote as carrying
from tools.models import registry
from tools.models.promote import Destination
from tools.models.version import ModelVersion

if TYPE_CHECKING:
    from infra.stack_file import Settings
    from tools.jobs.clients import Clients


@dataclass(frozen=True, kw_only=True, slots=True)
class Promoted:
    """The version as it was, the one that it is in the other environment, and whether that is new."""

    source: ModelVersion
    target: ModelVersion
    new: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One environment: its settings, and clients of its account."""

    stack: StackRef
    account_id: str
    settings: Settings
    clients: Clients

    @property
    def groups(self) -> dict[str, str]:
        """job -> the group of its models, as infra/training/component.py names it."""
        jobs = self.settings.training.jobs
        return {job: self.settings.naming.name(job) for job, declared in jobs.items() if declared.leaves_model}

    def find(self, model: str) -> ModelVersion:
        """The version that `model` names, a job standing for its group. Raises ValueError as `registry.find`."""
        name, slash, version = model.partition("/")
        named = model if model.startswith("arn:") else f"{self.groups.get(name, name)}{slash}{version}"
        return registry.find(self.clients, named, aliases=sorted(self.groups))

    def job_of(self, version: ModelVersion) -> str:
        """The job whose models the version's group is of. Raises ValueError where this environment has none."""
        for job, group in self.groups.items():
            if group == version.group:
                return job
        raise ValueError(
            f"{version.name} is of no job of {self.stack.name}; its groups are {', '.join(self.groups.values()) or 'none'}"
        )

    def destination(self, job: str) -> Destination:
        """Where this environment puts models of a job. Raises ValueError where it has no such job."""
        if job not in self.groups:
            raise ValueError(
                f"{self.stack.name} has no job {job} that leaves a model (it has {', '.join(self.groups) or 'none'}), so nothing "
                f"there knows what to ask of it; declare it in Pulumi.{self.stack.name}.yaml"
            )
        naming, region = self.settings.naming, self.settings.region
        return Destination(
            group=self.groups[job],
            folder=f"s3://{naming.bucket('models', self.account_id, region)}/{job}/promoted",
            repository=f"{self.account_id}.dkr.ecr.{region}.amazonaws.com/{naming.name('serving')}",
            holds_images=not self.stack.local,
            up=f"./slipway up{self.stack.argument}",
            push=f"./slipway images push serving {self.stack.name}",
        )


def promote(model: str, source: Side, target: Side) -> Promoted:
    """Carries an approved version over: the same artifact, by its digest. There it waits for its own approval.

    Raises ValueError as `Side.find`, `Side.job_of` and `Side.destination`, RegistryError as `tools.models.promote`.
    """
    version = source.find(model)
    to = target.destination(source.job_of(version))
    made, new = carrying.promote(source.clients, target.clients, version, to)
    return Promoted(source=version, target=made, new=new)


def side(stack: str, *, local: bool, profile: str = "") -> Side:
    """An environment, its account checked. Raises FileNotFoundError (no such stack), SettingsError, ValueError."""
    from localcloud import client
    from localcloud.kernel.account import ACCOUNT
    from tools.bootstrap.account import check_account
    from tools.engine.home import home_path
    from tools.flows.stack_settings import settings_of
    from tools.jobs.clients import connect
    from tools.models.errors import asking

    if stack == LOCAL and not local:
        raise ValueError("stack local is this machine's; add --local, and the other environment is rehearsed here too")
    ref, settings = StackRef(name=stack, local=local), settings_of(stack)
    if local:
        cloud = client.find(home_path())
        if cloud is None:
            raise ValueError("the local cloud does not run; bring both environments up in it first, with --local")
        return Side(stack=ref, account_id=ACCOUNT, settings=settings, clients=connect(settings.region, cloud.environment()))
    with asking(f"reaching the account of {stack}"):
        clients = connect(settings.region, profile=profile)
        check_account(clients.sts, stack=stack, account_id=settings.account_id)
    return Side(stack=ref, account_id=settings.account_id, settings=settings, clients=clients)
