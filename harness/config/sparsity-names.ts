// Labels of sparsities: each stands for one value, and what names one that the suite does not have is a mistake, not a method
// or a control that is left out.

import { type Issue, suggestion } from './diagnostics.ts';
import { CONTROL_KINDS, type SparsityLevel } from './resolved.ts';
import type { SuiteFile } from './schemas.ts';
import { type Located, originOf } from './yaml.ts';

/** An entry of `sparsity:` with its label: the number itself where it has none. */
export function levelOf(entry: SuiteFile['sparsity'][number]): SparsityLevel {
  if (typeof entry === 'number') return { label: String(entry), value: entry };
  const [label, value] = Object.entries(entry)[0]!;
  return { label, value };
}

/** Labels that are used twice, and names of none in the options of methods and in `controls`; evaluations that `controls` misspells. */
export function sparsityNames(
  { sparsity, methods, controls, evaluations }: SuiteFile,
  located: Located,
): readonly Issue[] {
  const labels = sparsity.map((entry) => levelOf(entry).label);
  const twice = labels.flatMap((label, k): Issue[] =>
    labels.indexOf(label) === k
      ? []
      : [
          {
            place: originOf(located, `sparsity/${k}`).value,
            message: `the sparsity "${label}" is used twice`,
            hint: 'give each its own label',
          },
        ],
  );
  const unknown = (wanted: unknown, at: string, what = 'sparsity', known = labels): readonly Issue[] =>
    !Array.isArray(wanted)
      ? []
      : wanted.map(String).flatMap((name, k): Issue[] =>
          known.includes(name)
            ? []
            : [
                {
                  place: originOf(located, `${at}/${k}`).value,
                  message: `unknown ${what} "${name}"`,
                  hint: suggestion(name, known),
                },
              ],
        );
  const asked = evaluations.map(({ id }) => id);
  return [
    ...twice,
    ...methods.flatMap(({ options, subnetwork }, k) =>
      unknown(options.sparsity, `methods/${k}/${subnetwork === undefined ? 'options' : 'subnetwork'}/sparsity`),
    ),
    ...CONTROL_KINDS.flatMap((kind) => unknown(controls[kind], `controls/${kind}`)),
    ...unknown(controls.evaluations, 'controls/evaluations', 'evaluation', asked),
  ];
}
