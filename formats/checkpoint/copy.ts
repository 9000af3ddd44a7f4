// A copy of a checkpoint in Hugging Face layout with some of its weights changed: every file of the model is copied, and
// the tensors that are edited are changed in place, some rows at a time. A GGUF is unpacked first, its blocks in f32.

import { constants } from 'node:fs';
import { copyFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolder } from '../../base/files.ts';
import { ggufAt } from '../gguf/find.ts';
import { unpackGguf } from '../gguf/unpack.ts';
import { openSafetensors } from '../safetensors/file.ts';
import type { HeaderEntry } from '../safetensors/header.ts';
import { BYTES } from '../tensors/numbers.ts';

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
  const gguf = await ggufAt(folder);
  await writeFolder(into, 'the checkpoint', async (aside) => {
    if (gguf !== null) {
      await unpackGguf(gguf, aside);
      await editFile(join(aside, 'model.safetensors'), editOf);
      return;
    }
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
  const file = await openSafetensors(path, { edit: true });
  try {
    for (const entry of file.entries) {
      const edit = entry.format === null || entry.begin === entry.end ? null : editOf(entry);
      if (edit === null) continue;
      const rowBytes = entry.shape[1]! * BYTES[entry.format!];
      const atOnce = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
      for (let row = 0; row < entry.shape[0]!; row += atOnce) {
        const rows = Math.min(atOnce, entry.shape[0]! - row);
        const piece = new Uint8Array(rows * rowBytes);
        await file.read(entry, row * rowBytes, piece);
        edit(piece, row);
        await file.write(entry, row * rowBytes, piece);
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
