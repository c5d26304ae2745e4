"""Every benchmark beside this file, one after the other: `python -m tests.bench [NAME …]`."""

import sys
from importlib import import_module
from pathlib import Path


def main(asked: list[str]) -> None:
    """Print what each `bench_NAME.py` finds as soon as it does: those asked for, else all."""
    files = Path(__file__).parent.glob("bench_*.py")
    known = sorted(file.stem.removeprefix("bench_") for file in files)
    if strangers := set(asked) - set(known):
        sys.exit(f"no benchmark {', '.join(sorted(strangers))}; there are {', '.join(known)}")
    for name in asked or known:
        try:
            found = import_module(f"tests.bench.bench_{name}").run()
        except ModuleNotFoundError as missing:
            sys.exit(f"{name} needs {missing.name}: install the extra «bench»")
        print(*found, sep="\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
