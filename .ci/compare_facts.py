#!/usr/bin/env python3
"""Compares what the example `facts` prints for every recorded response with the facts beside it.

usage: compare_facts.py FACTS_BINARY CORPUS
"""
import json
import pathlib
import subprocess
import sys


def main(binary, corpus):
    corpus = pathlib.Path(corpus)
    files = sorted((corpus / "blocks").glob("*.json"))
    wrong = 0
    for file in files:
        expected = json.loads((corpus / "facts" / file.name).read_text())
        run = subprocess.run([binary, file], capture_output=True, text=True)
        if run.returncode != 0:
            print(f"{file.name}: exit code {run.returncode}: {run.stderr.strip()}")
            wrong += 1
            continue
        found = json.loads(run.stdout)
        if found != expected:
            members = [name for name in expected if found.get(name) != expected[name]]
            print(f"{file.name}: differs in {', '.join(members) or 'members'}")
            wrong += 1
    if not files or wrong:
        sys.exit(f"{wrong} of {len(files)} recorded responses differ")
    print(f"{len(files)} recorded responses: the same facts")


if __name__ == "__main__":
    main(*sys.argv[1:])
