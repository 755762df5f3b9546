// How much memory this process has taken, as Linux tells it.
import { readFileSync, writeFileSync } from 'node:fs';

const status = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))[1]);

/** The peak is counted from here (proc(5), clear_refs); returns what is resident now, in MB. */
export function beginPeak() {
  writeFileSync('/proc/self/clear_refs', '5');
  return status('VmRSS') / 1024;
}

/** In MB, since the last beginning. */
export const peak = () => status('VmHWM') / 1024;
