"""DuckDB with its own avro, httpfs and iceberg extensions from PyPI. `sql(text)` gives a statement's rows."""

import importlib
import pathlib

import duckdb

connection = duckdb.connect(config={"autoinstall_known_extensions": False})
for name in ("avro", "httpfs", "iceberg"):
    folder = pathlib.Path(next(iter(importlib.import_module(f"duckdb_extension_{name}").__path__)))
    [path] = folder.glob(f"extensions/*/{name}.duckdb_extension")
    connection.execute(f"LOAD '{path}'")
connection.execute("SET TimeZone = 'UTC'")


def sql(statement):
    return texts(connection.execute(statement).fetchall())
