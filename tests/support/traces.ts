/** Errors have no trace until it ends: where a test makes many that nobody reads, their traces take most of its time. */
export function withoutTraces(): Disposable {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  return {
    [Symbol.dispose]() {
      Error.stackTraceLimit = stackTraceLimit;
    },
  };
}
