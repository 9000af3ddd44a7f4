// Which device a run would get, without opening one: remembered by everything that can change the answer.
// A wrong memory is harmless: the runner compares it with the device it opens, and plans again when they differ.

import { readdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { digestOf } from '../../base/digest.ts';
import { isRecord } from '../../base/json.ts';
import type { DeviceInfo } from '../record/run-record.ts';
import { Memo, type Note } from './memo.ts';

const MAX_MEMO_BYTES = 4 * 1024 * 1024;
/** Devices remembered; the oldest goes first. */
const MAX_DEVICES = 64;
/** Loader, driver and driver-manifest folders on Linux; LD_LIBRARY_PATH and the loader's own folder are added. */
const LIBRARY_FOLDERS = [
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
];
const MANIFEST_ROOTS = ['/usr/local/etc', '/usr/share', '/usr/local/share', '/etc', '/etc/xdg'];

/**
 * sha256 of what decides which device is opened: the name asked for, environment, versions, machine, and the drivers'
 * files with their times. Null where a driver's version cannot be seen from files (Windows): the device is then opened.
 */
export function deviceFingerprint(
  wanted: string | undefined,
  versions: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv = process.env,
): string | null {
  if (process.platform === 'win32') return null;
  const relevant = Object.entries(environment).filter(([name]) =>
    /^(VK_|BENCH_DEVICE$|MESA_|LIBGL_|LP_|GALLIUM_|DAWN|LD_LIBRARY_PATH$|LD_PRELOAD$|XDG_)/.test(name),
  );
  const loaderFolder = path.dirname(process.execPath);
  const libraries = [...LIBRARY_FOLDERS, ...(environment.LD_LIBRARY_PATH ?? '').split(':'), loaderFolder];
  const home = os.homedir();
  const user = [
    environment.XDG_DATA_HOME || path.join(home, '.local', 'share'),
    environment.XDG_CONFIG_HOME || path.join(home, '.config'),
  ];
  const system = `${environment.XDG_DATA_DIRS ?? ''}:${environment.XDG_CONFIG_DIRS ?? ''}`.split(':').filter(Boolean);
  const named = `${environment.VK_DRIVER_FILES ?? ''}:${environment.VK_ICD_FILENAMES ?? ''}`.split(':');
  return digestOf({
    wanted: wanted ?? null,
    environment: relevant.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, value ?? '']),
    versions,
    machine: [os.hostname(), os.platform(), os.release(), os.arch(), os.cpus()[0]?.model ?? '', process.execPath],
    libraries: libraries.filter(Boolean).map((folder) => marks(folder, /^lib(vulkan|LLVM|nvidia-glcore|GLX_nvidia)/)),
    manifests: [...MANIFEST_ROOTS, ...system, ...user].map((folder) =>
      marks(path.join(folder, 'vulkan', 'icd.d'), /\.json$/),
    ),
    named: named.filter(Boolean).map((file) => [mark(file), marks(path.dirname(file), /^lib(vulkan|LLVM)/)]),
    nodes: [marks('/dev/dri', /^(card|render)/, false), marks('/dev', /^(nvidia|kfd|dxg)/, false)],
    nvidia: marks('/proc/driver/nvidia', /^version$/, false),
  });
}

/** `devices.json` of the store. */
export class DeviceMemo {
  private readonly memo: Memo;
  private readonly note: Note | undefined;

  /** `file` null: nothing is remembered. `note` hears of damage. */
  constructor(file: string | null, note?: Note) {
    this.memo = new Memo(file, MAX_MEMO_BYTES);
    this.note = note;
  }

  get(fingerprint: string | null): DeviceInfo | null {
    if (fingerprint === null) return null;
    const entry = this.memo.read(this.note)[fingerprint];
    return isDevice(entry) ? entry : null;
  }

  set(fingerprint: string | null, device: DeviceInfo): void {
    if (fingerprint === null) return;
    const { [fingerprint]: _, ...others } = this.memo.read();
    const kept = Object.entries(others).slice(-(MAX_DEVICES - 1));
    this.memo.write({ ...Object.fromEntries(kept), [fingerprint]: device });
  }
}

function isDevice(value: unknown): value is DeviceInfo {
  return (
    isRecord(value) &&
    typeof value.name === 'string' &&
    typeof value.deviceClass === 'string' &&
    typeof value.software === 'boolean' &&
    typeof value.timestamps === 'boolean' &&
    isRecord(value.testbed)
  );
}

/** Name, size and time of the files that match; `times` false: names only, for device nodes and /proc. */
function marks(folder: string, pattern: RegExp, times = true): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const found = names.filter((name) => pattern.test(name)).sort();
  return times ? found.map((name) => mark(path.join(folder, name))) : found;
}

function mark(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${file}:${stat.size}:${stat.mtimeMs}` : `${file}:absent`;
}
