"""Corpora are made, and raw text is checked: every fault in one report."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.workloads.data.support import make_corpus
from tests.workloads.support import lay_out
from workloads.catalog import WORKLOADS
from workloads.data import corpus, prepare, tokenizer
from workloads.data.prepare_settings import CorpusSettings
from workloads.data.stream import TokenStream
from workloads.errors import DataError, HyperparameterError
from workloads.stores.opening import open_store
from workloads.stores.store import Store, join

TEXTS = [f"Document number {number}.\nIt says {'so ' * number}\n" for number in range(20)]


def jsonl(path: Path, *lines: Any) -> Path:
    path.write_bytes(b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines))
    return path


def raw(folder: Path) -> Path:
    """A folder of all three kinds of file, with no fault."""
    folder.mkdir()
    jsonl(folder / "a.jsonl", *({"text": text, "id": 1} for text in TEXTS[:10]))
    pq.write_table(pa.table({"n": list(range(8)), "text": TEXTS[10:18]}), folder / "b.parquet")
    (folder / "c.txt").write_text(TEXTS[18])
    (folder / "d.TXT").write_bytes(b"\xef\xbb\xbf" + TEXTS[19].encode())
    (folder / "README.md").write_text("not a document")
    return folder


def run(source: Path | str, out: Any, **settings: Any) -> Any:
    return make_corpus(out, source=source, **settings)


def texts_of(uri: Path | str) -> list[str]:
    """All documents of a corpus, from its shards."""
    found = []
    for split in ("train", "test"):
        place = open_store(join(uri, split))
        model = tokenizer.read(place)
        data = b"".join(place.read(name) for name in place.entries() if name.endswith(".bin"))
        tokens = np.frombuffer(data, "<u2")
        ends = np.flatnonzero(tokens == model.end_of_text)
        assert ends[-1] == len(tokens) - 1
        found += [model.decode(part[: part.tolist().index(model.end_of_text)]) for part in np.split(tokens, ends[:-1] + 1)]
    return found


def faults_of(source: Path | str, tmp_path: Path, **settings: Any) -> tuple[str, ...]:
    given = CorpusSettings.from_mapping({"source": str(source), "output_uri": str(tmp_path / "out"), **settings})
    places = prepare.Places(source=str(source), out=str(tmp_path / "out"), manifest=None, report=tmp_path / "report")
    with pytest.raises(DataError) as caught:
        prepare.prepare(given, places)
    assert not (tmp_path / "out").exists(), "nothing is written"
    return caught.value.report


@pytest.mark.parametrize("kind", ["bytes", "bpe"])
def test_all_documents_come_back_out_of_the_shards(tmp_path: Path, kind: str) -> None:
    out = run(raw(tmp_path / "raw"), tmp_path / "out", tokenizer=kind, vocabulary=300, shard_tokens=256, test_share=0.2)
    assert sorted(texts_of(out)) == sorted(TEXTS)
    for split in ("train", "test"):
        index = json.loads((tmp_path / "out" / split / "index.json").read_text())
        sizes = [shard["tokens"] for shard in index["shards"]]
        assert sizes[:-1] == [256] * (len(sizes) - 1)
        assert 0 < sizes[-1] <= 256
    assert TokenStream(tmp_path / "out" / "train", sequence_length=8, batch_size=2).steps_per_epoch > 0


def test_from_s3_to_s3_it_is_the_same_corpus(tmp_path: Path, bucket: str) -> None:
    folder = raw(tmp_path / "raw")
    for path in folder.iterdir():
        open_store(join(bucket, "raw")).write(path.name, path.read_bytes())
    there, here = run(join(bucket, "raw"), join(bucket, "out")), run(folder, tmp_path / "out")
    assert contents(open_store(there)) == contents(open_store(here))


def contents(place: Store) -> dict[str, bytes]:
    return {name: place.read(name) for name in place.entries()}


def test_made_twice_it_has_the_same_bytes(tmp_path: Path) -> None:
    folder = raw(tmp_path / "raw")
    first, second = (run(folder, tmp_path / name, tokenizer="bpe", vocabulary=300) for name in ("first", "second"))
    assert contents(open_store(first)) == contents(open_store(second))


def test_a_finished_corpus_is_left_alone_and_a_damaged_or_other_one_is_written_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = raw(tmp_path / "raw"), tmp_path / "out"
    arguments = ["--source", str(folder), "--out", str(out), "--shard-tokens", "256"]
    assert prepare.main(arguments) == 0
    before = contents(open_store(out))
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    capsys.readouterr()
    assert prepare.main(arguments) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"unchanged: {out} holds this very corpus already\ntrain_documents=")
    assert "documents=20; tokens=" in said
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == times
    (out / "train" / "shard-00001.bin").write_bytes(bytes(512))
    assert prepare.main(arguments) == 0
    assert "shard-00001.bin is damaged (SHA-256 differs)" in capsys.readouterr().err
    assert contents(open_store(out)) == before
    assert prepare.main([*arguments[:-1], "100000"]) == 0
    assert [path.name for path in sorted(out.glob("train/*.bin"))] == ["shard-00000.bin"], "the old ones are gone"


def test_a_document_is_held_out_by_its_name_whatever_else_there_is(tmp_path: Path) -> None:
    run(raw(tmp_path / "raw"), tmp_path / "out", test_share=0.2)
    names = [f"a.jsonl#{n}" for n in range(1, 11)] + [f"b.parquet#{n}" for n in range(8)] + ["c.txt", "d.TXT"]
    held_out = sum(corpus.fraction(name, 0) < 0.2 for name in names)
    assert json.loads((tmp_path / "out/test/index.json").read_text())["documents"] == held_out > 0


def test_each_split_has_a_document_however_few_there_are(tmp_path: Path) -> None:
    for share in ("0.0", "0.5"):
        out = tmp_path / share
        run(jsonl(tmp_path / f"{share}.jsonl", {"text": "one"}, {"text": "two"}).parent, out, test_share=share)
        assert sorted(texts_of(out)) == ["one", "two"]
        (tmp_path / f"{share}.jsonl").unlink()


def test_every_fault_of_every_file_is_in_one_report(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    jsonl(
        folder / "a.jsonl",
        {"text": "good"},
        b"{",
        {"text": 5},
        {"text": None},
        {"words": "x"},
        ["text"],
        b'{"text": "\xff"}',
        {"text": "  \n"},
        {"text": "good"},
        {"text": "x" * 60},
        b"",
        {"text": "x"},
        {"text": ["x"]},
        b'{"text": "\\ud800"}',
        *({"text": 5} for _ in range(6)),
    )
    (folder / "b.txt").write_bytes(b"caf\xe9")
    pq.write_table(pa.table({"text": [1, 2]}), folder / "c.parquet")
    pq.write_table(pa.table({"words": ["a"]}), folder / "d.parquet")
    (folder / "e.parquet").write_bytes(b"PAR1 no")
    binary = pa.array([b"fine", b"\xff", None], pa.binary())
    pq.write_table(pa.table({"text": pa.Array.from_buffers(pa.string(), 3, binary.buffers())}), folder / "f.parquet")
    report = faults_of(folder, tmp_path, minimum_characters=2, maximum_characters=50)
    report = (
        *(line for line in report if "cannot be read as Parquet" not in line),
        *(line[:50] for line in report if "e.par" in line),
    )
    assert sorted(report) == sorted(
        [
            "a.jsonl: it is no JSON in line 2; mend or drop it",
            "a.jsonl: 'text' is a number in lines 3, 15, 16, 17, 18 and 2 more; mend or drop it",
            "a.jsonl: 'text' is null in line 4; mend or drop it",
            "a.jsonl: field 'text' is missing in line 5; mend or drop it",
            "a.jsonl: it is JSON, but a list and no object in line 6; mend or drop it",
            "a.jsonl: it is no UTF-8 (byte 0xff) in line 7; mend or drop it",
            "a.jsonl: 'text' holds nothing but white space in line 8; drop it",
            "a.jsonl: 'text' repeats the text of an earlier row in line 9; drop it",
            "a.jsonl: 'text' is longer than maximum_characters in line 10; split it, or raise the setting",
            "a.jsonl: 'text' is shorter than minimum_characters in line 12; drop it, or lower the setting",
            "a.jsonl: 'text' is a list in line 13; mend or drop it",
            "a.jsonl: 'text' has half a surrogate pair, which is no Unicode in line 14; mend or drop it",
            "b.txt: it is no UTF-8 (byte 0xe9) in row 0; mend or drop it",
            "c.parquet: column 'text' is Int64; it needs text",
            "d.parquet: column 'text' is missing (columns: words); rename the one that holds the text",
            "e.parquet: it cannot be read as Parquet (Parquet f",
            "f.parquet: it is no UTF-8 (byte 0xff) in row 1; mend or drop it",
            "f.parquet: 'text' is null in row 2; mend or drop it",
        ]
    )
    told = json.loads((tmp_path / "report" / "validation.json").read_text())
    assert (told["accepted"], told["rows"], told["bad_rows"]) == (False, 23, 21)
    assert {
        "file": "a.jsonl",
        "what": "'text' is a number",
        "count": 7,
        "unit": "line",
        "first": [3, 15, 16, 17, 18],
    }.items() <= next(fault for fault in told["faults"] if "number" in fault["what"]).items()


def test_so_many_bad_rows_as_are_tolerated_are_dropped_counted_and_reported(tmp_path: Path) -> None:
    folder = raw(tmp_path / "raw")
    jsonl(folder / "e.jsonl", {"text": "fine"}, {"text": None}, {"text": TEXTS[0]})
    out = run(folder, tmp_path / "out", bad_rows=2, report=tmp_path / "report")
    assert sorted(texts_of(out)) == sorted([*TEXTS, "fine"])
    told = json.loads((tmp_path / "report" / "validation.json").read_text())
    assert (told["accepted"], told["bad_rows"], len(told["faults"])) == (True, 2, 2)
    assert faults_of(folder, tmp_path / "again", bad_rows=1)[-1] == "2 of 23 rows are bad, and bad_rows tolerates 1"


def test_a_file_that_cannot_be_read_is_never_tolerated(tmp_path: Path) -> None:
    folder = raw(tmp_path / "raw")
    (folder / "e.parquet").write_bytes(b"")
    assert "e.parquet: it cannot be read as Parquet" in faults_of(folder, tmp_path, bad_rows=100)[0]


def test_a_source_with_nothing_to_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    assert "it is empty or not there" in faults_of(tmp_path / "raw", tmp_path)[0]
    assert "it is empty or not there" in faults_of(tmp_path / "nowhere", tmp_path)[0]
    (tmp_path / "raw" / "x.csv").touch()
    assert "there are 1 other files, such as x.csv" in faults_of(tmp_path / "raw", tmp_path)[0]
    (tmp_path / "raw" / "x.txt").write_text("alone")
    assert "it has 1 documents, and train and test need at least one each" in faults_of(tmp_path / "raw", tmp_path)[0]


def test_a_source_that_changes_under_the_job_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = raw(tmp_path / "raw")
    made = prepare.make_tokenizer

    def meanwhile(*arguments: Any) -> Any:
        (folder / "c.txt").write_text("something else")
        return made(*arguments)

    monkeypatch.setattr(prepare, "make_tokenizer", meanwhile)
    settings = CorpusSettings.from_mapping({"output_uri": str(tmp_path / "out")})
    places = prepare.Places(source=str(folder), out=str(tmp_path / "out"), manifest=None, report=None)
    with pytest.raises(DataError, match="it changed between being checked and being written"):
        prepare.prepare(settings, places)
    assert not list((tmp_path / "out").rglob("index.json"))


def test_settings_are_checked_all_at_once() -> None:
    with pytest.raises(HyperparameterError) as caught:
        CorpusSettings.from_mapping({"tokenizer": "words", "vocabulary": 12, "test_share": 0.9, "shard_token": 5})
    said = str(caught.value)
    assert "did you mean shard_tokens?" in said
    assert all(name in said for name in ("tokenizer is 'words'", "vocabulary is 12", "test_share is 0.9"))
    with pytest.raises(HyperparameterError, match="output_uri is empty"):
        CorpusSettings.from_mapping({"minimum_characters": 10, "maximum_characters": 5})


def test_under_the_contract_it_leaves_a_manifest_a_tokenizer_and_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    base = lay_out(tmp_path / "ml", {"workload": "corpus", "output_uri": out, "shard_tokens": "512"})
    (base / "input" / "data").mkdir()
    raw(base / "input" / "data" / "raw")
    (base / "input" / "config" / "inputdataconfig.json").write_text(json.dumps({"raw": {}}))
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    assert WORKLOADS["corpus"].module == prepare.__name__
    monkeypatch.setenv("RANK", "1")
    assert prepare.main([]) == 0
    assert not os.path.exists(out), "only the leader works"
    monkeypatch.setenv("RANK", "0")
    assert prepare.main([]) == 0
    manifest = json.loads((base / "model" / "corpus.json").read_text())
    train = TokenStream(join(out, "train"), sequence_length=8, batch_size=1)
    assert manifest["uri"] == out
    assert manifest["splits"]["train"]["identity"] == train.identity
    assert manifest["splits"]["train"]["tokens"] == train.index.tokens
    assert tokenizer.load(base / "model").kind == "bytes"
    assert json.loads((base / "output" / "data" / "validation.json").read_text())["accepted"] is True
    assert f"documents=20; tokens={sum(part['tokens'] for part in manifest['splits'].values())};" in capsys.readouterr().out


def test_a_bad_hyperparameter_ends_the_job_with_2_and_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(
        "SAGEMAKER_BASE_DIR", str(lay_out(tmp_path / "ml", {"workload": "corpus", "source": "raw", "output_uri": "x"}))
    )
    assert prepare.main([]) == 2
    assert "input channel 'raw' is missing; this job has no channels" in capsys.readouterr().err
    assert prepare.main(["--out", str(tmp_path), "--seed", "-1"]) == 2
    assert "seed is -1; it must be a whole number from 0" in capsys.readouterr().err


def test_a_missing_bucket_is_refused_before_anything_is_tokenised(cloud: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare.main(["--limit-bytes", "30000", "--out", "s3://nowhere-at-all/x"]) == 2
    assert "there is no bucket 'nowhere-at-all'" in capsys.readouterr().err
