// Flag values as commander reads them: each parser says what it wanted.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { FILTER_FIELDS, type FilterField, type FilterTerm } from '../harness/plan/selection.ts';
import {
  CHAT_DEFAULTS,
  type ChatSettings,
  isDay,
  systemOf,
  THINKING,
  type Thinking,
} from '../harness/text/settings.ts';

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`);
    }
    return value;
  };
}

export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** Text with something in it: an empty one is a variable of the shell that is not set. */
export function filled(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** A flag that may be given several times. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** `persona=extra* method=lora`: terms apart by spaces; the flag may be given several times. */
export function filterTerms(text: string, before: readonly FilterTerm[] = []): readonly FilterTerm[] {
  const terms = text.split(/\s+/).filter((term) => term !== '');
  if (terms.length === 0) throw new InvalidArgumentError('It must be field=pattern, such as persona=extra*.');
  return [
    ...before,
    ...terms.map((term): FilterTerm => {
      const equals = term.indexOf('=');
      const field = term.slice(0, Math.max(0, equals));
      if (!(FILTER_FIELDS as readonly string[]).includes(field) || equals === term.length - 1) {
        throw new InvalidArgumentError(`"${term}" is not field=pattern; fields are ${FILTER_FIELDS.join(', ')}.`);
      }
      return { field: field as FilterField, pattern: term.slice(equals + 1) };
    }),
  ];
}

/** How a verb without a suite puts chats to a model. */
export interface ChatOptions {
  readonly thinking?: Thinking;
  readonly system?: string;
  readonly date?: string;
}

/** The flags of `ChatOptions`: a suite's keys of the same names. */
export function chatFlags(command: Command): Command {
  return command
    .addOption(new Option('--thinking <how>', 'of models that can think (default: off)').choices(THINKING))
    .option('--system <text>', 'the system text without a persona: empty, template, or a text (default: empty)')
    .option('--date <day>', `the date that chat templates are given (default: ${CHAT_DEFAULTS.date})`, day);
}

/** The settings of the flags. Where nothing goes through the chat template, none refuses it. */
export function chatOf({ thinking, system, date }: ChatOptions, through: boolean): ChatSettings {
  return {
    thinking: through ? (thinking ?? CHAT_DEFAULTS.thinking) : 'inside',
    system: system === undefined ? CHAT_DEFAULTS.system : systemOf(system),
    date: date ?? CHAT_DEFAULTS.date,
  };
}

function day(text: string): string {
  if (!isDay(text)) throw new InvalidArgumentError('It must be a day, such as 2026-12-01.');
  return text;
}

/** The device of a verb that computes. */
export function deviceFlag(): Option {
  return new Option('--device <name>', 'swiftshader, system, or part of a device’s name').argParser(filled);
}

/** The spelling of --device before 0.1.0: refused on verbs that take no low-rank adapter. */
export function formerDeviceFlag(): Option {
  return new Option('--adapter <name>').hideHelp().argParser((name) => {
    throw new InvalidArgumentError(`The device is named by --device ${name}; an adapter is a low-rank adapter.`);
  });
}
