// Thread between bench and tokenizer-child.mjs: bench waits for an answer without running its event loop, and the channel
// to a process needs one. Starts the process at the first call, and again after a call that ended it.

import { fork } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerData } from 'node:worker_threads';

const STDERR_CHARACTERS = 4000;
const { port, flag } = workerData;
// Under a dynamic loader that was started by hand, the executable is that loader, and argv0 is Node.
const execPath = basename(process.execPath).startsWith('ld-') ? process.argv0 : process.execPath;
const file = fileURLToPath(new URL('./tokenizer-child.mjs', import.meta.url));

let child = null; // { process, ready, answer }: `answer` ends the call at hand

function start() {
  let stderr = '';
  const started = fork(file, [], {
    execPath,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    windowsHide: true,
    env: { ...process.env, NODE_OPTIONS: '', RUST_BACKTRACE: '0', RAYON_NUM_THREADS: '1' },
  });
  const own = { process: started, ready: null, answer: () => {} };
  own.ready = new Promise((resolve) => {
    started.on('message', (message) => {
      if (message === 'ready') resolve();
      else own.answer(message);
    });
  });
  started.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-STDERR_CHARACTERS);
  });
  const ended = (why) => {
    if (child === own) child = null;
    const limit = /^limit: (.*)$/m.exec(stderr)?.[1];
    const panic = /panicked at .*\n(.*)/.exec(stderr)?.[1];
    own.answer(limit === undefined ? { failed: 'ended', message: panic ?? why } : { failed: 'limit', message: limit });
  };
  started.on('error', (error) => ended(`its process fails: ${error.message}`));
  started.on('close', (code, signal) => ended(`its process ended with ${signal ?? `exit code ${code}`}`));
  return own;
}

function reply(message) {
  port.postMessage(message);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
}

port.on('message', (request) => {
  try {
    child ??= start();
  } catch (error) {
    reply({ failed: 'ended', message: `its process cannot start: ${error.message}` });
    return;
  }
  const own = child;
  // Processor time is bounded in the process itself; this is for one that only waits.
  const timer = setTimeout(() => own.process.kill('SIGKILL'), request.wallMs);
  own.answer = (message) => {
    own.answer = () => {};
    clearTimeout(timer);
    reply(message);
  };
  own.ready.then(() => own.process.send(request, () => {}));
});
