/** Exceptions of every kind as JavaScript errors: what they say, and that nothing of them is left behind. */
import assert from 'node:assert/strict';
import type { Python } from '../../../src/ffi/python.ts';
import { PythonError } from '../../../src/ffi/python-error.ts';
import { type Cases, type PythonSubject, value } from './subject.ts';

function raised(python: Python, code: string): PythonError {
  try {
    python.exec(code);
  } catch (error) {
    assert.ok(error instanceof PythonError, String(error));
    return error;
  }
  return assert.fail(`nothing was raised by ${code}`);
}

const BROKEN = `
class Broken(Exception):
    def __str__(self): raise RuntimeError("no text")
    def __repr__(self): raise RuntimeError("no repr")
raise Broken`;

const NAMELESS = `
class Meta(type):
    def __getattribute__(self, name): raise RuntimeError(name)
class Nameless(Exception, metaclass=Meta): pass
raise Nameless("text")`;

export const errorCases: Cases<PythonSubject> = {
  'every builtin exception comes as itself'(subject) {
    const { python } = subject;
    const names = value<string[]>(
      subject,
      `[n for n, e in vars(__import__("builtins")).items() if isinstance(e, type) and issubclass(e, BaseException)
        and "Group" not in n and e.__name__ == n and not issubclass(e, (UnicodeError,))]`.replace(/\n\s*/g, ' '),
    );
    for (const name of names) {
      const error = raised(python, `raise ${name}("said")`);
      assert.deepEqual([error.type, error.name, error.cause], [name, `PythonError [${name}]`, undefined]);
      assert.match(error.message, /said/);
    }
    assert.ok(names.length > 45);
    return `${names.length} classes`;
  },

  'what caused an error is its cause, as deep as it goes'({ python }) {
    const from = raised(python, 'try:\n  1 / 0\nexcept Exception as e:\n  raise ValueError("outer") from e');
    assert.equal((from.cause as PythonError).type, 'ZeroDivisionError');
    assert.match(from.traceback, /division by zero[\s\S]*direct cause[\s\S]*ValueError: outer/);
    const during = raised(python, 'try:\n  1 / 0\nexcept Exception:\n  raise ValueError("outer")');
    assert.equal((during.cause as PythonError).type, 'ZeroDivisionError');
    assert.match(during.traceback, /During handling/);
    const none = raised(python, 'try:\n  1 / 0\nexcept Exception:\n  raise ValueError("outer") from None');
    assert.equal(none.cause, undefined);
    const loop = raised(python, 'a = ValueError("a"); b = KeyError("b"); a.__cause__ = b; b.__cause__ = a; raise a');
    assert.equal(((loop.cause as PythonError).cause as unknown) ?? null, null);
    const deep = raised(
      python,
      'e = None\nfor i in range(2000):\n  n = ValueError(i); n.__cause__ = e; e = n\nraise e',
    );
    assert.equal(deep.message, '1999');
    assert.equal((deep.cause as PythonError).message, '1998');
  },

  'a group has its members'(subject) {
    const { python } = subject;
    if (!value<boolean>(subject, 'hasattr(__import__("builtins"), "ExceptionGroup")')) return 'skipped: before 3.11';
    const error = raised(
      python,
      'raise ExceptionGroup("both", [ValueError("a"), ExceptionGroup("inner", [KeyError("b")])])',
    );
    assert.equal(error.type, 'ExceptionGroup');
    assert.match(error.message, /^both \(2 sub-exceptions\)$/);
    assert.deepEqual(
      error.errors.map(({ type, message }) => [type, message.split(' ')[0]]),
      [
        ['ValueError', 'a'],
        ['ExceptionGroup', 'inner'],
      ],
    );
    assert.deepEqual(
      error.errors[1]?.errors.map(({ type, message }) => [type, message]),
      [['KeyError', "'b'"]],
    );
    assert.match(error.traceback, /ValueError: a[\s\S]*KeyError: 'b'/);
    return undefined;
  },

  'a syntax error shows the place'({ python }) {
    const error = raised(python, 'x = 1\ny = (2 +* 3)');
    assert.equal(error.type, 'SyntaxError');
    assert.match(error.message, /\(<memview>, line 2\)$/);
    assert.match(error.traceback, /File "<memview>", line 2\n {4}y = \(2 \+\* 3\)\n +\^/);
    assert.throws(() => python.eval('1 +'), { name: 'PythonError [SyntaxError]' });
    assert.equal(raised(python, '  x = 1').type, 'IndentationError');
  },

  'surrogates, NULs and very long texts come through'({ python }) {
    assert.equal(raised(python, 'raise ValueError("a\\ud800b\\x00c\\U0001F600")').message, 'a\ud800b\0c\u{1F600}');
    assert.equal(raised(python, 'raise ValueError("x" * 10**6)').message.length, 10 ** 6);
    assert.equal(raised(python, 'raise ValueError').message, '');
    assert.equal(raised(python, 'raise ValueError(1, 2)').message, '(1, 2)');
  },

  'an exception that cannot say what it is is still told'({ python }) {
    const broken = raised(python, BROKEN);
    assert.deepEqual([broken.type, broken.message], ['Broken', '<its __str__ failed>']);
    assert.match(broken.traceback, /Traceback[\s\S]*Broken/);
    const nameless = raised(python, NAMELESS);
    assert.deepEqual([nameless.type, nameless.message], ['BaseException', 'text']);
    assert.equal(raised(python, 'class E(Exception): __module__ = None\nraise E("m")').message, 'm');
  },

  'exits, interrupts and recursion are errors and end nothing'({ python }) {
    for (const [code, type, message] of [
      ['raise SystemExit(3)', 'SystemExit', /^3$/],
      ['exit()', 'SystemExit', /^None$/],
      ['raise KeyboardInterrupt', 'KeyboardInterrupt', /^$/],
      ['raise GeneratorExit', 'GeneratorExit', /^$/],
      ['f = lambda: f()\nf()', 'RecursionError', /maximum recursion depth exceeded/],
      ['class C:\n  def __repr__(self): return repr(self)\nrepr(C())', 'RecursionError', /maximum recursion/],
      ['x = []\nfor _ in range(10**5): x = [x]\nrepr(x)', 'RecursionError', /maximum recursion|Stack overflow/],
      ['bytearray(2**62)', 'MemoryError', /^$/],
      ['raise', 'RuntimeError', /No active exception/],
      ['raise 5', 'TypeError', /must derive from BaseException/],
    ] as const) {
      const error = raised(python, code);
      assert.equal(error.type, type, code);
      assert.match(error.message, message);
    }
  },

  'errors leave nothing behind in Python'({ python }) {
    python.exec('import gc, weakref\nclass Kept: pass\nwatched = weakref.WeakSet()');
    const raise = `
def fail():
    kept = Kept(); watched.add(kept)
    try:
        raise KeyError("inner")
    except KeyError as inner:
        raise ValueError("outer") from inner
fail()`;
    const count = (): string => String(python.eval('len(watched)'));
    for (let i = 0; i < 50; i++) assert.equal(raised(python, raise).type, 'ValueError');
    python.exec('gc.collect()');
    assert.equal(count(), '0');
  },
};
