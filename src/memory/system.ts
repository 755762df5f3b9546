/** What reading from the operating system takes, be it a process or a file. */
import { MemoryFault } from '../errors.ts';

/** The most that one read asks of the kernel, below its own limit of 0x7ffff000 bytes. */
export const MOST_PER_READ = 1 << 30;

/**
 * Room for a copy.
 *
 * @param length in bytes
 * @throws MemoryFault if there is none.
 */
export function allocate(address: bigint, length: number): Uint8Array {
  try {
    return Buffer.allocUnsafe(length);
  } catch (cause) {
    throw new MemoryFault(address, length, `no room for a copy of that size (${codeOf(cause)})`, { cause });
  }
}

/** What the system calls an error, such as ENOENT; of another error what it says. It may be of another realm. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  return 'code' in error ? String(error.code) : 'message' in error ? String(error.message) : String(error);
}
