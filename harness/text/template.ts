// Chat templates: Jinja text -> functions from messages to text: as the template renders them, and as a model is asked.

import { BenchError } from '../../base/error.ts';
import { type AnswerPlace, placeAnswer } from './answer.ts';
import { MAX_TEMPLATE_BYTES } from './files.ts';
import { compileJinja, type JinjaTemplate } from './jinja/index.ts';
import type { Message } from './prompt.ts';
import { CHAT_DEFAULTS, type ChatSettings, switchesOf } from './settings.ts';
import { type OwnSystem, ownSystem, withSystem } from './system.ts';

const OTHER = 'name another template in the suite (models: template)';

/** For models without a chat template: paragraphs and "Question: / Answer:", with the answer left open. */
export const PLAIN_TEMPLATE = `{%- for message in messages -%}
{%- if message.role == 'system' -%}{{ message.content }}{{ '\\n\\n' }}
{%- elif message.role == 'user' -%}Question: {{ message.content }}{{ '\\n' }}
{%- else -%}Answer: {{ message.content }}{{ '\\n\\n' }}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}Answer:{%- endif -%}`;

/** What a template does by itself, to be said where its prompts are reported. */
export interface TemplateFacts {
  readonly answer: AnswerPlace['how'];
  readonly between: string; // the text between the prompt and the answer to one question
  readonly system: OwnSystem;
  readonly content: 'text' | 'parts'; // how it reads a message: as text, or as a list of parts with a type each
  readonly thinks: boolean; // it has a switch for thoughts
  readonly dated: boolean; // it reads the date
}

export interface ChatTemplate {
  /** `folded`: the template refuses or drops the system role, so its text opens the first user message. */
  readonly system: 'native' | 'folded';
  readonly facts: TemplateFacts;
  /** As the template renders the messages without any settings, except that a system message may be folded. */
  render(messages: readonly Message[], addGenerationPrompt?: boolean): string;
  /** The messages as a model is asked, by the settings: up to where its answer begins. */
  ask(messages: readonly Message[]): AnswerPlace;
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

/**
 * Compiles a chat template. `where` names it in errors; `tokens` are the special tokens it may spell.
 * Throws `bad-template` for a syntax error, for what is not supported, and where no answer could be scored.
 */
export function compileTemplate(
  source: string,
  where: string,
  tokens: { readonly bos: string; readonly eos: string },
  settings: ChatSettings = CHAT_DEFAULTS,
): ChatTemplate {
  if (Buffer.byteLength(source) > MAX_TEMPLATE_BYTES) {
    throw new BenchError('bad-template', `the chat template is longer than ${MAX_TEMPLATE_BYTES} bytes`, {
      where,
      hint: OTHER,
    });
  }
  let jinja: JinjaTemplate;
  try {
    jinja = compileJinja(source, settings.date);
  } catch (error) {
    throw new BenchError('bad-template', `the chat template has a syntax error: ${(error as Error).message}`, {
      where,
      hint: OTHER,
      cause: error,
    });
  }
  let content: TemplateFacts['content'] = 'text';
  const contentOf = (text: string) => (content === 'text' ? text : [{ type: 'text', text }]);
  const run = (messages: readonly Message[], addGenerationPrompt: boolean, switches = {}): string =>
    jinja.render({
      messages: messages.map(({ role, content: text }) => ({ role, content: contentOf(text) })),
      add_generation_prompt: addGenerationPrompt,
      bos_token: tokens.bos, // a token that a model does not have is an empty text, as in llama.cpp
      eos_token: tokens.eos,
      tools: null,
      documents: null,
      ...switches,
    });
  const attempt = (messages: readonly Message[], addGenerationPrompt: boolean, switches = {}): string => {
    try {
      return run(messages, addGenerationPrompt, switches);
    } catch (error) {
      const roles = messages.map((m) => m.role).join(', ');
      throw new BenchError(
        'bad-template',
        `the chat template rejects messages with roles ${roles}: ${(error as Error).message}`,
        { where, hint: OTHER, cause: error },
      );
    }
  };

  // Templates of models that see pictures may read a message's content as a list of parts, and lose a plain text.
  const mark = 'persona-bench-probe';
  const asked: readonly Message[] = [{ role: 'user', content: mark }];
  const heard = (): boolean => {
    try {
      return run(asked, true).includes(mark);
    } catch {
      return false;
    }
  };
  if (!heard()) {
    content = 'parts';
    if (!heard()) content = 'text';
  }
  if (!attempt(asked, true).includes(mark)) {
    throw new BenchError('bad-template', 'the chat template leaves out the user message', { where, hint: OTHER });
  }

  // A template that throws on a system message, or swallows it, would lose the persona: both get it folded in.
  const user: Message = { role: 'user', content: 'x' };
  let system: ChatTemplate['system'] = 'native';
  try {
    if (!run([{ role: 'system', content: mark }, user], true).includes(mark)) system = 'folded';
  } catch {
    system = 'folded';
  }
  const folded = (messages: readonly Message[]) => (system === 'folded' ? fold(messages) : messages);
  const switches = switchesOf(settings.thinking);
  const own = ownSystem((messages) => attempt(folded(messages), true, switches));
  const ask = (messages: readonly Message[]): AnswerPlace =>
    placeAnswer(
      (all, addGenerationPrompt) => attempt(folded(all), addGenerationPrompt, switches),
      withSystem(messages, settings.system, own),
      settings.thinking,
      where,
    );
  const { how, between } = ask([user]);
  const opened = (thinking: ChatSettings['thinking']) => attempt(folded([user]), true, switchesOf(thinking));
  const thinks = opened('off') !== opened('inside');
  return {
    system,
    facts: { answer: how, between, system: own, content, thinks, dated: /\bstrftime_now\b/.test(source) },
    render: (messages, addGenerationPrompt = true) => attempt(folded(messages), addGenerationPrompt),
    ask,
  };
}
