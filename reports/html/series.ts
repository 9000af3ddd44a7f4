// Which colour and which shape a method has, the same in every chart: colours that stay apart for colour-blind eyes (after
// Okabe and Ito), and shapes that say it again.

import type { RunResult } from '../../harness/record/run-record.ts';
import { html, type Markup } from './markup.ts';

export interface Series {
  readonly method: string;
  readonly control: boolean;
  readonly color: string;
  readonly shape: string; // an SVG path in a box from -1 to 1
}

const COLORS = 7;
const CONTROL = {
  color: 'var(--null)',
  shape: 'M-0.9,-0.6L-0.6,-0.9L0,-0.3L0.6,-0.9L0.9,-0.6L0.3,0L0.9,0.6L0.6,0.9L0,0.3L-0.6,0.9L-0.9,0.6L-0.3,0Z',
};
const SHAPES = [
  'M0.85,0A0.85,0.85,0,1,1,-0.85,0A0.85,0.85,0,1,1,0.85,0Z', // circle
  'M-0.75,-0.75h1.5v1.5h-1.5Z', // square
  'M0,-0.95L0.9,0.7H-0.9Z', // triangle
  'M0,-1L0.85,0L0,1L-0.85,0Z', // diamond
  'M0,0.95L0.9,-0.7H-0.9Z', // triangle, its point below
  'M-0.3,-0.9h0.6v0.6h0.6v0.6h-0.6v0.6h-0.6v-0.6h-0.6v-0.6h0.6Z', // cross
  'M0,-1L0.95,-0.31L0.59,0.81L-0.59,0.81L-0.95,-0.31Z', // pentagon
];

export function seriesOf(result: RunResult): readonly Series[] {
  const control = new Map<string, boolean>();
  for (const row of result.metrics) if (!control.has(row.method)) control.set(row.method, row.control);
  let own = 0;
  return [...control].map(([method, isControl]) => {
    if (isControl) return { method, control: true, ...CONTROL };
    const k = own++;
    const turn = k + Math.floor(k / COLORS);
    return {
      method,
      control: false,
      color: `var(--s${(k % COLORS) + 1})`,
      shape: SHAPES[turn % SHAPES.length] ?? '',
    };
  });
}

/** Controls look alike, and share an entry. */
export function legend(series: readonly Series[]): Markup {
  const controls = series.filter(({ control }) => control);
  const shared = { ...CONTROL, method: controls.map(({ method }) => method).join(', ') };
  const entries = [...series.filter(({ control }) => !control), ...(controls.length > 0 ? [shared] : [])].map(
    ({ method, color, shape }) =>
      html`<li><svg class="glyph" viewBox="-1.2 -1.2 2.4 2.4" aria-hidden="true"><path d="${shape}" fill="${color}" /></svg><span>${method}</span></li>`,
  );
  return html`<ul class="legend">${entries}</ul>`;
}
