// The items of a role-reply evaluation: rows of the personas that the suite selects, each of its own role alone.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isComplete, type RoleReply, readRoleReplies } from '../datasets/role-reply.ts';
import type { Item } from '../datasets/types.ts';
import { failOn, suggestion } from './diagnostics.ts';
import type { RoleReplyFile } from './entries.ts';
import type { Persona } from './resolved.ts';
import { type Located, originOf } from './yaml.ts';

export interface RoleReplies {
  readonly items: readonly Item[];
  readonly notes: readonly string[];
}

/** `at`: where the suite names the file; `limit`: rows of each persona. Throws `bad-suite` or `bad-data`. */
export async function roleReplies(
  { id, items: path }: RoleReplyFile,
  personas: readonly Persona[],
  limit: number | null,
  at: string,
  folder: string,
  located: Located,
): Promise<RoleReplies> {
  const file = resolve(folder, path);
  const place = originOf(located, at).value;
  if (!(await stat(file).catch(() => null))?.isFile()) {
    failOn(
      [{ place, message: `there is no file ${file}` }],
      'bad-suite',
      'suites/items/roles.json is part of this package; of RoleAgentBench, name a file of its reaction rows',
    );
  }
  const rows = await readRoleReplies(file);
  const roles = [...new Set(rows.map(({ role }) => role))];
  failOn(
    personas
      .filter(({ id: persona }) => !roles.includes(persona))
      .map(({ id: persona }) => ({
        place,
        message: `nobody asks "${persona}" anything there`,
        hint: suggestion(persona, roles),
      })),
    'bad-suite',
    'a persona is asked the rows of which it is the target_role: name personas as the roles, or select fewer',
  );
  const chosen = personas.flatMap((persona) =>
    rows
      .filter(({ role }) => role === persona.id)
      .slice(0, limit ?? undefined)
      .map((row) => ({ row, item: itemOf(row, persona) })),
  );
  const groups = new Map<string, RoleReply[]>();
  for (const { row } of chosen) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  const broken = [...groups.values()].filter((group) => !isComplete(group)).length;
  const left = roles.filter((role) => !personas.some((persona) => persona.id === role));
  return {
    items: chosen.map(({ item }) => item),
    notes: [
      ...(broken === 0
        ? []
        : [
            `Evaluation ${id}: ${broken} of ${groups.size} questions lack askers: one reply may be right above 1/k there.`,
          ]),
      ...(left.length === 0
        ? []
        : [`Evaluation ${id} leaves out the rows of ${left.join(', ')}, who are not selected.`]),
    ],
  };
}

function itemOf({ id, group, asker, question, options }: RoleReply, { id: persona, trait, pole }: Persona): Item {
  const keying = pole === 'high' ? '+' : '-';
  return { id, trait, persona, keying, split: 'evaluation', question, options, asker, group };
}
