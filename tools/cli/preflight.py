"""The account that a stack is for, as the preflight asks it; shared by `preflight`, `up` and `report`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tools.plan.view import Plan
    from tools.preflight import Account, Preflight

# Where IAM's and S3's quotas are told, which are one an account.
HOME_REGION: Final = "us-east-1"
# A preflight is asked again soon enough; a network that is not there should be said in seconds.
ATTEMPTS: Final = 4


def account_of(settings: Any, *, local: bool) -> Account:
    """The account, or the local cloud in its place. Raises NoAccount, or LocalCloudError, where nobody answers."""
    from tools.jobs.clients import connect
    from tools.preflight import Account

    reach = _local_cloud() if local else None
    here, home = (connect(region, reach, attempts=ATTEMPTS) for region in (settings.region, HOME_REGION))
    account = Account(here.of, region=settings.region, home=home.of, local=local)
    _ = account.caller  # before a preview that takes its time
    return account


def asked(plan: Plan, settings: Any, account: Account, principal: str = "") -> Preflight:
    """The preflight of a plan. `principal` is who will run `up`, where that is not the caller."""
    from catalog.instances import instance_table
    from tools.preflight import preflight

    return preflight(plan, account, instance_table(), owner=settings.account_id, principal=principal)


def _local_cloud() -> dict[str, str]:
    from localcloud import client
    from tools.cli.terminal import say
    from tools.engine.home import home_path

    return client.ensure(home_path(), on_progress=say).environment()
