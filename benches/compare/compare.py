#!/usr/bin/env python3
"""jumok beside PyTorch (and candle and burn) on this machine: each runs in turn, and a table in Markdown is written.

    python3 compare.py --peer-python PATH-TO-PYTHON-WITH-TORCH [--rounds N] [--threads N] [--workloads W1 W2 ...]

A round runs every program once for every workload, one after the other: ours, theirs, ours, theirs, so that a slow minute of
the machine meets all of them. The table gives, over all rounds, the lowest and the median time of a step, the spread (the
median against the lowest) and the ratio of the lowest times. Only ratios of one table mean anything.

Needs nothing but Python 3.9 and, for jumok, `cargo build --release` before. With `--candle-burn` it runs the program of the
folder of that name, built by

    cargo build --release --manifest-path benches/compare/candle-burn/Cargo.toml --target-dir target/compare
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ROWS = "W1+rows"  # W1 with row selection; the peers have none, so it is compared with their W1
WORKLOADS = ["W1", ROWS, "W1b", "W1d", "tiny", "W2", "W2b", "W3", "W4", "W5", "W6", "bert1", "bert8", "gpt2", "llama"]
CANDLE_BURN_WORKLOADS = ["W1", "W2"]
# Which program of a folder given by --peers runs a workload; what is not here runs in torch_peer.py.
PEER_PROGRAMS = {
    "W1": "train.py", "W1b": "train.py", "W1d": "train.py", "W2": "train.py", "W2b": "train.py",
    "W3": "train.py", "W4": "train.py", "W5": "ops.py", "W6": "ops.py", "bert1": "infer.py", "bert8": "infer.py", "gpt2": "infer.py",
    "llama": "infer.py",
}  # fmt: skip
# Names under which a peer's lines may come for the same thing.
PEER_IMPLEMENTATIONS = {
    "torch-eager": "torch", "torch-sdpa": "torch", "torch-eager-fused": "torch", "candle": "candle", "burn": "burn",
}  # fmt: skip


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", nargs="+", default=WORKLOADS, choices=WORKLOADS, metavar="W", help=", ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--blocks", type=int, default=5, help="blocks a run [5]")
    parser.add_argument("--block-seconds", type=float, default=1.0, help="length of a block [1]")
    parser.add_argument("--jumok", type=Path, default=ROOT / "target/release/jumok", help="our program")
    parser.add_argument("--peer-python", help="a Python that has torch; without it PyTorch is left out")
    parser.add_argument("--peers", type=Path, help="a folder with train.py, ops.py, infer.py instead of torch_peer.py")
    parser.add_argument("--candle-burn", type=Path, help="the program of candle-burn; without it both are left out")
    parser.add_argument("--out", type=Path, help="write the table here instead of to standard output")
    parser.add_argument("--lines", type=Path, help="append every JSON line to this file")
    args = parser.parse_args()
    for option in ("rounds", "threads", "blocks", "block_seconds"):
        if getattr(args, option) <= 0:
            parser.error(f"--{option.replace('_', '-')} must be above 0")
    for program in filter(None, (args.jumok, args.peers, args.candle_burn)):
        if not program.exists():
            parser.error(f"{program} does not exist")
    if args.peers and not args.peer_python:
        parser.error("--peers needs --peer-python")
    return args


def commands(workload, args):
    """The programs that run a workload, ours first."""
    blocks = ["--blocks", str(args.blocks), "--block-seconds", str(args.block_seconds)]
    threads = ["--threads", str(args.threads)]
    plain = "W1" if workload == ROWS else workload
    ours = [str(args.jumok), "bench", plain, *threads, *blocks]
    yield ours + (["--row-selection"] if workload == ROWS else [])
    # Their W1 is measured beside ours with row selection once more: only what runs in turn is compared.
    if args.peer_python:
        if args.peers and plain in PEER_PROGRAMS:
            yield [args.peer_python, str(args.peers / PEER_PROGRAMS[plain]), plain, *threads]
        else:
            yield [args.peer_python, str(HERE / "torch_peer.py"), plain, *threads, *blocks]
    if args.candle_burn and plain in CANDLE_BURN_WORKLOADS:
        for library in ("candle", "burn"):
            yield [str(args.candle_burn), library, plain, *blocks]


def run(command, args):
    """The JSON lines of a program."""
    environment = os.environ | {
        "BLOCKS": str(args.blocks),
        "BLOCK_S": str(args.block_seconds),
        "RAYON_NUM_THREADS": str(args.threads),
    }
    # Some machines force these for old builds of OpenBLAS; they would only slow NumPy and PyTorch down.
    for forced in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        environment.pop(forced, None)
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with status {done.returncode}")
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        sys.exit(f"{' '.join(command)} printed no measurement")
    return lines


class Results:
    """Measurements by workload and program, in the order in which they first came."""

    def __init__(self):
        self.by_name = {}
        self.versions = {}
        self.loads = []

    def add(self, workload, line):
        program = "jumok" if line["impl"] == "jumok" else PEER_IMPLEMENTATIONS.get(line["impl"])
        if program is None:
            return
        name = "W1 with row selection" if workload == ROWS else line["workload"]
        self.by_name.setdefault(name, {}).setdefault(program, []).append(line)
        if "version" in line:
            self.versions[program] = line["version"]
        if line.get("load1") is not None:
            self.loads.append(line["load1"])

    def table(self):
        head = ["workload", "program", "lowest ms", "median ms", "spread", "times jumok", "of the FMA peak", "MiB"]
        rows = [head, ["---", "---"] + ["---:"] * (len(head) - 2)]
        for name, programs in self.by_name.items():
            ours = lowest(programs["jumok"]) if "jumok" in programs else None
            for program, lines in programs.items():
                best, middle = lowest(lines), statistics.median(line["ms_per_step_median"] for line in lines)
                ratio = f"{best / ours:.2f}" if ours and program != "jumok" else ""
                share = max((line.get("fma_peak_share") or 0 for line in lines), default=0)
                memory = max(line["peak_rss_mb"] or 0 for line in lines)
                rows.append([
                    name, program, f"{best:.3f}", f"{middle:.3f}", f"{100 * (middle / best - 1):.0f} %", ratio,
                    f"{100 * share:.0f} %" if share else "", f"{memory:.0f}",
                ])  # fmt: skip
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def lowest(lines):
    return min(line["min"] for line in lines)


def machine():
    """Model, cores and vector instructions of the processor."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return "unknown processor"
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    cores = sum(line.startswith("processor") for line in text.splitlines())
    flags = fields.get("flags", "").split()
    wide = [flag for flag in ("avx2", "fma", "avx512f", "avx512_bf16") if flag in flags]
    return f"{fields.get('model name', 'unknown processor')}, {cores} cores, {' '.join(wide)}"


def torch_version(python):
    code = "import torch; print(torch.__version__)"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def document(args, results):
    versions = dict(results.versions)
    if args.peer_python:
        versions["torch"] = torch_version(args.peer_python)
    loads = f"{min(results.loads):.2f} to {max(results.loads):.2f}" if results.loads else "unknown"
    return "\n".join([
        f"- machine: {machine()}",
        f"- versions: {', '.join(f'{program} {version}' for program, version in versions.items())}",
        f"- {args.threads} threads, {args.rounds} rounds in turn, {args.blocks} blocks of about {args.block_seconds} s a run",
        f"- load average while measuring: {loads}",
        "- spread: the median over the lowest; times jumok: their lowest over our lowest",
        "",
        results.table(),
        "",
    ])  # fmt: skip


def main():
    args = options()
    results = Results()
    for number in range(args.rounds):
        for workload in args.workloads:
            for command in commands(workload, args):
                for line in run(command, args):
                    results.add(workload, line)
                    if args.lines:
                        with args.lines.open("a") as file:
                            file.write(json.dumps({"round": number, **line}) + "\n")
            print(f"round {number + 1} of {args.rounds}: {workload}", file=sys.stderr, flush=True)
    text = document(args, results)
    if args.out:
        args.out.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
