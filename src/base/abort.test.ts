import { expect, test } from "vitest";
import { abortable, systemClock } from "./index.ts";

test("aborting rejects a wait with the signal's reason, before or during", async () => {
  const reason = new Error("stop");
  const never = new Promise<never>(() => {});
  await expect(abortable(never, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const waiting = abortable(never, controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(systemClock.sleep(60_000, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("a wait that ends first is not changed by the signal, and an abandoned failure is nobody's", async () => {
  const controller = new AbortController();
  expect(await abortable(Promise.resolve(7), controller.signal)).toBe(7);
  await expect(abortable(Promise.reject(new Error("own")), controller.signal)).rejects.toThrow("own");
  expect(await abortable(Promise.resolve(8), undefined)).toBe(8);
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", note);
  await expect(abortable(Promise.reject(new Error("late")), AbortSignal.abort("gone"))).rejects.toBe("gone");
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});
