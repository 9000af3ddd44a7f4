// What `bench` ends with. 1 and 4 belong to the gate.

export const EXIT = {
  pass: 0,
  gateFailed: 1,
  usage: 2, // bad flags, bad files, no device
  incomplete: 3, // a cell errored or is missing
  inconclusive: 4,
  interrupted: 130, // what is stored is valid; the next run goes on from it
} as const;
