"""Make a corpus of token shards: the workload `corpus`.

Under SageMaker's contract (hyperparameter `workload`: corpus) it needs no arguments. On its own:

    python -m workloads.data.prepare --source stdlib --out /tmp/corpus --tokenizer bytes

reads text, checks it, splits it into train and test, tokenises it and writes what `workloads.data.stream` reads. Identical text
and settings give identical bytes; a corpus that is there already, whole and the same, is left as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workloads.contract import TrainingContract
from workloads.data import corpus, sources, tokenizer
from workloads.data import index as corpus_index
from workloads.data.corpus import Document
from workloads.data.index import INDEX, SPLITS, Index
from workloads.data.prepare_settings import CorpusSettings
from workloads.data.shards import ShardWriter
from workloads.data.tokenizer import Tokenizer
from workloads.data.validation import Validation
from workloads.errors import EXIT_BAD_INPUT, DataError, WorkloadError, describe
from workloads.settings import add_arguments, given_arguments
from workloads.stores.opening import open_store
from workloads.stores.store import join
from workloads.stores.store_errors import Missing, NoBucket, OutOfReach, Refused

RAW_CHANNEL: Final = "raw"
MANIFEST: Final = "corpus.json"
REPORT: Final = "validation.json"
PROGRESS_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a run reads and writes. `manifest` and `report` are folders, None for nowhere."""

    source: str
    out: str
    manifest: Path | None
    report: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What checking found: `digest` knows the good documents and their order; a document is held out below `cut`."""

    documents: int
    digest: str
    cut: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 2 wrong input (said on stderr)."""
    try:
        settings, places = read_arguments(arguments)
        # A job's other processes and hosts have nothing to do: reading and writing are one stream.
        if not leads():
            return 0
        prepare(settings, places)
    except WorkloadError as error:
        print(describe(error), file=sys.stderr, flush=True)
        return EXIT_BAD_INPUT
    return 0


def prepare(settings: CorpusSettings, places: Places) -> Mapping[str, Any]:
    """Make the corpus, or find it made already. Returns the manifest. Raises `WorkloadError`."""
    started = time.monotonic()
    accepted = validate(settings, places)
    source = {"digest": accepted.digest, "settings": settings.shaping()}
    indexes = finished(places.out, source)
    if indexes:
        print(f"unchanged: {places.out} holds this very corpus already", flush=True)
        model = tokenizer.load(join(places.out, SPLITS[0]))
    else:
        model = make_tokenizer(settings, places, accepted)
        indexes = write(settings, places, accepted, model, source)
    manifest = describe_corpus(places, indexes, model)
    if places.manifest is not None:
        model.save(places.manifest)
        (places.manifest / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for split in SPLITS:
        report(**{f"{split}_documents": indexes[split].documents, f"{split}_tokens": indexes[split].tokens})
    report(
        documents=sum(index.documents for index in indexes.values()),
        tokens=sum(index.tokens for index in indexes.values()),
        vocabulary=model.vocabulary,
        seconds=time.monotonic() - started,
    )
    return manifest


def read_arguments(arguments: Sequence[str] | None) -> tuple[CorpusSettings, Places]:
    """From the command line with `--out`, else from the container contract."""
    parser = argparse.ArgumentParser(
        prog="python -m workloads.data.prepare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser, CorpusSettings)
    parser.add_argument("--out", dest="output_uri", help="short for --output-uri; without it the container contract is read")
    parser.add_argument("--report", type=Path, help=f"folder for {REPORT}, what checking found")
    given = parser.parse_args(arguments)
    if given.output_uri is not None:
        settings = CorpusSettings.from_mapping(given_arguments(given, CorpusSettings))
        places = Places(source=settings.source or sources.STDLIB, out=settings.output_uri, manifest=None, report=given.report)
        return settings, places
    contract = TrainingContract.from_environment()
    settings = CorpusSettings.from_mapping(contract.hyperparameters)
    default = RAW_CHANNEL if RAW_CHANNEL in contract.channels else sources.STDLIB
    source = settings.source or default
    if source == RAW_CHANNEL:
        source = str(contract.channel(RAW_CHANNEL))
    return settings, Places(source=source, out=settings.output_uri, manifest=contract.model_dir, report=contract.output_data_dir)


def leads() -> bool:
    """Whether this is the one process that works: rank 0 of those that the launcher started."""
    return os.environ.get("RANK", "0") == "0"


def validate(settings: CorpusSettings, places: Places) -> Accepted:
    """Check every row, leave a report, and say what is good. Raises `DataError` with every fault."""
    validation = Validation(minimum=settings.minimum_characters, maximum=settings.maximum_characters)
    digest, lowest, highest, count = hashlib.sha256(), 1.0, 0.0, 0
    progress = _Progress("checked")
    for chunk in _chunks(settings, places):
        for document in validation.documents(chunk):
            _add(digest, document)
            place = corpus.fraction(document.name, settings.seed)
            lowest, highest, count = min(lowest, place), max(highest, place), count + 1
        progress(count)
    if places.report is not None:
        places.report.mkdir(parents=True, exist_ok=True)
        (places.report / REPORT).write_bytes(validation.as_json(places.source, tolerated=settings.bad_rows))
    validation.check(places.source, tolerated=settings.bad_rows)
    if validation.dropped:
        report(bad_rows=validation.dropped)
    if count < 2:
        raise DataError(places.source, [f"it has {count} documents, and train and test need at least one each; add documents"])
    # At least one document on each side, however small the corpus: the one of the lowest hash is held out, the highest never.
    cut = min(max(settings.test_share, math.nextafter(lowest, 1)), highest)
    return Accepted(documents=count, digest=digest.hexdigest(), cut=cut)


def good_documents(settings: CorpusSettings, places: Places) -> Iterator[Document]:
    """The documents that `validate` found good, read again, since none is held in memory between the two passes."""
    validation = Validation(minimum=settings.minimum_characters, maximum=settings.maximum_characters)
    for chunk in _chunks(settings, places):
        yield from validation.documents(chunk)


def make_tokenizer(settings: CorpusSettings, places: Places, accepted: Accepted) -> Tokenizer:
    """The tokenizer asked for; `bpe` learns from the train documents only."""
    if settings.tokenizer == "bytes":
        return tokenizer.ByteTokenizer()
    documents = good_documents(settings, places)
    train = (d.text for d in documents if corpus.fraction(d.name, settings.seed) >= accepted.cut)
    return tokenizer.train_bpe(train, settings.vocabulary)


def write(
    settings: CorpusSettings, places: Places, accepted: Accepted, model: Tokenizer, source: Mapping[str, Any]
) -> dict[str, Index]:
    """Write both splits. Old indexes are removed first and new ones written last, so that no reader meets half a corpus."""
    for split in SPLITS:
        open_store(join(places.out, split)).remove(INDEX)
    writers = {
        split: ShardWriter(open_store(join(places.out, split)), split=split, model=model, shard_tokens=settings.shard_tokens)
        for split in SPLITS
    }
    digest, progress = hashlib.sha256(), _Progress("tokenised")
    for number, document in enumerate(good_documents(settings, places)):
        _add(digest, document)
        held_out = corpus.fraction(document.name, settings.seed) < accepted.cut
        writers["test" if held_out else "train"].add(document)
        progress(number + 1)
    if digest.hexdigest() != accepted.digest:
        raise DataError(
            places.source, ["it changed between being checked and being written; start again when nobody writes to it"]
        )
    return {split: writers[split].finish(source) for split in SPLITS}


def finished(out: str, source: Mapping[str, Any]) -> dict[str, Index]:
    """The indexes of `out` when it holds a whole corpus made from `source`, every shard intact; else nothing."""
    indexes = {}
    for split in SPLITS:
        place = open_store(join(out, split))
        try:
            indexes[split] = corpus_index.read(place)
            if indexes[split].source != source:
                return {}
            corpus_index.check_shards(indexes[split], place, content=True)
            tokenizer.read(place, sha256=indexes[split].tokenizer["sha256"])
        except (OutOfReach, NoBucket, Refused):
            raise
        except Missing:
            return {}
        except DataError as error:
            print(f"written again: {error}", file=sys.stderr, flush=True)
            return {}
    return indexes


def describe_corpus(places: Places, indexes: Mapping[str, Index], model: Tokenizer) -> dict[str, Any]:
    """What the job leaves as its artifact: where the corpus is, its identity, and how much it holds."""
    return {
        "format_version": corpus_index.FORMAT_VERSION,
        "uri": places.out,
        "source": corpus.title() if places.source == sources.STDLIB else places.source,
        "tokenizer": model.kind,
        "vocabulary": model.vocabulary,
        "splits": {
            split: {
                "identity": index.identity,
                "documents": index.documents,
                "tokens": index.tokens,
                "bytes": index.text_bytes,
                "shards": len(index.shards),
            }
            for split, index in indexes.items()
        },
    }


def report(**metrics: float) -> None:
    """One line that the job's metric definitions read: `documents=726; tokens=12080230;`."""
    print(
        " ".join(f"{name}={value if isinstance(value, int) else f'{value:.2f}'};" for name, value in metrics.items()), flush=True
    )


def _chunks(settings: CorpusSettings, places: Places) -> Iterator[sources.Chunk]:
    return sources.chunks(
        places.source,
        minimum=settings.minimum_characters,
        maximum=settings.maximum_characters,
        limit_bytes=settings.limit_bytes,
    )


def _add(digest: Any, document: Document) -> None:
    digest.update(f"{document.name}\n{hashlib.sha256(document.text.encode()).hexdigest()}\n".encode(errors="surrogatepass"))


class _Progress:
    """Reports the number of documents every few seconds."""

    def __init__(self, what: str) -> None:
        self._what, self._last = what, time.monotonic()

    def __call__(self, documents: int) -> None:
        if time.monotonic() - self._last >= PROGRESS_SECONDS:
            self._last = time.monotonic()
            report(**{f"{self._what}_documents": documents})


if __name__ == "__main__":
    sys.exit(main())
