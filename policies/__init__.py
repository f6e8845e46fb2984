"""What guards the platform: pure rules over a plan, run by `slipway check` and, as a policy pack, by the engine itself."""
