"""A pytest plugin: reports what each test did, one JSON object a line, as it happens.

It runs inside the process that runs upstream's tests and changes nothing about
them.  A line is flushed before the next step, so that a test that kills the
process is the last one named.  Told by environment variables, since upstream's
tests have no command line of ours:

CFFI_CONFORMANCE_REPORT    the file to write to
CFFI_CONFORMANCE_DONE      a file with the ids of tests that ran before a crash
CFFI_CONFORMANCE_FIXTURES  an extension module with what test_c.py wants to find
                           in ``_cffi_backend`` (see testfuncs.c)
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import types
from typing import Any

import pytest


def emit(**record: Any) -> None:
    with open(os.environ["CFFI_CONFORMANCE_REPORT"], "a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    path = os.environ.get("CFFI_CONFORMANCE_FIXTURES")
    if path:
        inject_fixtures(path)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tests that make environments want to take pycparser along, unless it is a part of cffi."""
    if any("test_zintegration" in item.nodeid for item in session.items):
        import cffi

        cffi._pycparser = types.ModuleType("cffi._pycparser")


def inject_fixtures(path: str) -> None:
    """Give the backend the two functions that only upstream's tests call."""
    import _cffi_backend

    spec = importlib.util.spec_from_file_location("_conformance_fixtures", path)
    assert spec is not None and spec.loader is not None
    fixtures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fixtures)
    _cffi_backend._testfunc = fixtures.testfunc
    _cffi_backend._testbuff = fixtures.testbuff


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After a crash, take up where it happened."""
    path = os.environ.get("CFFI_CONFORMANCE_DONE")
    if path:
        with open(path, encoding="utf-8") as file:
            done = set(file.read().splitlines())
        items[:] = [item for item in items if item.nodeid not in done]


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.outcome != "passed":
        emit(
            collection=report.outcome,
            id=report.nodeid,
            message=str(report.longrepr)[-2000:],
        )


def pytest_runtest_logstart(nodeid: str) -> None:
    emit(started=nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    outcome = outcome_of(report)
    if outcome is not None:
        emit(id=report.nodeid, outcome=outcome, message=message_of(report))


def outcome_of(report: pytest.TestReport) -> str | None:
    """One word per test; None for a phase that does not decide."""
    expected_to_fail = hasattr(report, "wasxfail")
    if report.skipped:
        return "xfailed" if expected_to_fail else "skipped"
    if report.when != "call":
        return "error" if report.failed else None
    if report.failed:
        return "xpassed" if "[XPASS(strict)]" in str(report.longrepr) else "failed"
    return "xpassed" if expected_to_fail else "passed"


def message_of(report: pytest.TestReport) -> str:
    if report.passed:
        return ""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return f"{os.path.basename(crash.path)}:{crash.lineno}: {crash.message}"
    return str(report.longrepr)


def pytest_sessionfinish() -> None:
    """Say what was really imported."""
    modules = {
        name: getattr(sys.modules.get(name), "__file__", None) for name in ("cffi", "_cffi_backend")
    }
    emit(
        imported=modules,
        pycparser="pycparser" in sys.modules or importlib.util.find_spec("pycparser") is not None,
    )
