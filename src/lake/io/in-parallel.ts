/**
 * Runs `act` on each item, so many at a time, and gives the results in the items' order. At the first failure the
 * others are told to stop and waited for.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  { parallelMax, signal }: { readonly parallelMax: number; readonly signal?: AbortSignal | undefined },
  act: (item: Item, index: number, stop: AbortSignal) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const failures: unknown[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (stop.aborted) return;
      try {
        results[index] = await act(item, index, stop);
      } catch (error) {
        failures.push(error);
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelMax, items.length) }, work));
  signal?.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return results;
}
