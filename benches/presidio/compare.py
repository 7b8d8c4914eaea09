#!/usr/bin/env python3
"""Compares inkseal's PatternDetector with Presidio's pattern recognisers: how fast they are, and what they find.

usage: compare.py [--rounds N] [--tests DIR] [--ours COMMAND] [--only speed|recall] [--json FILE], see --help

Needs Python, and cargo unless --ours names what cargo has built. Presidio is installed under target/presidio. Ends with 1
where ours is less than 50 times as fast, or does not find what Presidio finds.

Speed. Each contender is a process of its own that lives through the whole run. It gets the text of a page and answers with the
seconds that its recognisers took in the process; starts, imports and the making of recognisers are not counted. Every round
goes through all pages, and each page through both contenders, so that what disturbs the machine disturbs both. A page's time
is the median of its rounds. Presidio runs the recognisers whose types both know; ours runs all that it has. The pages are those
of the recorded responses under INKSEAL_CORPUS, or made of the sentences where there are none.

Recall. sentences.json holds sentences of the kinds that Presidio's own tests have, with numbers of our own. Each is shown to
one recogniser of Presidio, and to ours with the types that this one is for. Both tell all that they find, at whatever score:
Presidio's default threshold is 0. Every span of Presidio must overlap one of ours. Then ours sees the sentence with all of its
types together, and every letter and digit that Presidio found must be within some span, whatever its type: what is redacted is
no less.

With --tests, the folder presidio-analyzer/tests of a checkout of Presidio, the sentences of its own tests are taken, too. Some
of them show what Presidio finds though it is no such number; EXCUSED names those, and why.
"""
import argparse
import ast
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from contender import REPOSITORY, ours, run, tell

WANTED_RATIO = 50

# Presidio's recognisers that look for what ours look for, and the type that ours have for it.
TYPES = {
    "AbaRoutingRecognizer": "BANK_ROUTING",
    "AuAbnRecognizer": "AU_ABN",
    "AuAcnRecognizer": "AU_ACN",
    "AuMedicareRecognizer": "AU_MEDICARE",
    "AuTfnRecognizer": "AU_TFN",
    "CaSinRecognizer": "CA_SOCIAL_INSURANCE_NUMBER",
    "CreditCardRecognizer": "CREDIT_DEBIT_NUMBER",
    "DateRecognizer": "DATE_TIME",
    "EmailRecognizer": "EMAIL",
    "EsNieRecognizer": "ES_NIE",
    "EsNifRecognizer": "ES_NIF",
    "IbanRecognizer": "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "InAadhaarRecognizer": "IN_AADHAAR",
    "InPanRecognizer": "IN_PERMANENT_ACCOUNT_NUMBER",
    "InPassportRecognizer": "PASSPORT_NUMBER",
    "InVoterRecognizer": "IN_VOTER_NUMBER",
    "IpRecognizer": "IP_ADDRESS",
    "ItFiscalCodeRecognizer": "IT_FISCAL_CODE",
    "MacAddressRecognizer": "MAC_ADDRESS",
    "MedicalLicenseRecognizer": "MEDICAL_LICENSE",
    "NhsRecognizer": "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    "PhoneRecognizer": "PHONE",
    "PlPeselRecognizer": "PL_PESEL",
    "SgFinRecognizer": "SG_NRIC_FIN",
    "UkDrivingLicenceRecognizer": "DRIVER_ID",
    "UkNinoRecognizer": "UK_NATIONAL_INSURANCE_NUMBER",
    "UkPassportRecognizer": "PASSPORT_NUMBER",
    "UkVehicleRegistrationRecognizer": "LICENSE_PLATE",
    "UrlRecognizer": "URL",
    "UsBankRecognizer": "BANK_ACCOUNT_NUMBER",
    "UsItinRecognizer": "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    "UsLicenseRecognizer": "DRIVER_ID",
    "UsPassportRecognizer": "PASSPORT_NUMBER",
    "UsSsnRecognizer": "SSN",
}

# What of Presidio's finds, in its own tests, is none by the rules of who gives the numbers out.
EXCUSED = {
    ("InPanRecognizer", "A1111DFSFS"): "its pattern for any ten characters with four digits among them",
    ("IpRecognizer", "192.168.1.1"): "the beginning of five numbers, which are no address",
    ("ItFiscalCodeRecognizer", "AAAAAA00B11C333N"): "the check letter is wrong",
    ("PlPeselRecognizer", "44051401458"): "the beginning of a longer number",
    ("SgFinRecognizer", "T1234567Z"): "the check letter is wrong",
    ("SgFinRecognizer", "G1122144L"): "the check letter is wrong",
    ("SgFinRecognizer", "A1234567Z"): "no series begins with this letter",
    ("SgFinRecognizer", "B1234567Z"): "no series begins with this letter",
}


def main():
    options = parse_options()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    peer, us = Worker("presidio", install(work)), Worker("inkseal", ours(options.ours, "detector"))
    sentences = json.loads((HERE / "sentences.json").read_text())
    result = {"peer": requirement(), "machine": {"system": platform.platform(), "processors": os.cpu_count()}}
    try:
        if options.only != "speed":
            result["recall"] = recall(sentences + tests(options.tests), peer, us)
        if options.only != "recall":
            result["speed"] = speed(pages(sentences), peer, us, options)
    finally:
        peer.stop()
        us.stop()
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    failed = [name for name in ("recall", "speed") if name in result and not result[name]["passed"]]
    sys.exit("failed: " + ", ".join(failed) if failed else 0)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--rounds", type=int, default=5, metavar="N", help="how often each page is looked at (default: 5)")
    add("--pages", type=int, default=100, metavar="N", help="how many pages at most (default: 100)")
    add("--tests", type=Path, metavar="DIR", help="take the sentences of Presidio's own tests, too")
    add("--ours", metavar="COMMAND", help="the bench binary, or a command that serves (default: cargo builds it)")
    add("--only", choices=("speed", "recall"), help="one half alone")
    add("--work", type=Path, default=REPOSITORY / "target/presidio", metavar="DIR", help="where Presidio is installed")
    add("--json", type=Path, metavar="FILE", help="write all that was measured, too")
    options = parser.parse_args()
    if options.rounds < 1 or options.pages < 1:
        parser.error("--rounds, --pages: at least 1")
    if options.tests and not list(options.tests.glob("test_*_recognizer.py")):
        parser.error("--tests: no test_*_recognizer.py in it")
    return options


# What runs

def requirement():
    return [line for line in (HERE / "requirements.txt").read_text().splitlines() if not line.startswith("#")][0]


def install(work):
    environment, stamp = work / "venv", work / "installed"
    python = environment / "bin/python"
    wanted = sys.version + (HERE / "requirements.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        tell("installing Presidio")
        run(sys.executable, "-m", "venv", "--clear", environment)
        # Nothing that is installed may run code of its own.
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary", ":all:"]
        run(*pip, "-r", HERE / "requirements.txt")
        stamp.write_text(wanted)
    return [python, HERE / "presidio.py"]


class Worker:
    """A contender's process."""

    def __init__(self, name, command):
        self.name = name
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, **pipes)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name}: its process ended")
        return json.loads(line)

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()


# What they find

def recall(sentences, peer, us):
    spans = at_default = missed = 0
    silent = set(TYPES)
    excused, told = [], []
    for sentence in sentences:
        text, name = sentence["text"], sentence["recognizer"]
        theirs = peer.ask(text=text, recognizers=[name])["spans"]
        # Presidio finds some spans twice, in two patterns.
        silent -= {name} if theirs else set()
        theirs = sorted({(begin, end, score) for _, begin, end, score in theirs})
        alone = us.ask(text=text, types=[TYPES[name]], min_score=0.0)["spans"]
        together = us.ask(text=text, types=None, min_score=0.0)["spans"]
        default = us.ask(text=text, types=None, min_score=0.5)["spans"]
        covered = {point for _, begin, end, _ in together for point in range(begin, end)}
        for begin, end, score in theirs:
            found = any(start < end and begin < stop for _, start, stop, _ in alone)
            whole = all(point in covered or not text[point].isalnum() for point in range(begin, end))
            spans += 1
            at_default += any(start < end and begin < stop for _, start, stop, _ in default)
            if found and whole:
                continue
            what = f"{name} {text[begin:end]!r} in {text!r} ({score:.2f})"
            why = EXCUSED.get((name, text[begin:end]))
            if why:
                excused.append(f"{what}: {why}")
            else:
                missed += 1
                told.append(what + ("" if found else f": no {TYPES[name]}") + ("" if whole else ": not covered"))
    print(f"recall: {len(sentences)} sentences, {spans} spans of Presidio, {missed} missed, {len(excused)} excused")
    print(f"        {at_default} of them are found at our default score, too")
    for what in told:
        print("  missed", what)
    for name in sorted(silent):
        print("  nothing was compared with", name)
    for what in excused:
        print("  excused", what)
    counts = {"sentences": len(sentences), "spans": spans, "at_default_score": at_default}
    return {**counts, "missed": told, "excused": excused, "passed": not missed and not silent}


def tests(folder):
    """The texts of Presidio's own tests: the first string of each tuple of a `parametrize`, with the recogniser of its file."""
    found = []
    for file in sorted(folder.glob("test_*_recognizer.py")) if folder else []:
        tree = ast.parse(file.read_text())
        names = [node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        name = next((name for name in names if name in TYPES), None)
        texts = {}
        for node in ast.walk(tree):
            if name and isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "parametrize":
                rows = [row for argument in node.args[1:2] for row in getattr(argument, "elts", [])]
                for row in rows:
                    first = row.elts[0] if isinstance(row, ast.Tuple) and row.elts else row
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        texts[first.value] = None
        found += [{"recognizer": name, "text": text} for text in texts]
    return found


# How fast they are

def pages(sentences):
    """Texts of pages: of the recorded responses, or of the sentences."""
    corpus = os.environ.get("INKSEAL_CORPUS")
    files = sorted(Path(corpus).glob("blocks/*.json")) if corpus else []
    found = []
    for file in files:
        lines = {}
        for block in json.loads(file.read_text()).get("Blocks") or []:
            if block.get("BlockType") == "LINE":
                lines.setdefault(block.get("Page") or 1, []).append(block.get("Text") or "")
        found += ["\n".join(lines[page]) for page in sorted(lines)]
    made = "\n".join(sentence["text"] for sentence in sentences)
    return ("recorded pages", found) if found else ("made pages", [made[at : at + 3000] for at in range(0, len(made), 3000)])


def speed(source, peer, us, options):
    kind, texts = source
    # Evenly out of all of them.
    texts = texts[:: -(-len(texts) // options.pages)]
    times = {peer: [[] for _ in texts], us: [[] for _ in texts]}
    for number in range(options.rounds + 1):
        tell(f"round {number} of {options.rounds}" if number else "warming up")
        for index, text in enumerate(texts):
            for worker, request in ((us, {"types": None, "min_score": 0.5}), (peer, {"recognizers": list(TYPES)})):
                seconds = worker.ask(text=text, **request)["seconds"]
                if number:
                    times[worker][index].append(seconds)
    size = sum(len(text.encode()) for text in texts)
    print(f"speed: {len(texts)} {kind}, {size} bytes, {options.rounds} rounds, {requirement()}")
    rows = {}
    for worker in (us, peer):
        seconds = sum(statistics.median(rounds) for rounds in times[worker])
        rows[worker.name] = {"seconds": seconds, "mb_per_second": size / 1e6 / seconds, "pages_per_second": len(texts) / seconds}
        row = rows[worker.name]
        print(f"{worker.name:<12}{row['mb_per_second']:>10.3f} MB/s{row['pages_per_second']:>12.1f} pages/s{seconds:>10.4f} s")
    ratio = rows[peer.name]["seconds"] / rows[us.name]["seconds"]
    print(f"ours is {ratio:.0f} times as fast; {WANTED_RATIO} are wanted")
    return {"pages": len(texts), "bytes": size, "contenders": rows, "ratio": ratio, "passed": ratio >= WANTED_RATIO}


if __name__ == "__main__":
    main()
