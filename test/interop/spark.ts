import { PythonSession } from "./python-session.ts";

const DRIVER_MEMORY = "1200m";

/**
 * Spark on two threads of this machine, with Iceberg catalogs.
 *
 * @param jars the Iceberg runtime and database drivers, `:` between
 * @param catalogs properties of each by name
 */
export function openSpark(
  executable: string,
  jars: string,
  catalogs: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<PythonSession> {
  const settings: Record<string, string> = {
    "spark.jars": jars.replaceAll(":", ","),
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.ansi.enabled": "true",
  };
  for (const [name, properties] of Object.entries(catalogs)) {
    settings[`spark.sql.catalog.${name}`] = "org.apache.iceberg.spark.SparkCatalog";
    for (const [property, value] of Object.entries(properties))
      settings[`spark.sql.catalog.${name}.${property}`] = value;
  }
  return PythonSession.open(executable, {
    beginning: "spark_engine.py",
    args: [JSON.stringify(settings)],
    environment: { PYSPARK_SUBMIT_ARGS: `--driver-memory ${DRIVER_MEMORY} pyspark-shell`, SPARK_LOCAL_IP: "127.0.0.1" },
  });
}
