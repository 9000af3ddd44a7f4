// Role replies about one dialogue are one observation: in a gate, in the power that a plan states, and beside another run.

import * as assert from 'uvu/assert';
import type { Item } from '../../../harness/datasets/types.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { RoleReplyEvaluation } from '../../../harness/evaluations/role-reply.ts';
import { alignmentVerdicts } from '../../../harness/gate/alignment.ts';
import { compareRuns } from '../../../harness/gate/compare.ts';
import { gatePower } from '../../../harness/gate/power.ts';
import { parseReference, referenceText } from '../../../harness/gate/reference.ts';
import { gateRows, referenceOf } from '../../../harness/gate/rows.ts';
import type { Cell } from '../../../harness/plan/cell.ts';
import { evaluationRecord } from '../../../harness/plan/identity.ts';
import { EVALUATION } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { RULES } from '../../support/gate.ts';
import { runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';

const test = suite('groups of role replies');
const GROUPS = 4;
const ASKERS = ['Ann', 'Bob'] as const;

/** Two replies to each question of a persona, each right for one asker. */
const replies = (persona: string, keying: '+' | '-'): readonly Item[] =>
  Array.from({ length: GROUPS }, (_, g) => g).flatMap((g) =>
    ASKERS.map((asker, right) => ({
      ...{
        id: `${persona}-${g}-${asker}`,
        persona,
        trait: 'extraversion',
        keying,
        split: 'evaluation' as const,
        asker,
      },
      group: `${persona}-${g}`,
      unpaired: true as const,
      question: `What of ${g}?`,
      options: ASKERS.map((one, k) => ({ text: `${persona} to ${one} on ${g}`, matching: k === right })),
    })),
  );
const ROLES: RoleReplyEvaluation = {
  ...{ id: 'roles', kind: 'role-reply', scorer: 'per-token', orders: 'given', itemsPerTrait: null, setUp: EVALUATION },
  template: '{asker}: {question}\n{options}',
  items: [...replies('extraversion', '+'), ...replies('introversion', '-')],
};
const { result, rows } = await runFake(temporaryFolder(), { suite: { evaluations: [ROLES] } });
const items = [...rows()].filter(({ method }) => method === 'prompting');
// A reply in each group of one persona is lost.
const before = items.map((row) => ({ ...row, aligned: 1, p: 0.9 }));
const after = before.map((row) =>
  row.item.startsWith('extraversion') && row.item.endsWith('Ann') ? { ...row, aligned: 0, p: 0.1 } : row,
);
const rowsOf = (all: typeof items) => gateRows(result, all, () => true);

test('a gate counts the groups, and its reference need not say them', () => {
  assert.ok(items.length >= 2 * GROUPS * ASKERS.length);
  const reference = parseReference(referenceText(referenceOf(result, rowsOf(before), RULES)), 'ref.json');
  const pairs = rowsOf(after).map((now, k) => ({ title: now.name, now, was: reference.rows[k]! }));
  const [verdict] = alignmentVerdicts(pairs, { margin: 0.05, alpha: 0.05 });
  assert.match(verdict!.message, new RegExp(`^-25\\.0 points on ${2 * GROUPS} items`));
});

test('two runs are compared over the groups', () => {
  assert.equal(
    compareRuns({ result, items: before }, { result, items: after }).rows.map(({ items: n, difference }) => [
      n,
      difference.toFixed(3),
    ]),
    [[2 * GROUPS, '-0.250']],
  );
});

test('a plan counts the groups, and the answers of each', () => {
  const cell = { method: 'prompting', split: 'evaluation', model: 'tiny', sparsity: null, look: 1, evaluation: ROLES };
  const cells = [{ ...cell, items: ROLES.items }] as unknown as readonly Cell[];
  const rules = { rows: ['prompting'], alignment: { margin: 0.03, alpha: 0.05 } };
  const { rows } = gatePower(cells, rules, [evaluationRecord(ROLES, EVALUATIONS)]);
  assert.equal(
    rows.map(({ items: n, unit }) => [n, unit]),
    [[2 * GROUPS, 'group']],
  );
});

test.run();
