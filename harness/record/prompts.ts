// The text of every prompt as the model got it, once per digest. Prompts share most of their lines (what a persona is told,
// examples, passages), so that each line is written once.

/** By the digest that an outcome carries. */
export type PromptTexts = ReadonlyMap<string, string>;

export interface PackedPrompts {
  readonly lines: readonly string[];
  readonly prompts: Readonly<Record<string, readonly number[]>>; // digest -> its lines
}

export function packPrompts(texts: Iterable<readonly [digest: string, text: string]>): PackedPrompts {
  const known = new Map<string, number>();
  const at = (line: string): number => {
    const found = known.get(line) ?? known.size;
    known.set(line, found);
    return found;
  };
  const prompts = Object.fromEntries([...texts].map(([digest, text]) => [digest, text.split('\n').map(at)]));
  return { lines: [...known.keys()], prompts };
}

/** Null for what is no pack: it comes from a disk. */
export function unpackPrompts(value: unknown): PromptTexts | null {
  const { lines, prompts } = (value ?? {}) as Partial<Record<keyof PackedPrompts, unknown>>;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === 'string')) return null;
  if (typeof prompts !== 'object' || prompts === null) return null;
  const texts = new Map<string, string>();
  for (const [digest, own] of Object.entries(prompts)) {
    if (!/^[0-9a-f]{64}$/.test(digest) || !Array.isArray(own)) return null;
    if (!own.every((k) => Number.isSafeInteger(k) && k >= 0 && k < lines.length)) return null;
    texts.set(digest, own.map((k) => lines[k] as string).join('\n'));
  }
  return texts;
}
