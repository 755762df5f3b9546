// What each of two files does that jest runs in one process, each with globals of its own.
import { expect, test } from '@jest/globals';
import { encodeJson } from 'memview';
import { openPython, PythonError } from 'memview/ffi';

/** Declares the test. */
export function meet() {
  test('the Python of this process', async () => {
    const python = openPython();
    python.exec('met = globals().get("met", 0) + 1');
    const view = python.view('bytearray(b"abc")');
    view.data[0] = 65;
    expect(new TextDecoder().decode(encodeJson(view))).toBe('[65,98,99]');
    view.release();
    expect(() => python.eval('1 / 0')).toThrow(PythonError);
    expect(String(await python.run('6 * 7'))).toBe('42');
    expect(openPython()).toBe(python);
    const met = String(python.eval('met'));
    process.stdout.write(`met ${met} of process ${process.pid}\n`);
    // The first closes what is its own; the interpreter stays.
    if (met === '1') python.close();
  });
}
