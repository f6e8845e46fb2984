"""Checks before `up`, from the plan itself, whether the plan will fit the account. docs/preflight.md lists the checks."""

from __future__ import annotations

from tools.preflight.account import Account, NoAccount
from tools.preflight.check import preflight
from tools.preflight.report import Preflight, Row, State

__all__ = ["Account", "NoAccount", "Preflight", "Row", "State", "preflight"]
