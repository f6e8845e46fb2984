from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from tests.upgrades.recorded import Recorded, recorded
from tests.upgrades.scrub import scrubbed
from tools.plan.view import SECRET_SIGNATURE, SPECIAL_KEY

EXPORT = {
    "version": 3,
    "deployment": {
        "manifest": {"time": "2026-11-26T03:24:17.465738244Z", "version": "v3.259.0"},
        "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:Dnsl1X"}},
        "resources": [
            {
                "urn": "urn:pulumi:prod::slipway::aws:sqs/queue:Queue::q",
                "type": "aws:sqs/queue:Queue",
                "created": "2026-11-26T03:23:28Z",
                "modified": "2026-11-26T03:23:28Z",
                "sourcePosition": "project:///infra/watch/alerts.py#38",
                "stackTrace": [{"sourcePosition": "project:///x#1"}],
                "inputs": {
                    "source": {"path": "/checkout/slipway/workloads/data/digits/test.parquet"},
                    "count": 3,
                    "token": {SPECIAL_KEY: SECRET_SIGNATURE, "ciphertext": "v1:abc"},
                },
                "outputs": {
                    "url": "http://127.0.0.1:42747/q",
                    "at": ["2026-11-26T03:23:28Z"],
                    "period": "2026-11-01_00:00",
                },
            }
        ],
    },
}


def test_a_state_is_recorded_without_secrets_times_paths_and_ports() -> None:
    deployment = scrubbed(EXPORT, [Path("/checkout/slipway")])["deployment"]
    assert deployment["manifest"] == {"time": "2000-01-01T00:00:00Z", "version": "v3.259.0"}
    assert "secrets_providers" not in deployment
    assert deployment["resources"] == [
        {
            "urn": "urn:pulumi:prod::slipway::aws:sqs/queue:Queue::q",
            "type": "aws:sqs/queue:Queue",
            "inputs": {
                "source": {"path": "workloads/data/digits/test.parquet"},
                "count": 3,
                "token": {SPECIAL_KEY: SECRET_SIGNATURE, "plaintext": '"[secret]"'},
            },
            "outputs": {"url": "http://127.0.0.1:4566/q", "at": ["2000-01-01T00:00:00Z"], "period": "2026-11-01_00:00"},
        }
    ]


def test_the_same_state_is_the_same_file(tmp_path: Path) -> None:
    state = Recorded(release="0.1.0", stack="qa", folder=tmp_path)
    state.write({"version": 3, "deployment": {"resources": []}}, "config: {}\n")
    first = state.state_file.read_bytes()
    state.write({"deployment": {"resources": []}, "version": 3}, "config: {}\n")
    assert state.state_file.read_bytes() == first
    assert recorded(tmp_path) == [state]
    assert (state.document()["version"], state.config()) == (3, {})


@pytest.mark.parametrize("state", recorded(), ids=str)
def test_no_recorded_state_has_a_secret_or_a_trace_of_a_machine(state: Recorded) -> None:
    text = gzip.decompress(state.state_file.read_bytes()).decode() + state.stack_file.read_text(encoding="utf-8")
    assert set(re.findall(r"//127\.0\.0\.1:(\d+)", text)) <= {"4566"}
    assert not re.search(r"ciphertext|\bAKIA[0-9A-Z]{16}\b|BEGIN [A-Z ]*PRIVATE KEY|slipway-e2e-|/site-packages/", text)
    assert scrubbed(state.document(), []) == state.document()
    assert state.state_file.stat().st_size < 100_000, "a state grew out of proportion; is something new in it that is noise?"
