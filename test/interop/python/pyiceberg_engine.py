"""PyIceberg with the catalogs that the first argument holds as JSON: their properties by name. `read(table)` gives rows."""

import json

import pyarrow as pa
from pyiceberg.catalog import load_catalog

catalogs = {name: load_catalog(name, **properties) for name, properties in json.loads(arguments[0]).items()}


def read(table, order, **options):
    """Rows in the order of a column of numbers, each with the columns in the table's own order."""
    names = [field.name for field in table.schema().fields]
    found = table.scan(**options).to_arrow().to_pylist()
    found.sort(key=lambda row: row[order])
    return texts([row[name] for name in names] for row in found)


def types(table):
    return [[field.name, str(field.field_type).replace(" ", "")] for field in table.schema().fields]
