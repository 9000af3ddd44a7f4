// `bench pull hf:owner/name@revision`: downloads a model of the hub ahead of its use, or brings it up to date; and
// `bench pull data:bipo`: downloads a data set that suites name.

import { BenchError } from '../base/error.ts';
import { jsonText } from '../base/printable.ts';
import { DATA_NAMES, dataOrigin, isDataName, pullData } from '../harness/hub/data.ts';
import { didYouMeanHub, isHubName } from '../harness/hub/name.ts';
import { fetchModel, type PullEvent, pullModel } from '../harness/hub/pull.ts';
import type { ProgressMode } from '../harness/run/progress.ts';
import { byteBar, byteLines } from './pull-progress.ts';

export interface PullOptions {
  readonly progress?: ProgressMode;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Downloads what is missing and prints the folder, with --json in a document. Throws BenchError; returns 0. */
export async function pullVerb(
  name: string,
  options: PullOptions,
  stdout: { write(text: string): unknown } = process.stdout,
): Promise<number> {
  if (isDataName(name)) {
    const what = dataOrigin(name);
    if (options.quiet !== true && options.json !== true) process.stderr.write(`${name}: ${what}\n`);
    const folder = await shown(options, (tell) => pullData(name, tell));
    stdout.write(options.json === true ? jsonText({ data: name, from: what, folder }) : `${folder}\n`);
    return 0;
  }
  if (!isHubName(name)) {
    throw new BenchError('usage', `${JSON.stringify(name.slice(0, 120))} is not the name of a model of the hub`, {
      hint:
        didYouMeanHub(name) ??
        `write bench pull hf:owner/name@revision, or ${DATA_NAMES.join(', ')}; bundled models and folders need no download`,
    });
  }
  const folder = await shown(options, (tell) => pullModel(name, tell));
  stdout.write(options.json === true ? jsonText({ model: name, folder }) : `${folder}\n`);
  return 0;
}

/** The folder of a model of the hub, downloaded where it is not there yet. */
export function fetched(name: string, options: PullOptions): Promise<string> {
  return shown(options, (tell) => fetchModel(name, tell));
}

async function shown<T>(
  { progress, quiet = false }: PullOptions,
  work: (tell: (event: PullEvent) => void) => Promise<T>,
): Promise<T> {
  const { progressMode } = await import('../harness/run/progress.ts');
  const mode = progressMode(progress, quiet, process.stderr);
  const display = mode === 'none' ? null : mode === 'tty' ? byteBar(process.stderr) : byteLines(process.stderr);
  try {
    return await work((event) => display?.tell(event));
  } finally {
    display?.stop();
  }
}
