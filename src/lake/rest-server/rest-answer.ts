import type { FastifyReply } from "fastify";
import { formatJson, type Json } from "../core/json.ts";

/** What is sent back. */
export interface RestAnswer {
  readonly status: number;
  /** JSON text, so that 64-bit ids are never a double's. */
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export const NO_CONTENT: RestAnswer = { status: 204 };

export function jsonAnswer(body: Json): RestAnswer {
  return { status: 200, body: formatJson(body) };
}

export function sendAnswer(reply: FastifyReply, { status, body, headers = {} }: RestAnswer): FastifyReply {
  reply.code(status).headers(headers);
  // Bytes pass through: the server's own serialiser would print the text as a JSON string.
  return body === undefined ? reply.send() : reply.type("application/json").send(Buffer.from(body));
}

export function errorBody(error: { readonly status: number; readonly type: string; readonly message: string }): string {
  return formatJson({ error: { message: error.message, type: error.type, code: error.status, stack: [] } });
}
