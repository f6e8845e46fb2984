"""The account that a stack is for, as the preflight asks it; shared by `preflight`, `up` and `report`."""

from __future__ import annotations

from typing import Final

from catalog.instances import instance_table
from catalog.regions import HOME_REGION
from infra.stack_file import Settings
from tools.flows.plans import PlanSource, plan_of
from tools.flows.progress import Progress, Say
from tools.flows.stack_settings import settings_of
from tools.jobs.clients import connect
from tools.plan.view import Plan
from tools.preflight import Account, Preflight
from tools.preflight import preflight as ask
from tools.preflight.permission import NOBODY, PRINCIPAL

# A preflight is asked again soon enough; a network that is not there should be said in seconds.
ATTEMPTS: Final = 4


def preflight(source: PlanSource, *, progress: Progress, principal: str = "") -> Preflight:
    """Asks the account for what a plan needs. `principal` is whose rights count: "" the caller's, `none` nobody's.

    Raises ValueError for a principal that is none, NoAccount where nobody answers, and as `plan_of`.
    """
    if principal not in ("", NOBODY) and not PRINCIPAL.fullmatch(principal):
        raise ValueError(f"--principal {principal!r} is no role's or user's arn; write arn:aws:iam::ACCOUNT:role/NAME, or none")
    settings = settings_of(source.stack.name)
    account = account_of(settings, local=source.stack.local, say=progress.say)
    plan = plan_of(source, progress=progress)
    progress.say(f"asking {'the local cloud' if account.local else 'account ' + account.caller['Account']}")
    return asked(plan, settings, account, principal)


def account_of(settings: Settings, *, local: bool, say: Say) -> Account:
    """The account, or the local cloud in its place. Raises NoAccount, or LocalCloudError, where nobody answers."""
    reach = _local_cloud(say) if local else None
    here, home = (connect(region, reach, attempts=ATTEMPTS) for region in (settings.region, HOME_REGION))
    account = Account(here.of, region=settings.region, home=home.of, local=local)
    _ = account.caller  # before a preview that takes its time
    return account


def asked(plan: Plan, settings: Settings, account: Account, principal: str = "") -> Preflight:
    """The preflight of a plan. `principal` is who will run `up`, where that is not the caller."""
    return ask(plan, account, instance_table(), owner=settings.account_id, principal=principal)


def _local_cloud(say: Say) -> dict[str, str]:
    from localcloud import client
    from tools.engine.home import home_path

    return client.ensure(home_path(), on_progress=say).environment()
