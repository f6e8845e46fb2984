"""`cost` and `cost refresh`: the price of a plan, and the price table renewed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.cost import refresh as price_table
from tools.cost.prices import regions, table
from tools.cost.refresh import Refresh, refresh, write
from tools.cost.report import CostReport
from tools.flows import judgement, price_lists
from tools.flows.plans import PlanSource, plan_of
from tools.flows.progress import Progress, Say
from tools.flows.stack_settings import settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What changed in the price table; `written` is the file, None where nothing was written."""

    refresh: Refresh
    written: Path | None


def price(source: PlanSource, *, progress: Progress, region: str = "") -> CostReport:
    """Prices a plan under the ceiling and the assumptions of the stack's file; in `region` instead of the stack's own.

    Raises SettingsError, and as `plan_of`.
    """
    settings = settings_of(source.stack.name)
    return judgement.priced(plan_of(source, progress=progress), settings, region=region)


def renew(source: str, region: str, *, say: Say, dry_run: bool = False) -> Renewal:
    """Renews the price table from price lists, for one region or every region of the table; with `dry_run` nothing is written.

    Raises ValueError as `price_lists.lists`.
    """
    wanted = [region] if region else sorted(regions())
    done = refresh(table().values(), price_lists.lists(source, wanted, say=say))
    if dry_run or not done.moved:
        return Renewal(refresh=done, written=None)
    write(done.rows, price_table.TABLE)
    return Renewal(refresh=done, written=price_table.TABLE)
