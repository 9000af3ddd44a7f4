// Chat templates: Jinja text -> a function from messages to text, by @huggingface/jinja.
// Its globals are set here and not by the library, so that a template can neither read the clock nor loop for ever.

import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { BenchError } from '../../base/error.ts';
import { MAX_TEMPLATE_BYTES } from './files.ts';
import type { Message } from './prompt.ts';

/** Longest list that a template's range() may make: far above any number of messages. */
const MAX_RANGE = 100_000;

/** A template renders in milliseconds; nested loops of a hostile one would take years. */
const MAX_MS = 2000;

const OTHER = 'name another template in the suite (models: template)';

/** For models without a chat template: paragraphs and "Question: / Answer:", with the answer left open. */
export const PLAIN_TEMPLATE = `{%- for message in messages -%}
{%- if message.role == 'system' -%}{{ message.content }}{{ '\\n\\n' }}
{%- elif message.role == 'user' -%}Question: {{ message.content }}{{ '\\n' }}
{%- else -%}Answer: {{ message.content }}{{ '\\n\\n' }}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}Answer:{%- endif -%}`;

/** The library's step for one node of a template; every node of a loop's body goes through it. */
type Evaluate = (node: unknown, scope: unknown) => unknown;

export interface ChatTemplate {
  /** `folded`: the template refuses or drops the system role, so its text opens the first user message. */
  readonly system: 'native' | 'folded';
  render(messages: readonly Message[], addGenerationPrompt?: boolean): string;
}

function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (step === 0) throw new Error('range() step must not be zero');
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!(length <= MAX_RANGE)) throw new Error(`range() of ${length} is longer than ${MAX_RANGE}`);
  return Array.from({ length }, (_, k) => from + k * step);
}

/** The system text before the first user message, with the newline that llama.cpp puts there too. */
function fold(messages: readonly Message[]): Message[] {
  const system = messages
    .filter((m) => m.role === 'system')
    .map((m) => m.content)
    .join('\n');
  const rest = messages.filter((m) => m.role !== 'system');
  if (system === '') return rest;
  const first = rest[0];
  if (first?.role !== 'user') return [{ role: 'user', content: system }, ...rest];
  return [{ role: 'user', content: `${system}\n${first.content}` }, ...rest.slice(1)];
}

/** Compiles a chat template. `where` names it in errors; `tokens` are the special tokens it may spell. */
export function compileTemplate(
  source: string,
  where: string,
  tokens: { readonly bos: string; readonly eos: string },
): ChatTemplate {
  if (Buffer.byteLength(source) > MAX_TEMPLATE_BYTES) {
    throw new BenchError('bad-template', `the chat template is longer than ${MAX_TEMPLATE_BYTES} bytes`, {
      where,
      hint: OTHER,
    });
  }
  let program: ReturnType<typeof parse>;
  try {
    program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  } catch (error) {
    throw new BenchError('bad-template', `the chat template has a syntax error: ${(error as Error).message}`, {
      where,
      hint: OTHER,
      cause: error,
    });
  }
  const run = (messages: readonly Message[], addGenerationPrompt: boolean): string => {
    const environment = new Environment();
    const globals: Record<string, unknown> = {
      true: true,
      false: false,
      none: null,
      True: true,
      False: false,
      None: null,
      range,
      raise_exception: (message: string) => {
        throw new Error(message);
      },
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: addGenerationPrompt,
      bos_token: tokens.bos,
      eos_token: tokens.eos,
    };
    for (const [name, value] of Object.entries(globals)) environment.set(name, value);
    const interpreter = new Interpreter(environment) as { evaluate: Evaluate; run(tree: unknown): { value: unknown } };
    const evaluate = interpreter.evaluate.bind(interpreter);
    const end = performance.now() + MAX_MS;
    interpreter.evaluate = (node, scope) => {
      if (performance.now() > end) throw new Error(`it takes longer than ${MAX_MS / 1000} s`);
      return evaluate(node, scope);
    };
    return String(interpreter.run(program).value);
  };
  const attempt = (messages: readonly Message[], addGenerationPrompt: boolean): string => {
    try {
      return run(messages, addGenerationPrompt);
    } catch (error) {
      const roles = messages.map((m) => m.role).join(', ');
      throw new BenchError(
        'bad-template',
        `the chat template rejects messages with roles ${roles}: ${(error as Error).message}`,
        { where, hint: OTHER, cause: error },
      );
    }
  };

  // A template that throws on a system message, or swallows it, would lose the persona: both get it folded in.
  const mark = 'persona-bench-probe';
  const user: Message = { role: 'user', content: 'x' };
  let system: ChatTemplate['system'] = 'native';
  try {
    if (!run([{ role: 'system', content: mark }, user], true).includes(mark)) system = 'folded';
  } catch {
    system = 'folded';
  }
  if (!attempt([{ role: 'user', content: mark }], true).includes(mark)) {
    throw new BenchError('bad-template', 'the chat template leaves out what the user says', { where, hint: OTHER });
  }
  return {
    system,
    render: (messages, addGenerationPrompt = true) =>
      attempt(system === 'folded' ? fold(messages) : messages, addGenerationPrompt),
  };
}
