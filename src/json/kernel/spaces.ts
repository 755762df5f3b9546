/** White space of JSON. */

const SPACE: u8 = 0x20;

// @ts-ignore: decorator
@inline
function isSpace(c: u8): bool {
  return c == SPACE || c == 0x0a || c == 0x0d || c == 0x09;
}

export function afterSpaces(p: usize, end: usize): usize {
  while (p < end && isSpace(load<u8>(p))) p++;
  return p;
}

export function beforeSpaces(p: usize, end: usize): usize {
  while (end > p && isSpace(load<u8>(end - 1))) end--;
  return end;
}
