"""`make run`: from a fresh clone to a running portal. The first step on the machine's own Python; tools/serve.py does the rest.

It must be readable by an old Python 3, to be able to say which one is needed: no new syntax here.
"""

import os
import sys

import bootstrap


def main() -> None:
    """Make the environment, then become the supervisor inside it, so that signals reach that one."""
    bootstrap.say("[1/7] packages")
    bootstrap.ensure(dev=False)
    python = str(bootstrap.PYTHON)
    os.execv(python, [python, str(bootstrap.ROOT / "tools" / "serve.py"), *sys.argv[1:]])  # noqa: S606  # no shell is meant


if __name__ == "__main__":
    main()
