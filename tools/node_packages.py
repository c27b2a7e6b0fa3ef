"""Programs that come as packages of npm: each in a folder of its own under var/, exactly as its lock file says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def installed(pins: Path) -> Path:
    """The folder `node_modules` with what the lock file in `pins` names; installed when it is not there yet, or another.

    Raises SystemExit when npm is missing, CalledProcessError when it fails."""
    folder = ROOT / "var" / pins.name
    wanted = (pins / "package-lock.json").read_text(encoding="utf-8")
    # Written last, so that an installation that was broken off is begun again.
    done = folder / "installed-lock.json"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        if shutil.which("npm") is None:
            raise SystemExit(f"npm is missing, which brings {pins.name}: install Node 18.16 or later (Debian, Ubuntu: sudo apt install npm).")
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(pins / name, folder / name)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True, stdout=sys.stderr)
        done.write_text(wanted, encoding="utf-8")
    return folder / "node_modules"


def vnu() -> Path:
    """The checker of HTML, a program for Java."""
    return installed(ROOT / "tools" / "vnu") / "vnu-jar" / "build" / "dist" / "vnu.jar"
