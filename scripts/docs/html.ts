/** HTML and SVG as text. */

/** Text as it stands in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** An element; attributes that are undefined are left out, and `children` are markup, or nothing. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...children: readonly (string | undefined)[]
): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const open = [name, ...given.map(([key, value]) => `${key}="${escapeHtml(String(value))}"`)].join(' ');
  return `<${open}>${children.join('')}</${name}>`;
}
