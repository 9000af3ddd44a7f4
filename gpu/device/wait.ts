// Waiting for the device without spinning a core: Dawn polls once per tick of the event loop, so the ticks are spaced
// out.

/** Shortest and longest nap between two polls, in ms; in between a nap is a tenth of the time waited so far. */
const NAP_MS = { least: 0.02, most: 0.5, share: 0.1 } as const;

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Resolves at the next tick of the event loop, after Dawn has polled its device. */
export function tick(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Settles as `promise` does. Polls eagerly for `spinMs`, then naps between polls, so that a driver on the CPU keeps its
 * cores; the naps add at most a tenth to the wait. `interrupt` is called every tick; an error that it returns is
 * thrown.
 */
export async function waitQuietly<T>(
  promise: Promise<T>,
  spinMs: number,
  interrupt: () => Error | undefined,
): Promise<T> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  const start = performance.now();
  for (;;) {
    await tick();
    if (settled) return promise;
    const error = interrupt();
    if (error !== undefined) throw error;
    const elapsed = performance.now() - start;
    if (elapsed > spinMs) {
      Atomics.wait(cell, 0, 0, Math.min(NAP_MS.most, Math.max(NAP_MS.least, elapsed * NAP_MS.share)));
    }
  }
}
