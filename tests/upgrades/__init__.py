"""What an upgrade must not do: states that each release made, and what today's program would do to them.

`states/RELEASE/STACK.json.gz` is the stack as `slipway export` prints it, `STACK.yaml` the stack file that it was made with.
`record.py` makes both, `test_recorded.py` compares names in milliseconds, `tests/e2e/test_upgrades.py` asks the engine.
"""
