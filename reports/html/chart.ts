// Charts: vega-lite compiled here to SVG. Colours are custom properties of the page, so that one drawing serves light, dark
// and paper; each has a title and a description in words.

import type { TopLevelSpec } from 'vega-lite';
import { html, type Markup, trusted } from './markup.ts';

export interface Chart {
  readonly title: string;
  readonly description: string;
  readonly left: keyof typeof LABELS;
  readonly spec: {
    readonly height: number; // of what is drawn, without labels
    readonly data: { readonly values: readonly object[] };
    readonly layer: readonly object[];
  } & Readonly<Record<string, unknown>>;
}

/** Room next to a drawing for the labels of its scale, stated and not guessed from letters, so that drawings line up. */
export const LABELS = {
  numbers: { minExtent: 24, maxExtent: 24 },
  traits: { minExtent: 104, maxExtent: 104, labelLimit: 0 },
} as const;
const MARGINS = { top: 20, right: 12, bottom: 42 };
const LEFT = { numbers: 46, traits: 116 };

/** A name that fits next to a scale. */
export function clipped(name: string, most: number): string {
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}

/** Widest drawing that a phone shows without making its letters smaller. */
const CHART_WIDTH = 320;

const text = { labelFontSize: 11, titleFontSize: 11, titleFontWeight: 'normal', titleColor: 'var(--soft)' } as const;
const CONFIG = {
  background: 'transparent',
  aria: false,
  font: 'inherit',
  view: { stroke: null },
  axis: {
    ...text,
    labelColor: 'var(--soft)',
    gridColor: 'var(--grid)',
    domain: false,
    ticks: false,
    labelPadding: 6,
    titlePadding: 8,
  },
} as const;

export async function draw({ title, description, left, spec }: Chart): Promise<Markup> {
  // Loaded here: half a second that help and errors must not wait for.
  const [{ View, parse }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const sized = {
    width: CHART_WIDTH - LEFT[left] - MARGINS.right,
    autosize: 'none',
    padding: { ...MARGINS, left: LEFT[left] },
    ...spec,
    config: CONFIG,
  } as unknown as TopLevelSpec;
  const view = new View(parse(compile(sized).spec), { renderer: 'none' });
  const drawn = await view.toSVG();
  view.finalize();
  const box = /^<svg[^>]* width="(?<width>[\d.]+)" height="(?<height>[\d.]+)"[^>]*>(?<body>[\s\S]*)<\/svg>$/.exec(
    drawn,
  );
  const { width = '0', height = '0', body = '' } = box?.groups ?? {};
  return html`<svg class="chart" role="img" aria-label="${title}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><title>${title}</title><desc>${description}</desc>${trusted(rounded(body))}</svg>`;
}

/** Half the bytes, and no difference to the eye: of places only, never of what a label says. */
function rounded(svg: string): string {
  return svg.replace(/ (?:d|transform|x|y|x1|x2|y1|y2|width|height)="[^"]*"/g, (place) =>
    place.replace(/(\d+\.\d)\d+/g, '$1'),
  );
}
