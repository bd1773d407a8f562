import type { Command } from "commander";
import { listFeeds } from "../app/index.ts";
import { textTable } from "./text-table.ts";

export function addFeeds(program: Command): void {
  program
    .command("feeds")
    .description("The protocols that K2 speaks")
    .action(async () => {
      const rows = (await listFeeds()).map((feed) => [
        feed.id,
        feed.venue,
        feed.name,
        feed.channels.join(", "),
        feed.url ?? "none: retired by the venue",
      ]);
      process.stdout.write(`${textTable(["feed", "venue", "name", "channels", "endpoint"], rows)}\n`);
    });
}
