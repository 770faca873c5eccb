"""Virtual environments in which projects are built, and the proof that our wheel builds them.

PyPI has a cffi of the same version.  So nothing is installed from an index: a folder has our
wheel and the build systems, downloaded before and without cffi, and pip knows that folder alone,
in the environments that it makes for builds, too.  Those are kept and looked at afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
WHEELS = Path(os.environ.get("CFFI_WHEELS", ROOT / "build" / "wheels" / Path(sys.prefix).name))
DOWNLOADS = (
    ROOT / "build" / "examples" / f"py{sys.version_info[0]}.{sys.version_info[1]}{sys.abiflags}"
)


def the_wheel() -> Path:
    [found] = WHEELS.glob("cffi-*.whl")
    return found


def download() -> None:
    """Wheels of the build systems, if they are not there yet."""
    stamp = DOWNLOADS / ".requirements"
    wanted = REQUIREMENTS.read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"]
    subprocess.run([*command, "--dest", DOWNLOADS, "--requirement", REQUIREMENTS], check=True)
    assert not list(DOWNLOADS.glob("cffi-*")), "a requirement wants cffi, and got upstream's"
    stamp.write_text(wanted)


class Environment:
    """An empty virtual environment that is active, and in which pip finds our wheel as ``cffi``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "environment"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        command = [sys.executable, "-m", "virtualenv", "--quiet", "--no-setuptools"]
        command += [
            "--no-periodic-update",
            "--python",
            getattr(sys, "_base_executable", sys.executable),
        ]
        subprocess.run([*command, self.folder], check=True)

    @property
    def variables(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "PIP_", "VIRTUAL_ENV", "CFFI_", "MAKE", "MFLAGS"))
        }
        return {
            **kept,
            "VIRTUAL_ENV": str(self.folder),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "LC_ALL": "C",
            "PYTHONNOUSERSITE": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_COMPILE": "1",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": f"{DOWNLOADS} {the_wheel().parent}",
            "PIP_NO_CACHE_DIR": "1",
            # Environments for builds stay where they are, to be looked at.
            "PIP_NO_CLEAN": "1",
            "TMPDIR": str(self.temporary),
        }

    @property
    def packages(self) -> Path:
        [found] = self.folder.glob("lib/python*/site-packages")
        return found

    def builds(self) -> list[Path]:
        """Where pip has put what builds need, if that is a cffi, among others."""
        sites = self.temporary.glob("pip-build-env-*/overlay/lib/python*/site-packages")
        return [site for site in sites if (site / "cffi").exists()]

    def prove_ours(self, builds: int) -> None:
        """Assert that our wheel is in here and in each environment that pip made for a build.

        builds: how many there have to be.
        """
        found = self.builds()
        assert len(found) == builds
        for site in [self.packages, *found]:
            prove_ours(site)


def prove_ours(site: Path) -> None:
    """Assert that the cffi in a folder is our wheel, file by file, and that there is no other."""
    with zipfile.ZipFile(the_wheel()) as wheel:
        assert "cffi/_build/compiler.py" in wheel.namelist()
        for name in wheel.namelist():
            if ".dist-info/" not in name:
                assert (site / name).read_bytes() == wheel.read(name), f"{site / name} is not ours"
    assert len(list(site.glob("_cffi_backend.*"))) == 1
    # Upstream's cffi comes with it.
    assert not (site / "pycparser").exists()
