"""The models that are compressed: the session's trained digits net, and a decoder of a few thousand weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from tests.workloads.data.support import make_corpus
from workloads import artifact, models
from workloads.data.stream import TokenStream

DECODER: dict[str, Any] = {
    "name": "decoder",
    "width": 32,
    "layers": 2,
    "heads": 4,
    "kv_heads": 2,
    "feed_forward": 64,
    "vocabulary": 320,
    "positions": 32,
}
# A decoder for exports: each layer of one is traced, lowered and compiled anew.
SHALLOW = {**DECODER, "layers": 1}
STEPS = 40


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = make_corpus(tmp_path_factory.mktemp("compression-corpus"), limit_bytes=60_000, test_share=0.3)
    return folder


@pytest.fixture(scope="session")
def decoder(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact of a decoder that has learnt which bytes are frequent."""
    return save_decoder(tmp_path_factory.mktemp("decoder"), corpus, DECODER, steps=STEPS)


@pytest.fixture(scope="session")
def shallow_decoder(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact of a decoder of one layer with its first weights: exports look at what it answers, and not at how well."""
    return save_decoder(tmp_path_factory.mktemp("shallow-decoder"), corpus, SHALLOW, steps=0)


def save_decoder(folder: Path, corpus: Path, architecture: dict[str, Any], *, steps: int) -> Path:
    model = models.build(architecture)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            model.draw(name, weight, generator)  # type: ignore[operator]
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    stream = TokenStream(corpus / "test", sequence_length=architecture["positions"], batch_size=8)
    for _, batch in zip(range(steps), stream.batches(0), strict=False):
        inputs, targets = batch["tokens"][:, :-1], batch["tokens"][:, 1:]
        optimizer.zero_grad()
        F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).backward()
        optimizer.step()
    stream.tokenizer.save(folder)
    artifact.save(
        folder,
        state=model.state_dict(),
        architecture=architecture,
        task="language",
        details={"tokenizer": {"kind": "bytes", "file": artifact.TOKENIZER, "vocabulary": 257}},
        metrics={},
        settings={},
    )
    return folder
