// Ctrl-C: the first asks the run to stop where it can go on later, the second ends the process at once.

/** Exit code of an interrupted run; what is stored is valid. */
export const INTERRUPTED = 130;

/**
 * A signal that is aborted by SIGINT or SIGTERM; `say` is told once. `dispose` gives the signals back to Node.
 * A second signal exits with 130 without waiting for the engine.
 */
export function onInterrupt(say: (text: string) => void): { readonly signal: AbortSignal; dispose(): void } {
  const control = new AbortController();
  const stop = () => {
    if (control.signal.aborted) process.exit(INTERRUPTED);
    control.abort();
    say('stopping; what is complete is stored (interrupt again to stop at once)');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: control.signal,
    dispose: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
