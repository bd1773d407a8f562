"""Reads K2's tables through PyIceberg alone, and prints what it found as one JSON document.

Arguments: the SQLite catalog, the warehouse, the tables separated by commas, and a JSON list of row filters for silver.trades.
Every value is printed as text: times as microseconds since the Unix epoch, decimals exactly, bytes in hexadecimal.
"""

import datetime
import decimal
import json
import sys

from pyiceberg.catalog.sql import SqlCatalog

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)


def text(value):
    if value is None:
        return None
    if isinstance(value, datetime.datetime):
        return str((value - EPOCH) // MICROSECOND)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def rows(arrow):
    ordered = arrow.sort_by([("_topic", "ascending"), ("_partition", "ascending"), ("_offset", "ascending")])
    columns = [[text(value) for value in ordered.column(name).to_pylist()] for name in ordered.column_names]
    return [list(row) for row in zip(*columns)]


def offsets(arrow):
    """How many rows of each partition of the log there are, and the highest offset among them."""
    found = {}
    topics, partitions, numbers = (arrow.column(name).to_pylist() for name in ("_topic", "_partition", "_offset"))
    for topic, partition, offset in zip(topics, partitions, numbers):
        count, highest = found.get((topic, partition), (0, -1))
        found[topic, partition] = (count + 1, max(highest, offset))
    return [[topic, partition, count, highest] for (topic, partition), (count, highest) in sorted(found.items())]


def describe(table):
    schema = table.schema()
    names = {field.field_id: field.name for field in schema.fields}
    return {
        "columns": [
            {
                "id": field.field_id,
                "name": field.name,
                "type": str(field.field_type).replace(" ", ""),
                "required": field.required,
                "doc": field.doc,
            }
            for field in schema.fields
        ],
        "partition": [{"column": names[field.source_id], "transform": str(field.transform)} for field in table.spec().fields],
        "sort": [
            [names[field.source_id], str(field.transform), field.direction.value, field.null_order.value]
            for field in table.sort_order().fields
        ],
        "comment": table.properties.get("comment"),
        "snapshots": [snapshot(table, found) for found in table.snapshots()],
        "files": sum(1 for _ in table.scan().plan_files()),
        "rows": rows(table.scan().to_arrow()),
    }


def snapshot(table, found):
    summary = found.summary.additional_properties
    scan = table.scan(snapshot_id=found.snapshot_id, selected_fields=("_topic", "_partition", "_offset"))
    return {
        "id": str(found.snapshot_id),
        "operation": found.summary.operation.value,
        "summary": summary,
        "offsets": offsets(scan.to_arrow()),
    }


def exact(table):
    """Sums in Python's own decimals, apart from every other engine's arithmetic."""
    decimal.getcontext().prec = 60
    arrow = table.scan(selected_fields=("price", "size", "ts_event")).to_arrow()
    notional = volume = decimal.Decimal(0)
    for price, size in zip(arrow.column("price").to_pylist(), arrow.column("size").to_pylist()):
        notional += price * size
        volume += size
    times = [text(value) for value in sorted(arrow.column("ts_event").to_pylist())]
    return {"notional": format(notional, "f"), "volume": format(volume, "f"), "first": times[0], "last": times[-1]}


def filtered(table, row_filter):
    scan = table.scan(row_filter=row_filter)
    return {"rows": rows(scan.to_arrow()), "files": sum(1 for _ in scan.plan_files())}


catalog_path, warehouse, names, filters = sys.argv[1:]
catalog = SqlCatalog("k2", uri="sqlite:///" + catalog_path, warehouse=warehouse)
trades = catalog.load_table("silver.trades")
print(
    json.dumps(
        {
            "namespaces": sorted(".".join(name) for name in catalog.list_namespaces()),
            "listed": sorted(".".join(name) for found in catalog.list_namespaces() for name in catalog.list_tables(found)),
            "tables": {name: describe(catalog.load_table(name)) for name in names.split(",")},
            "exact": exact(trades),
            "filtered": [filtered(trades, row_filter) for row_filter in json.loads(filters)],
        }
    )
)
