// The head of a GGUF file (version 3): metadata, then what each tensor is and where it lies.

const ALIGN = 32;
const TYPE = { f32: 0, f16: 1, bf16: 30 };
const KIND = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 };

export const u32 = (value) => ({ kind: 'u32', value });
export const f32 = (value) => ({ kind: 'f32', value });
export const bool = (value) => ({ kind: 'bool', value });
export const string = (value) => ({ kind: 'string', value });
export const array = (of, value) => ({ kind: 'array', of, value });

/** `entries`: [key, value] pairs; `infos`: {name, rows, columns, vector, format, bytes}. Returns the head and the places of the tensors in the file. */
export function head(entries, infos) {
  const out = new Bytes();
  out.ascii('GGUF');
  out.number('u32', 3);
  out.u64(infos.length);
  out.u64(entries.length);
  for (const [key, item] of entries) {
    out.string(key);
    out.number('u32', KIND[item.kind]);
    if (item.kind === 'array') {
      out.number('u32', KIND[item.of]);
      out.u64(item.value.length);
      for (const one of item.value) out.value(item.of, one);
    } else {
      out.value(item.kind, item.value);
    }
  }
  let at = 0;
  const offsets = infos.map(({ name, rows, columns, vector, format, bytes }) => {
    // The fastest dimension comes first.
    const shape = vector ? [columns] : [columns, rows];
    out.string(name);
    out.number('u32', shape.length);
    for (const size of shape) out.u64(size);
    out.number('u32', TYPE[format]);
    out.u64(at);
    const offset = at;
    at = aligned(at + bytes);
    return offset;
  });
  const start = aligned(out.length);
  const bytes = Buffer.concat([out.finish(), Buffer.alloc(start - out.length)]);
  return { bytes, offsets: offsets.map((offset) => start + offset), end: start + at };
}

function aligned(offset) {
  return Math.ceil(offset / ALIGN) * ALIGN;
}

class Bytes {
  #parts = [];
  length = 0;

  #add(part) {
    this.#parts.push(part);
    this.length += part.length;
  }

  ascii(text) {
    this.#add(Buffer.from(text, 'latin1'));
  }

  u64(value) {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt(value));
    this.#add(part);
  }

  number(kind, value) {
    const part = Buffer.alloc(4);
    if (kind === 'u32') part.writeUInt32LE(value);
    else if (kind === 'i32') part.writeInt32LE(value);
    else part.writeFloatLE(value);
    this.#add(part);
  }

  string(text) {
    const part = Buffer.from(text, 'utf8');
    this.u64(part.length);
    this.#add(part);
  }

  value(kind, value) {
    if (kind === 'string') this.string(value);
    else if (kind === 'bool') this.#add(Buffer.from([value ? 1 : 0]));
    else this.number(kind, value);
  }

  finish() {
    return Buffer.concat(this.#parts);
  }
}
