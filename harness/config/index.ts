// Suites and personas: YAML in, resolved data out.

export { loadPersonas, readPersonas } from './personas.ts';
export { configValues, printConfig } from './print.ts';
export { loadSuite } from './suite.ts';
