/** An exception raised in Python, as a JavaScript error. */
export class PythonError extends Error {
  override readonly name: string;
  /** The class of the exception, dotted unless builtin: `ValueError`, `json.decoder.JSONDecodeError`. */
  readonly type: string;
  /** What Python would print: the traceback, chained causes and all. */
  readonly traceback: string;

  /** @param message the exception's `str()` */
  constructor(type: string, message: string, traceback: string) {
    super(message);
    this.name = `PythonError [${type}]`;
    this.type = type;
    this.traceback = traceback;
  }
}
