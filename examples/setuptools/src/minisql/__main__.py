"""``python -m minisql STATEMENT...``: the rows of statements on a database in memory."""

import sys

from minisql import Database

database = Database()
for statement in sys.argv[1:]:
    for row in database.rows(statement):
        print(*row, sep=" | ")
