import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

import { PLAIN_TEXT } from "./formats.ts";

const NOT_BUILT = "K2 runs. The page is not built: run `npm start`, or `npm run web`, in the repository.\n";

/** A file's name under it holds a hash of its content: it never changes. */
const HASHED_FOLDER = "assets";

/** The built page. Where it is absent, a text says how to build it. */
export async function addPage(server: FastifyInstance, webFolder: string): Promise<void> {
  if (!existsSync(join(webFolder, "index.html"))) {
    server.get("/", { schema: { hide: true } }, (_request, reply) => reply.type(PLAIN_TEXT).send(NOT_BUILT));
    return;
  }
  await server.register(fastifyStatic, {
    root: webFolder,
    cacheControl: false,
    schemaHide: true,
    setHeaders(reply, path) {
      const isHashed = relative(webFolder, path).startsWith(HASHED_FOLDER);
      reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}
