// Which configuration a headline shows.

import * as assert from 'uvu/assert';
import { headline } from '../../../harness/analysis/headline.ts';
import { test } from '../../support/suite.ts';

test('the headline is the greatest, of equal ones the first', () => {
  const row = (method: string, sparsity: string | null, alignment: number) => ({ method, sparsity, alignment });
  const rows = [row('wanda', 'low', 0.6), row('wanda', 'mid', 0.7), row('contrastive', 'mid', 0.7)];
  assert.equal(headline(rows), { method: 'wanda', sparsity: 'mid' });
  assert.equal(headline([row('none', null, 0)]), { method: 'none', sparsity: null });
  assert.is(headline([]), null);
  assert.throws(() => headline([...rows, row('broken', 'mid', Number.NaN)]), /not a number/);
});

test.run();
