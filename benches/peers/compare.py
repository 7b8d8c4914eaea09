#!/usr/bin/env python3
"""Measures inkseal against the response parsers for Python and TypeScript: from bytes to the text of the document.

usage: compare.py [--rounds N] [--files GLOB...] [--ours COMMAND | --no-ours] [--json FILE], see --help

Needs Python, node and npm, and cargo unless --ours names what cargo has built. Peers are installed under target/peers.

Each contender is a process of its own that lives through the whole run and speaks one protocol: a file's path a line
in, {"seconds": s, "characters": n} or {"error": name} a line out. It reads the file, then starts its clock: JSON,
document model, text of the whole document. Interpreters' starts, imports and builds are not counted. Every round goes
through all files, and each file through all contenders in turn, so that what disturbs the machine disturbs all. A
file's time is the median of its rounds; speeds are all bytes (pages) over the sum of those times; a ratio is over the
files that both read.

The files are the recorded responses under INKSEAL_CORPUS, and documents of 40 and 400 pages made of their pages (or of
made pages where there are none). What a contender cannot read counts for none of its comparisons and is told, as is
what it would take too long for. Contenders do not write quite the same text, which a column shows as the share of
characters of the lines alone (less than half is no reading). textractor writes tables and forms in their layout, and so
some words twice; the parsers write the lines as they come, with one newline after each (trp) or four between pages
(trp.js).
"""
import argparse
import glob
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import threading
from pathlib import Path

sys.dont_write_bytecode = True

from documents import document, made_pages, recorded_pages

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from contender import REPOSITORY, ours, run, tell

OURS = "inkseal"
# Within this time a contender starts, or cargo builds it.
START_SECONDS = 1800
ENDED = "its process ended"


def main():
    options = parse_options()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    commands = {} if options.no_ours else {OURS: ours(options.ours, "contender")}
    commands |= {name: command for name, command in install(work).items() if name in options.peers}
    if not commands:
        sys.exit("no contenders: name a peer, or leave out --no-ours")
    groups = find_groups(options, work)

    files = files_of(groups)
    smallest = min(files, key=lambda file: file["bytes"])["file"]
    workers = [Worker(name, command, smallest) for name, command in commands.items()]
    try:
        measure(workers, files, options)
    finally:
        for worker in workers:
            worker.stop()
    if len(groups) > 1:
        groups.append({"name": "all of these", "files": files_of(groups)})
    results = [summary(group, list(commands)) for group in groups]
    print("peers:", ", ".join(pinned()["python"] + pinned()["node"]))
    for result in results:
        print_table(result, options)
    if options.json:
        machine = {"system": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()}
        head = {"machine": machine, "peers": pinned(), "rounds": options.rounds, "limit": options.limit}
        options.json.write_text(json.dumps({**head, "groups": results}, indent=1) + "\n")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--rounds", type=int, default=5, metavar="N", help="how often each file is read (default: 5)")
    add("--files", nargs="+", metavar="GLOB", help="read these responses instead of the default ones")
    add("--pages", nargs="*", type=int, default=[40, 400], metavar="N", help="sizes of the documents that are made")
    add("--limit", type=float, default=120, metavar="SECONDS", help="for one file (default: 120)")
    add("--peers", nargs="*", choices=PEERS, default=list(PEERS), help="default: all")
    add("--ours", metavar="COMMAND", help="the bench binary, or a command that serves (default: cargo builds it)")
    add("--no-ours", action="store_true", help="peers only")
    add("--work", type=Path, default=REPOSITORY / "target/peers", metavar="DIR", help="where peers are installed")
    add("--json", type=Path, metavar="FILE", help="write all that was measured, too")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    return options


# What runs

# Each peer's command, given the Python of the environment and the folder of the node modules.
PEERS = {
    "textractor": lambda python, node: [python, HERE / "python_peers.py", "textractor"],
    "trp": lambda python, node: [python, HERE / "python_peers.py", "trp"],
    "trp.js": lambda python, node: ["node", "--expose-gc", HERE / "trp.mjs", node],
}


def install(work):
    environment, node, stamp = work / "venv", work / "node", work / "installed"
    wanted = sys.version + "".join((HERE / name).read_text() for name in ("requirements.txt", "package.json"))
    python = environment / "bin/python"
    if not stamp.exists() or stamp.read_text() != wanted:
        tell("installing the peers")
        run(sys.executable, "-m", "venv", "--clear", environment)
        # Nothing that is installed may run code of its own.
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary", ":all:"]
        run(*pip, "-r", HERE / "requirements.txt")
        shutil.rmtree(node, ignore_errors=True)
        node.mkdir()
        shutil.copy(HERE / "package.json", node)
        run("npm", "install", "--silent", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", cwd=node)
        stamp.write_text(wanted)
    return {name: command(python, node) for name, command in PEERS.items()}


def pinned():
    """The peers' versions, as they are asked for."""
    lines = (HERE / "requirements.txt").read_text().splitlines()
    modules = json.loads((HERE / "package.json").read_text())["dependencies"]
    python = [line for line in lines if line and not line.startswith("#")]
    return {"python": python, "node": [f"{name}@{version}" for name, version in modules.items()]}


class Worker:
    """A contender's process, which is started again when it died of a file."""

    def __init__(self, name, command, first):
        self.name, self.command, self.first = name, command, first
        self.process, self.late = None, False

    def start(self):
        """Starts the process and has it read a first file, so that its start is in nobody's time."""
        tell(f"starting {self.name}")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        try:
            self.process = subprocess.Popen(self.command, start_new_session=True, **pipes)
        except OSError as error:
            sys.exit(f"{self.name}: {error.strerror}")
        if self.ask(self.first, START_SECONDS).get("error") == ENDED:
            sys.exit(f"{self.name}: cannot be run")

    def ask(self, file, limit):
        """What it says of a file, or {"error": why} when it ends or takes longer than `limit` seconds."""
        if self.process is None:
            self.start()
        self.late = False
        timer = threading.Timer(limit, self.interrupt)
        timer.start()
        try:
            self.process.stdin.write(f"{file}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if line and not self.late:
            return json.loads(line)
        self.stop()
        return {"error": f"skipped: would take over {limit:g} s" if self.late else ENDED}

    def interrupt(self):
        self.late = True
        self.kill()

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def stop(self):
        if self.process is not None:
            self.kill()
            self.process.stdout.close()
            self.process.wait()
            self.process = None


# What they read

def find_groups(options, work):
    """Groups of files: {"name", "files": [{"name", "file", "bytes", "pages", "characters", "answers": {}}]}."""
    if options.files:
        named = (file for pattern in options.files for file in glob.glob(pattern, recursive=True))
        files = sorted({Path(file).resolve() for file in named})
        if not files:
            sys.exit("--files: no such files")
        return [group("files", files)]
    corpus = os.environ.get("INKSEAL_CORPUS")
    recorded = sorted(Path(corpus).resolve().glob("blocks/*.json")) if corpus else []
    if corpus and not recorded:
        sys.exit("INKSEAL_CORPUS: no blocks/*.json in it")
    groups = [group("recorded responses", recorded)] if recorded else []
    pages = recorded_pages(recorded) or made_pages()
    of = "recorded" if recorded else "made"
    for count in options.pages if recorded else sorted({1, *options.pages}):
        file = work / f"{of}-{count}.json"
        file.write_text(json.dumps(document(pages, count), separators=(",", ":")))
        groups.append(group(f"a document of {of} pages", [file]))
    return groups


def group(name, files):
    root = os.path.commonpath([file.parent for file in files])
    return {"name": name, "files": [{"name": str(file.relative_to(root)), **facts(file)} for file in files]}


def files_of(groups):
    return [file for group in groups for file in group["files"]]


def facts(file):
    data = file.read_bytes()
    blocks = json.loads(data).get("Blocks") or []
    lines = [block.get("Text") or "" for block in blocks if block.get("BlockType") == "LINE"]
    pages = sum(block.get("BlockType") == "PAGE" for block in blocks)
    return {"file": file, "bytes": len(data), "pages": pages, "characters": sum(map(len, lines)), "answers": {}}


# What comes of it

def measure(workers, files, options):
    for worker in workers:
        worker.start()
    for number in range(options.rounds):
        tell(f"round {number + 1} of {options.rounds}")
        for file in files:
            for worker in workers:
                answers = file["answers"].setdefault(worker.name, [])
                if not any("error" in answer for answer in answers):
                    answers.append(worker.ask(file["file"], options.limit))


def summary(group, names):
    """The group without the paths of its files, and what each contender made of them."""
    rows = [contender(group["files"], name) for name in names]
    first = {file["name"]: file["seconds"] for file in rows[0]["files"]}
    for row in rows if names[0] == OURS else []:
        both = [(first[file["name"]], file["seconds"]) for file in row["files"] if file["name"] in first]
        row["ours_over_this"] = sum(s for _, s in both) / sum(s for s, _ in both) if both else None
    totals = {key: sum(file[key] for file in group["files"]) for key in ("bytes", "pages", "characters")}
    return {"name": group["name"], "files": len(group["files"]), **totals, "contenders": rows}


FACTS = ("name", "bytes", "pages", "characters", "seconds")


def contender(files, name):
    read, unread = [], {}
    for file in files:
        answers = file["answers"][name]
        error = next((answer["error"] for answer in answers if "error" in answer), None)
        if not error and answers[0]["characters"] < file["characters"] / 2:
            error = "wrote less than half of the text"
        if error:
            unread.setdefault(error, []).append(file["name"])
            continue
        seconds = statistics.median(answer["seconds"] for answer in answers)
        characters = answers[0]["characters"]
        read.append({**file, "seconds": seconds, "of_lines": file["characters"], "characters": characters})
    total = {key: sum(file[key] for file in read) for key in ("bytes", "pages", "characters", "of_lines", "seconds")}
    return {
        "name": name,
        "mb_per_second": total["bytes"] / 1e6 / total["seconds"] if read else None,
        "pages_per_second": total["pages"] / total["seconds"] if read else None,
        "characters": total["characters"],
        "characters_of_lines": total["of_lines"],
        "unread": unread,
        "files": [{key: file[key] for key in FACTS} for file in read],
    }


def print_table(result, options):
    size = f"{result['pages']} pages, {result['bytes'] / 1e6:.1f} MB, {result['characters']} characters in lines"
    print(f"\n{result['name']}: {result['files']} files, {size}, {options.rounds} rounds")
    print(f"{'':<12}{'MB/s':>10}{'pages/s':>10}{'seconds':>10}{'characters':>12}{'of lines':>10}{'ours/peer':>11}")
    for row in result["contenders"]:
        if row["files"]:
            seconds = sum(file["seconds"] for file in row["files"])
            share = row["characters"] / row["characters_of_lines"] if row["characters_of_lines"] else 0
            ratio = row.get("ours_over_this")
            ratio = f"{ratio:.1f}x" if ratio else "-"
            speeds = f"{row['mb_per_second']:>10.2f}{row['pages_per_second']:>10.1f}{seconds:>10.3f}"
            print(f"{row['name']:<12}{speeds}{row['characters']:>12}{share:>10.2f}{ratio:>11}")
        for error, files in row["unread"].items():
            what = error if error.startswith("skipped") else f"could not be read: {error}"
            print(f"{row['name']:<12}{len(files):>10} of {result['files']} files {what}")


if __name__ == "__main__":
    main()
