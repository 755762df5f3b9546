/** Bytes as text without quotes, and back: base64 (RFC 4648, section 4) and hexadecimal digits. */

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'];

/** Not by btoa, whose argument takes longer to make than the result. */
export function base64Text(value: Uint8Array): string {
  let text = '';
  let i = 0;
  const letter = (bits: number): string => LETTERS[bits & 63] as string;
  for (; i + 3 <= value.length; i += 3) {
    const bits = ((value[i] as number) << 16) | ((value[i + 1] as number) << 8) | (value[i + 2] as number);
    text += letter(bits >> 18) + letter(bits >> 12) + letter(bits >> 6) + letter(bits);
  }
  const left = value.length - i;
  if (left > 0) {
    const bits = ((value[i] as number) << 16) | ((value[i + 1] ?? 0) << 8);
    text += `${letter(bits >> 18) + letter(bits >> 12)}${left === 2 ? letter(bits >> 6) : '='}=`;
  }
  return text;
}

/** Of text that is padded, and whose bits that are left over are zero; undefined of any other. */
export function base64Bytes(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const characters = atob(text);
  const bytes = Uint8Array.from({ length: characters.length }, (_, i) => characters.charCodeAt(i));
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const last = LETTERS.indexOf(text.at(-1 - padding) ?? 'A');
  return last & ([0, 3, 15][padding] as number) ? undefined : bytes;
}

const HEX = [...'0123456789abcdef'];

export function hexText(value: Uint8Array): string {
  let text = '';
  for (let i = 0; i < value.length; i++) {
    const byte = value[i] as number;
    text += (HEX[byte >> 4] as string) + (HEX[byte & 15] as string);
  }
  return text;
}

/** Of two digits each, in either case; undefined of any other text. */
export function hexBytes(text: string): Uint8Array | undefined {
  // Not of pairs: a pattern remembers each of a group.
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
