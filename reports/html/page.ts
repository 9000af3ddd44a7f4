// report.html: one file that needs no network and no script, and is better with one. Its policy lets no script run but its
// own, so that no name in a suite can.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { shown } from '../../base/printable.ts';
import type { RunResult } from '../../harness/record/run-record.ts';
import { changedAnswers, changedText } from '../changed.ts';
import { type Gated, gateSummary } from '../gate-summary.ts';
import { headlineOf } from '../headline.ts';
import { cellsLine, partialLine } from '../sections.ts';
import { atlasPart } from './atlas.ts';
import { costPart } from './costs.ts';
import { explore } from './explorer.ts';
import { kernelsPart } from './kernels.ts';
import { embedded, html, type Markup, textOf, trusted } from './markup.ts';
import { methodsPart } from './methods.ts';
import type { Extras } from './outcomes.ts';
import { type Part, partMarkup } from './parts.ts';
import { personasPart } from './personas.ts';
import { provenancePart } from './provenance.ts';
import { seriesOf } from './series.ts';
import { sparsityPart } from './sparsity.ts';
import { spokenPart } from './spoken.ts';

export async function htmlReport(result: RunResult, extras: Extras): Promise<string> {
  const series = seriesOf(result);
  // Read twice: for what changed, and item by item.
  const before = extras.before && { ...extras.before, items: [...extras.before.items] };
  const explorer = explore(result, { ...extras, ...(before !== undefined && { before }) });
  const parts = [
    methodsPart(result),
    spokenPart(result),
    await sparsityPart(result, series),
    await costPart(result, extras.items(), series),
    await personasPart(result, series),
    atlasPart(result),
    explorer.part,
    await kernelsPart(result),
    provenancePart(result),
  ].filter((part): part is Part => part !== null);
  const style = asset('style.css');
  const script = ['tables.js', 'lookup.js'].map(asset).join('\n');
  const { title, lines, notes: said } = headlineOf(result);
  const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; img-src data:; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${result.suite}: ${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}</style>
</head>
<body>
<header>
<p class="over">${result.suite}<span>${result.startedAt.slice(0, 10)}</span><span>${modelsOf(result)}</span></p>
${partialLine(result).map((line) => html`<p class="partial" role="status">${line}</p>`)}
${extras.gate === undefined ? null : gateBanner(extras.gate)}
${before === undefined || extras.gate?.changed !== undefined ? null : html`<p class="said">${changedText(changedAnswers(before.name, extras.items(), before.items))}</p>`}
<h1>${whole(title)}.</h1>
${lines.length === 0 ? null : html`<ul class="personas">${lines.map((line) => html`<li>${lineMarkup(`${whole(line)}.`)}</li>`)}</ul>`}
${said.map((sentence) => html`<p class="said">${whole(sentence)}</p>`)}
${notes(result)}
</header>
<nav aria-label="Sections"><ul>${parts.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main>
${parts.map(partMarkup)}</main>
<footer><p>${cellsLine(result)}. Made by persona-bench ${result.provenance.bench}, run ${result.id.slice(0, 12)}.</p></footer>
<script type="application/json" id="outcomes">${embedded(explorer.data)}</script>
<script>${trusted(script)}</script>
</body>
</html>
`;
  // Drawings are made by a library, from the same names.
  return shown(textOf(page));
}

/** The verdict above all else: words say it, the colour repeats them. */
function gateBanner(gate: Gated): Markup {
  const [first = '', ...rest] = gateSummary(gate);
  const kind = gate.report.outcome === 'pass' ? 'good' : 'bad';
  return html`<div class="gate ${kind}"><p><strong>${first}</strong></p>${rest.map((line) => html`<p>${line}</p>`)}</div>`;
}

/** The persona, or what is the same of several, before the rest. */
function lineMarkup(line: string): Markup {
  const at = line.indexOf(': ');
  return at < 0 ? html`${line}` : html`<strong>${line.slice(0, at)}</strong>${line.slice(at)}`;
}

/** Keeps a figure, its unit and its interval on one line. */
function whole(sentence: string): string {
  return sentence.replace(/(\d) %/g, '$1\u00a0%').replace(/\[(-?[\d.]+), (-?[\d.]+)\]/g, '[$1,\u00a0$2]');
}

function notes(result: RunResult): Markup {
  return html`${result.notes.map((note) => html`<p class="caveat">${note}</p>`)}`;
}

function modelsOf({ provenance }: RunResult): string {
  return provenance.models.map(({ id }) => id).join(', ');
}

function asset(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
