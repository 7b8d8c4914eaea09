#!/usr/bin/env python3
"""Runs recorded responses through the `blocks` example and compares what comes out with what was recorded.

usage: compare_blocks.py BLOCKS_EXAMPLE CORPUS

Nulls and undocumented members may be missing; numbers are compared as f32; everything else must be equal.
"""
import json
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

KINDS = {"blocks": "Blocks", "expense": "ExpenseDocuments", "lending": "Results"}
UNKNOWN_IN_BLOCKS = {"Hint", "PageClassification", "SearchKey", "childText"}
NO_RESPONSES = ("{}", "[1, 2", '{"Message": "no"}')


def kept(value, unknown):
    if isinstance(value, dict):
        return {k: kept(v, unknown) for k, v in value.items() if v is not None and k not in unknown}
    if isinstance(value, list):
        return [kept(v, unknown) for v in value if v is not None]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return struct.unpack("f", struct.pack("f", value))[0]
    return value


def run(example, file):
    return subprocess.run([example, file], capture_output=True, text=True, timeout=120)


def main(example, corpus):
    compared = failures = 0
    for kind, member in KINDS.items():
        unknown = UNKNOWN_IN_BLOCKS if kind == "blocks" else set()
        files = sorted(Path(corpus, kind).glob("*.json"))
        # A job takes most of a second, in which it does nothing.
        with ThreadPoolExecutor(8) as pool:
            runs = list(pool.map(lambda file: run(example, file), files))
        for file, done in zip(files, runs):
            came = kept([json.loads(line) for line in done.stdout.splitlines()], unknown)
            sent = kept(json.loads(file.read_text())[member], unknown)
            compared += 1
            if done.returncode != 0 or came != sent:
                failures += 1
                print(f"{file.name}: exit {done.returncode}, {len(came)} of {len(sent)} records: {done.stderr.strip()}")
    for text in NO_RESPONSES:
        file = Path("target", "no-response.json")
        file.write_text(text)
        done = run(example, file)
        if done.returncode != 1 or done.stdout or len(done.stderr.splitlines()) != 1:
            failures += 1
            print(f"{text!r}: exit {done.returncode}, stdout {done.stdout!r}, stderr {done.stderr!r}")
    print(f"{compared} recorded responses, {failures} failures")
    return 1 if failures or not compared else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
