import type { FastifyInstance } from "fastify";
import type { QueryEngine } from "../../query/index.ts";
import { venueDataRequest } from "../operations.ts";
import { type CandlesQuery, candlesQuerySchema, type RangeQuery, statementsQuerySchema } from "../schemas/queries.ts";
import { VENUE_DATA_ANSWERS, venueDataColumns } from "../schemas/venue-data-answers.ts";
import { goneSignal, pageResponse, sendPage } from "./data-routes.ts";
import { TAGS } from "./openapi.ts";
import { PROBLEMS } from "./problem-responses.ts";

/** What venues publish beside trades and books. */
export function addVenueDataRoutes(server: FastifyInstance, query: QueryEngine): void {
  for (const { kind, path, operationId, summary, page } of VENUE_DATA_ANSWERS) {
    server.get<{ Querystring: RangeQuery | CandlesQuery }>(
      path,
      {
        schema: {
          operationId,
          summary,
          tags: [TAGS.data],
          querystring: kind === "candle" ? candlesQuerySchema : statementsQuerySchema,
          response: { 200: pageResponse(page), ...PROBLEMS },
        },
      },
      async (request, reply) => {
        const answer = await query.venueData(venueDataRequest(kind, request.query), { signal: goneSignal(reply) });
        return sendPage(answer, venueDataColumns(kind), request, reply);
      },
    );
  }
}
