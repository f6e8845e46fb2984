"""Task `language`: a decoder that predicts the next token of a corpus (`workloads.data.prepare` makes one)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from workloads.artifact import Artifact
from workloads.data import tokenizer
from workloads.data.stream import TokenStream
from workloads.errors import HyperparameterError, ModelError
from workloads.models.decoder_config import PRESETS, DecoderConfig, rounded_vocabulary
from workloads.stores.store import SCHEME
from workloads.training.settings_tasks import LanguageSettings
from workloads.training.tasks.task import Batch, Data, Score, Share, Task, score_artifact

# Tokens in one pass when a model is evaluated by itself: few enough for a laptop's memory (logits take 2 kB a token and more).
EVALUATION_TOKENS = 8192


class LanguageTask(Task[LanguageSettings]):
    name = "language"
    unit = "tokens"
    # The deterministic backward pass of attention is a fifth slower; runs of a seed differ by rounding on a GPU, not on a CPU.
    exact = False

    def sizes(self, settings: LanguageSettings) -> DecoderConfig:
        return replace(PRESETS[settings.model], positions=settings.sequence_length)

    def open(self, settings: LanguageSettings, train: str, test: str, share: Share) -> LanguageData:
        streams = [
            TokenStream(
                split_uri(where, split),
                sequence_length=settings.sequence_length,
                batch_size=settings.batch_size,
                rank=share.rank,
                world_size=share.world_size,
                seed=settings.seed,
            )
            for where, split in ((train, "train"), (test, "test"))
        ]
        return LanguageData(self.sizes(settings), *streams)

    def evaluate(self, artifact: Artifact, data: str, *, max_rows: int) -> dict[str, float]:
        length = int(artifact.description["architecture"]["positions"])
        rows = max(1, EVALUATION_TOKENS // length)
        stream = TokenStream(split_uri(data, "test"), sequence_length=length, batch_size=rows)
        batches = (_batch(some["tokens"], some["real"]) for some in stream.every(max_rows))
        return metrics(score_artifact(artifact, batches), stream.bytes_per_token)


class LanguageData(Data):
    """The two splits of a corpus; `train` and `test` are `TokenStream`s, or whatever else streams tokens as they do."""

    def __init__(self, sizes: DecoderConfig, train: TokenStream, test: TokenStream) -> None:
        if train.vocabulary != test.vocabulary:
            raise HyperparameterError(
                f"the train split has a vocabulary of {train.vocabulary} and the test split one of {test.vocabulary}; "
                "give two splits of one corpus"
            )
        self._config = replace(sizes, vocabulary=rounded_vocabulary(train.vocabulary))
        self._train, self._test = train, test

    @property
    def identity(self) -> str:
        return self._train.identity

    @property
    def steps_per_epoch(self) -> int:
        return self._train.steps_per_epoch

    @property
    def units_per_row(self) -> int:
        return self._train.sequence_length

    def architecture(self) -> dict[str, Any]:
        return {"name": "decoder", **self._config.as_dict()}

    def batches(self, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        for rows in self._train.batches(epoch, first_step):
            yield _batch(rows["tokens"])

    def test(self) -> Iterator[Batch]:
        for rows in self._test.every():
            yield _batch(rows["tokens"], rows["real"])

    def metrics(self, score: Score) -> dict[str, float]:
        return metrics(score, self._test.bytes_per_token)

    def details(self) -> dict[str, Any]:
        made = self._train.tokenizer
        return {"tokenizer": {"kind": made.kind, "file": tokenizer.FILE, "vocabulary": made.vocabulary}}

    def require_tokens_of(self, folder: Path) -> None:
        theirs, ours = folder / tokenizer.FILE, self._train.tokenizer
        if not theirs.exists():
            raise ModelError(
                f"the model in {folder} has no {tokenizer.FILE}, which says what its tokens are; give the artifact as the "
                "training job made it"
            )
        if theirs.read_bytes() != ours.as_json():
            raise ModelError(
                f"the model in {folder} has another tokenizer than this corpus ({ours.kind}, {ours.vocabulary} tokens), so the "
                "same number is another text; make the corpus with the settings of the one that the model learnt from"
            )

    def save_beside(self, folder: Path) -> None:
        self._train.tokenizer.save(folder)


def metrics(score: Score, bytes_per_token: float) -> dict[str, float]:
    loss = score.loss / score.count
    return {
        "test_loss": loss,
        "test_perplexity": math.exp(min(loss, 700.0)),  # e to the power of 710 is larger than any double
        "test_bits_per_byte": loss / math.log(2) / bytes_per_token,
    }


def split_uri(where: str, split: str) -> str:
    """The address of one split: `where` itself, or what lies in it under the split's name."""
    where = where.rstrip("/")
    if where.startswith(SCHEME):
        return where if where.rpartition("/")[2] == split else f"{where}/{split}"
    return str(Path(where) / split) if (Path(where) / split).is_dir() else where


def _batch(tokens: torch.Tensor, real: torch.Tensor | None = None) -> Batch:
    """int64 (rows, sequence_length + 1): every token but the last is read, every one but the first is to be predicted."""
    return Batch(inputs=tokens[:, :-1], targets=tokens[:, 1:].contiguous(), real=real)
