"""Whether a plan will fit the account: asked before `up`, from the plan itself. What is asked: docs/preflight.md."""

from __future__ import annotations

from tools.preflight.account import Account, NoAccount
from tools.preflight.check import preflight
from tools.preflight.report import Preflight, Row, State

__all__ = ["Account", "NoAccount", "Preflight", "Row", "State", "preflight"]
