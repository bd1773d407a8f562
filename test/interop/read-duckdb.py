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
import duckdb_extension_avro
import duckdb_extension_iceberg

request = json.load(sys.stdin)
with sqlite3.connect(request["catalog"]) as catalog:
    found = catalog.execute("SELECT table_namespace || '.' || table_name, metadata_location FROM iceberg_tables").fetchall()
locations = {name: location.removeprefix("file://") for name, location in found}

connection = duckdb.connect(config={"autoinstall_known_extensions": False})
for package in (duckdb_extension_avro, duckdb_extension_iceberg):
    [path] = pathlib.Path(next(iter(package.__path__))).rglob("*.duckdb_extension")
    connection.execute(f"LOAD '{path}'")
connection.execute("SET TimeZone = 'UTC'")


def answer(sql):
    return connection.execute(re.sub(r"\{([\w.]+)\}", lambda match: f"'{locations[match[1]]}'", sql)).fetchall()


print(json.dumps([answer(sql) for sql in request["queries"]]))
