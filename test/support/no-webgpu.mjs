// Preloaded with --import: loading the GPU module then ends the process with an error.
import { register } from 'node:module';

const hooks = `export async function resolve(name, context, next) {
  if (name === 'webgpu' || name.endsWith('dawn.node')) throw new Error('the GPU module was loaded');
  return next(name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
