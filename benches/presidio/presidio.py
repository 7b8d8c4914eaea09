#!/usr/bin/env python3
"""Serves Presidio's pattern recognisers: a request as a line of JSON in, an answer out.

usage: presidio.py, in an environment with requirements.txt

A request is {"text": t, "recognizers": [class, ...]}, an answer {"seconds": s, "spans": [[entity, begin, end, score], ...]}.
The clock runs while the recognisers, which are made before, look at the text one after the other. No language model and no
context takes part. The list of public suffixes is the one that the package brings: nothing is asked of a network.
"""
import gc
import json
import logging
import os
import sys
import time

import tldextract
from presidio_analyzer import predefined_recognizers


def main():
    # Only answers go to stdout, whatever is printed; and nobody pays for a log.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    logging.disable()
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
    made = {}
    for line in sys.stdin:
        request = json.loads(line)
        names = request["recognizers"]
        for name in names:
            if name not in made:
                made[name] = getattr(predefined_recognizers, name)()
        recognizers = [(made[name], made[name].supported_entities) for name in names]
        text, spans = request["text"], []
        gc.collect()
        start = time.perf_counter()
        for recognizer, entities in recognizers:
            spans += recognizer.analyze(text, entities, None)
        seconds = time.perf_counter() - start
        found = [[span.entity_type, span.start, span.end, span.score] for span in spans]
        print(json.dumps({"seconds": seconds, "spans": found}), file=answers, flush=True)


if __name__ == "__main__":
    main()
