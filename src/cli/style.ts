/** Emphasis, where a person reads: on a terminal that shows it, unless `NO_COLOR` asks for none (no-color.org). */
import { styleText } from 'node:util';

const coloured = process.stdout.isTTY === true && process.stdout.hasColors();

const style =
  (format: Parameters<typeof styleText>[0]) =>
  (text: string): string =>
    coloured ? styleText(format, text) : text;

export const heading = style('bold');
export const faint = style('dim');
export const good = style('green');
export const bad = style('red');
