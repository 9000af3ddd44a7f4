// Ids against the reference library: digests over every code point, each in one of six contexts
// (test/fixtures/tokens/make_digests.py), and the small tokenizers of ../shared/cases whose settings other libraries pass
// over. Each tokenizer meets every code point of the first two planes; those of the others are dealt out to the tokenizers.
// TEST_EVERY_CODE_POINT=1 gives all of them to each.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { loadTokenizer } from '../../../harness/text/tokenizer.ts';
import { test } from '../../support/suite.ts';
import { haveShared, sharedJson, sharedPath } from './shared.ts';

interface Fixture {
  readonly chunk: number; // code points
  readonly contexts: readonly string[];
  readonly folders: Readonly<Record<string, { readonly file: string; readonly digests: string }>>;
}

const ROOM = 200_000;
const DIGEST = 12; // hex digits of a chunk
const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/tokens/digests.json', import.meta.url), 'utf8'),
) as Fixture;
const ASSIGNED = 0x20000 / fixture.chunk; // chunks of the first two planes
const WHOLE = process.env.TEST_EVERY_CODE_POINT === '1';

const texts = Array.from({ length: 0x110000 / fixture.chunk }, (_, chunk) => {
  const lines: string[] = [];
  for (let c = chunk * fixture.chunk; c < (chunk + 1) * fixture.chunk; c++) {
    const context = fixture.contexts[(c + chunk) % fixture.contexts.length]!;
    if (c < 0xd800 || c >= 0xe000) lines.push(context.replaceAll('{}', () => String.fromCodePoint(c)));
  }
  return lines.join('\n');
});

const open = (name: string, vocab = ROOM) => loadTokenizer(sharedPath(name), {}, vocab);

if (haveShared('ids against the reference')) {
  const folders = Object.entries(fixture.folders);
  for (const [k, [folder, { file, digests }]] of folders.entries()) {
    test(`digests over code points: ${folder}`, async () => {
      const bytes = readFileSync(sharedPath(`${folder}/tokenizer.json`));
      assert.is(createHash('sha256').update(bytes).digest('hex'), file, 'the file that the digests are of');
      const { encode } = await open(folder);
      texts.forEach((text, chunk) => {
        if (!WHOLE && chunk >= ASSIGNED && chunk % folders.length !== k) return;
        const ids = Uint32Array.from(encode(text));
        const digest = createHash('sha256').update(Buffer.from(ids.buffer)).digest('hex').slice(0, DIGEST);
        const first = (chunk * fixture.chunk).toString(16);
        assert.is(digest, digests.slice(chunk * DIGEST, (chunk + 1) * DIGEST), `from code point 0x${first}`);
      });
    });
  }

  test('settings that other libraries pass over', async () => {
    const small = 'cases/text-and-tokens/tokenizer-ignored-features';
    for (const [folder, text, expected] of [
      ['tokenizers/smollm2', '5 ½ cups', '37 216 16738 12382'],
      ['cases/text-and-tokens/unigram-byte-fallback', 'Yes:\nNo', '260 264 13 263'],
      ['cases/unigram-bytes/model', '日', '259 233 154 168'],
      ['cases/unigram-bytes/model', '月', '259 233 159 139'],
      [`${small}/bpe-whitespace`, 'café', '7'],
      [`${small}/metaspace-split`, 'a  b', '3 1 6'],
      [`${small}/punctuation-isolated`, 'a...', '1 2 2 2'],
      [`${small}/single-word`, 'cab cabs', '5 4 1 2 3 0'],
      [`${small}/split-merged-with-previous`, 'a a b', '3 3 5'],
    ] as const) {
      assert.is((await open(folder)).encode(text).join(' '), expected, `${folder}: ${JSON.stringify(text)}`);
    }
  });

  test('BOS is what tokenizer_config.json says, and config.json is not asked', async () => {
    const folder = sharedPath('tokenizers/qwen2.5');
    const config = sharedJson('tokenizers/qwen2.5/tokenizer_config.json');
    assert.is(config.bos_token, null);
    for (const add_bos_token of [true, false]) {
      const { bos, declaresBos, tokens } = await loadTokenizer(folder, { ...config, add_bos_token }, ROOM);
      assert.equal([bos, declaresBos, tokens.bos], [null, false, '']);
    }
    const named = await loadTokenizer(folder, { ...config, bos_token: '<|im_start|>', add_bos_token: true }, ROOM);
    assert.equal([named.bos, named.declaresBos], [151644, true]);
  });
}

test.run();
