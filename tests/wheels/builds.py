"""Builds packages from their sdists as anybody does: by ``python -m build``, isolated.

Such an environment gets what the package asks for, from PyPI, which has a cffi of our version.
That it gets ours is a constraint with the path of our wheel, and is read in pip's own report of
what it has installed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

from environments import BUILD, HERE, UPSTREAM_VERSION, Environment
from exercise import Outcome, clean_variables, stop

CONSTRAINTS = HERE / "constraints-build.txt"


def build(
    environment: Environment, name: str, sdist: Path, package: dict, wheel: Path | None
) -> Outcome:
    """Build a wheel with our cffi, or with upstream's if `wheel` is None, and install it."""
    folder = BUILD / "built" / environment.name / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start = time.monotonic()
    constraints, report, log = (
        folder / file for file in ("constraints.txt", "pip.json", "log.txt")
    )
    cffi = f"cffi @ {wheel.as_uri()}" if wheel else f"cffi=={UPSTREAM_VERSION}"
    constraints.write_text(f"{cffi}\n{CONSTRAINTS.read_text()}")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    if "pyproject" in package:
        before, after = package["pyproject"]
        text = (source / "pyproject.toml").read_text()
        assert before in text, f"{name} does not ask for {before}"
        (source / "pyproject.toml").write_text(text.replace(before, after))
    command = [
        str(environment.python),
        "-m",
        "build",
        "--wheel",
        "--outdir",
        str(folder),
        str(source),
    ]
    variables = clean_variables() | package.get("environment", {})
    variables |= {
        "PIP_CONSTRAINT": str(constraints),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ONLY_BINARY": ":all:",
        "PIP_REPORT": str(report),
    }
    with open(log, "w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=variables,
            process_group=0,
        )
        try:
            status = process.wait()
        except BaseException:
            stop(process)
            raise
    wheels = [str(built) for built in folder.glob("*.whl")]
    if status != 0 or not wheels:
        lines = log.read_text(errors="replace").splitlines()
        errors = [line for line in lines if "Error" in line or "error:" in line]
        return Outcome("failed", f"{(errors or lines or ['no output'])[-1].strip()} ({log})")
    wrong = wrong_cffi(report, wheel)
    if wrong:
        return Outcome("failed", f"{wrong} ({report})")
    install = [
        str(environment.python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    if subprocess.run([*install, "--force-reinstall", *wheels]).returncode != 0:
        return Outcome("failed", "the wheel that was built cannot be installed")
    print(f"{name} built with {environment.name} in {time.monotonic() - start:.0f} s", flush=True)
    return Outcome("passed")


def wrong_cffi(report: Path, wheel: Path | None) -> str:
    """What is wrong about the cffi that pip put into the isolated environment."""
    installed = {
        item["metadata"]["name"]: item["download_info"]["url"]
        for item in json.loads(report.read_text())["install"]
    }
    url = installed.get("cffi")
    if url is None:
        return f"built without cffi, with {sorted(installed)}"
    if wheel is None:
        return "" if url.startswith("https://") else f"built with {url}, not upstream's"
    return "" if url == wheel.as_uri() else f"built with {url}, not with {wheel}"
