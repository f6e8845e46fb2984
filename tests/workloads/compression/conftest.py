"""The models that are compressed: the session's trained digits net, and a decoder of a few thousand weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from tests.workloads.data.support import make_corpus
from workloads import artifact, models
from workloads.data.stream import TokenStream

DECODER = {
    "name": "decoder",
    "width": 32,
    "layers": 2,
    "heads": 4,
    "kv_heads": 2,
    "feed_forward": 64,
    "vocabulary": 320,
    "positions": 32,
}
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
    model = models.build(DECODER)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            model.draw(name, weight, generator)  # type: ignore[operator]
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    stream = TokenStream(corpus / "test", sequence_length=DECODER["positions"], batch_size=8)  # type: ignore[arg-type]
    for _, batch in zip(range(STEPS), stream.batches(0), strict=False):
        inputs, targets = batch["tokens"][:, :-1], batch["tokens"][:, 1:]
        optimizer.zero_grad()
        F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    folder = tmp_path_factory.mktemp("decoder")
    stream.tokenizer.save(folder)
    artifact.save(
        folder,
        state=model.state_dict(),
        architecture=DECODER,
        task="language",
        details={"tokenizer": {"kind": "bytes", "file": artifact.TOKENIZER, "vocabulary": 257}},
        metrics={},
        settings={},
    )
    return folder
