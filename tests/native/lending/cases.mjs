// What release, revoke, moved memory and share do, each case in a process of its own: `cases.mjs <request as JSON>`.
// Without a request it names them all. A case that does not hold raises; one that does not apply gives the reason.
import { openPython } from 'memview/ffi';
import { loopCases } from './loops.mjs';
import { movedCases } from './moved.mjs';
import { releaseCases } from './release.mjs';
import { revokeCases } from './revoke.mjs';
import { shareCases } from './share.mjs';

const cases = { ...releaseCases, ...loopCases, ...revokeCases, ...movedCases, ...shareCases };

if (process.argv[2] === undefined) {
  console.log(JSON.stringify(Object.keys(cases)));
} else {
  const { executable, name, ...given } = JSON.parse(process.argv[2]);
  const python = openPython({ python: executable });
  python.exec('from array import array\nimport gc\nkept = []');
  const skipped = await cases[name]({ python, ...given });
  console.log(JSON.stringify({ skipped }));
}
