"""Spark, with the settings that the first argument holds as JSON. `sql(text)` gives a statement's rows."""

import json

from pyspark.sql import SparkSession

builder = SparkSession.builder.master("local[2]").appName("k2-interop")
for name, value in json.loads(arguments[0]).items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")


def sql(statement):
    return texts(tuple(row) for row in spark.sql(statement).collect())
