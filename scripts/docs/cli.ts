// docs/cli.md: every verb with its arguments and flags, read from the program that cli/main.ts builds.

import { type Argument, Command, type Option } from 'commander';

/** The program of cli/main.ts, which parses its arguments as it is loaded: here it parses none. */
async function program(): Promise<Command> {
  const { parseAsync } = Command.prototype;
  let built: Command | undefined;
  Command.prototype.parseAsync = async function (this: Command) {
    built = this;
    return this;
  };
  try {
    await import('../../cli/main.ts');
  } finally {
    Command.prototype.parseAsync = parseAsync;
  }
  if (built === undefined) throw new Error('cli/main.ts parsed no arguments');
  return built;
}

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '\\<');
const argument = ({ required, _name }: Argument & { readonly _name?: string }): string =>
  required ? `<${_name}>` : `[${_name}]`;

/** A verb without verbs of its own is a section; the others are gone through. */
function sections(command: Command, path: string): readonly string[] {
  return command.commands.flatMap((verb) => {
    const name = `${path} ${verb.name()}`;
    if (verb.commands.length > 0) return sections(verb, name);
    return [section(verb, name)];
  });
}

function section(verb: Command, name: string): string {
  const args = verb.registeredArguments.map((one) => ` ${argument(one)}`).join('');
  const flags = verb.options.filter(({ hidden }) => !hidden).map(row);
  const description = verb.description();
  return [
    `### ${name}`,
    `\`${name}${args}\`: ${description}.`,
    ...(flags.length === 0 ? [] : [['| flag | |', '|---|---|', ...flags].join('\n')]),
  ].join('\n\n');
}

function row({ flags, description, argChoices, mandatory }: Option): string {
  const choices = argChoices === undefined ? '' : `: ${argChoices.join(', ')}`;
  return `| \`${flags.replaceAll('|', '\\|')}\` | ${escaped(description)}${choices}${mandatory ? ' (**required**)' : ''} |`;
}

/** The page. */
export async function cliPage(): Promise<string> {
  return `# Command line

Made from \`cli/main.ts\` by \`npm run docs\`. \`bench VERB --help\` prints the same. In a project that has persona-bench among its
dependencies, type \`npx bench\`.

RUN, A and B are the folder of a run, its \`run.json\`, or \`latest\`. A model is a bundled name, a folder in Hugging Face layout, or
\`hf:owner/name@revision\`. Every verb takes \`--json\`: one document on stdout and nothing else.

An error with \`--json\` is a document too, and stderr says the same to people:
\`{"ok": false, "exitCode": 2, "error": {"code", "message", "where", "hint", "mistakes"}}\`. \`mistakes\` holds each mistake of a file
as \`{file, line, column, message, hint}\`. Codes are those of [errors.md](errors.md), \`usage\` for a command line that cannot be read,
\`system\` for what the operating system refused, and \`internal\` for a fault of bench.

Lines are as wide as the terminal, or as the variable \`COLUMNS\` says (40 to 160), and 100 columns in a file or a pipe. Colour is
used on a terminal only, and not where \`NO_COLOR\` is set. It repeats what the words say.

| exit code | meaning |
|---|---|
| 0 | pass |
| 1 | the gate failed |
| 2 | wrong usage or configuration ([error codes](errors.md)) |
| 3 | a cell failed or is missing |
| 4 | the gate is inconclusive |
| 130 | interrupted; the report, marked PARTIAL, has the methods that are finished, and the next run continues from the stored cells |

## Verbs

${sections(await program(), 'bench').join('\n\n')}
`;
}
