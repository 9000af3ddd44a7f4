// Progress of a run on stderr: a bar with an estimate on a terminal, one line per cell elsewhere, or nothing.

import { Presets, SingleBar } from 'cli-progress';
import { inert, printable } from '../../base/printable.ts';
import { counted } from '../../base/words.ts';
import { cellName, type Listener, type RunEvent } from './events.ts';

export type ProgressMode = 'tty' | 'plain' | 'none';

export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** What is asked for, else a bar on a terminal and plain lines elsewhere. */
export function progressMode(
  asked: ProgressMode | undefined,
  quiet: boolean,
  output: Pick<ProgressOutput, 'isTTY'>,
): ProgressMode {
  if (quiet) return 'none';
  return asked ?? (output.isTTY ? 'tty' : 'plain');
}

/** A listener for `runCells`; `stop` ends the bar, so that an error is printed on a line of its own. */
export function startProgress(
  mode: ProgressMode,
  output: NodeJS.WriteStream,
): { readonly listen: Listener; stop(): void } {
  if (mode === 'none') return { listen: () => {}, stop: () => {} };
  if (mode === 'plain') return plain(output);
  return bar(output);
}

/** Failures in a row for one reason: the reason is written with the first, and how many had it when another thing happens. */
function failures(line: (text: string) => void): { fail(cell: string, reason: string): void; over(): void } {
  let last: string | null = null;
  let again = 0;
  const over = (): void => {
    if (again > 0) line(`${counted(again, 'more cell')} FAILED for the same reason`);
    [last, again] = [null, 0];
  };
  return {
    over,
    fail: (cell, reason) => {
      if (reason === last) {
        again++;
        return;
      }
      over();
      line(`${cell}  FAILED: ${reason}`);
      last = reason;
    },
  };
}

function plain(output: ProgressOutput): { readonly listen: Listener; stop(): void } {
  let total = 0;
  let done = 0;
  const line = (text: string) => output.write(`${inert(printable(text))}\n`);
  const failed = failures(line);
  const listen: Listener = (event) => {
    if (event.kind === 'cell-done' || event.kind === 'end') failed.over();
    if (event.kind === 'plan') {
      total = event.cells - event.stored;
      const stored = event.stored > 0 ? `, ${event.stored} answered from the store` : '';
      line(`${counted(event.cells, 'cell')}${stored}`);
    } else if (event.kind === 'look') {
      total += event.cells - event.stored;
      line(note(event) ?? '');
    } else if (event.kind === 'cell-done') {
      line(`[${++done}/${total}] ${cellName(event.cell)}  ${(event.record.scoringMs / 1000).toFixed(2)} s`);
    } else if (event.kind === 'cell-error') {
      failed.fail(`[${++done}/${total}] ${cellName(event.cell)}`, event.message);
    } else {
      const text = note(event);
      if (text !== null) line(text);
    }
  };
  return { listen, stop: failed.over };
}

function bar(output: NodeJS.WriteStream): { readonly listen: Listener; stop(): void } {
  const single = new SingleBar(
    {
      stream: output,
      format: '{bar} {value}/{total}  about {eta_formatted} left  {what}',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
    },
    Presets.shades_classic,
  );
  let active = false;
  const line = (text: string) => output.write(`\r\x1b[K${printable(text)}\n`);
  const failed = failures(line);
  const stop = () => {
    failed.over();
    if (active) single.stop();
    active = false;
  };
  let total = 0;
  const more = (cells: number): void => {
    total += cells;
    if (active) single.setTotal(total);
    else if (cells > 0) single.start(total, total - cells, { what: '' });
    active ||= cells > 0;
  };
  const listen: Listener = (event) => {
    if (event.kind === 'cell-done') failed.over();
    if (event.kind === 'plan') {
      more(event.cells - event.stored);
    } else if (event.kind === 'look') {
      line(note(event) ?? '');
      more(event.cells - event.stored);
    } else if (event.kind === 'model-load') single.update({ what: printable(`loading ${event.model}`) });
    else if (event.kind === 'cell-start') single.update({ what: printable(cellName(event.cell)) });
    else if (event.kind === 'cell-done') single.increment();
    else if (event.kind === 'cell-error') {
      single.increment();
      failed.fail(cellName(event.cell), event.message);
    } else if (event.kind === 'end') stop();
    else if (
      event.kind === 'damaged' ||
      event.kind === 'damaged-times' ||
      event.kind === 'note' ||
      event.kind === 'changed' ||
      event.kind === 'latency' ||
      event.kind === 'profile'
    ) {
      line(note(event) ?? '');
    }
  };
  return { listen, stop };
}

function note(event: RunEvent): string | null {
  switch (event.kind) {
    case 'look': {
      const stored = event.stored > 0 ? `, ${event.stored} answered from the store` : '';
      return `the gate leaves ${counted(event.rows, 'row')} open: look ${event.look} adds ${counted(event.cells, 'cell')}${stored}`;
    }
    case 'model-load':
      return `loading ${event.model}`;
    case 'model-ready':
      return `${event.model} on ${event.device}, ${(event.ms / 1000).toFixed(2)} s`;
    case 'damaged':
      return `a stored cell is damaged and is computed again (${event.reason}): ${cellName(event.cell)}`;
    case 'damaged-times':
      return `stored times are damaged and are measured again (${event.reason}): ${cellName(event.cell)}`;
    case 'note':
      return event.text;
    case 'changed':
      return `outcomes differ from the stored ones: ${cellName(event.cell)}`;
    case 'latency':
      return `measuring latency of ${event.model}: ${counted(event.methods, 'method')}, ${counted(event.rounds, 'round')}`;
    case 'profile':
      return `timing the kernels of ${event.model}: ${counted(event.methods, 'method')}, ${counted(event.rounds, 'round')}`;
    default:
      return null;
  }
}
