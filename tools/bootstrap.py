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

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.environ.get("PORTAL_VENV", os.path.join(ROOT, ".venv"))
PYTHON = os.path.join(VENV, "bin", "python")
NEEDED = (3, 11)


def say(text):
    """One plain line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def stop(text):
    """End with one clear message."""
    sys.stderr.write("\n" + text + "\n")
    raise SystemExit(1)


def check_python():
    """Python 3.11 or later with venv and pip, or a message that names what to install."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < NEEDED:
        stop(
            "The portal needs Python 3.11 or later; this is %s (%s).\n"
            "Debian 12, Ubuntu 24.04 and later have it: sudo apt install python3 python3-venv\n"
            "Another one can be named: make run PYTHON=python3.12" % (version, sys.executable)
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            "Python's venv and pip are missing. On Debian and Ubuntu they are a package of their own:\n"
            "    sudo apt install python3-venv\n"
            "(for this Python: python%d.%d-venv). Then start again." % sys.version_info[:2]
        )


def fingerprint(files):
    """What the environment was made from: this Python, and the pinned packages."""
    digest = hashlib.sha256(sys.version.encode())
    for name in files:
        with open(os.path.join(ROOT, name), "rb") as handle:
            digest.update(handle.read())
    return digest.hexdigest()


def usable():
    """Whether the environment's Python runs (it does not after the system's Python went)."""
    try:
        return subprocess.call([PYTHON, "-c", "import pip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def ensure(dev):
    """Make or refresh the environment; gives whether anything was done. With `dev`, the tools for tests and checks too."""
    check_python()
    files = ["requirements.txt"] + (["requirements-dev.txt"] if dev else [])
    stamp = os.path.join(VENV, "made-from")
    wanted = fingerprint(["requirements.txt", "requirements-dev.txt"]) + " dev" if dev else fingerprint(["requirements.txt"])
    present = ""
    if os.path.exists(stamp):
        with open(stamp) as handle:
            present = handle.read()
    # an environment with the tools serves for running too
    if wanted in present.splitlines() and os.access(PYTHON, os.X_OK):
        return False
    if not usable():
        say("      making a virtual environment in " + os.path.relpath(VENV, ROOT))
        shutil.rmtree(VENV, ignore_errors=True)
        if subprocess.call([sys.executable, "-m", "venv", VENV]) != 0:
            stop("The virtual environment could not be made. On Debian and Ubuntu: sudo apt install python3-venv. Then start again.")
    say("      installing the pinned packages (a minute or two the first time)")
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", "--require-hashes", "--only-binary", ":all:"]
    for name in files:
        command += ["-r", os.path.join(ROOT, name)]
    if subprocess.call(command) != 0:
        stop("The packages could not be installed: see pip's message above. Is the machine connected to a package index?")
    lines = [fingerprint(["requirements.txt"])] + ([wanted] if dev else [])
    with open(stamp, "w") as handle:
        handle.write("\n".join(lines) + "\n")
    return True


def main():
    """Make the environment and say how long it took."""
    start = time.time()
    done = ensure("--dev" in sys.argv[1:])
    say("      environment %s (%.1f s)" % ("ready" if done else "unchanged", time.time() - start))


if __name__ == "__main__":
    main()
