// Wordings that methods name are looked up when a suite is loaded: a misspelt one is shown at its place.

import * as assert from 'uvu/assert';
import { suiteOf } from '../../../cli/suite-options.ts';
import { suite } from '../../support/suite.ts';
import { SUITE, suiteFolder } from '../../support/suite-file.ts';

const test = suite('wordings of a suite');

async function refused(text: string): Promise<{ message: string; where: string; code: string }> {
  return suiteOf(suiteFolder(text), {}).then(
    () => assert.unreachable(text) as never,
    (error) => error,
  );
}

const asked = (options: string) => SUITE.replace('method: prompting', `method: prompting, options: { ${options} }`);

test('a misspelt wording has file, line, column and a suggestion', async () => {
  const { code, message, where } = await refused(asked('wordings: [plain, plian]'));
  assert.is(code, 'no-wording');
  assert.match(where, /suite\.yaml:9:66$/);
  assert.match(message, /suite\.yaml:9:66 persona "warm" has no wording named "plian": did you mean "plain"\?/);
  assert.match(message, /\n {2}9 \| .*\n.*\^{5}$/);
});

test('all of them are shown at once; a name of JavaScript is no wording', async () => {
  const { message } = await refused(asked('wordings: [plian, constructor]'));
  assert.match(message, /:9:59 [^\n]*"plian": did you mean "plain"\?/);
  assert.match(message, /:9:66 [^\n]*"constructor": known: plain/);
});

test('a mask that reads a wording that no persona has is refused before it runs', async () => {
  const mask = (wording: string) =>
    `${SUITE}  - { id: mask, subnetwork: { score: wanda, texts: persona, prompt: persona, wording: ${wording} } }
sparsity: [0.5]
`;
  assert.match((await refused(mask('plian'))).message, /suite\.yaml:10:\d+ [^\n]*"plian": did you mean "plain"\?/);
});

test('known wordings, and all of them, are kept', async () => {
  for (const options of ['wordings: [plain]', 'wordings: all', '']) await suiteOf(suiteFolder(asked(options)), {});
});

test.run();
