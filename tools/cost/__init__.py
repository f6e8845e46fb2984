"""Estimates what a plan costs, from dated price rows, with one small pricing rule a resource type."""

from tools.cost.estimate import estimate
from tools.cost.report import CostReport, Line, Unpriced
from tools.cost.usage import Usage, UsageError

__all__ = ["CostReport", "Line", "Unpriced", "Usage", "UsageError", "estimate"]
