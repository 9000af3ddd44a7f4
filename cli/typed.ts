// Commands in messages as this user types them: who came in by npx has no `bench` on the PATH.

/** Every verb; a hint names one after `bench`. */
export const VERBS: readonly string[] = [
  ...[
    'run',
    'try',
    'mask',
    'adapter',
    'plan',
    'validate',
    'compare',
    'report',
    'bless',
    'gate',
    'pull',
    'init',
    'list',
    'quantise',
  ],
  'doctor',
];

const COMMAND = new RegExp(`(?<!npx )(?<![\\w./-])bench (?=(?:${VERBS.join('|')}|VERB|--help)(?![\\w-]))`, 'g');

/** Whether npm started this process, or the link that it makes: npx, npm exec, node_modules/.bin/bench. */
function isByNpx(environment: NodeJS.ProcessEnv, script: string): boolean {
  return environment.npm_command === 'exec' || /[\\/]node_modules[\\/]\.bin[\\/]/.test(script);
}

/** `text` with `npx bench VERB` for `bench VERB` where that is what has to be typed. */
export function typed(
  text: string,
  environment: NodeJS.ProcessEnv = process.env,
  script: string = process.argv[1] ?? '',
): string {
  return isByNpx(environment, script) ? text.replace(COMMAND, 'npx bench ') : text;
}
