#!/usr/bin/env node
// The verb table. Each verb is loaded when it is called, so that help and usage errors answer without loading anything.

import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { lineWidth } from '../base/columns.ts';
import { jsonText } from '../base/printable.ts';
import { packageRoot } from '../harness/config/paths.ts';
import { report, usageDocument, wantsJson } from './error-messages.ts';
import { EXIT } from './exit-codes.ts';
import {
  chatFlags,
  decimal,
  deviceFlag,
  filled,
  filterTerms,
  formerDeviceFlag,
  repeated,
  wholeNumber,
} from './flags.ts';
import { typed } from './typed.ts';

let exitCode: number = EXIT.pass;
const program = new Command('bench');

/** A verb's action: its result is the exit code. */
function ends<A extends unknown[]>(verb: (...args: A) => Promise<number>): (...args: A) => Promise<void> {
  return async (...args) => {
    exitCode = await verb(...args);
  };
}

/** Code of one's own comes in by this flag alone: a suite is data, and names no code. */
function pluginFlag(command: Command): Command {
  return command.option(
    '--plugin <file>',
    'a .ts or .js file that exports methods or evaluations of your own (repeatable)',
    repeated,
  );
}

function suiteFlags(command: Command): Command {
  return pluginFlag(command)
    .option('--set <path=value>', 'change one value of the suite, such as latency.repeats=3 (repeatable)', repeated)
    .option('--model <id|folder|hf:...>', 'one model instead of the suite’s')
    .option('--filter <terms>', "cells to keep, such as 'persona=extra* method=prompting' (repeatable)", filterTerms)
    .option('--limit <n>', 'evaluation items per trait', wholeNumber(1))
    .option('--seed <n>', 'one seed instead of the suite’s', wholeNumber(0))
    .addOption(deviceFlag())
    .addOption(formerDeviceFlag())
    .option('--out <folder>', 'folder of runs and of the store (default .bench)', filled)
    .option('--json', 'one document on stdout and nothing else')
    .option('--quiet', 'print errors only');
}

/** How a run is judged; `implied`: what giving any of them says too. */
function gateFlags(command: Command, implied: object = {}): Command {
  return [
    new Option('--reference <file>', 'the reference (default: reports/references/<suite>.json)').argParser(filled),
    new Option('--explain', 'list every item that changed'),
    new Option('--strict', 'treat every verdict other than pass as a failure'),
    new Option('--junit <file>', 'write the verdicts as JUnit XML too').argParser(filled),
  ].reduce((known, option) => known.addOption(option.implies(implied)), command);
}

program
  .description('Measures how well a language model keeps to a persona, and at what cost.')
  .version(JSON.parse(readFileSync(`${packageRoot()}/package.json`, 'utf8')).version, '--version')
  .showSuggestionAfterError()
  .showHelpAfterError(typed('  bench --help lists the verbs; bench VERB --help their flags'))
  .configureOutput({ getOutHelpWidth: () => lineWidth(), getErrHelpWidth: () => lineWidth() })
  .exitOverride();

gateFlags(
  suiteFlags(program.command('run <suite>').description('run the cells that are not stored yet, and write the reports'))
    .addOption(new Option('--progress <how>', 'how progress is shown').choices(['tty', 'plain', 'none']))
    .option('--fresh', 'compute every cell again')
    .option('--fail-fast', 'stop at the first cell that fails')
    .option('--profile', 'also time every kernel of each method, and write trace.json')
    .option(
      '--gate',
      'judge the run by its reference, and ask more items only while a row is open; the flags below imply it',
    ),
  { gate: true },
).action(ends(async (suite, options) => (await import('./run.ts')).runVerb(suite, options)));

chatFlags(
  pluginFlag(program.command('try [text]').description('send one prompt to a model, with or without a persona')),
)
  .requiredOption(
    '--model <name|folder|hf:...>',
    'a bundled model, a folder in Hugging Face layout, or hf:owner/name@revision',
  )
  .option('--persona <id>', 'a persona of the personas file')
  .option('--wording <name>', 'which of the persona’s prompts')
  .option('--personas <file>', 'a personas file instead of the bundled one')
  .option('--method <name>', 'how the persona is applied (default: prompting)')
  .option('--mask <file>', 'apply this mask')
  .option('--gamma <g>', 'factor of the removed weights (default: 0)', decimal)
  .option('--adapter <folder>', 'apply this low-rank adapter, a folder in PEFT’s layout')
  .option('--max-tokens <n>', 'largest number of new tokens', wholeNumber(0))
  .option('--temperature <t>', '0 takes the most likely token', decimal)
  .option('--top-k <n>', 'sample among the n most likely tokens; 0 = all', wholeNumber(0))
  .option('--top-p <p>', 'sample among the most likely tokens with this total probability', decimal)
  .option('--stop <text>', 'stop before this text (repeatable)', repeated)
  .option('--seed <n>', 'seed of the sampling', wholeNumber(0))
  .option('--chat', 'apply the chat template (default)')
  .option('--raw', 'use the text without a template')
  .option('--ids <list>', 'token ids instead of text, such as 5,7,9')
  .option('--json', 'one document {ids, logprobs, top, generated, timings}')
  .addOption(deviceFlag())
  .action(ends(async (text, options) => (await import('./try.ts')).tryVerb(text, options)));

const mask = program.command('mask').description('make a mask, look at one, compare two, or write a masked checkpoint');
chatFlags(mask.command('make').description('a mask from a model and the texts of a persona, or of a file'))
  .requiredOption('--model <name|folder|hf:...>', 'the model whose weights are masked')
  .option('--persona <id>', 'a persona of the personas file, and its opposite for a contrast')
  .option('--personas <file>', 'a personas file instead of the bundled one')
  .option('--calibration <file>', 'texts, one a line or JSONL of {text} or {question, answer}')
  .option('--against <file>', 'texts to contrast with these')
  .option('--score <name>', 'how weights are ranked (default: wanda)')
  .option('--statistic <name>', 'the size of a channel’s activations (default: rms)')
  .requiredOption('--sparsity <share>', 'share of the weights removed, from 0 to below 1', decimal)
  .option('--group <name>', 'where the sparsity applies (default: row)')
  .option('--tokens <which>', 'all, answer or no-bos (default: answer)')
  .option('--raw', 'use the texts without a chat template')
  .option('--samples <n>', 'largest number of texts', wholeNumber(1))
  .option('--length <n>', 'largest number of tokens per text', wholeNumber(2))
  .option('--seed <n>', 'seed of everything random', wholeNumber(0))
  .option('--set <name=value>', 'another option of the method, such as activation=softplus (repeatable)', repeated)
  .requiredOption('--out <file>', 'the mask file', filled)
  .addOption(deviceFlag())
  .addOption(formerDeviceFlag())
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (options) => (await import('./mask.ts')).maskMake(options)));
mask
  .command('inspect <file>')
  .description('the header of a mask and the density of each layer')
  .option('--model <name|folder|hf:...>', 'check that the mask was made for this model')
  .option('--json', 'one document on stdout and nothing else')
  .addOption(deviceFlag())
  .addOption(formerDeviceFlag())
  .action(ends(async (file, options) => (await import('./mask.ts')).maskInspect(file, options)));
mask
  .command('diff <a> <b>')
  .description('the overlap of two masks, and the overlap expected by chance')
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (a, b, options) => (await import('./mask.ts')).maskDiff(a, b, options)));
mask
  .command('bake <file>')
  .description('a checkpoint in Hugging Face layout with the mask applied')
  .requiredOption('--model <name|folder|hf:...>', 'the model that the mask was made for')
  .option('--gamma <g>', 'factor of the removed weights (default: 0)', decimal)
  .requiredOption('--out <folder>', 'a folder that does not exist yet', filled)
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (file, options) => (await import('./mask.ts')).maskBake(file, options)));

program
  .command('adapter')
  .description('merge a low-rank adapter into a checkpoint')
  .command('merge <folder>')
  .description('a checkpoint in Hugging Face layout with the adapter of a folder, in PEFT’s layout, in its weights')
  .requiredOption('--model <name|folder|hf:...>', 'the model that the adapter was trained for')
  .requiredOption('--out <folder>', 'a folder that does not exist yet', filled)
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (folder, options) => (await import('./adapter.ts')).adapterMerge(folder, options)));

suiteFlags(program.command('plan <suite>').description('list the cells, and which of them are stored'))
  .option('--why', 'say what changed since a cell was stored')
  .option('--print-config', 'print the resolved suite, each value with its origin')
  .option('--show-prompt <n>', 'the exact text and token ids of cell n', wholeNumber(1))
  .action(ends(async (suite, options) => (await import('./plan.ts')).planVerb(suite, options)));

suiteFlags(program.command('validate <suite>').description('check a suite and every file it names')).action(
  ends(async (suite, options) => (await import('./validate.ts')).validateVerb(suite, options)),
);

program
  .command('compare <a> <b>')
  .description('compare two runs: changed answers, and the difference of each row')
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (a, b, options) => (await import('./gate.ts')).compareVerb(a, b, options)));

program
  .command('report <run>')
  .description('write the HTML page of a run (its folder, run.json, or latest) again')
  .option('--out <file>', 'the page (default: report.html in the run’s folder)', filled)
  .option('--against <run>', 'another run or a reference: mark the items whose answer changed since', filled)
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (run, options) => (await import('./report.ts')).reportVerb(run, options)));

program
  .command('bless <run>')
  .description('keep a run (its folder, run.json, or latest) as the reference that gates compare with')
  .option('--out <file>', 'the reference (default: reports/references/<suite>.json)', filled)
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (run, options) => (await import('./gate.ts')).blessVerb(run, options)));

gateFlags(
  program
    .command('gate <run>')
    .description('compare a run with its reference by the rules of the gate, and print the verdicts'),
)
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (run, options) => (await import('./gate.ts')).gateVerb(run, options)));

program
  .command('pull <name>')
  .description('download or update a model of the hub, hf:owner/name@revision, or a data set, data:bipo')
  .addOption(new Option('--progress <how>', 'how progress is shown').choices(['tty', 'plain', 'none']))
  .option('--quiet', 'print errors and the folder only')
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (model, options) => (await import('./pull.ts')).pullVerb(model, options)));

program
  .command('init [folder]')
  .description('write a commented suite, a persona and a CI workflow to start from')
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (folder, options) => (await import('./init.ts')).initVerb(folder, options)));

program
  .command('quantise <model>')
  .description('write a model as a GGUF with its matrices in blocks of few bits')
  .addOption(
    new Option('--to <format>', 'the format of the matrices')
      .choices(['q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'q4_k', 'q5_k', 'q6_k', 'f16', 'bf16', 'f32'])
      .makeOptionMandatory(),
  )
  .option('--out <file>', 'the .gguf to write, or an existing folder', filled)
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (model, options) => (await import('./quantise.ts')).quantiseVerb(model, options)));

pluginFlag(program.command('list [what]').description('list models, personas, methods or suites'))
  .option('--json', 'one document on stdout and nothing else')
  .action(ends(async (what, options) => (await import('./list.ts')).listVerb(what, options)));

program
  .command('doctor')
  .description('describe the device, check its results, and suggest a faster one')
  .option('--json', 'one document on stdout and nothing else')
  .addOption(deviceFlag())
  .addOption(formerDeviceFlag())
  .action(
    ends(async (options) =>
      (await import('./doctor.ts')).runDoctor(options, (line) => process.stdout.write(`${line}\n`)),
    ),
  );

// A reader that goes away, such as head, is no failure; a disk that is full behind stdout is.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.pass : report(error));
});
process.stderr.on('error', () => {});

try {
  await program.parseAsync();
} catch (error) {
  const document = wantsJson(process.argv.slice(2)) ? process.stdout : null;
  if (!(error instanceof CommanderError)) exitCode = report(error, process.stderr, document);
  else if (error.exitCode !== 0) {
    exitCode = EXIT.usage;
    document?.write(jsonText(usageDocument(error.message)));
  }
}
process.exitCode = exitCode;
