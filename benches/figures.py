#!/usr/bin/env python3
"""Measures, and writes the figures into README.md and benches/README.md: each block behind a comment such as `<!-- figures: parse -->`.

usage: figures.py [--only NAME,NAME...] [--check], see --help

Nothing is written if a benchmark fails, nor anything outside the blocks. The prose around a block is for a person: read it again when the
figures have changed. With --check nothing is measured: there must be one block for each benchmark of Cargo.toml, and every line of it must be
one that its program prints.

Measure on a machine that does nothing else. INKSEAL_CORPUS names the recorded responses, as for the benchmarks themselves.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = [REPOSITORY / "README.md", REPOSITORY / "benches/README.md"]

# Benchmarks without figures of their own.
WITHOUT = {
    "contender": "serves peers/compare.py",
    "detector": "serves presidio/compare.py",
    "hostile": "a gate, which tells by its exit code",
}


class Figures:
    """A command, and which lines of what it prints are figures: each is one of these forms, and each form is there."""

    def __init__(self, *command, forms, within=None):
        self.command, self.within = command, within
        self.forms = [re.compile(form) for form in forms]

    def measure(self):
        done = subprocess.run(self.command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(self.command)}: exit code {done.returncode}\n{done.stdout}")
        return self.lines(done.stdout)

    def lines(self, printed):
        """The figures of what was printed, with one blank line where there were any between them."""
        kept, is_apart = [], False
        for line in self.section(printed.splitlines()):
            if self.form_of(line):
                kept += [""] if is_apart and kept else []
                kept.append(line)
                is_apart = False
            elif not line:
                is_apart = True
        return kept

    def section(self, lines):
        """All lines, or those of the kept section of each kind: what stands from one heading to the next."""
        if self.within is None:
            yield from lines
            return
        is_open = True
        for line in lines:
            if re.match(self.within[0], line):
                is_open = bool(re.match(self.within[1], line))
            if is_open:
                yield line

    def form_of(self, line):
        return next((form for form in self.forms if form.fullmatch(line)), None)

    def faults(self, lines):
        for line in lines:
            if line and not self.form_of(line):
                yield f"no program prints: {line!r}"
        for form in self.forms:
            if not any(form.fullmatch(line) for line in lines):
                yield f"there is no line such as {form.pattern!r}"


class Compared(Figures):
    """A script that compares with peers, whose results are read from its JSON."""

    def __init__(self, script, table, forms):
        super().__init__(sys.executable, script, forms=forms)
        self.table = table

    def measure(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "results.json")
            command = [*self.command, "--json", str(file)]
            if subprocess.run(command, cwd=REPOSITORY).returncode != 0:
                sys.exit(f"{' '.join(command)} failed")
            return self.table(json.loads(file.read_text()))


def peers(results):
    """The first three groups of files side by side: how fast each contender is, and how many times as fast ours."""
    groups = results["groups"][:3]
    names = [
        f"{group['files']} {group['name']}" if group["files"] > 1 else f"a document of {group['pages']} pages"
        for group in groups
    ]
    lines = [f"{'':<12}" + "".join(f"{name:>28}" for name in names)]
    lines.append(f"{'':<12}" + f"{'MB/s':>14}{'ours / peer':>14}" * len(groups))
    for index, contender in enumerate(groups[0]["contenders"]):
        line = f"{contender['name']:<12}"
        for group in groups:
            row = group["contenders"][index]
            speed, ratio = row["mb_per_second"], row.get("ours_over_this")
            line += f"{short(speed):>14}"
            line += f"{short(ratio) + 'x' if ratio and row['name'] != 'inkseal' else '':>14}"
        lines.append(line.rstrip())
    return lines


def short(number):
    if number is None:
        return "-"
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}"


def presidio(results):
    recall, speed = results["recall"], results["speed"]
    missed, at_default = len(recall["missed"]), recall["at_default_score"]
    return [
        f"{speed['ratio']:.0f} times as fast",
        f"{recall['spans']} spans of Presidio in {recall['sentences']} sentences, {missed} missed; {at_default} of them at our default score",
    ]


def bench(name, forms, within=None):
    return Figures("cargo", "bench", "--bench", name, forms=forms, within=within)


COUNT = r" +[\d.]+"
READER = r"(inkseal|aws-sdk-textract|serde_json (owned|Value))"
FIGURES = {
    "parse": bench("parse", [rf"{READER}{COUNT} MB/s{COUNT} blocks/s{COUNT}x"]),
    "memory": bench("memory", [rf"{READER}{COUNT} bytes/block{COUNT}x"]),
    "stream": bench(
        "stream",
        [
            r"\d+ pages of \d+ blocks, \d+ ms a request",
            rf"{READER}{COUNT} blocks   first block{COUNT} s   total{COUNT} s   peak heap{COUNT} MiB",
            rf"ratio{COUNT}x",
            r"\d+ streams at once: \d+ pages of \d+ blocks each",
        ],
    ),
    "document": bench(
        "document",
        [
            r"pages +MB +blocks +document +\+ Markdown +pages/s +a page +bytes a block",
            rf"{COUNT}{COUNT}{COUNT}{COUNT} MB/s{COUNT} MB/s{COUNT}{COUNT} µs{COUNT}",
        ],
    ),
    "redact": bench(
        "redact",
        [
            r"pages +KB of text +entities +patterns +the whole stage",
            rf" +(40|400){COUNT}{COUNT}{COUNT} MB/s{COUNT} pages/s{COUNT} pages/s{COUNT} MB/s",
            r"400 pages, \d+ documents +requests +units +seconds",
            rf"(the stage|a request a (page|line)){COUNT}{COUNT} +(\([>\d]+\)|[\d.]+)",
            r"units: [\d.]+x fewer than by page, [\d.]+x fewer than by line",
        ],
        # What Comprehend is asked, of the longest documents alone.
        within=(r"\d+ pages, \d+ documents", r"400 pages,"),
    ),
    "fleet": bench(
        "fleet",
        [
            r"\d+ documents of \d+ pages, analysis in us-east-1",
            r" +read +never started +lost +calls throttled +simulated time +this machine",
            rf"(inkseal|naive){COUNT}{COUNT}{COUNT}{COUNT} +\d+ h \d\d min{COUNT} s",
            r" +[\d.]+ % of the Start quota used, \d+ documents started twice; \d+ completions came again and \d+ handlers failed at first,",
            r" +\d+ messages were given up; heap [\d.]+ MB",
            r"heap of the longer run: -?\d+ bytes more for each document more",
        ],
    ),
    "peers": Compared(
        "benches/peers/compare.py",
        peers,
        [
            r" {12,}((\d+ recorded responses|a document of \d+ pages) *)+",
            r" +(MB/s +ours / peer *)+",
            rf"inkseal({COUNT})+",
            rf"(textractor|trp|trp\.js)( +([\d.]+|-)( +[\d.]+x)?)+",
        ],
    ),
    "presidio": Compared(
        "benches/presidio/compare.py",
        presidio,
        [r"\d+ times as fast", r"\d+ spans of Presidio in \d+ sentences, \d+ missed; \d+ of them at our default score"],
    ),
}

BLOCK = re.compile(r"^<!-- figures: (?P<name>[\w-]+) -->\n```text\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)


def read():
    """All pages in one text."""
    return "\n".join(page.read_text() for page in PAGES)


def blocks(text):
    return {block["name"]: block["lines"].splitlines() for block in BLOCK.finditer(text)}


def with_figures(text, measured):
    """The text with these figures in their blocks, and the rest as it was."""

    def block(found):
        lines = measured.get(found["name"])
        if lines is None:
            return found[0]
        return f"<!-- figures: {found['name']} -->\n```text\n" + "".join(f"{line}\n" for line in lines) + "```"

    return BLOCK.sub(block, text)


def faults(text, benches):
    """What is wrong with the blocks of the pages, for a crate with these benchmarks."""
    found = blocks(text)
    named = re.findall(r"<!-- figures: ([\w-]+) -->", text)
    for name in sorted(set(named)):
        if named.count(name) > 1:
            yield f"{name}: {named.count(name)} blocks"
        if name not in found:
            yield f"{name}: no block of text behind the comment"
    for name in sorted(set(benches) - FIGURES.keys() - WITHOUT.keys()):
        yield f"{name}: a benchmark that figures.py does not know; give it FIGURES, or a reason to be WITHOUT"
    for name in sorted(found.keys() - FIGURES.keys()):
        yield f"{name}: figures.py does not know how to measure it"
    for name, figures in FIGURES.items():
        if name not in found:
            yield f"{name}: no `<!-- figures: {name} -->`"
            continue
        yield from (f"{name}: {fault}" for fault in figures.faults(found[name]))


def benches_of_the_crate():
    manifest = tomllib.loads((REPOSITORY / "Cargo.toml").read_text())
    return [bench["name"] for bench in manifest["bench"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--only", metavar="NAMES", default=",".join(FIGURES), help="with commas between them; of: " + ", ".join(FIGURES))
    add("--check", action="store_true", help="measure nothing, and look at the blocks that are there")
    options = parser.parse_args()
    names = [name for name in options.only.split(",") if name]
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        parser.error(f"--only: {', '.join(unknown)}: not known")

    text = read()
    wrong = list(faults(text, benches_of_the_crate()))
    if options.check or any(name not in blocks(text) for name in names):
        for fault in wrong:
            print(fault, file=sys.stderr)
        sys.exit(1 if wrong else 0)
    if "INKSEAL_CORPUS" not in os.environ:
        print("INKSEAL_CORPUS is not set: the figures will be those of pages that are made up", file=sys.stderr)
    measured = {}
    for name in names:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        measured[name] = FIGURES[name].measure()
        for fault in FIGURES[name].faults(measured[name]):
            sys.exit(f"{name}: {fault}")
    # Read again: a run takes long, and somebody may have written meanwhile.
    for page in PAGES:
        page.write_text(with_figures(page.read_text(), measured))


if __name__ == "__main__":
    main()
