// Where the time went (`--profile`): one step of each phase as a waterfall of dispatches, and the kernels next to what the
// device was seen to do at most.

import type { ProfileRow, RunResult } from '../../harness/record/run-record.ts';
import { entryName, percent, short } from '../format.ts';
import { profileSections } from '../profile.ts';
import { type Chart, clipped, draw, LABELS } from './chart.ts';
import { html, type Markup } from './markup.ts';
import { figure, type Part, plainTable } from './parts.ts';

/** Drawings of the first methods, which have all phases; trace.json has every one. */
const MOST_METHODS = 2;
/** Height of a kernel's line. */
const LINE = 15;
/** Letters of a kernel that fit next to its line. */
const LONGEST = 18;

export async function kernelsPart(result: RunResult): Promise<Part | null> {
  const { profile, device } = result;
  if (profile === null || profile.rows.length === 0) return null;
  const figures: Markup[] = [];
  for (const { model } of profile.peaks) {
    const rows = profile.rows.filter((row) => row.model === model);
    const methods = [...new Set(rows.map(entryName))].slice(0, MOST_METHODS);
    const drawings: Markup[] = [];
    for (const row of rows.filter((one) => methods.includes(entryName(one)))) {
      const outside = `${percent(row.outside)} % outside kernels`;
      drawings.push(
        html`<h4>${entryName(row)}, ${row.phase} <small>${outside}</small></h4>${await draw(waterfall(row))}`,
      );
    }
    figures.push(
      html`<h3>${model} on ${device.name}</h3>${figure(
        drawings,
        'The last step that was traced: each bar is a dispatch; the gaps are time outside kernels. ' +
          'trace.json holds every method and dispatch, for a trace viewer such as Perfetto.',
        null,
      )}`,
    );
  }
  return {
    id: 'kernels',
    title: 'Where the time goes',
    lead: device.software
      ? 'Timed on a software device, which runs kernels on the processor: shares and figures say nothing about a GPU.'
      : 'By the device’s own timestamps, kernel by kernel.',
    body: [
      figures,
      profileSections(result).map(
        ({ title, head, rows, below }) =>
          html`${plainTable(title, head, rows)}${below.map((line) => html`<p class="note">${line}</p>`)}`,
      ),
    ],
  };
}

function waterfall({ method, phase, waterfall: { dispatches, wallMs, left } }: ProfileRow): Chart {
  const kernels = [...new Set(dispatches.map(({ kernel }) => kernel))];
  const longest = Math.max(...dispatches.map(({ ms }) => ms));
  const beyond = left === 0 ? '' : `, ${left} more follow`;
  return {
    title: `${method}, ${phase}: ${dispatches.length} dispatches in ${short(wallMs)} ms${beyond}`,
    description: `In the order of their first dispatch: ${kernels.join(', ')}. The longest takes ${short(longest)} ms.`,
    left: 'traits',
    spec: {
      height: LINE * kernels.length,
      data: {
        values: dispatches.map(({ kernel, startMs, ms }) => ({
          kernel: clipped(kernel, LONGEST),
          from: startMs,
          to: startMs + ms,
        })),
      },
      layer: [
        {
          mark: { type: 'bar', color: 'var(--plus)', height: { band: 0.75 }, minBandSize: 1 },
          encoding: {
            x: {
              field: 'from',
              type: 'quantitative',
              title: `ms of ${short(wallMs)}${beyond}`,
              axis: { tickCount: 5 },
            },
            x2: { field: 'to' },
            y: { field: 'kernel', type: 'nominal', sort: null, title: null, axis: { grid: false, ...LABELS.traits } },
          },
        },
      ],
    },
  };
}
