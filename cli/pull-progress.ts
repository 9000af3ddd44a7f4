// How a download shows: a bar on a terminal, a line for every tenth elsewhere.

import { Presets, SingleBar } from 'cli-progress';
import type { PullEvent } from '../harness/hub/pull.ts';

export interface Display {
  tell(event: PullEvent): void;
  stop(): void;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export function byteBar(stream: NodeJS.WriteStream): Display {
  const format = '{bar} {percentage} % of {size} | {name} | {eta_formatted} left';
  const bar = new SingleBar({ stream, format, hideCursor: true, clearOnComplete: true }, Presets.shades_classic);
  return {
    tell(event) {
      if (event.kind === 'plan') bar.start(event.bytes, 0, { name: event.name, size: megabytes(event.bytes) });
      else if (event.kind === 'bytes') bar.increment(event.bytes);
      else stream.write(`${waiting(event.name)}\n`);
    },
    stop: () => bar.stop(),
  };
}

export function byteLines(stream: { write(text: string): unknown }): Display {
  let total = 0;
  let have = 0;
  let tenths = 0;
  return {
    tell(event) {
      if (event.kind === 'plan') {
        total = event.bytes;
        stream.write(`downloading ${event.name}: ${event.files} files, ${megabytes(total)}\n`);
      } else if (event.kind === 'bytes') {
        have += event.bytes;
        const now = Math.floor((10 * have) / Math.max(1, total));
        if (now > tenths) stream.write(`${megabytes(have)} of ${megabytes(total)}\n`);
        tenths = Math.max(tenths, now);
      } else stream.write(`${waiting(event.name)}\n`);
    },
    stop: () => {},
  };
}

function waiting(name: string): string {
  return `another bench downloads ${name}: waiting for it`;
}
