"""Runs an exercise in processes of its own, and reads what its checks did."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from environments import HERE, Environment

# What keeps on crashing is broken; nothing is learned from the rest.
MAX_RESTARTS = 20


@dataclass(frozen=True)
class Outcome:
    """What a check did: passed, failed, skipped, crashed or hung; and its message."""

    word: str
    message: str = ""
    where: str = ""


def run_exercise(
    environment: Environment,
    name: str,
    variables: dict[str, str],
    seconds: float,
    without: list[str],
) -> dict[str, Outcome]:
    """The outcome of each check; one that kills the process does not take the others along."""
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="wheels-") as folder:
        for _ in range(MAX_RESTARTS):
            report, log = Path(folder, "report"), Path(folder, "output")
            report.write_text("")
            ending = run_process(
                environment, name, variables, seconds, report, log, [*without, *outcomes]
            )
            if read_report(environment, report, log, ending, outcomes):
                break
    return outcomes


def run_process(
    environment: Environment,
    name: str,
    variables: dict[str, str],
    seconds: float,
    report: Path,
    log: Path,
    done: list[str],
) -> str:
    """Run the checks that are not done; say how the process ended."""
    command = [environment.python, "-X", "faulthandler", HERE / "worker.py"]
    command += [HERE / "exercises" / f"{name}.py", report, *done]
    with open(log, "w") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=clean_variables() | variables,
            # So that what it has started ends with it.
            process_group=0,
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            stop(process)
            return "timeout"
        except BaseException:
            stop(process)
            raise
    return f"signal {-status}" if status < 0 else f"status {status}"


def clean_variables() -> dict[str, str]:
    """Only what is in an environment may be found by what runs in it."""
    unwanted = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def stop(process: subprocess.Popen) -> None:
    os.killpg(process.pid, 9)
    process.wait()


def read_report(
    environment: Environment, report: Path, log: Path, ending: str, outcomes: dict[str, Outcome]
) -> bool:
    """Add what was reported; False if the process broke off within a check."""
    running = None
    finished = False
    for line in report.read_text().splitlines():
        entry = json.loads(line)
        if "started" in entry:
            running = entry["started"]
        elif entry.get("finished"):
            finished = True
            outcomes.update(check_origin(environment, entry["cffi"]))
        for word in ("passed", "failed", "skipped"):
            if word in entry:
                outcomes[entry[word]] = Outcome(
                    word, entry.get("message", ""), entry.get("where", "")
                )
                running = None
    output = log.read_text(errors="replace")
    if running is not None:
        word = "hung" if ending == "timeout" else "crashed"
        outcomes[running] = Outcome(word, ending, output)
        return False
    if not finished:
        outcomes["(the process)"] = Outcome("crashed", ending, output)
    elif ending != "status 0":
        outcomes["(the end of the process)"] = Outcome("crashed", ending, output)
    return True


def check_origin(environment: Environment, cffi: dict[str, str | None]) -> dict[str, Outcome]:
    """A failure if the checks ran with a cffi from elsewhere, or with none at all."""
    wrong = [
        f"{name} was imported from {file}"
        for name, file in cffi.items()
        if file is None or environment.folder not in Path(file).parents
    ]
    if not cffi:
        wrong.append("no cffi was imported")
    return {"(the cffi)": Outcome("failed", "; ".join(wrong))} if wrong else {}
