"""Runs one row's exercise, with the modules and the runtime that are given.

exercise.py FOLDER ROW
"""

import os
import sys


def main(folder, row):
    here = os.path.dirname(os.path.abspath(__file__))
    os.chdir(folder)
    # The script's own folder is there already.
    sys.path[:0] = [os.getcwd(), here]
    module = __import__("rows." + row, fromlist=["exercise"])
    module.exercise()


if __name__ == "__main__":
    main(*sys.argv[1:])
