// A model's text side: chat template + tokenizer -> prompts as token ids with exactly one BOS, answers, decoding.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { requireFolder } from '../../formats/checkpoint/folder.ts';
import { answersBy } from './answers.ts';
import { type Json, MAX_TEMPLATE_BYTES, readObject, readText } from './files.ts';
import { memoized } from './memo.ts';
import type { Prompt, Rendered } from './prompt.ts';
import { CHAT_DEFAULTS, type ChatSettings } from './settings.ts';
import { type ChatTemplate, compileTemplate, PLAIN_TEMPLATE, type TemplateFacts } from './template.ts';
import { loadTokenizer } from './tokenizer.ts';

export interface TextModel {
  readonly tokenizerDigest: string; // sha256, hex
  readonly templateDigest: string; // sha256, hex: the template and the settings
  readonly template: 'model' | 'suite' | 'plain';
  /** `folded`: the template knows no system role, so a system message opens the first user message. */
  readonly system: 'native' | 'folded';
  readonly chat: ChatSettings;
  readonly facts: TemplateFacts;
  /** Whether the end of a prompt and the start of an answer would be one token if they were tokenised together. */
  readonly merges: boolean;
  readonly bos: number | null;
  readonly eos: readonly number[]; // tokens that end a generation
  readonly vocabulary: number; // largest token id + 1
  /** Messages through the chat template up to where the answer begins, or raw text; at most one leading BOS, checked. */
  render(prompt: Prompt): Rendered;
  /**
   * Ids of an answer after a prompt, with a space first where the template writes one; after raw text comes one,
   * unless there is white space already.
   */
  continuation(prompt: Rendered, answer: string): Uint32Array;
  /**
   * Makes the tokens of many prompts and their answers in one call of the tokenizer's library, so that `render` and
   * `continuation` of each find them. It changes no result; what fails is left to these two.
   */
  prepare(asks: readonly Ask[]): void;
  /** Raw text, with BOS where the tokenizer says so. */
  encode(text: string): Uint32Array;
  /** Text of the tokens without special ones; unfinished UTF-8 becomes U+FFFD. */
  decode(tokens: readonly number[] | Uint32Array): string;
}

/** A prompt and answers that will follow it. */
export interface Ask {
  readonly prompt: Prompt;
  readonly answers: readonly string[];
}

interface TemplateSource {
  readonly kind: TextModel['template'];
  readonly source: string;
  readonly where: string;
}

/** The suite's template, else chat_template.jinja, else tokenizer_config.json's (the one named default), else plain. */
async function findTemplate(folder: string, config: Json, override: string | null): Promise<TemplateSource> {
  if (override !== null) return { kind: 'suite', source: override, where: "the suite's template" };
  const file = await readText(folder, 'chat_template.jinja', MAX_TEMPLATE_BYTES);
  if (file !== null) {
    return { kind: 'model', source: file, where: join(folder, 'chat_template.jinja') };
  }
  const where = `${join(folder, 'tokenizer_config.json')}: chat_template`;
  const stored = config.chat_template;
  if (stored === undefined || stored === null)
    return { kind: 'plain', source: PLAIN_TEMPLATE, where: 'plain template' };
  if (typeof stored === 'string') return { kind: 'model', source: stored, where };
  if (Array.isArray(stored)) {
    const named = stored.find((entry) => entry?.name === 'default');
    if (typeof named?.template === 'string') return { kind: 'model', source: named.template, where };
  }
  throw new BenchError('bad-template', 'must be a template, or a list with one named default', { where });
}

/**
 * Loads tokenizer and chat template of a model folder. `vocab`: rows of the model's embedding; `template`: Jinja text
 * in place of the model's own; `chat`: how chats are put. Throws `no-tokenizer`, `bad-tokenizer`, `bad-template` or `bad-model`.
 */
export async function loadText(
  modelDir: string,
  options: { readonly template?: string | null; readonly vocab: number; readonly chat?: ChatSettings },
): Promise<TextModel> {
  await requireFolder(modelDir);
  const config = await readObject(modelDir, 'tokenizer_config.json');
  const tokenizer = await loadTokenizer(modelDir, config, options.vocab);
  const found = await findTemplate(modelDir, config, options.template ?? null);
  const settings = options.chat ?? CHAT_DEFAULTS;
  const chat: ChatTemplate = compileTemplate(found.source, found.where, tokenizer.tokens, settings);
  const bos = tokenizer.bos;

  const encode = (text: string): number[] => {
    const ids = tokenizer.encode(text);
    if (tokenizer.declaresBos && bos !== null && ids[0] !== bos) ids.unshift(bos);
    if (bos !== null && ids[0] === bos && ids[1] === bos) {
      throw new BenchError('two-bos', `the prompt starts with two BOS tokens (${bos})`, {
        where: found.where,
        hint: `write ${JSON.stringify(tokenizer.tokens.bos)} once, or not at all: it is added where it belongs`,
      });
    }
    return ids;
  };
  const { separated, answerOf } = answersBy(tokenizer, encode);
  const { place, knows, render, continuation } = memoized({
    place(prompt) {
      if ('text' in prompt) return { text: prompt.text, separator: ' ' };
      const { prompt: text, separator, between } = chat.ask(prompt.messages);
      return { text, separator, between };
    },
    render(placed) {
      const tokens = Uint32Array.from(encode(placed.text));
      if (tokens.length === 0) throw new BenchError('bad-text', 'the prompt is empty', { hint: 'write something' });
      return { ...placed, tokens };
    },
    continuation: (prompt, answer) => answerOf(prompt, answer).tokens,
  });
  const merges = (): boolean => {
    try {
      const prompt = render({ messages: [{ role: 'user', content: 'Yes or no?' }] });
      return ['Yes', '(A)'].some((answer) => answerOf(prompt, answer).merged);
    } catch {
      return false; // a tokenizer need not have tokens for these words
    }
  };
  return {
    tokenizerDigest: tokenizer.digest,
    templateDigest: createHash('sha256')
      .update(JSON.stringify([found.source.replace(/\r\n?/g, '\n'), settings.thinking, settings.system, settings.date]))
      .digest('hex'),
    template: found.kind,
    system: chat.system,
    chat: settings,
    facts: chat.facts,
    merges: merges(),
    bos,
    eos: tokenizer.eos,
    vocabulary: tokenizer.vocabulary,
    render,
    continuation,
    prepare(asks) {
      tokenizer.prepare(
        asks.flatMap(({ prompt, answers }) => {
          try {
            const placed = place(prompt);
            const fresh = answers.filter((answer) => !knows(placed, answer));
            const joint = fresh.map((answer) => placed.text + separated(placed, answer));
            return knows(placed) ? joint : [placed.text, ...joint];
          } catch {
            return []; // a template that takes no such messages: `render` says so
          }
        }),
      );
    },
    encode: (text) => Uint32Array.from(encode(text)),
    decode: (tokens) => tokenizer.decode(Array.from(tokens)),
  };
}
