"""The policy pack: registers the rules with the engine, nothing else."""

import sys
from datetime import UTC, datetime
from pathlib import Path

# A pack is a program of its own and starts with this folder on the path; our imports are from the repository root.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pulumi.runtime import get_config_env
from pulumi_policy import PolicyPack

from policies.adapter import overrides_of, policies
from policies.once import read_once
from policies.rules import all_rules

read_once()
PolicyPack(name="slipway", policies=policies(all_rules(), overrides_of(get_config_env()), datetime.now(UTC).date()))
