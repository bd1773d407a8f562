/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once, which loses nothing that was acknowledged. */
export function stopOnSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  });
}
