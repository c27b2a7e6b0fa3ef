"""`make lock`: requirements.txt and requirements-dev.txt from their .in files, exact and with hashes, by uv in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = "uv==0.9.10"
OPTIONS = ["--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--quiet"]


def main() -> int:
    """Compile both; `--upgrade` takes the newest versions that the .in files allow."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([f"{folder}/bin/pip", "install", "--quiet", "--disable-pip-version-check", UV], check=True)
        upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
        for name in ("requirements", "requirements-dev"):
            subprocess.run([f"{folder}/bin/uv", "pip", "compile", *OPTIONS, *upgrade, f"{name}.in", "-o", f"{name}.txt"], check=True, cwd=ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
