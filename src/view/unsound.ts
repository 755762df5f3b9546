/** What is said of an object that contradicts itself. It knows none. */
import { FormatError, hex } from '../errors.ts';

/**
 * The error that says so.
 *
 * @param what it was taken for: the name of its type
 * @param why it cannot be one
 * @internal
 */
export function unsound(what: string, address: bigint, why: string): FormatError {
  return new FormatError(`the ${what} at ${hex(address)} is not sound: ${why}. Is it one, and of this target?`);
}
