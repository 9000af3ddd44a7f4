// A copy of a checkpoint in Hugging Face layout with some of its weights changed: every file of the model is copied, and
// the tensors that are edited are changed in place, some rows at a time.

import { constants } from 'node:fs';
import { copyFile, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { writeFolder } from '../../base/files.ts';
import { type HeaderEntry, headerLength, parseHeader } from '../safetensors/header.ts';
import { BYTES } from '../safetensors/numbers.ts';

/** Bytes of a tensor that are in memory at once. */
const PIECE_BYTES = 8 * 2 ** 20;

/** Changes whole rows of a stored tensor, `first` being the first of them, in the tensor's own format. */
export type Edit = (rows: Uint8Array, first: number) => void;

/** Writes `into`, which must not exist, whole or not at all; `editOf` gives null for what stays. Throws `unwritable`. */
export async function copyCheckpoint(
  folder: string,
  into: string,
  editOf: (entry: HeaderEntry) => Edit | null,
): Promise<void> {
  await writeFolder(into, 'the checkpoint', async (aside) => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isFile() && !entry.isSymbolicLink()) continue;
      const [from, to] = [join(folder, entry.name), join(aside, entry.name)];
      if (!(await stat(from)).isFile()) continue;
      await copyFile(from, to, constants.COPYFILE_FICLONE);
      if (entry.name.endsWith('.safetensors')) await editFile(to, editOf);
    }
  });
}

async function editFile(path: string, editOf: (entry: HeaderEntry) => Edit | null): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    const { size } = await handle.stat();
    const read = async (at: number, bytes: number): Promise<Uint8Array> => {
      const piece = new Uint8Array(bytes);
      for (let done = 0; done < bytes; ) {
        const { bytesRead } = await handle.read(piece, done, bytes - done, at + done);
        if (bytesRead === 0)
          throw new BenchError('bad-weights', 'the file ends before its last tensor', { where: path });
        done += bytesRead;
      }
      return piece;
    };
    const length = headerLength(await read(0, 8), size, path);
    const entries = parseHeader(await read(8, length), size - 8 - length, path);
    for (const entry of entries) {
      const edit = entry.format === null ? null : editOf(entry);
      if (edit === null) continue;
      const rowBytes = entry.shape[1]! * BYTES[entry.format!];
      const atOnce = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
      for (let row = 0; row < entry.shape[0]!; row += atOnce) {
        const rows = Math.min(atOnce, entry.shape[0]! - row);
        const at = 8 + length + entry.begin + row * rowBytes;
        const piece = await read(at, rows * rowBytes);
        edit(piece, row);
        for (let done = 0; done < piece.length; ) {
          done += (await handle.write(piece, done, piece.length - done, at + done)).bytesWritten;
        }
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
