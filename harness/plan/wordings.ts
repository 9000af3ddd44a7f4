// The wordings that a suite's methods name, checked before anything runs: a misspelt one is shown at its place in the suite.

import { failOn, type Issue, suggestion } from '../config/diagnostics.ts';
import type { MethodEntry, Persona, Suite } from '../config/resolved.ts';
import { originOf } from '../config/yaml.ts';
import type { MethodRegistry } from '../method/method.ts';

const HINT = "use a name below the persona's `prompts:` in the personas file";

/**
 * Throws `no-wording`, with the places in the suite, for names in a method's option `wordings` that a selected persona lacks,
 * and for a name in its option `wording` that all of them lack. A suite that is no file is left to `expand`.
 */
export function requireWordingNames({ methods, personas, located }: Suite, registry: MethodRegistry): void {
  if (located === undefined) return;
  const issues: Issue[] = [];
  // The controls that the harness adds have no place in the file.
  for (const [k, entry] of methods.filter(({ added }) => added !== true).entries()) {
    for (const { at, name, persona } of missingOf(entry, personas, registry)) {
      const own = located.origins.has(`methods/${k}/subnetwork`) ? 'subnetwork' : 'options';
      const place = originOf(located, `methods/${k}/${own}/${at}`).value;
      const hint = suggestion(name, Object.keys(persona.prompts));
      issues.push({ place, message: `persona "${persona.id}" has no wording named "${name}"`, hint });
    }
  }
  failOn(issues, 'no-wording', HINT);
}

interface Missing {
  readonly at: string; // its path below the method's options
  readonly name: string;
  readonly persona: Persona; // the first that lacks it
}

function missingOf(entry: MethodEntry, personas: readonly Persona[], registry: MethodRegistry): readonly Missing[] {
  const { wordings, wording } = entry.options;
  const lacks = (name: string) => personas.filter(({ prompts }) => !Object.hasOwn(prompts, name));
  const listed = registry.get(entry.method)?.wordings !== undefined && Array.isArray(wordings) ? wordings : [];
  const missing = listed.flatMap((name, j): Missing[] => {
    const persona = typeof name === 'string' ? lacks(name)[0] : undefined;
    return persona === undefined ? [] : [{ at: `wordings/${j}`, name, persona }];
  });
  if (typeof wording !== 'string') return missing;
  const without = lacks(wording);
  return without[0] !== undefined && without.length === personas.length
    ? [...missing, { at: 'wording', name: wording, persona: without[0] }]
    : missing;
}
