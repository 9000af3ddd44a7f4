// The tar reader: what it finds, and that no header can lead it outside the archive.

import * as assert from 'uvu/assert';
import { readTar } from '../../../gpu/device/tar.ts';
import { suite } from '../../support/suite.ts';

const test = suite('tar');

function entry(name: string, content: string, { size = content.length, type = '0' } = {}): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}
const END = Buffer.alloc(1024);

test('finds regular files, empty ones too, and passes over the rest', () => {
  const long = 'x'.repeat(700);
  const archive = Buffer.concat([
    entry('d/', '', { type: '5' }),
    entry('a', long),
    entry('b', ''),
    entry('c', 'z'),
    END,
  ]);
  const files = readTar(archive, 'x.tar');
  assert.equal([...files.keys()], ['a', 'b', 'c']);
  assert.is(Buffer.from(files.get('a') ?? []).toString(), long);
  assert.is(files.get('b')?.length, 0);
});

test('damaged archives are errors', () => {
  const good = entry('a', 'hello');
  const flipped = Buffer.from(good);
  flipped[3] = 65;
  for (const bad of [
    Buffer.alloc(0),
    good,
    Buffer.concat([flipped, END]),
    Buffer.concat([entry('a', 'hello', { size: 2 ** 32 }), END]),
    Buffer.concat([good, END]).subarray(0, 700),
  ]) {
    assert.throws(
      () => readTar(bad, 'x.tar'),
      (error: { code: string; where: string }) => error.code === 'bad-archive' && error.where === 'x.tar',
    );
  }
});

test.run();
