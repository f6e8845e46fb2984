"""What a plan costs: dated price rows, one small pricing rule a resource type, and the report that sums them."""

from tools.cost.estimate import estimate
from tools.cost.report import CostReport, Line, Unpriced
from tools.cost.usage import Usage, UsageError

__all__ = ["CostReport", "Line", "Unpriced", "Usage", "UsageError", "estimate"]
