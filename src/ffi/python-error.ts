/** An exception raised in Python, as a JavaScript error. */

/** What Python tells of an exception. */
export interface ErrorRecord {
  readonly type: string;
  readonly message: string;
  readonly traceback?: string;
  readonly cause?: ErrorRecord | null;
  readonly errors?: readonly ErrorRecord[];
}

/**
 * An exception raised in Python. `message` is the exception's `str()`, of a BufferError also who holds buffers from JavaScript; `cause` is the PythonError of what caused it
 * (`raise … from`) or of what was being handled when it was raised, where there is one.
 *
 * @example
 * ```ts
 * import { openPython, PythonError } from 'memview/ffi';
 * try {
 *   openPython().eval('{}["key"]');
 * } catch (error) {
 *   if (error instanceof PythonError) console.log(error.type, error.message); // KeyError 'key'
 * }
 * ```
 */
export class PythonError extends Error {
  override readonly name: string;
  /** The class of the exception, dotted unless builtin: `ValueError`, `json.decoder.JSONDecodeError`. */
  readonly type: string;
  /** What Python would print: the traceback, chained causes and members of a group and all. */
  readonly traceback: string;
  /** The members of an exception group, as an AggregateError has them; else empty. */
  readonly errors: readonly PythonError[];

  /** @internal */
  constructor(
    type: string,
    message: string,
    traceback: string,
    options: { cause?: PythonError; errors?: readonly PythonError[] } = {},
  ) {
    const { cause, errors = [] } = options;
    super(message, cause ? { cause } : undefined);
    this.name = `PythonError [${type}]`;
    this.type = type;
    this.traceback = traceback;
    this.errors = errors;
  }

  /**
   * The error that Python told of, with all it is made of.
   *
   * @param pins who holds buffers from JavaScript, in words: what a BufferError is often about
   * @internal
   */
  static from(
    { type, message, traceback = '', cause, errors = [] }: ErrorRecord,
    pins = (): string => '',
  ): PythonError {
    const held = type === 'BufferError' ? pins() : '';
    return new PythonError(type, held ? `${message}. ${held}` : message, traceback, {
      ...(cause ? { cause: PythonError.from(cause, pins) } : {}),
      errors: errors.map((error) => PythonError.from(error, pins)),
    });
  }
}
