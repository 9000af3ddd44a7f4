// One process at a time does a piece of work. A lock names its process and is touched while that lives, so that the lock
// of one that was killed counts for nothing.

import { closeSync, openSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { readBounded } from '../../base/files.ts';
import { unwritable } from './download.ts';

const MAX_LOCK_BYTES = 1024;
const POLL_MS = 200;
const TOUCH_MS = 5_000;
const LOST_MS = 60_000; // unchanged for so long: its process is gone, on whatever machine it was
const SIGNING_MS = 10_000;

/**
 * Runs `work` while holding the file `lock`; `waiting` is called once where another process has it, which counts until it was
 * not touched for `lostMs`.
 */
export async function withLock<T>(
  lock: string,
  waiting: () => void,
  work: () => Promise<T>,
  lostMs = LOST_MS,
): Promise<T> {
  const mine = `${process.pid} ${hostname()}`;
  const watch = new Watch(lock, lostMs);
  for (let told = false; !take(lock, mine); ) {
    if (watch.isHeld()) {
      if (!told) waiting();
      told = true;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    } else if (!removeStale(lock, watch)) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const touching = setInterval(() => touch(lock), TOUCH_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(touching);
    if (signature(lock) === mine) rmSync(lock, { force: true });
  }
}

function take(lock: string, mine: string): boolean {
  try {
    closeSync(openSync(lock, 'wx'));
    writeFileSync(lock, mine);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unwritable(lock, error);
  }
}

/**
 * Removes `lock` if it is stale still. Two that both saw it stale must not remove one after the other, the second one
 * the new lock of the first; so there is a guard about the second look.
 */
function removeStale(lock: string, watch: Watch): boolean {
  const guard = `${lock}.break`;
  if (!take(guard, '')) {
    if (age(guard) > SIGNING_MS) rmSync(guard, { force: true });
    return false;
  }
  try {
    if (!watch.isHeld()) rmSync(lock, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
  return true;
}

/** A lock as one that waits for it sees it. */
class Watch {
  readonly #lock: string;
  readonly #lostMs: number;
  #touched = Number.NaN; // as the file says
  #since = 0; // when that was first seen, by this process's own clock

  constructor(lock: string, lostMs: number) {
    this.#lock = lock;
    this.#lostMs = lostMs;
  }

  isHeld(): boolean {
    const [pid = '', host] = (signature(this.#lock) ?? '').split(' ');
    // Empty for the moment between making the lock and signing it.
    if (pid === '') return this.#ageMs() < SIGNING_MS;
    if (this.#ageMs() > this.#lostMs) return false;
    return host !== hostname() || isAlive(Number(pid));
  }

  /** A date in the future, of a clock that is ahead, says nothing: then it counts for how long it did not change. */
  #ageMs(): number {
    const touched = statSync(this.#lock, { throwIfNoEntry: false })?.mtimeMs;
    if (touched === undefined) return Number.POSITIVE_INFINITY;
    const now = performance.now();
    if (touched !== this.#touched) [this.#touched, this.#since] = [touched, now];
    return Math.max(Date.now() - touched, now - this.#since);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signature(lock: string): string | null {
  return readBounded(lock, MAX_LOCK_BYTES);
}

function age(file: string): number {
  const info = statSync(file, { throwIfNoEntry: false });
  return info === undefined ? Number.POSITIVE_INFINITY : Date.now() - info.mtimeMs;
}

function touch(lock: string): void {
  try {
    utimesSync(lock, new Date(), new Date());
  } catch {
    // The next touch may do it; the work goes on in any case.
  }
}
