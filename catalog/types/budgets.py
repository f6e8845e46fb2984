"""AWS Budgets."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card, Points, Rights

BUDGET = Card(
    token="aws:budgets/budget:Budget",
    name="name",
    taggable=True,
    free=NOT_CHARGED,  # a budget without actions; a BudgetAction is charged
    rights=Rights(actions=("budgets:ModifyBudget", "budgets:ViewBudget")),
    room="money",
)
BUDGET_ACTION = Card(
    token="aws:budgets/budgetAction:BudgetAction",
    unit="budget with actions and day, from the third on",
    points=(Points(path="budgetName", to="aws:budgets/budget:Budget"),),
    room="money",
)

CARDS: Final = (
    BUDGET,
    BUDGET_ACTION,
)
