/** Points in time and spans as `encodeJson` writes them, back to counts of their units: the inverse of view/time.ts. */
import { daysFromCivil, type FixedUnit, floorDivide, secondsOf, type TimeUnit } from '../view/time.ts';

/** What is counted: so many of a unit. */
export interface Counts {
  readonly unit: Exclude<TimeUnit, 'generic'>;
  readonly step: number;
}

/** Where a second is cut, in digits: an attosecond is the shortest unit. */
const DIGITS = 18;
const SECOND = 10n ** BigInt(DIGITS);

// Of 2^63 units of 2^53 each there are 36 digits.
const moment = /^(-?\d{3,40})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?$/;

/** The count of a point in time; undefined if the text is none, or no whole number of the unit. */
export function datetimeCount(text: string, { unit, step }: Counts): bigint | undefined {
  const [, year = '', ...rest] = moment.exec(text) ?? [];
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest.slice(0, 5).map(Number);
  const ofYear = BigInt(year || 0);
  if (!year || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = daysFromCivil(ofYear, BigInt(month)) + BigInt(day - 1);
  const [years, months] = month === 12 ? [ofYear + 1n, 1n] : [ofYear, BigInt(month + 1)];
  if (date >= daysFromCivil(years, months)) return undefined;
  const clock = BigInt((hour * 60 + minute) * 60 + second);
  const fraction = BigInt((rest[5] ?? '').padEnd(DIGITS, '0'));
  if (unit === 'Y' || unit === 'M') {
    if (day !== 1 || clock !== 0n || fraction !== 0n) return undefined;
    const count = (ofYear - 1970n) * 12n + BigInt(month - 1);
    return wholeOf(count, BigInt(step) * (unit === 'Y' ? 12n : 1n));
  }
  return wholeOf((date * 86_400n + clock) * SECOND + fraction, lengthOf(unit) * BigInt(step));
}

const span = /^(-?)P(?:(\d{1,40})([YMWD])|T(\d{1,40})([HM])|T(\d{1,40})(?:\.(\d{1,18}))?S)$/;

/** The same of a span of time. */
export function timedeltaCount(text: string, { unit, step }: Counts): bigint | undefined {
  const found = span.exec(text);
  if (!found) return undefined;
  const [, sign, days, letter = '', hours, clockLetter = '', seconds, decimals = ''] = found;
  const signed = (count: bigint): bigint => (sign ? -count : count);
  if (letter === 'Y' || letter === 'M' || unit === 'Y' || unit === 'M') {
    return letter === unit ? wholeOf(signed(BigInt(days as string)), BigInt(step)) : undefined;
  }
  const attoseconds =
    days !== undefined
      ? BigInt(days) * lengthOf(letter as FixedUnit)
      : hours !== undefined
        ? BigInt(hours) * lengthOf(clockLetter === 'H' ? 'h' : 'm')
        : BigInt(seconds as string) * SECOND + BigInt(decimals.padEnd(DIGITS, '0'));
  return wholeOf(signed(attoseconds), lengthOf(unit) * BigInt(step));
}

/** In attoseconds. */
function lengthOf(unit: FixedUnit): bigint {
  const length = secondsOf(unit);
  return typeof length === 'bigint' ? length * SECOND : SECOND / 10n ** BigInt(length);
}

function wholeOf(count: bigint, by: bigint): bigint | undefined {
  const [quotient, rest] = floorDivide(count, by);
  return rest === 0n ? quotient : undefined;
}
