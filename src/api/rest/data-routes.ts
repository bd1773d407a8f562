import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Page, QueryEngine } from "../../query/index.ts";
import { barsRequest, bookRequest, qualityRequest, tradesRequest } from "../operations.ts";
import { BAR_COLUMNS, QUALITY_COLUMNS, QUOTE_QUALITY_COLUMNS, reference, TRADE_COLUMNS } from "../schemas/answers.ts";
import {
  type BarsQuery,
  type BookQuery,
  barsQuerySchema,
  bookQuerySchema,
  qualityQuerySchema,
  type RangeQuery,
  tradesQuerySchema,
} from "../schemas/queries.ts";
import { CONTENT_TYPES, chooseFormat, streamRows } from "./formats.ts";
import { TAGS } from "./openapi.ts";
import { PROBLEMS } from "./problem-responses.ts";

/** Trades, bars, books, their quality, and instruments. */
export function addDataRoutes(server: FastifyInstance, query: QueryEngine): void {
  server.get<{ Querystring: RangeQuery }>(
    "/v1/trades",
    {
      schema: {
        operationId: "trades",
        summary: "Trades, live and historical, each exactly once",
        tags: [TAGS.data],
        querystring: tradesQuerySchema,
        response: { 200: pageResponse("TradesPage"), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const page = await query.trades(tradesRequest(request.query), { signal: goneSignal(reply) });
      return sendPage(page, TRADE_COLUMNS, request, reply);
    },
  );
  server.get<{ Querystring: BarsQuery }>(
    "/v1/bars",
    {
      schema: {
        operationId: "bars",
        summary: "Bars: the latest revision of each, and the open ones",
        tags: [TAGS.data],
        querystring: barsQuerySchema,
        response: { 200: pageResponse("BarsPage"), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const page = await query.bars(barsRequest(request.query), { signal: goneSignal(reply) });
      return sendPage(page, BAR_COLUMNS, request, reply);
    },
  );
  server.get<{ Querystring: BookQuery }>(
    "/v1/book",
    {
      schema: {
        operationId: "book",
        summary: "An order book as it was at a time, with its proof; never one that is not proven",
        tags: [TAGS.data],
        querystring: bookQuerySchema,
        response: { 200: reference("Book"), ...PROBLEMS },
      },
    },
    async (request, reply) => await query.book(bookRequest(request.query), { signal: goneSignal(reply) }),
  );
  server.get<{ Querystring: RangeQuery }>(
    "/v1/quality",
    {
      schema: {
        operationId: "quality",
        summary: "How good the trades of each listing were, minute by minute",
        tags: [TAGS.data],
        querystring: qualityQuerySchema,
        response: { 200: pageResponse("QualityPage"), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const page = await query.quality(qualityRequest(request.query), { signal: goneSignal(reply) });
      return sendPage(page, QUALITY_COLUMNS, request, reply);
    },
  );
  server.get<{ Querystring: RangeQuery }>(
    "/v1/quality/quotes",
    {
      schema: {
        operationId: "quoteQuality",
        summary: "Spreads, and venues locked and crossed with others, minute by minute",
        tags: [TAGS.data],
        querystring: qualityQuerySchema,
        response: { 200: pageResponse("QuoteQualityPage"), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const page = await query.quoteQuality(qualityRequest(request.query), { signal: goneSignal(reply) });
      return sendPage(page, QUOTE_QUALITY_COLUMNS, request, reply);
    },
  );
  server.get(
    "/v1/instruments",
    {
      schema: {
        operationId: "instruments",
        summary: "Every listing that has traded here",
        tags: [TAGS.data],
        querystring: { type: "object", properties: {}, additionalProperties: false },
        response: { 200: reference("Instruments"), ...PROBLEMS },
      },
    },
    async () => ({ rows: await query.listings() }),
  );
}

export function pageResponse(name: string): object {
  const text = { schema: { type: "string" } };
  return {
    description: "One page; in NDJSON and CSV the cursor and the receipt are in headers",
    headers: {
      "k2-cursor": { type: "string", description: "NDJSON and CSV: of the next page; absent at the end" },
      "k2-receipt": { type: "string", description: "NDJSON and CSV: the receipt, as JSON" },
    },
    content: { "application/json": { schema: reference(name) }, "application/x-ndjson": text, "text/csv": text },
  };
}

export function sendPage<Row extends object>(
  page: Page<Row>,
  columns: readonly string[],
  request: FastifyRequest<{ Querystring: RangeQuery }>,
  reply: FastifyReply,
): unknown {
  const format = chooseFormat(request.query.format, request.headers.accept);
  reply.header("content-type", CONTENT_TYPES[format]).header("vary", "accept");
  const { rows, receipt, cursor = null } = page;
  if (format === "json") return { rows, cursor, receipt };
  if (cursor !== null) reply.header("k2-cursor", cursor);
  reply.header("k2-receipt", JSON.stringify(receipt));
  return reply.send(streamRows(rows as readonly Readonly<Record<string, unknown>>[], format, columns));
}

/** Aborts when the client goes away before it has its answer. */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) controller.abort(new Error("The client closed the connection"));
  });
  return controller.signal;
}
