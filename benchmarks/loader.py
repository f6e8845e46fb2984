"""Tokens from S3 into batches: our stream beside webdataset and plain boto3, over loopback HTTP, in one run.

`python -m benchmarks.loader [--tokens 33554432] [--rounds 3] [--server files,moto] [--without-peers]`. The same random tokens
lie on the server twice: as our shards, and as tar files with one member a sample for webdataset. Contestants, each in this one
process, with no workers besides their own threads, one after another in every round, each once before that to be warm:

- ours: `TokenStream`, ranged GETs of a block, order shuffled over the whole corpus, any step reached directly;
- webdataset: tar shards through curl, shard order and a buffer of 1,000 samples shuffled;
- boto3: each shard downloaded to disk whole, then cut and shuffled within.

"to the middle" is the time until the batch in the middle of an epoch, as after a restart. Servers, each a process of its own:
`files` answers from a folder as fast as Python can; `moto` reads an object whole for each range that it answers, so there it is
moto that is measured. Both are on this machine and take their share of its cores: no network, no waiting for a first byte.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import numpy as np

from benchmarks.conditions import conditions, median, table

BUCKET = "bench"
VOCABULARY = 50_000
SHARD_TOKENS = 2**22
SHUFFLE_BUFFER = 1000
PEERS = {"webdataset": "webdataset"}


@dataclass(frozen=True, kw_only=True)
class Task:
    """What every contestant is to do: batches (batch_size, sequence_length + 1) of all of `s3://bench/{shards,tars}`."""

    sequence_length: int
    batch_size: int
    disk: Path

    def client(self) -> Any:
        import boto3
        from botocore.config import Config

        return boto3.client("s3", config=Config(s3={"addressing_style": "path"}))


def ours(task: Task, first_step: int) -> Iterator[np.ndarray]:
    from workloads.data.stream import TokenStream

    stream = TokenStream(f"s3://{BUCKET}/shards", sequence_length=task.sequence_length, batch_size=task.batch_size, seed=1)
    yield from stream.arrays(0, first_step)


def webdataset(task: Task, first_step: int) -> Iterator[np.ndarray]:
    import webdataset as wds

    client = task.client()
    keys = [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET, Prefix="tars/")["Contents"]]
    # An address that is signed needs no aws command in the pipe, which would take a second to start for each shard.
    urls = [client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key}) for key in keys]
    pipes = [f"pipe:curl --silent --fail '{url}'" for url in urls]
    dataset = wds.WebDataset(pipes, shardshuffle=len(pipes), empty_check=False, seed=1).shuffle(SHUFFLE_BUFFER)
    samples = dataset.map(lambda sample: np.frombuffer(sample["bin"], "<u2").astype(np.int64))
    for step, batch in enumerate(samples.batched(task.batch_size, collation_fn=np.stack, partial=False)):
        if step >= first_step:  # there is no other way to a batch than through those before it
            yield batch


def boto3(task: Task, first_step: int) -> Iterator[np.ndarray]:
    client, random, length = task.client(), np.random.default_rng(1), task.sequence_length
    keys = [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET, Prefix="shards/shard-")["Contents"]]
    step = 0
    for number in random.permutation(len(keys)):
        size = client.head_object(Bucket=BUCKET, Key=keys[number])["ContentLength"]
        samples = (size // 2 - 1) // length
        steps, order = samples // task.batch_size, random.permutation(samples)
        if step + steps <= first_step:
            step += steps
            continue
        path = task.disk / Path(keys[number]).name
        client.download_file(BUCKET, keys[number], str(path))
        tokens = np.memmap(path, dtype="<u2", mode="r")
        for at in range(steps):
            if step >= first_step:
                rows = order[at * task.batch_size : (at + 1) * task.batch_size]
                yield np.stack([tokens[row * length : row * length + length + 1] for row in rows]).astype(np.int64)
            step += 1


CONTESTANTS: dict[str, Callable[[Task, int], Iterator[np.ndarray]]] = {"ours": ours, "webdataset": webdataset, "boto3": boto3}


def measure(contestant: Callable[[Task, int], Iterator[np.ndarray]], task: Task, steps: int) -> dict[str, float]:
    """An epoch, and the way to the middle of another."""
    shutil.rmtree(task.disk, ignore_errors=True)
    task.disk.mkdir()
    begun, cpu = time.monotonic(), cpu_seconds()
    rows, first = 0, 0.0
    for batch in contestant(task, 0):
        assert batch.shape == (task.batch_size, task.sequence_length + 1), batch.shape
        assert batch.dtype == np.int64
        first = first or time.monotonic() - begun
        rows += len(batch)
    seconds, cpu = time.monotonic() - begun, cpu_seconds() - cpu
    disk = sum(path.stat().st_size for path in task.disk.iterdir())
    begun = time.monotonic()
    batches = contestant(task, steps // 2)
    next(batches)
    middle = time.monotonic() - begun
    batches.close()  # type: ignore[attr-defined]
    return {"samples/s": rows / seconds, "first": first, "middle": middle, "cpu": cpu / rows * 1e6, "disk": disk / 2**20}


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def make(folder: Path, tokens: int, sequence_length: int) -> int:
    """Both forms of the same tokens below `folder`. Returns the number of samples."""
    from workloads.data import index, tokenizer
    from workloads.stores.opening import open_store

    random, place, shards, samples = np.random.default_rng(0), open_store(folder / "shards"), [], 0
    (folder / "tars").mkdir(parents=True)
    for number, count in enumerate([SHARD_TOKENS] * (tokens // SHARD_TOKENS) + [tokens % SHARD_TOKENS]):
        if count <= sequence_length:
            continue
        ids = random.integers(0, VOCABULARY, count).astype("<u2")
        place.write(f"shard-{number:05}.bin", ids.tobytes())
        shards.append(index.Shard(name=f"shard-{number:05}.bin", tokens=count, sha256=""))
        with tarfile.open(folder / "tars" / f"{number:05}.tar", "w") as tar:
            for at in range((count - 1) // sequence_length):
                data = ids[at * sequence_length : (at + 1) * sequence_length + 1].tobytes()
                member = tarfile.TarInfo(f"{samples:09}.bin")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
                samples += 1
    place.write(tokenizer.FILE, b"{}")
    whole = index.Index(
        split="train",
        tokenizer={"kind": "none", "file": tokenizer.FILE, "sha256": ""},
        vocabulary=VOCABULARY,
        dtype="uint16",
        documents=1,
        text_bytes=tokens,
        shards=tuple(shards),
        source={},
    )
    place.write(index.INDEX, whole.as_json())
    return samples


class Files(BaseHTTPRequestHandler):
    """As much of S3 as reading takes: GET with Range, HEAD and ListObjectsV2, from a folder. Looks at no signature."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    root: Path

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        bucket, _, key = unquote(address.path).lstrip("/").partition("/")
        if bucket != BUCKET:
            self._answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        elif not key:
            self._list(parse_qs(address.query).get("prefix", [""])[0])
        elif not (self.root / key).is_file():
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._file(self.root / key)

    do_HEAD = do_GET

    def _list(self, prefix: str) -> None:
        paths = sorted(path for path in self.root.rglob("*") if path.is_file())
        items = "".join(
            f'<Contents><Key>{escape(key)}</Key><Size>{path.stat().st_size}</Size><ETag>"{path.stat().st_mtime_ns}"</ETag></Contents>'
            for path in paths
            if (key := path.relative_to(self.root).as_posix()).startswith(prefix)
        )
        self._answer(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>".encode())

    def _file(self, path: Path) -> None:
        size = path.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        stop = min(size, int(asked[2]) + 1) if asked and asked[2] else size
        with path.open("rb") as file:
            file.seek(start)
            data = b"" if self.command == "HEAD" else file.read(stop - start)
        more = {"ETag": f'"{path.stat().st_mtime_ns}"', "Accept-Ranges": "bytes"}
        if asked:
            more["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        self._answer(206 if asked else 200, data, length=stop - start, **more)

    def _answer(self, status: int, data: bytes, *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data) if length is None else length), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    """Says nothing when a client goes away, as at the end of each contestant."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass


def serve(kind: str, folder: Path) -> None:
    """Run a server in this process until its standard input ends; prints its port."""
    if kind == "files":
        server = Quiet(("127.0.0.1", 0), type("Here", (Files,), {"root": folder}))
        import threading

        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
    else:
        import logging

        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").disabled = True
        moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        moto.start()
        print(moto.get_host_and_port()[1], flush=True)
    sys.stdin.read()


@contextmanager
def server(kind: str, folder: Path) -> Iterator[None]:
    """A server in a process of its own that holds what is below `folder`, and the environment that leads to it."""
    command = [sys.executable, "-m", "benchmarks.loader", "--serve", kind, "--folder", str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        endpoint = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        os.environ |= {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        if kind == "moto":
            import boto3 as sdk

            client = sdk.client("s3")
            client.create_bucket(Bucket=BUCKET)
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                client.put_object(Bucket=BUCKET, Key=path.relative_to(folder).as_posix(), Body=path.read_bytes())
        yield
    finally:
        process.stdin.close()
        process.wait(timeout=30)


def contestants(without_peers: bool) -> dict[str, Callable[[Task, int], Iterator[np.ndarray]]]:
    """Who takes part; ends the program with the way out when a peer is not installed."""
    if without_peers:
        return {name: run for name, run in CONTESTANTS.items() if name not in PEERS}
    absent = [package for package in PEERS.values() if importlib.util.find_spec(package) is None]
    if absent or shutil.which("curl") is None:
        lacking = " and ".join([*absent, *([] if shutil.which("curl") else ["the curl program"])])
        raise SystemExit(f"{lacking} is not installed; install requirements/benchmarks.txt (and curl), or say --without-peers")
    return dict(CONTESTANTS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=2**25, help="tokens of the corpus, two bytes each (default: %(default)s)")
    parser.add_argument("--sequence-length", type=int, default=1024)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--server", default="files,moto", help="which servers, of files and moto (default: %(default)s)")
    parser.add_argument("--without-peers", action="store_true", help="leave out what is not installed here")
    parser.add_argument("--serve", choices=("files", "moto"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.folder)
        return
    who = contestants(given.without_peers)
    rows = []
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as home:
        samples = make(Path(home) / "served", given.tokens, given.sequence_length)
        task = Task(sequence_length=given.sequence_length, batch_size=given.batch_size, disk=Path(home) / "disk")
        for kind in given.server.split(","):
            figures: dict[str, dict[str, list[float]]] = {name: {} for name in who}
            with server(kind, Path(home) / "served"):
                for run in who.values():
                    measure(run, task, samples // given.batch_size)
                for _ in range(given.rounds):
                    for name, run in who.items():
                        for what, value in measure(run, task, samples // given.batch_size).items():
                            figures[name].setdefault(what, []).append(value)
            middle = {name: {what: median(values) for what, values in told.items()} for name, told in figures.items()}
            for name, told in middle.items():
                rows.append(
                    (
                        kind,
                        name,
                        f"{told['samples/s']:.0f}",
                        f"{told['samples/s'] / middle['ours']['samples/s']:.2f}",
                        f"{told['first']:.2f}",
                        f"{told['middle']:.2f}",
                        f"{told['cpu']:.0f}",
                        f"{told['disk']:.0f}",
                    )
                )
    print(
        f"{given.tokens / 1e6:.0f} M tokens, {samples} samples of {given.sequence_length}, batches of {given.batch_size}, "
        f"median of {given.rounds} rounds; {conditions()}\n"
    )
    head = ("server", "who", "samples/s", "to ours", "first batch (s)", "to the middle (s)", "CPU a sample (µs)", "on disk (MiB)")
    print(table(head, rows))


if __name__ == "__main__":
    main()
