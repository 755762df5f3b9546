/** numpy's datetime64 and timedelta64: a count of units since 1970, or a span. Calendar arithmetic is exact at 64 bits. */
import { describe, type Element, type ElementValue, whole } from './element.ts';

/** The units of numpy (`NPY_DATETIMEUNIT`); `generic` is a count of nothing in particular. */
export type TimeUnit = 'Y' | 'M' | FixedUnit | 'generic';

/** Those of a fixed length. */
export type FixedUnit = 'W' | 'D' | 'h' | 'm' | 's' | 'ms' | 'us' | 'ns' | 'ps' | 'fs' | 'as';

/** Units of a fixed length: what divides a second, or how many seconds they have. */
const seconds = {
  W: { seconds: 604_800n },
  D: { seconds: 86_400n },
  h: { seconds: 3600n },
  m: { seconds: 60n },
  s: { seconds: 1n },
  ms: { digits: 3 },
  us: { digits: 6 },
  ns: { digits: 9 },
  ps: { digits: 12 },
  fs: { digits: 15 },
  as: { digits: 18 },
} as const satisfies Record<FixedUnit, { seconds: bigint } | { digits: number }>;

/**
 * How many seconds a unit of a fixed length has, or how many digits of a second's fraction it is.
 *
 * @internal
 */
export function secondsOf(unit: FixedUnit): bigint | number {
  const length = seconds[unit];
  return 'digits' in length ? length.digits : length.seconds;
}

/** Every unit, for the parser of formats. */
export const timeUnits = ['Y', 'M', ...(Object.keys(seconds) as FixedUnit[]), 'generic'] as readonly TimeUnit[];

/** numpy's "not a time". */
const NAT = -(2n ** 63n);

/** What a point in time and a span have in common. */
abstract class Time {
  /** In units; -2^63 for NaT. */
  readonly count: bigint;
  readonly unit: TimeUnit;
  /** How many of the unit one count is: 25 in numpy's `M8[25s]`. */
  readonly step: number;

  constructor(count: bigint, unit: TimeUnit, step = 1) {
    this.count = count;
    this.unit = unit;
    this.step = step;
  }

  /** Whether it is numpy's NaT, "not a time". */
  get isNaT(): boolean {
    return this.count === NAT;
  }

  /** Its text in ISO 8601; `NaT`, and the bare count where there is no unit. */
  toString(): string {
    if (this.isNaT) return 'NaT';
    const count = this.count * BigInt(this.step);
    return this.unit === 'generic' ? String(count) : this.text(count, this.unit);
  }

  /** @internal */
  protected abstract text(count: bigint, unit: Exclude<TimeUnit, 'generic'>): string;

  /** As `encodeJson` writes it: a text, null for NaT; where there is no unit the count, as the nearest number. */
  toJSON(): string | number | null {
    if (this.isNaT) return null;
    return this.unit === 'generic' ? Number(this.count * BigInt(this.step)) : this.toString();
  }
}

/**
 * A point in time of numpy, in the proleptic Gregorian calendar, without a time zone and without leap seconds. Its text
 * goes down to its unit, as numpy's `str()`.
 *
 * @example
 * ```ts
 * import { Datetime64 } from 'memview';
 * console.log(String(new Datetime64(1_700_000_000_000_000_000n, 'ns'))); // 2023-11-14T22:13:20.000000000
 * ```
 */
export class Datetime64 extends Time {
  /** @internal */
  protected override text(count: bigint, unit: Exclude<TimeUnit, 'generic'>): string {
    if (unit === 'Y') return year(1970n + count);
    if (unit === 'M') return month(count);
    const { date, clock, fraction } = moment(count, unit);
    if (unit === 'D' || unit === 'W') return date;
    const shown = clock.slice(0, unit === 'h' ? 2 : unit === 'm' ? 5 : 8);
    return `${date}T${shown}${fraction && `.${fraction}`}`;
  }

  /**
   * As `encodeJson` writes it, and orjson: date and time of day whatever the unit, in RFC 3339's form. A fraction of
   * a second has six digits, or those of its unit where six would lose some; none is written for a whole second.
   */
  override toJSON(): string | number | null {
    const { unit, isNaT } = this;
    if (isNaT || unit === 'generic') return super.toJSON();
    if (unit === 'Y' || unit === 'M') return `${this}${unit === 'Y' ? '-01' : ''}-01T00:00:00`;
    const { date, clock, fraction } = moment(this.count * BigInt(this.step), unit);
    const [micro, rest] = [fraction.padEnd(6, '0').slice(0, 6), fraction.slice(6)];
    const shown = /[1-9]/.test(rest) ? fraction : /[1-9]/.test(micro) ? micro : '';
    return `${date}T${clock}${shown && `.${shown}`}`;
  }

  /**
   * The same moment as a Date, whose unit is the millisecond.
   *
   * @throws RangeError if a Date cannot hold it, which has neither NaT nor anything below a millisecond.
   */
  toDate(): Date {
    const milliseconds = Number(millisecondsOf(this) ?? Number.NaN);
    if (Math.abs(milliseconds) <= 8.64e15) return new Date(milliseconds);
    throw new RangeError(`expected a whole number of milliseconds that a Date can hold, got ${this}`);
  }
}

/** A span of time of numpy. Its text is a duration, such as `PT0.000001S` or `-P3D`. */
export class Timedelta64 extends Time {
  /** @internal */
  protected override text(count: bigint, unit: Exclude<TimeUnit, 'generic'>): string {
    const sign = count < 0n ? '-' : '';
    const magnitude = count < 0n ? -count : count;
    if (unit === 'Y' || unit === 'M' || unit === 'W' || unit === 'D') return `${sign}P${magnitude}${unit}`;
    const { digits } = split(magnitude, unit);
    if (digits === 0) return `${sign}PT${magnitude}${unit.toUpperCase()}`;
    const [whole, fraction] = floorDivide(magnitude, 10n ** BigInt(digits));
    const decimals = pad(fraction, digits).replace(/0+$/, '');
    return `${sign}PT${whole}${decimals && `.${decimals}`}S`;
  }
}

/** A point in time in the parts of its text; the fraction of the second has as many digits as its unit. */
function moment(count: bigint, unit: FixedUnit): { date: string; clock: string; fraction: string } {
  const { total, digits } = split(count, unit);
  const [day, rest] = floorDivide(total, 86_400n * 10n ** BigInt(digits));
  const [second, fraction] = floorDivide(rest, 10n ** BigInt(digits));
  const clock = [second / 3600n, (second / 60n) % 60n, second % 60n].map((part) => pad(part, 2)).join(':');
  return { date: civil(day), clock, fraction: digits ? pad(fraction, digits) : '' };
}

/** A count of a fixed unit as seconds, or as the decimal fraction of seconds that the unit is. */
function split(count: bigint, unit: FixedUnit): { total: bigint; digits: number } {
  const length = secondsOf(unit);
  return typeof length === 'number' ? { total: count, digits: length } : { total: count * length, digits: 0 };
}

function millisecondsOf({ count, step, unit, isNaT }: Datetime64): bigint | undefined {
  if (isNaT || unit === 'generic') return undefined;
  const all = count * BigInt(step);
  if (unit === 'Y') return daysFromCivil(1970n + all, 1n) * 86_400_000n;
  if (unit === 'M') {
    const [years, months] = floorDivide(all, 12n);
    return daysFromCivil(1970n + years, months + 1n) * 86_400_000n;
  }
  const { total, digits } = split(all, unit);
  const thousand = total * 1000n;
  const scale = 10n ** BigInt(digits);
  return thousand % scale === 0n ? thousand / scale : undefined;
}

/** @internal */
export function floorDivide(value: bigint, by: bigint): [quotient: bigint, rest: bigint] {
  const rest = ((value % by) + by) % by;
  return [(value - rest) / by, rest];
}

function pad(value: bigint, digits: number): string {
  return String(value).padStart(digits, '0');
}

/** At least four places, a sign being one of them, as numpy has them. */
function year(value: bigint): string {
  return value < 0n ? `-${pad(-value, 3)}` : pad(value, 4);
}

function month(since1970: bigint): string {
  const [years, months] = floorDivide(since1970, 12n);
  return `${year(1970n + years)}-${pad(months + 1n, 2)}`;
}

/** The date of a day counted from 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms", 2013). */
function civil(day: bigint): string {
  const [era, dayOfEra] = floorDivide(day + 719_468n, 146_097n);
  const yearOfEra = (dayOfEra - dayOfEra / 1460n + dayOfEra / 36_524n - dayOfEra / 146_096n) / 365n;
  const dayOfYear = dayOfEra - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const fromMarch = (5n * dayOfYear + 2n) / 153n;
  const dayOfMonth = dayOfYear - (153n * fromMarch + 2n) / 5n + 1n;
  const monthOfYear = fromMarch < 10n ? fromMarch + 3n : fromMarch - 9n;
  const value = yearOfEra + era * 400n + (monthOfYear <= 2n ? 1n : 0n);
  return `${year(value)}-${pad(monthOfYear, 2)}-${pad(dayOfMonth, 2)}`;
}

/** The day, counted from 1970-01-01, on which a month begins (the same source). @internal */
export function daysFromCivil(ofYear: bigint, ofMonth: bigint): bigint {
  const [era, yearOfEra] = floorDivide(ofMonth <= 2n ? ofYear - 1n : ofYear, 400n);
  const dayOfYear = (153n * (ofMonth + (ofMonth > 2n ? -3n : 9n)) + 2n) / 5n;
  return era * 146_097n + yearOfEra * 365n + yearOfEra / 4n - yearOfEra / 100n + dayOfYear - 719_468n;
}

/** Of numpy's `M8[25s]` and `m8[ns]`. */
export function timeElement(
  kind: 'datetime64' | 'timedelta64',
  unit: TimeUnit,
  step: number,
  little: boolean,
): Element {
  const Class = kind === 'datetime64' ? Datetime64 : Timedelta64;
  return {
    name: kind,
    size: 8,
    array: 'BigInt64Array',
    width: 8,
    little,
    counts: { unit, step },
    values: 1,
    read: (bytes, offset) => new Class(bytes.getBigInt64(offset, little), unit, step),
    write: (bytes, offset, value) => bytes.setBigInt64(offset, countOf(value), little),
  };

  function countOf(value: ElementValue): bigint {
    if (typeof value === 'bigint') return whole(value, NAT, 2n ** 63n - 1n, kind);
    if (!(value instanceof Class)) {
      throw new TypeError(`expected a ${Class.name} or a bigint, which counts ${step} ${unit}, got ${describe(value)}`);
    }
    if (value.isNaT) return NAT;
    if (value.unit !== unit || value.step !== step) {
      const other = `${value.step} ${value.unit}`;
      throw new TypeError(`expected a count of ${step} ${unit}, got one of ${other}; convert it first`);
    }
    return value.count;
  }
}
