// What code outside gpu/ may know of a device and of work on it: plain data. No GPU type is used here, so that the
// declarations of the package need none.

/** Everything a timing depends on besides the work. */
export interface Testbed {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly backend: string;
  readonly driver: string;
  readonly driverVersion: string;
  readonly dawn: string; // the webgpu package's version; the package does not say which revision of Dawn it has
  readonly toggles: readonly string[];
  readonly software: boolean;
  readonly cpu: string;
  readonly os: string;
  readonly node: string;
}

/** What the harness may know of the device. */
export interface EngineDevice {
  readonly name: string;
  readonly software: boolean;
  readonly deviceClass: string;
  readonly testbed: Testbed;
  readonly timestamps: boolean;
}

/** Limits below the device's own. */
export interface MemoryLimits {
  readonly budgetBytes?: number; // of all living buffers
  readonly maxBindingBytes?: number; // of one storage buffer, where less than the device's own limit is wanted
}

/** What a dispatch does at least: 2 per multiply-add, and each operand read or written once. */
export interface Account {
  readonly flops: number;
  readonly bytes: number;
}

/** One dispatch; times in ms of `performance.now()`. */
export interface Dispatch extends Partial<Account> {
  readonly kernel: string; // with the part of the network: "matmul up"
  readonly startMs: number;
  readonly ms: number;
}

/** One step; its dispatches are within it, one after another. */
export interface TracedStep {
  readonly rows: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly dispatches: readonly Dispatch[];
}

/** null when the device's counter was reset meanwhile. */
export type Trace = readonly TracedStep[] | null;

/** What a device reaches at most, as measured. */
export interface Peaks {
  readonly gflops: number;
  readonly gbPerSecond: number;
}
