"""Text to token ids and back: `bytes` (256 bytes and end-of-text) or `bpe` (byte-level BPE, trained on the corpus).

A tokenizer is one file, `tokenizer.json`, beside a corpus and beside a model alike: for `bpe` the file of Hugging Face's
`tokenizers`, for `bytes` a line of ours. Both take any text and give it back exactly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from workloads.errors import DataError
from workloads.stores.opening import open_store
from workloads.stores.store import Store
from workloads.stores.store_errors import Missing

# numpy is imported where text is encoded: every preview imports this module to read settings, and need not wait for numpy.
if TYPE_CHECKING:
    import numpy as np

FILE: Final = "tokenizer.json"
KINDS: Final = ("bytes", "bpe")
END_OF_TEXT: Final = "<|endoftext|>"
BYTES: Final = 256


class Tokenizer(Protocol):
    """`vocabulary` counts the ids; `end_of_text` is the one between documents."""

    @property
    def kind(self) -> str: ...

    @property
    def vocabulary(self) -> int: ...

    @property
    def end_of_text(self) -> int: ...

    def encode(self, text: str) -> np.ndarray:
        """Token ids, int64 (tokens,), without end-of-text."""

    def decode(self, tokens: Sequence[int] | np.ndarray) -> str:
        """The text; end-of-text is left out, and bytes that are no UTF-8 become U+FFFD."""

    def as_json(self) -> bytes:
        """What `save` writes."""

    def save(self, folder: Path) -> Path:
        """Write tokenizer.json into `folder`; its path."""


class ByteTokenizer:
    """Makes each byte a token: 257 ids, and nothing to train."""

    kind: Final = "bytes"
    vocabulary: Final = BYTES + 1
    end_of_text: Final = BYTES

    def encode(self, text: str) -> np.ndarray:
        import numpy as np

        return np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int64)

    def decode(self, tokens: Sequence[int] | np.ndarray) -> str:
        import numpy as np

        ids = np.asarray(tokens, dtype=np.int64)
        return ids[ids < BYTES].astype(np.uint8).tobytes().decode(errors="replace")

    def as_json(self) -> bytes:
        return (
            json.dumps({"format_version": 1, "kind": self.kind, "vocabulary": self.vocabulary}, sort_keys=True) + "\n"
        ).encode()

    def save(self, folder: Path) -> Path:
        return _save(self, folder)


class BpeTokenizer:
    """Byte-level BPE, as GPT-2 has it: merges learnt from text, any bytes representable."""

    kind: Final = "bpe"

    def __init__(self, model: Any) -> None:
        self._model = model
        # A document that says "<|endoftext|>" (a tokenizer's own source does) means these characters, not its end.
        model.encode_special_tokens = True
        end = model.token_to_id(END_OF_TEXT)
        if end is None:
            raise DataError(
                FILE, [f"it has no {END_OF_TEXT} token, so documents cannot be told apart; train it with this package"]
            )
        self.end_of_text = int(end)
        self.vocabulary = int(model.get_vocab_size())

    def encode(self, text: str) -> np.ndarray:
        import numpy as np

        return np.asarray(self._model.encode(text, add_special_tokens=False).ids, dtype=np.int64)

    def decode(self, tokens: Sequence[int] | np.ndarray) -> str:
        return str(self._model.decode([int(token) for token in tokens], skip_special_tokens=True))

    def as_json(self) -> bytes:
        return (str(self._model.to_str(pretty=True)) + "\n").encode()

    def save(self, folder: Path) -> Path:
        return _save(self, folder)


def train_bpe(texts: Iterable[str], vocabulary: int) -> BpeTokenizer:
    """Learn `vocabulary` ids (fewer when the text has no more pairs) from `texts`. The same texts give the same file."""
    from tokenizers import Tokenizer as Model  # 0.1 s of import, needed for BPE only
    from tokenizers import decoders, models, pre_tokenizers, trainers

    model = Model(models.BPE())
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    model.train_from_iterator(texts, trainer)
    return BpeTokenizer(model)


def load(folder: str | Path) -> Tokenizer:
    """The tokenizer of an artifact's or a corpus's folder (or s3:// prefix). Raises `DataError` when it is missing or damaged."""
    return read(open_store(folder))


def read(place: Store, *, sha256: str = "") -> Tokenizer:
    """The tokenizer in a `Store`. With `sha256`, a file of another digest is a fault."""
    address = place.address(FILE)
    try:
        data = place.read(FILE)
    except Missing:
        raise Missing(address, "the tokenizer is missing; copy it from where the corpus or the model was made") from None
    if sha256 and hashlib.sha256(data).hexdigest() != sha256:
        raise DataError(address, ["it is not the tokenizer that made this corpus (SHA-256 differs); copy the corpus again"])
    try:
        content = json.loads(data)
        if content.get("kind") == ByteTokenizer.kind:
            return ByteTokenizer()
        from tokenizers import Tokenizer as Model

        model = Model.from_str(data.decode())
    except Exception as error:  # `tokenizers` raises bare Exception
        raise DataError(address, [f"it cannot be read as a tokenizer: {error}; copy it again"]) from None
    return BpeTokenizer(model)


def _save(tokenizer: Tokenizer, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.write_bytes(tokenizer.as_json())
    return path
