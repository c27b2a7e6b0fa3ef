"""`make run`: from a fresh clone to a running portal. The steps on the machine's own Python; tools/serve.py does the rest.

It must be readable by an old Python 3, to be able to say which one is needed: no new syntax here.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bootstrap


def main():
    """Make the environment, then become the supervisor inside it."""
    bootstrap.say("[1/7] packages")
    bootstrap.ensure(False)
    script = os.path.join(bootstrap.ROOT, "tools", "serve.py")
    os.execv(bootstrap.PYTHON, [bootstrap.PYTHON, script] + sys.argv[1:])  # noqa: S606  # becomes the supervisor, so that signals reach it


if __name__ == "__main__":
    main()
