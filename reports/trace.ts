// trace.json: a profile in Chrome's trace format, for https://ui.perfetto.dev or chrome://tracing. A process per model, a
// track per method; phases hold steps, and steps kernels.

import type { DeviceInfo, Track } from '../harness/record/run-record.ts';

/** Microseconds to a nanosecond: what the device's clock gives. */
const us = (ms: number): number => Math.round(ms * 1e6) / 1e3;

export function chromeTrace(tracks: readonly Track[], device: DeviceInfo): string {
  const models = [...new Set(tracks.map(({ model }) => model))];
  const on = device.software ? `${device.name}, a software device` : device.name;
  const origin = tracks
    .flatMap(({ events }) => events)
    .reduce((least, { startMs }) => Math.min(least, startMs), Infinity);
  const named = (name: string, pid: number, tid: number, value: string) => ({
    ph: 'M',
    name,
    pid,
    tid,
    args: { name: value },
  });
  const events = [
    ...models.map((model, i) => named('process_name', i + 1, 0, `${model} on ${on}`)),
    ...tracks.flatMap(({ model, method, events: seen }, i) => {
      const place = { pid: models.indexOf(model) + 1, tid: i + 1 };
      return [
        named('thread_name', place.pid, place.tid, method),
        ...seen.map(({ kind, name, startMs, ms, figures }) => {
          // Both ends are rounded alike, so that a span within another stays within it.
          const ts = us(startMs - origin);
          const dur = Math.round((us(startMs + ms - origin) - ts) * 1e3) / 1e3;
          return { ph: 'X', cat: kind, name, ts, dur, ...place, args: figures };
        }),
      ];
    }),
  ];
  const left = tracks.reduce((sum, track) => sum + track.left, 0);
  const otherData = { device: device.name, software: device.software, dispatchesLeftOut: left };
  // An event a line: a viewer reads it as well, and so does a person.
  return `{"displayTimeUnit":"ms","otherData":${JSON.stringify(otherData)},"traceEvents":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}\n`;
}
