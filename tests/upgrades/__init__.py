"""Tests that an upgrade loses no data: the states that each release made are compared with what today's program declares.

`states/RELEASE/STACK.json.gz` is the stack as `slipway export` prints it, `STACK.yaml` the stack file that it was made with.
`record.py` makes both. `test_recorded.py` compares names without an engine, `tests/e2e/test_upgrades.py` asks the engine.
"""
