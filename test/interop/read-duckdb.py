"""Answers SQL over K2's tables by DuckDB's own iceberg extension, which knows nothing of K2.

Reads {"catalog": path, "queries": [sql]} from standard input; `{silver.trades}` in a query stands for the table's present
metadata file, found in the SQLite catalog. Prints the rows of each query as JSON.
"""

import json
import pathlib
import re
import sqlite3
import sys

import duckdb
import duckdb_ext

request = json.load(sys.stdin)
with sqlite3.connect(request["catalog"]) as catalog:
    found = catalog.execute("SELECT table_namespace || '.' || table_name, metadata_location FROM iceberg_tables").fetchall()
locations = {name: location.removeprefix("file://") for name, location in found}

extensions = pathlib.Path(next(iter(duckdb_ext.__path__))) / "extensions"
connection = duckdb.connect(config={"extension_directory": str(extensions), "autoinstall_known_extensions": False})
connection.execute("LOAD avro; LOAD iceberg; SET TimeZone = 'UTC'")


def answer(sql):
    return connection.execute(re.sub(r"\{([\w.]+)\}", lambda match: f"'{locations[match[1]]}'", sql)).fetchall()


print(json.dumps([answer(sql) for sql in request["queries"]]))
