// Two child processes that take turns: one works while the other waits, so both meet the same machine.

import { fork } from 'node:child_process';

/** In the child: answers {task, ...} with what `tasks[task]` gives, and the CPU time that it took on all cores. */
export function serve(tasks) {
  process.on('message', async ({ task, ...given }) => {
    try {
      const before = process.cpuUsage();
      const value = await tasks[task](given);
      const { user, system } = process.cpuUsage(before);
      process.send({ value, cpuMs: (user + system) / 1000 });
    } catch (error) {
      process.send({ error: String(error?.stack ?? error) });
    }
    if (task === 'close') process.disconnect();
  });
  process.send({});
}

/** Starts `script` and waits until it has loaded its model. */
export async function start(script, args, { node, env = {}, execArgv = [], timeoutMs = 120_000 }) {
  const child = fork(new URL(script, import.meta.url), args, {
    execPath: node,
    execArgv,
    cwd: new URL('.', import.meta.url),
    env: { ...process.env, PEERS_NODE: node, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let settle = null;
  let ended = null;
  child.on('message', (answer) => settle?.(answer));
  child.on('exit', (code, signal) => {
    ended = `${script} ended (${signal ?? code})`;
    settle?.({ error: ended });
  });
  const answer = (what) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => settle({ error: `${script}: ${what} took over ${timeoutMs / 1000} s` }), timeoutMs);
      settle = ({ value, cpuMs, error }) => {
        clearTimeout(late);
        settle = null;
        if (error === undefined) resolve({ value, cpuMs });
        else reject(new Error(error));
      };
      if (ended) settle({ error: ended });
    });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  await answer('loading');
  return {
    ask: (task, given = {}) => {
      const result = answer(task);
      child.send({ task, ...given });
      return result;
    },
    kill,
  };
}
