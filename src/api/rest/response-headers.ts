import type { FastifyInstance, FastifyReply } from "fastify";

/**
 * The page loads nothing but its own files; its chart library writes style elements. `connect-src` names ws: since not
 * every browser takes 'self' to include it.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** On every answer. No CORS: pages of other sites read nothing here. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

export function addResponseHeaders(server: FastifyInstance): void {
  server.addHook("onRequest", (_request, reply, done) => {
    setResponseHeaders(reply);
    done();
  });
  server.addHook("onSend", (_request, reply, _payload, done) => {
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store"); // The market moves on.
    done();
  });
}

/** For an answer that no hook sees: to a request whose path cannot be read. */
export function setResponseHeaders(reply: FastifyReply): void {
  reply.headers(HEADERS).header("x-request-id", reply.request.id);
}
