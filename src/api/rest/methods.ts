import type { FastifyInstance, HTTPMethods } from "fastify";
import { RequestRefusedError } from "../errors.ts";

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Answers 405 with the methods that there are, where a path is known and the method is not. Call `close()` when all
 * routes are there.
 */
export function refuseOtherMethods(server: FastifyInstance): { close(): void } {
  const methods = new Map<string, Set<string>>();
  let isClosed = false;
  server.addHook("onRoute", ({ url, method }) => {
    if (isClosed || url.includes("*")) return;
    const known = methods.get(url) ?? new Set<string>();
    for (const name of [method].flat()) known.add(name);
    methods.set(url, known);
  });
  return {
    close() {
      isClosed = true;
      for (const [url, known] of methods) {
        const allow = METHODS.filter((method) => known.has(method)).join(", ");
        const others = METHODS.filter((method) => !known.has(method));
        if (others.length === 0) continue; // It answers them itself.
        server.route({
          method: others,
          url,
          schema: { hide: true },
          // Before a body is read: what it holds does not matter.
          onRequest: (request, _reply, done) =>
            done(new RequestRefusedError(405, `${request.method} is not for ${url}, only ${allow}`, { allow })),
          handler: () => {},
        });
      }
    },
  };
}
