"""What the comparing scripts share: our contender, built by cargo, and commands that have to succeed."""
import json
import shlex
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def ours(command, bench):
    """The command of our contender: the given one, or that of a bench, which cargo builds."""
    if command:
        words = shlex.split(command)
        return words if len(words) > 1 else [Path(command).resolve(), "--serve"]
    tell("building inkseal")
    build = ["cargo", "bench", "--quiet", "--bench", bench, "--no-run", "--message-format", "json"]
    for line in run(*build, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True).stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == bench:
            return [message["executable"], "--serve"]
    sys.exit(f"cargo built no bench named {bench}")


def run(*command, **options):
    try:
        return subprocess.run(command, check=True, **options)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{Path(command[0]).name}: {error}")


def tell(what):
    print(what, file=sys.stderr, flush=True)
