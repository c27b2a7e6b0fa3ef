"""`make api-check`: schemathesis asks a running portal every question that the description of its API allows, and many that it does not.

In an environment of its own, since it needs other versions of what the project's tools need. The portal must run without limits
(RATE_LIMITS=0), or it answers 429 after a minute's worth of questions."""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCHEMATHESIS = "schemathesis==4.32.5"
EXAMPLES = 200


def environment() -> Path:
    """The folder with its programs; made once."""
    folder = ROOT / "var" / "tools" / SCHEMATHESIS.replace("==", "-")
    program = folder / "bin" / "st"
    if not program.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS], check=True)
    return program


def main() -> int:
    """All checks, so many examples an operation; gives its exit code: 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the portal runs")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="examples for each operation")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    command = [str(environment()), "run", f"{options.url.rstrip('/')}/api/v1/openapi.json", "--checks", "all"]
    command += ["--max-examples", str(options.examples), "--phases", "examples,coverage,fuzzing", "--seed", str(options.seed), "--no-color"]
    return subprocess.call(command, cwd=ROOT / "var")


if __name__ == "__main__":
    sys.exit(main())
