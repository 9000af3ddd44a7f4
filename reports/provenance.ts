// What a run came from, as rows of a table: the same in every report.

import type { RunResult } from '../harness/record/run-record.ts';

export function provenanceRows({
  provenance: from,
  device,
}: RunResult): readonly (readonly [what: string, value: string])[] {
  return [
    ['command', from.command.join(' ')],
    ['persona-bench', from.bench],
    ['git', from.git === null ? 'not in a repository' : `${from.git.sha}${from.git.dirty ? ', with changes' : ''}`],
    ...from.models.flatMap(({ id, ...digests }) =>
      Object.entries(digests).map(([part, digest]): [string, string] => [`${id}: ${part}`, digest]),
    ),
    ...Object.entries(from.personas).map(([id, digest]): [string, string] => [`persona ${id}`, digest]),
    ...Object.entries(from.items).map(([id, digest]): [string, string] => [`items of ${id}`, digest]),
    ...from.judges.map(({ evaluation, ...judge }): [string, string] => [
      `judge of ${evaluation}`,
      Object.values(judge).join(', '),
    ]),
    ['kernels', from.kernels],
    ['seeds', from.seeds.join(', ')],
    ['device class', device.deviceClass],
    ...Object.entries(device.testbed).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
    ...Object.entries(from.versions).map(([name, version]): [string, string] => [name, version]),
  ];
}
