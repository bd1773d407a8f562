/**
 * Other engines read the tables that a whole K2 has written: recordings, where there are some beside the project, and the
 * simulated market with its faults, over many commits and several days.
 *
 * - PyIceberg: K2_PYICEBERG_PYTHON names a Python that has the packages of referees/pyiceberg.txt
 * - ClickHouse in-process: K2_CHDB names a folder in which `chdb` is installed
 * - DuckDB with its iceberg extension: K2_DUCKDB_PYTHON names a Python that has the packages of referees/duckdb.txt
 *
 * Run: `npm run test:interop` installs all three, or `node test/interop/market.interop.ts`. One line a check; the exit code
 * is 1 on any difference, and an absent engine is said to be skipped.
 */
import { ok } from "node:assert";
import { check, conclude, skip } from "./checks.ts";
import { checkClickHouse } from "./market-clickhouse.ts";
import { checkDuckDb } from "./market-duckdb.ts";
import { checkPyIceberg } from "./market-pyiceberg.ts";
import { writeMarket } from "./market-scene.ts";
import { FILLED, nameOf, ourTables } from "./market-truth.ts";

const { K2_PYICEBERG_PYTHON, K2_CHDB, K2_DUCKDB_PYTHON } = process.env;

if (K2_PYICEBERG_PYTHON === undefined) skip("PyIceberg", "K2_PYICEBERG_PYTHON names no Python that has it");
if (K2_CHDB === undefined) skip("ClickHouse", "K2_CHDB names no folder in which chdb is installed");
if (K2_DUCKDB_PYTHON === undefined) skip("DuckDB", "K2_DUCKDB_PYTHON names no Python that has it");

if (K2_PYICEBERG_PYTHON !== undefined || K2_CHDB !== undefined || K2_DUCKDB_PYTHON !== undefined) {
  await using scene = await writeMarket();
  if (scene.recordings.length === 0) console.log("      no recordings beside the project: the simulated market alone");
  const ours = await ourTables(scene.offline.query);
  await check("K2 has written rows into the five tables of a capture of trades", () => {
    for (const table of FILLED) ok((ours.get(table)?.length ?? 0) > 0, nameOf(table));
  });
  if (K2_PYICEBERG_PYTHON !== undefined) await checkPyIceberg(K2_PYICEBERG_PYTHON, scene, ours);
  if (K2_CHDB !== undefined) await checkClickHouse(K2_CHDB, scene, ours);
  if (K2_DUCKDB_PYTHON !== undefined) await checkDuckDb(K2_DUCKDB_PYTHON, scene, ours);
}
conclude();
