// What `bench try` gives a method.

import * as assert from 'uvu/assert';
import { defaultsOf } from '../../cli/try-inputs.ts';
import type { Method } from '../../harness/method/method.ts';
import { suite } from '../support/suite.ts';

const test = suite('bench try: inputs');

test('a method gets the defaults of its options, as in a suite', () => {
  const properties = { texts: { type: 'integer', default: 2 }, wordings: { type: 'array' } };
  const method = { options: { type: 'object', additionalProperties: false, properties } } as unknown as Method;
  assert.equal(defaultsOf(method), { texts: 2 });
  assert.equal(defaultsOf({ options: {} } as unknown as Method), {});
});

test.run();
