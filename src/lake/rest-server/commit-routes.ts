import type { LoadedTable } from "../catalog/catalog.ts";
import { identifierText } from "../catalog/identifier.ts";
import type { JsonReader } from "../core/json-object.ts";
import { tableRequirementFromJson } from "../metadata/requirement-json.ts";
import { tableUpdateFromJson } from "../metadata/update-json.ts";
import { commitTables, type TableChange } from "./commit-tables.ts";
import { tableIn } from "./path-names.ts";
import { readBody, readIdentifier } from "./request-body.ts";
import { NO_CONTENT } from "./rest-answer.ts";
import type { RestContext } from "./rest-context.ts";
import { RequestError } from "./rest-errors.ts";
import type { RestRoute } from "./rest-route.ts";
import { tableAnswer } from "./table-answer.ts";
import { loadTable } from "./table-routes.ts";

/** Commits to one table, and to several at once. */
export function commitRoutes(context: RestContext): readonly RestRoute[] {
  const { idempotency } = context;
  return [
    {
      method: "POST",
      path: "/namespaces/:namespace/tables/:table",
      async handle(request) {
        const identifier = tableIn(request, context.separator, "table");
        context.permit(request, "commit", identifier.namespace, identifier.name);
        const change = { identifier, ...readBody(request, readChange) };
        return idempotency.once<readonly LoadedTable[]>(
          request,
          {
            run: (options) =>
              context.locks.run([identifierText(identifier)], () => commitTables(context, [change], options)),
            answer: (tables) => tableAnswer(only(tables)),
            again: async () => tableAnswer(await loadTable(context, identifier)),
          },
          "commit",
        );
      },
    },
    {
      method: "POST",
      path: "/transactions/commit",
      async handle(request) {
        const changes = readBody(request, (body) =>
          body.objects("table-changes").map((change) => ({
            identifier: readIdentifier(change.object("identifier")),
            ...readChange(change),
          })),
        );
        refuseDoubles(changes);
        for (const { identifier } of changes) context.permit(request, "commit", identifier.namespace, identifier.name);
        return idempotency.once<readonly LoadedTable[]>(
          request,
          {
            run: (options) => {
              const names = changes.map((change) => identifierText(change.identifier));
              return context.locks.run(names, () => commitTables(context, changes, options));
            },
            answer: () => NO_CONTENT,
            again: async () => NO_CONTENT,
          },
          "commit",
        );
      },
    },
  ];
}

function readChange(reader: JsonReader): Omit<TableChange, "identifier"> {
  return {
    requirements: reader.optionalList("requirements").map(tableRequirementFromJson),
    updates: reader.optionalList("updates").map(tableUpdateFromJson),
  };
}

function refuseDoubles(changes: readonly TableChange[]): void {
  const names = changes.map(({ identifier }) => identifierText(identifier));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new RequestError(
    400,
    "BadRequestException",
    `A transaction changes ${twice} twice. Nothing was changed; join the changes`,
  );
}

function only(tables: readonly LoadedTable[]): LoadedTable {
  const [table] = tables;
  if (table === undefined) throw new RangeError("a commit without a result");
  return table;
}
