#!/usr/bin/env python3
"""Serves one of the Python peers: a file's path a line in, {"seconds": s, "characters": n} a line out.

usage: python_peers.py textractor|trp, in an environment with requirements.txt

The clock starts with the file's bytes in memory and stops at the text of the whole document. It includes what Python
frees on the way, as `text_of` lets go of its document when it returns; garbage left by the file before is collected
first.
"""
import gc
import json
import logging
import os
import sys
import time
from pathlib import Path


def textractor():
    from textractor.entities.document import Document

    # The text of the lines alone, from `page.lines`, is hardly faster: the time goes into building the document.
    return lambda response: Document.open(response).text


def trp():
    import trp

    # trp.trp2 checks every block against a schema and refuses nulls: the same text at less than a tenth of the speed.
    return lambda response: "\n".join(page.text for page in trp.Document(response).pages)


def serve(text_of, answers):
    for line in sys.stdin:
        data = Path(line.rstrip("\n")).read_bytes()
        gc.collect()
        try:
            start = time.perf_counter()
            text = text_of(json.loads(data))
            answer = {"seconds": time.perf_counter() - start, "characters": len(text)}
        except Exception as error:  # a peer may raise anything; its message may hold text of the document
            answer = {"error": type(error).__name__}
        print(json.dumps(answer), file=answers, flush=True)


def main(peer):
    # Only answers go to stdout, whatever a peer prints; and no peer pays for its log.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    logging.disable()
    serve({"textractor": textractor, "trp": trp}[peer](), answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
