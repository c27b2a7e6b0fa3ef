"""What the suite needs besides Python: a browser, LibreOffice, Java with its compiler and Maven (they make the Elasticsearch of
the tests), a virus scanner, npm, and the checker of HTML, which npm brings. Names the packages where they are missing.

`--install` installs them, as root on Debian and Ubuntu (the pipeline does)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import node_packages

# Program -> the Debian and Ubuntu package that brings it.
NEEDED = {
    "chromium": "chromium",
    "soffice": "libreoffice-calc-nogui",
    "javac": "openjdk-17-jdk-headless",
    "mvn": "maven",
    "npm": "npm",
    "clamd": "clamav-daemon",
}
# clamd stands where only administrators look for programs.
PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin"
# Fonts that have every Vietnamese letter, for screenshots and PDF.
FONT = Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf")


def missing() -> list[str]:
    """Packages to install."""
    packages = [package for program, package in NEEDED.items() if not shutil.which(program, path=PLACES)]
    return packages if FONT.exists() else [*packages, "fonts-noto-core"]


def main() -> int:
    """Check, or install; 1 when something is missing."""
    packages = missing()
    if packages and "--install" in sys.argv[1:] and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet, stdin=subprocess.DEVNULL)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        subprocess.run(command, check=True, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        packages = missing()
    if packages:
        print(f"The suite also needs: {', '.join(packages)}\nOn Debian and Ubuntu: sudo apt install {' '.join(packages)}", file=sys.stderr)
        return 1
    node_packages.vnu()
    return 0


if __name__ == "__main__":
    sys.exit(main())
