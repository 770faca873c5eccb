"""Runs snippets under the implementation of the interpreter that this is started by.

    worker.py LIBRARY < snippets > outcomes

Both ends are JSON, one entry a line: a snippet is a string, an outcome what run.py compares.
Each snippet runs in a process of its own, forked off one in which everything is declared: it
finds the library as it was compiled, an empty folder to be in, and can crash.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import signal
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from namespace import Namespace

SECONDS_FOR_ONE = 20


def main() -> None:
    namespace = Namespace(sys.argv[1])
    # The parser's tables are made once.
    namespace["ffi"].typeof("int *")
    for line in sys.stdin:
        print(json.dumps(run_apart(json.loads(line), namespace)), flush=True)


def run_apart(snippet: str, namespace: dict[str, Any]) -> dict[str, str]:
    """The outcome of a snippet, or how its process ended."""
    receiver, sender = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            os.close(receiver)
            os.chdir(folder)
            # What C code writes there is not compared.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(1, 2)
            signal.alarm(SECONDS_FOR_ONE)
            answer = json.dumps(run(snippet, namespace)).encode()
            with open(sender, "wb") as stream:
                stream.write(answer)
            os._exit(0)
        os.close(sender)
        with open(receiver, "rb") as stream:
            answer = stream.read()
        _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"crash": signal.Signals(os.WTERMSIG(status)).name}
    if not answer:
        return {"crash": f"exit status {os.WEXITSTATUS(status)}"}
    return dict(json.loads(answer))


def run(snippet: str, namespace: dict[str, Any]) -> dict[str, str]:
    """Value or exception, and what went to stderr, to the hook and into warnings."""
    reports: list[str] = []

    def hook(report: Any) -> None:
        name = getattr(report.exc_type, "__name__", report.exc_type)
        shown = namespace["outcome"](lambda: report.object)
        reports.append(f"{name}: {report.exc_value}, {report.err_msg}: {shown}")

    sys.unraisablehook = hook
    outcome: dict[str, str] = {}
    errors = io.StringIO()
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stderr(errors):
        warnings.simplefilter("always")
        try:
            outcome["value"] = repr(evaluate(snippet, namespace))
        except BaseException as error:
            name = type(error).__name__
            text = str(error)
            if name == "CDefError":
                # Below the first line, ours shows the source; see docs/differences.md.
                text = text.partition("\n")[0]
            outcome["exception"] = f"{name}: {text}"
    if reports:
        outcome["unraisable"] = "\n".join(reports)
    if errors.getvalue():
        outcome["stderr"] = errors.getvalue()
    if warned:
        outcome["warnings"] = "\n".join(f"{w.category.__name__}: {w.message}" for w in warned)
    return outcome


def evaluate(snippet: str, namespace: dict[str, Any]) -> Any:
    """Runs the statements; the value of the last one if it is an expression."""
    tree = ast.parse(snippet)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<snippet>", "exec"), namespace)
        return None
    tree.body.pop()
    exec(compile(tree, "<snippet>", "exec"), namespace)
    return eval(compile(ast.Expression(last.value), "<snippet>", "eval"), namespace)


if __name__ == "__main__":
    main()
