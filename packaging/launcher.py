#!/usr/bin/env python3
"""Starts kubectl-order from the folder that this file is in. It needs Python 3.11 or newer."""

# Older ones must be able to read this, and to say so.
# ruff: noqa: ANN001, ANN201, PTH118, PTH120, RUF005, S606, UP031

import os
import sys

ENTRY = "main"
OLDEST = (3, 11)
NEWEST = (3, 14)
HOME = os.path.dirname(os.path.realpath(sys.argv[0]))


def native(version):
    """The folder with what was compiled for that version of Python."""
    return os.path.join(HOME, "cp%d%d" % version)


def start():
    """Run the program; with another Python where this one is not served."""
    here = sys.version_info[:2]
    if not OLDEST <= here <= NEWEST:
        other(here)
    sys.path[0:1] = [os.path.join(HOME, "lib"), native(here)]
    import kubectl_order.__main__

    getattr(kubectl_order.__main__, ENTRY)()


def other(here):
    """Go on with a Python on PATH that is served, or end."""
    from shutil import which

    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = which("python3.%d" % minor)
        if found:
            sys.stdout.flush()
            os.execv(found, [found] + sys.argv)
    sys.exit(
        "error: kubectl order needs a Python from 3.%d to 3.%d, and this is %d.%d"
        % (OLDEST[1], NEWEST[1], here[0], here[1])
    )


start()
