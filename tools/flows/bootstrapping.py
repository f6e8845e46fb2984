"""`bootstrap`: what must exist before the first `up` of an environment, made or mended in its account."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.base.fields import GITHUB_REPOSITORY
from infra.lake.datasets import dataset_names
from infra.stack_file import Settings
from localcloud import client
from localcloud.kernel.account import ACCOUNT
from tools.bootstrap import role_steps, stack_file
from tools.bootstrap.account import Account, check_account
from tools.bootstrap.errors import asking
from tools.bootstrap.state_steps import bucket_steps, key_steps
from tools.bootstrap.step import DONE, FOUND, Outcome, Step, apply, survey
from tools.bootstrap.target import Target
from tools.engine.home import home_path
from tools.engine.stack_ref import LOCAL, StackRef, stack_source
from tools.engine.workspace import loopback_without_proxy
from tools.flows.progress import Say
from tools.flows.stack_settings import settings_of
from tools.jobs.clients import connect

if TYPE_CHECKING:
    from tools.jobs.clients import Clients

# Is shown what would be made or mended in a real account and says whether it may be done.
Agree = Callable[[list[Outcome]], bool]

ROLES: Final = tuple(role_steps.SESSIONS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bootstrap:
    """One environment and its account. `reach` are the variables of the local cloud, empty on AWS: then the shell's own do."""

    stack: StackRef
    settings: Settings
    source: Path
    account: Account
    clients: Clients
    reach: Mapping[str, str]
    say: Say

    @property
    def target(self) -> Target:
        return self.account.target

    @property
    def local(self) -> bool:
        """Whether it is rehearsed in the local cloud."""
        return self.stack.local

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles made: none where no repository is there to take them."""
        return ROLES if self.target.repository else ()

    @property
    def variables(self) -> dict[str, str]:
        """The variables that the repository's workflow reads (docs/pull-requests.md)."""
        roles = {f"AWS_{purpose.upper()}_ROLE_ARN": self.target.role_arn(purpose) for purpose in self.roles}
        return {"PULUMI_BACKEND_URL": self.target.backend_url, **roles}

    def steps(self) -> Iterator[Step]:
        """Everything in the account, in the order in which one needs another."""
        yield from key_steps()
        yield from bucket_steps()
        if self.roles:
            yield from role_steps.provider_steps()
        for purpose in self.roles:
            yield from role_steps.role_steps(self.target, purpose)

    def plan(self) -> list[Outcome]:
        """What is there, and what would be made or mended. Changes nothing."""
        with asking("asking whose these credentials are"):
            check_account(self.clients.sts, stack=self.target.stack, account_id=self.target.account_id)
        return [*survey(self.account, self.steps()), *self._file(self._file_op())]

    def carry_out(self) -> Iterator[Outcome]:
        """Makes and mends. What is done before a fault or an interruption stays, and the next run goes on from there."""
        yield from apply(self.account, self.steps())
        op = self._file_op()
        if op != FOUND and not self.local:
            self._encrypt()
        yield from self._file(DONE[op])

    def notes(self) -> list[str]:
        """What a person must know besides, as sentences."""
        with asking("looking at the roles once more"):
            return [*self._about_file(), *self._about_roles()]

    def _file(self, op: str) -> list[Outcome]:
        """The stack file as a thing; in a rehearsal it stays as it is, for its lines are of the real account's key."""
        return [] if self.local else [Outcome(thing=self.source.name, aspect="encryption", op=op)]

    def _file_op(self) -> str:
        return stack_file.look(self.source.read_text(encoding="utf-8"), self.target.secrets_provider)

    def _encrypt(self) -> None:
        """Has the engine make a data key under the state's key, and writes it into the stack file."""
        from tools.engine import locate
        from tools.engine.encryption import new_encryption

        lines = new_encryption(locate.ensure(progress=self.say), self.target.secrets_provider, self.reach)
        stack_file.write(self.source, stack_file.with_encryption(self.source.read_text(encoding="utf-8"), lines))

    def _about_file(self) -> Iterator[str]:
        if other := stack_file.other_encryption(self.source.read_text(encoding="utf-8"), self.target.secrets_provider):
            yield (
                f"{self.source.name} is encrypted otherwise ({other}), and stays so. To move it: "
                f'pulumi stack change-secrets-provider "{self.target.secrets_provider}" --stack {self.target.stack}'
            )

    def _about_roles(self) -> Iterator[str]:
        if not self.roles:
            yield (
                "no role of CI was made: no repository is named. Set slipway:identity.ci.repository, or give "
                "--repository OWNER/NAME, and run it again"
            )
            return
        ci, found = self.settings.identity.ci, role_steps.provider_tags(self.account)
        if found.get("ManagedBy") == "pulumi":
            yield (
                f"GitHub's provider is the stack's of environment {found.get('Environment', '(unknown)')}: when that stack is "
                "destroyed, or says slipway:identity.ci.provider: existing, the provider goes, and these roles with it, until "
                "bootstrap runs again"
            )
        elif ci is not None and ci.provider == "create":
            yield (
                f"set slipway:identity.ci.provider to existing in {self.source.name}: an account has one provider of GitHub, and "
                "`up` would fail to make a second"
            )
        for purpose in self.roles:
            for name in role_steps.more_than_given(self.account, purpose):
                yield f"role {self.target.role(purpose)} has {name} besides what it was given here; take it off, or know why"


def prepare(stack: StackRef, *, repository: str = "", bucket: str = "", say: Say) -> Bootstrap:
    """The environment, its account reached. `repository` and `bucket` in place of the stack file's and the usual ones.

    Raises FileNotFoundError (no such stack), SettingsError, ValueError for what cannot be bootstrapped so.
    """
    if stack.name == LOCAL:
        raise ValueError(
            "stack local needs none: its state is a file on this machine, its secrets are under a passphrase here, and its cloud "
            "is emulated. Name an environment on AWS, such as dev"
        )
    if repository and not GITHUB_REPOSITORY.fullmatch(repository):
        raise ValueError(f"--repository {repository!r} names no repository; write owner/name")
    settings = settings_of(stack.name)
    reach: dict[str, str] = {}
    if stack.local:
        os.environ.update(loopback_without_proxy(os.environ))
        reach = client.ensure(home_path(), on_progress=say).environment() | {"AWS_REGION": settings.region}
    clients = connect(settings.region, reach)
    target = Target(
        stack=stack.name,
        account_id=ACCOUNT if stack.local else settings.account_id,
        region=settings.region,
        naming=settings.naming,
        repository=repository or (settings.identity.ci.repository if settings.identity.ci else ""),
        bucket_name=bucket,
        datasets=tuple(sorted(dataset_names())),
        empties_buckets=settings.lake.force_destroy,
    )
    with asking("reading this shell's AWS settings"):
        account = Account(target=target, kms=clients.of("kms"), s3=clients.s3, iam=clients.of("iam"))
    return Bootstrap(
        stack=stack,
        settings=settings,
        source=stack_source(stack.name),
        account=account,
        clients=clients,
        reach=reach,
        say=say,
    )


def bootstrap(environment: Bootstrap, *, dry_run: bool = False, agree: Agree | None = None) -> list[Outcome] | None:
    """What was there, made or mended; what would be, with `dry_run`. None where `agree`, which is asked of a real account, said
    no. Raises BootstrapError at the first step that is refused; what was done before stays.
    """
    outcomes = environment.plan()
    if dry_run or all(one.op == FOUND for one in outcomes):
        return outcomes
    if agree and not environment.local and not agree(outcomes):
        return None
    return _carried_out(environment)


def _carried_out(environment: Bootstrap) -> list[Outcome]:
    """The outcomes, each thing reported as it begins: a run that is cut has said how far it came."""
    outcomes: list[Outcome] = []
    for one in environment.carry_out():
        if not outcomes or outcomes[-1].thing != one.thing:
            environment.say(f"{one.thing} ...")
        outcomes.append(one)
    return outcomes
