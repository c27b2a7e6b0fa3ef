"""The virtual environment with the pinned packages: the only step that runs on the machine's own Python.

It must be readable by an old Python 3, to be able to say which one is needed: no new syntax here.
Usage: python3 tools/bootstrap.py [--dev]
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("PORTAL_VENV") or ROOT / ".venv")
PYTHON = VENV / "bin" / "python"
NEEDED = (3, 11)


def say(text: str) -> None:
    """One plain line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def stop(text: str) -> None:
    """End with one clear message."""
    sys.stderr.write("\n" + text + "\n")
    raise SystemExit(1)


def check_python() -> None:
    """Python 3.11 or later with venv and pip, or a message that names what to install."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < NEEDED:
        stop(
            f"The portal needs Python 3.11 or later; this is {version} ({sys.executable}).\n"
            "Debian 12, Ubuntu 24.04 and later have it: sudo apt install python3 python3-venv\n"
            "Another one can be named: make run PYTHON=python3.12"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            "Python's venv and pip are missing. On Debian and Ubuntu they are a package of their own:\n"
            "    sudo apt install python3-venv\n"
            f"(for this Python: python{sys.version_info[0]}.{sys.version_info[1]}-venv). Then start again."
        )


def fingerprint(*files: str) -> str:
    """What the environment was made from: this Python, and the pinned packages."""
    digest = hashlib.sha256(sys.version.encode())
    for name in files:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def usable() -> bool:
    """Whether the environment's Python runs (it does not after the system's Python went)."""
    try:
        return subprocess.call([str(PYTHON), "-c", "import pip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def ensure(dev: bool) -> bool:
    """Make or refresh the environment; gives whether anything was done. With `dev`, the tools for tests and checks too."""
    check_python()
    locks = ["requirements.txt", "requirements-dev.txt"] if dev else ["requirements.txt"]
    stamp = VENV / "made-from"
    made_from = stamp.read_text().splitlines() if stamp.exists() else []
    # An environment with the tools serves for running too: it carries both lines.
    if fingerprint(*locks) in made_from and usable():
        return False
    if not usable():
        say(f"      making a virtual environment in {VENV}")
        shutil.rmtree(str(VENV), ignore_errors=True)
        if subprocess.call([sys.executable, "-m", "venv", str(VENV)]) != 0:
            stop("The virtual environment could not be made. On Debian and Ubuntu: sudo apt install python3-venv. Then start again.")
    say("      installing the pinned packages (a minute or two the first time)")
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", "--require-hashes"]
    for name in locks:
        command += ["-r", str(ROOT / name)]
    if subprocess.call(command) != 0:
        stop("The packages could not be installed: see pip's message above. Is the machine connected to a package index?")
    lines = [fingerprint("requirements.txt")]
    if dev:
        lines.append(fingerprint(*locks))
    stamp.write_text("\n".join(lines) + "\n")
    return True


def main() -> None:
    """Make the environment and say how long it took."""
    start = time.time()
    done = ensure("--dev" in sys.argv[1:])
    say(f"      environment {'ready' if done else 'unchanged'} ({time.time() - start:.1f} s)")


if __name__ == "__main__":
    main()
