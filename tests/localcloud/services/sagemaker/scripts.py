"""Training scripts as people bring them to SageMaker: argparse, `SM_*` variables, a model in `SM_MODEL_DIR`."""

# A classifier in the style of the MNIST examples: flags with defaults from the environment, channels, metrics printed as text.
CLASSIFIER = """
import argparse, json, logging, os, sys
import numpy as np

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
logger.addHandler(logging.StreamHandler(sys.stdout))

def train(args):
    rng = np.random.default_rng(args.seed)
    table = np.loadtxt(os.path.join(args.data_dir, "train.csv"), delimiter=",")
    pixels, labels = table[:, 1:], table[:, 0].astype(int)
    weights = np.zeros((pixels.shape[1], labels.max() + 1))
    for epoch in range(1, args.epochs + 1):
        for rows in np.array_split(rng.permutation(len(labels)), max(1, len(labels) // args.batch_size)):
            scores = pixels[rows] @ weights
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            odds /= odds.sum(axis=1, keepdims=True)
            odds[np.arange(len(rows)), labels[rows]] -= 1
            weights -= args.lr * pixels[rows].T @ odds / len(rows)
        hit = float((np.argmax(pixels @ weights, axis=1) == labels).mean())
        logger.info("Train Epoch: {} Accuracy: {:.4f}".format(epoch, hit))
    np.save(os.path.join(args.model_dir, "model.npy"), weights)
    with open(os.path.join(args.output_data_dir, "report.json"), "w") as file:
        json.dump({"hosts": args.hosts, "host": args.current_host, "gpus": args.num_gpus, "args": vars(args)}, file)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=64, metavar="N")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--optimizer", type=str, default="sgd")
    parser.add_argument("--hosts", type=json.loads, default=json.loads(os.environ["SM_HOSTS"]))
    parser.add_argument("--current-host", type=str, default=os.environ["SM_CURRENT_HOST"])
    parser.add_argument("--model-dir", type=str, default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--output-data-dir", type=str, default=os.environ["SM_OUTPUT_DATA_DIR"])
    parser.add_argument("--data-dir", type=str, default=os.environ["SM_CHANNEL_TRAINING"])
    parser.add_argument("--num-gpus", type=int, default=os.environ["SM_NUM_GPUS"])
    train(parser.parse_args())
"""

# scikit-learn's example: channels `train` and `test`, joblib, hyperparameters with underscores.
SKLEARN = """
import argparse, os
import joblib
import numpy as np
from sklearn.tree import DecisionTreeClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--max_leaf_nodes", type=int, default=-1)
parser.add_argument("--model-dir", type=str, default=os.environ.get("SM_MODEL_DIR"))
parser.add_argument("--train", type=str, default=os.environ.get("SM_CHANNEL_TRAIN"))
parser.add_argument("--test", type=str, default=os.environ.get("SM_CHANNEL_TEST"))
args, _ = parser.parse_known_args()

def read(folder):
    files = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    if not files:
        raise ValueError("There are no files in {}".format(folder))
    table = np.concatenate([np.loadtxt(file, delimiter=",") for file in files])
    return table[:, 1:], table[:, 0]

tree = DecisionTreeClassifier(max_leaf_nodes=args.max_leaf_nodes, random_state=0).fit(*read(args.train))
print("validation:accuracy {:.3f}".format(tree.score(*read(args.test))))
joblib.dump(tree, os.path.join(args.model_dir, "model.joblib"))
"""

# What a script for torchrun relies on, without PyTorch: ranks meet at MASTER_ADDR:MASTER_PORT and sum what each has.
RANKS = """
import json, os, socket, time
import helpers.words

rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
address = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if rank == 0:
    with socket.create_server(address) as server:
        peers = [server.accept()[0] for _ in range(world - 1)]
    total = sum(int(peer.recv(64)) for peer in peers) + rank
    told = {"sum": total, "world": world, "said": helpers.words.HELLO, "local": int(os.environ["LOCAL_WORLD_SIZE"])}
    with open(os.path.join(os.environ["SM_MODEL_DIR"], "sum.json"), "w") as file:
        json.dump(told, file)
else:
    deadline = time.monotonic() + 20
    while True:
        try:
            peer = socket.create_connection(address, timeout=5)
            break
        except OSError:
            assert time.monotonic() < deadline, "rank 0 did not listen"
            time.sleep(0.02)
    peer.sendall(str(rank).encode())
    peer.close()
print("rank {} of {} on {}".format(rank, world, os.environ["SM_CURRENT_HOST"]))
"""

# Hosts by SM_HOSTS alone, each with its share of the data, the first one saves.
HOSTS = """
import json, os
hosts, host = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
resources = json.loads(os.environ["SM_RESOURCE_CONFIG"])
assert (resources["current_host"], resources["hosts"]) == (host, hosts)
mine = sorted(os.listdir(os.environ["SM_CHANNEL_TRAIN"]))
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], host + ".json"), "w") as file:
    json.dump({"rank": hosts.index(host), "files": mine}, file)
if host == hosts[0]:
    open(os.path.join(os.environ["SM_MODEL_DIR"], "model.bin"), "wb").write(b"weights")
"""

# A shell script with a first line of its own and bash's arrays, which plain sh has not.
SHELL = """#!/usr/bin/env bash
set -euo pipefail
arguments=("$@")
echo "shell: ${#arguments[@]} arguments, ${arguments[1]}"
python - <<'PYTHON'
import os
open(os.path.join(os.environ["SM_MODEL_DIR"], "python.txt"), "w").write("ran")
PYTHON
cp "$SM_CHANNEL_TRAIN"/part-0.txt "$SM_MODEL_DIR/copied.txt"
"""

TRACEBACK = """
def load(rows):
    raise ValueError("column 3 of row %d is empty" % rows)
print("loading")
load(17)
"""

EXIT_3 = """
import sys
print("cannot go on", file=sys.stderr)
sys.exit(3)
"""

NEEDS_A_PACKAGE = "import surely_not_installed_anywhere"

DEAF = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(os.path.join(os.environ["SM_MODEL_DIR"], "early.txt"), "w").write("kept")
print("deaf", flush=True)
time.sleep(60)
"""

CHATTY = """
import os, sys
line = ("x" * 1999 + "\\n").encode()
for _ in range(500):
    os.write(1, line * 100)
open(os.path.join(os.environ["SM_MODEL_DIR"], "done"), "w").close()
"""

# A script that starts children, some of which it forgets, and one in a session of its own.
FORKS = """
import multiprocessing, os, subprocess, sys
def square(number):
    return number * number
if __name__ == "__main__":
    forgotten = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=detached)
                 for detached in (False, True)]
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print("squares", sum(pool.map(square, range(10))))
    with open(os.path.join(os.environ["SM_MODEL_DIR"], "pids.txt"), "w") as file:
        file.write(" ".join(str(child.pid) for child in forgotten))
"""

# Writes back every argument, so that a test sees what came through.
ARGUMENTS = """
import json, os, sys
names = ("SM_HPS", "SM_CHANNELS", "SM_USER_ARGS", "SM_USER_ENTRY_POINT", "SM_MODULE_NAME", "SM_HP_OPTIMIZER",
         "SM_FRAMEWORK_PARAMS", "SM_TRAINING_ENV", "SM_MODEL_DIR", "SM_OUTPUT_INTERMEDIATE_DIR", "TRAINING_JOB_NAME",
         "CURRENT_HOST", "SAGEMAKER_REGION", "SM_CURRENT_INSTANCE_TYPE", "SM_NUM_CPUS", "SM_INPUT_CONFIG_DIR", "SM_LOG_LEVEL")
with open(os.path.join(os.environ["SM_OUTPUT_INTERMEDIATE_DIR"], "note.txt"), "w") as file:
    file.write("intermediate")
with open(os.path.join(os.environ["SM_MODEL_DIR"], "told.json"), "w") as file:
    json.dump({"argv": sys.argv[1:], "cwd": os.getcwd(), **{name: os.environ.get(name) for name in names}}, file)
"""
