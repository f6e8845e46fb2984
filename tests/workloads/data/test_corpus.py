from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workloads.data import corpus, tokenizer
from workloads.data.tokenizer import BpeTokenizer, ByteTokenizer, Tokenizer
from workloads.errors import DataError

SOME = ["def one(self):\n    return self.value\n", "import sys\nimport os\n\nprint(sys.path)\n", "für\t日本 \U0001f40d\n"] * 3


@pytest.fixture(scope="module")
def bpe() -> BpeTokenizer:
    return tokenizer.train_bpe(SOME, 300)


def test_the_standard_library_is_some_hundred_documents_of_python_and_no_tests() -> None:
    documents = list(corpus.documents())
    names = [document.name for document in documents]
    assert len(documents) > 500
    assert sum(len(document.text) for document in documents) > 8_000_000
    assert names == sorted(names)
    assert {"argparse.py", "json/decoder.py"} <= set(names)
    assert not [name for name in names if "/test/" in f"/{name}" or "site-packages" in name or "_sysconfigdata" in name]
    assert len({document.text for document in documents}) == len(documents)


def test_a_small_corpus_is_the_same_few_documents_every_time() -> None:
    some = list(corpus.documents(limit_bytes=100_000))
    assert some == list(corpus.documents(limit_bytes=100_000))
    assert 50_000 < sum(len(document.text.encode()) for document in some) <= 100_000
    assert len({document.name[0] for document in some}) > 3, "from all over the library"


def test_files_that_are_no_text_or_out_of_limits_are_left_out(tmp_path: Path) -> None:
    for name, content in {"a.py": b"a = 1\n", "b.py": b"\xff\n", "c.py": b"", "d.py": b"x" * 99, "e.py": b"a = 1\n"}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "f.py").write_text("import f\n")
    found = corpus.documents(folder=tmp_path, maximum=50)
    assert [document.name for document in found] == ["a.py"], "e.py repeats it"


def test_a_python_without_its_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the standard library's sources are not there; give --source"):
        list(corpus.documents(folder=tmp_path))


def test_names_fall_evenly_between_nought_and_one() -> None:
    places = [corpus.fraction(f"{number}.txt", seed=1) for number in range(2000)]
    assert all(0 <= place < 1 for place in places)
    assert abs(np.mean([place < 0.05 for place in places]) - 0.05) < 0.02
    assert places != [corpus.fraction(f"{number}.txt", seed=2) for number in range(2000)]


@settings(deadline=None, max_examples=50)
@given(text=st.text(max_size=200))
def test_any_text_comes_back_exactly(bpe: BpeTokenizer, text: str) -> None:
    for model in (ByteTokenizer(), bpe):
        tokens = model.encode(text)
        assert model.decode(tokens) == text
        assert model.decode([*tokens, model.end_of_text]) == text
        assert not len(tokens) or 0 <= tokens.min() <= tokens.max() < model.vocabulary


def test_bpe_takes_fewer_tokens_than_bytes_and_learns_the_same_from_the_same(bpe: BpeTokenizer) -> None:
    assert bpe.vocabulary == 300
    assert len(bpe.encode(SOME[0])) < len(ByteTokenizer().encode(SOME[0]))
    assert tokenizer.train_bpe(SOME, 300).as_json() == bpe.as_json()


def test_text_cannot_say_end_of_text_by_name() -> None:
    model = tokenizer.train_bpe(SOME, 300)
    assert model.end_of_text not in model.encode(f"a{tokenizer.END_OF_TEXT}b")
    assert model.decode(model.encode(f"a{tokenizer.END_OF_TEXT}b")) == f"a{tokenizer.END_OF_TEXT}b"


@pytest.mark.parametrize("kind", ["bytes", "bpe"])
def test_saved_beside_a_model_it_is_loaded_again(bpe: BpeTokenizer, tmp_path: Path, kind: str) -> None:
    model: Tokenizer = bpe if kind == "bpe" else ByteTokenizer()
    assert model.save(tmp_path) == tmp_path / "tokenizer.json"
    loaded = tokenizer.load(tmp_path)
    assert (loaded.kind, loaded.vocabulary, loaded.end_of_text) == (kind, model.vocabulary, model.end_of_text)
    assert np.array_equal(loaded.encode(SOME[2]), model.encode(SOME[2]))


def test_a_missing_and_a_damaged_tokenizer_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"tokenizer.json has 1 fault:\n  - the tokenizer is missing; copy it"):
        tokenizer.load(tmp_path)
    for damaged in ("{", "[]", '{"model": 1}', "\x00"):
        (tmp_path / "tokenizer.json").write_text(damaged)
        with pytest.raises(DataError, match="cannot be read as a tokenizer"):
            tokenizer.load(tmp_path)
    assert os.listdir(tmp_path) == ["tokenizer.json"]
