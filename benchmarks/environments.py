"""Virtual environments for the libraries that Groundwire is measured beside."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def python_with(name: str, requirements: Sequence[str], work: Path) -> Path:
    """Give the interpreter of an environment that has the requirements; it is made where it is missing."""
    wanted = "\n".join(requirements)
    folder = work / f"{name}-{hashlib.sha256(wanted.encode()).hexdigest()[:8]}"
    python = folder / "bin" / "python"
    done = folder / "complete"
    if not done.is_file():
        print(f"installing {name} into {folder} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = (str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:")
        subprocess.run([*install, *requirements], check=True)
        done.touch()
    return python
