/** Numbers in text, against JSON.parse, BigInt, and exact fractions: by the kernel and by TypeScript alone. */
import { describe, expect, test } from '@jest/globals';
import { JsonDecodeError } from '../../src/errors.ts';
import { decodeJson } from '../../src/json/decode.ts';
import { bfloat16FromBits, float16FromBits } from '../../src/view/float16.ts';
import { random } from '../support/random.ts';
import { randomBits, scale } from './kernel-support.ts';

/** Each text among others of its kind, with and without white space around it. */
function expectDoubles(texts: readonly string[]): void {
  const expected = Float64Array.from(texts, Number);
  for (const between of [',', ' ,\n ']) {
    const found = decodeJson(`[${texts.join(between)}]`, { format: 'd' }).data as Float64Array;
    const bits = [found, expected].map((all) => new BigUint64Array(all.buffer, 0, texts.length));
    texts.forEach((text, i) => {
      if (bits[0]?.[i] !== bits[1]?.[i]) throw new Error(`${text}: expected ${expected[i]}, got ${found[i]}`);
    });
  }
}

/** The same of each by itself: a number without an array is never read by the kernel. */
function expectDoublesAlone(texts: readonly string[]): void {
  for (const text of texts) {
    const { data } = decodeJson(text, { format: 'd' });
    if (!Object.is(data[0], Number(text))) throw new Error(`${text}: expected ${Number(text)}, got ${data[0]}`);
  }
}

/** A double's exact decimal text, from its integer mantissa. */
function exactText(mantissa: bigint, power: number): string {
  if (power >= 0) return String(mantissa << BigInt(power));
  const digits = String(mantissa * 5n ** BigInt(-power)).padStart(-power + 1, '0');
  return `${digits.slice(0, power)}.${digits.slice(power)}`;
}

/** With 17 to 19 digits, in which halfway cases of doubles are: a number, and its neighbours. */
function around(text: string): string[] {
  const [mantissa = '', exponent = ''] = text.split('e');
  const point = mantissa.indexOf('.');
  const digits = BigInt(mantissa.replace('.', ''));
  const places = point < 0 ? 0 : mantissa.length - point - 1;
  return [-1n, 0n, 1n].map((step) => {
    const all = String(digits + step).padStart(places + 1, '0');
    const shown = places > 0 ? `${all.slice(0, -places)}.${all.slice(-places)}` : all;
    return exponent ? `${shown}e${exponent}` : shown;
  });
}

/**
 * Published hard cases: Gay, Correctly rounded binary-decimal and decimal-binary conversions (1990); Paxson, A program for
 * testing IEEE decimal-binary conversion (1991), tables 1 to 4; Lemire's fast_double_parser and fast_float; the numbers on
 * which PHP (2.2250738585072011e-308) and Java (2.2250738585072012e-308) did not end.
 */
const hard = `
2.2250738585072011e-308 2.2250738585072012e-308 2.2250738585072014e-308 4.9406564584124654e-324 5e-324 2.4703282292062327e-324
2.4703282292062328e-324 2.47032822920623272e-324 1.7976931348623157e308 1.7976931348623158e308 1.7976931348623158079e308
9007199254740993 9007199254740992.5 9007199254740993.0000000000000000001 9007199254740991.5 4503599627370497.5
4503599627370496.5 4503599627370475.5 1e23 8.5e22 9.5e22 1.1e23 8533e68 8589e72 85985e-10 5e-20 67e14 985e15 7693e-42
55895e-16 996622e-44 7038531e-32 60419369e-46 702990899e-20 6930161142e-48 25933168707e-13 596428896559e20 3e-324 9214e-24
91654e32 29819e-34 786205e10 7.2057594037927933e16 6.8281963e-100 93e-234 8e307 9e-265 5e125 69e267 999e-26 7861e-34
75569e-254 928609e-261 9210917e80 84863171e114 653777767e273 5232604057e-298 27235667517e-109 653532977297e-123
3142213164987e-294 46202199371337e-72 231010996856685e-73 9324754620109615e212 78459735791271921e49 272104041512242479e200
6802601037806061975e198 20505426358836677347e-221 836168422905420598437e-234 4891559871276714924261e222
9e-265 85e-37 623e100 3571e263 81661e153 920657e-23 4603285e-24 87575437e-309 245540327e122 6138508175e120 83356057653e193
619534293513e124 2335141086879e218 36167929443327e-159 609610927149051e-255 3743626360493413e-165 94080055902682397e-242
899810892172646163e283 7120190517612959703e120 25188282901709339043e-252 308984926168550152811e-52 6372891218502368041059e64
0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001e100
1.00000000000000011102230246251565404236316680908203125 1.00000000000000011102230246251565404236316680908203124
1.00000000000000011102230246251565404236316680908203126 0.500000000000000166533453693773481063544750213623046875
3.518437208883201171875e13 62.5364939768271845828 8.10109172351e-10 1.50000000000000011102230246251565 9007199254740991.4999999999999999999999999999999995
1.2345e30 1090544144181609348671888949248 1.0000000000000002 9355950000000000000.00000000000000000000000000000000001844674407370955161600000184467440737095516161844674407370955161407370955161618446744073709551616000184467440737095516166000001844674407370955161618446744073709551614073709551616184467440737095516160001844674407370955161601844674407370955674451616184467440737095516140737095516161844674407370955161600018446744073709551616018446744073709551611616000184467440737095001844674407370955161600184467440737095516160018446744073709551168164467440737095516160001844073709551616018446744073709551616184467440737095516160001844674407536910751601611616000184467440737095001844674407370955161600184467440737095516160018446744073709551616184467440737095516160001844955161618446744073709551616000184467440753691075160018446744073709
0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000022250738585072008890245868760858598876504231122409594654935248025624400092282356951787758888037591552642309780950434312085877387158357291821993020294379224223559819827501242041788969571311791082261043971979604000454897391938079198936081525613113376149842043271751033627391549782731594143828136275113838604094249464942286316695429105080201815926642134996606517803095075913058719846423906068637102005108723282784678843631944515866135041223479014792369585208321597621066375401613736583044193603714778355306682834535634005074073040135602968046375918583163124224521599262546494300836851861719422417646455137135420132217031370496583210154654068035397417906022589503023501937519773030945763173210852507299305089761582519159720757232455434770912461317493580281734466552734375
`
  .trim()
  .split(/\s+/);

describe('doubles', () => {
  test('the published hard cases', () => {
    const finite = hard.filter((text) => Number.isFinite(Number(text)));
    expect(hard.length - finite.length).toBeLessThan(3);
    const near = finite.flatMap(around).filter((text) => !/^0\d/.test(text) && Number.isFinite(Number(text)));
    const all = [...finite, ...finite.map((text) => `-${text}`), ...near];
    expect(near.length).toBeGreaterThan(200);
    expectDoubles(all);
    expectDoublesAlone(all);
    for (const text of hard.filter((each) => !finite.includes(each))) {
      expect(() => decodeJson(`[${text}]`)).toThrow(JsonDecodeError);
    }
  });

  test('halfway between doubles, exactly and by one digit more or less', () => {
    const { between, pick } = random(1);
    const texts: string[] = [];
    for (let i = 0; i < 3000; i++) {
      const mantissa = 2n ** 53n + BigInt(between(0, 2 ** 31)) * BigInt(between(0, 2 ** 22 - 1));
      const power = pick([between(-1074, 900), between(-70, 70), between(-25, 10)]);
      const exact = exactText(2n * mantissa + 1n, power - 1);
      const [whole = '', fraction = ''] = exact.split('.');
      texts.push(exact, `${whole}.${fraction}1`, `${whole}.${fraction}${'0'.repeat(30)}1`);
      const down = exactText((2n * mantissa + 1n) * 10n ** 5n - 1n, power - 1);
      texts.push(
        down.includes('.') ? down : `${down}e-5`,
        `${exact.replace('.', '')}e-${fraction.length + between(0, 3)}`,
      );
    }
    const numbers = texts.map((text) => text.replace(/^0+(?=\d)/, '').replace(/\.(?=e|$)/, '.0'));
    expectDoubles(numbers.filter((text) => Number.isFinite(Number(text))));
  });

  test('exponents to ±400, subnormals, long runs of digits', () => {
    const { between, below } = random(2);
    const digits = (count: number): string => Array.from({ length: count }, () => below(10)).join('');
    const texts: string[] = [];
    for (let exponent = -400; exponent <= 400; exponent++) {
      for (const mantissa of [
        '1',
        '9',
        '1.7976931348623157',
        `${between(1, 9)}${digits(18)}`,
        `0.${digits(25)}`,
        `${between(1, 9)}.${digits(40)}`,
        '0',
        '0.0',
      ]) {
        texts.push(`${mantissa}e${exponent}`, `-${mantissa}E${exponent < 0 ? exponent : `+${exponent}`}`);
      }
    }
    for (let i = 0; i < 300; i++)
      texts.push(`${between(1, 9)}${digits(between(1, 300))}`, `0.${'0'.repeat(below(320))}${digits(between(1, 300))}`);
    texts.push(
      `1${'0'.repeat(308)}`,
      `0.${'0'.repeat(1000)}1e1001`,
      `1${'0'.repeat(1000)}e-1000`,
      `0.${'3'.repeat(100_000)}`,
      `1${'0'.repeat(60_000)}1e-60001`,
    );
    const finite = texts.filter((text) => Number.isFinite(Number(text)));
    expectDoubles(finite);
    expectDoublesAlone(finite.slice(0, 4000));
    for (const text of texts.filter((each) => !Number.isFinite(Number(each)))) {
      expect(() => decodeJson(`[0.5,${text}]`)).toThrow('expected a number that float64 holds');
    }
  });

  test(`random texts as JSON.parse has them: ${scale} million`, () => {
    const batch = 100_000;
    for (let seed = 0; seed < 10 * scale; seed++) {
      const { below, between, pick } = random(seed);
      const bits = randomBits(2 * batch, seed + 1);
      const doubles = new Float64Array(bits.buffer);
      const singles = new Float32Array(bits.buffer);
      const one = (i: number): string => {
        const value = doubles[i] as number;
        switch (below(10)) {
          case 0:
            return String(Number.isFinite(value) ? value : 0);
          case 1:
            return (Number.isFinite(value) ? value : 1).toExponential(between(0, 25));
          case 2:
            return String(Number.isFinite(singles[i]) ? singles[i] : -0.5);
          case 3:
            return String((bits[i] as number) / 2 ** 32);
          case 4:
            return ((bits[i] as number) / 1e6).toFixed(between(0, 20));
          case 5:
            return String((bits[i] as number) * 2 ** between(0, 25));
          case 6:
            return `${bits[i]}${bits[2 * i]}e${between(-340, 280)}`;
          case 7:
            return `-${bits[i]}.${bits[i + 1]}${bits[2 * i]}${pick(['', 'e5', 'E-7', 'e+12', 'e-310'])}`;
          case 8:
            return `0.${'0'.repeat(below(20))}${bits[i]}${bits[i + 1]}`;
          default:
            return String(((bits[i] as number) % 100_000) / 100);
        }
      };
      // Rounded up to fewer digits, the greatest is beyond.
      const texts = Array.from({ length: batch }, (_, i) => one(i)).filter((text) => Number.isFinite(Number(text)));
      expectDoubles(texts);
    }
  });
});

describe('narrower floats: the nearest of their width, ties to even, whatever is in between', () => {
  /** Numbers of 16 or 32 bits as integers that follow one another in order of magnitude. */
  const widths = {
    e: { bits: 16, greatest: 0x7bff, value: (n: number) => float16FromBits(n) },
    E: { bits: 16, greatest: 0x7f7f, value: (n: number) => bfloat16FromBits(n) },
    f: {
      bits: 32,
      greatest: 0x7f7fffff,
      value: (n: number) => new Float32Array(Uint32Array.of(n).buffer)[0] as number,
    },
  } as const;

  /** A double as mantissa·2^power. */
  const parts = (value: number): [bigint, number] => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    const bits = view.getBigUint64(0);
    const exponent = Number(bits >> 52n) & 0x7ff;
    const fraction = bits & ((1n << 52n) - 1n);
    return exponent === 0 ? [fraction, -1074] : [fraction | (1n << 52n), exponent - 1075];
  };

  const neighbour = (value: number, step: bigint): number => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    view.setBigUint64(0, view.getBigUint64(0) + step);
    return view.getFloat64(0);
  };

  test.each(['e', 'E', 'f'] as const)('%s', (format) => {
    const { greatest, value } = widths[format];
    const { below } = random(3);
    const texts: string[] = [];
    const expected: number[] = [];
    const chosen =
      format === 'f'
        ? Array.from({ length: 4000 }, () => below(greatest))
        : Array.from({ length: greatest }, (_, n) => n).filter(() => format === 'e' || below(8) === 0);
    for (const n of [0, 1, 2, greatest - 1, ...chosen]) {
      const [low, high] = [value(n), value(n + 1)];
      // Halfway, which a double holds exactly.
      const [mantissa, power] = parts(low / 2 + high / 2);
      const exact = exactText(mantissa, power);
      const even = n % 2 === 0 ? low : high;
      const longer = exact.includes('.') ? exact : `${exact}.0`;
      const less = exactText(mantissa * 10n ** 30n - 1n, power);
      const cut = less.includes('.') ? `${less}e-30` : `${less}.0e-30`;
      // And the doubles next to it.
      const next = [-1n, 1n].map((step) => neighbour(low / 2 + high / 2, step));
      texts.push(...next.map(String));
      expected.push(low, high);
      texts.push(exact, `-${exact}`, `${longer}${'0'.repeat(30)}1`, `${longer}1`, cut, longer);
      expected.push(even, -even, high, high, low, even);
    }
    const shaped = texts.map((text) => text.replace(/^(-?)0+(?=\d)/, '$1'));
    const found = [...decodeJson(`[${shaped.join(',')}]`, { format }).data].map(Number);
    const wrong = found.findIndex((each, i) => !Object.is(each, expected[i]));
    expect(wrong < 0 ? undefined : [shaped[wrong], found[wrong], expected[wrong]]).toBeUndefined();
    // Half a unit beyond the greatest: the tie is beyond, what is less is the greatest.
    const step = value(greatest) - value(greatest - 1);
    const [mantissa, power] = parts(value(greatest) + step / 2);
    const most = exactText(mantissa, power);
    const justLess = `${exactText(mantissa * 10n ** 30n - 1n, power)}e-30`;
    expect(Number(decodeJson(`[${justLess}]`, { format }).data[0])).toBe(value(greatest));
    for (const text of [most, most.includes('.') ? `${most}1` : `${most}.00001`, `-${most}`, '1e40'])
      expect(() => decodeJson(`[${text}]`, { format })).toThrow(/expected a magnitude below/);
  });
});

describe('integers', () => {
  const types = {
    b: [-(2n ** 7n), 2n ** 7n - 1n],
    B: [0n, 2n ** 8n - 1n],
    h: [-(2n ** 15n), 2n ** 15n - 1n],
    H: [0n, 2n ** 16n - 1n],
    i: [-(2n ** 31n), 2n ** 31n - 1n],
    I: [0n, 2n ** 32n - 1n],
    q: [-(2n ** 63n), 2n ** 63n - 1n],
    Q: [0n, 2n ** 64n - 1n],
  } as const;

  test.each(Object.entries(types))('%s: all that it holds, and nothing beyond', (format, [low, high]) => {
    const near = [
      low,
      low + 1n,
      low + 2n,
      -10n,
      -9n,
      -1n,
      0n,
      1n,
      9n,
      10n,
      99n,
      100n,
      high / 10n,
      high / 10n + 1n,
      high - 2n,
      high - 1n,
      high,
    ].filter((n) => n >= low && n <= high);
    const powers = Array.from({ length: 21 }, (_, n) => 10n ** BigInt(n))
      .flatMap((n) => [n - 1n, n, -n, 1n - n])
      .filter((n) => n >= low && n <= high);
    const bits = new BigUint64Array(randomBits(20_000, 5).buffer);
    const many = Array.from(bits, (each, i) => low + ((each >> BigInt(i % 64)) % (high - low + 1n)));
    const all = [...near, ...powers, ...many];
    for (const join of [',', ', ', ' ,\n ']) {
      expect(Array.from(decodeJson(`[ ${all.join(join)}]`, { format }).data, BigInt)).toEqual(all);
    }
    for (const n of near) expect(BigInt(decodeJson(String(n), { format }).data[0] as bigint)).toBe(n);
    for (const beyond of [
      low - 1n,
      high + 1n,
      low - 10n ** 18n,
      high + 10n ** 18n,
      10n ** 30n,
      -(10n ** 30n),
      high * 10n,
      10n ** 20n,
      2n ** 64n,
      2n ** 64n + 2n ** 63n,
    ]) {
      for (const text of [`[${beyond}]`, `[0, ${beyond} ,1]`, `${beyond}`, `[${beyond}.0]`, `[${beyond}0e-1]`]) {
        expect(() => decodeJson(text, { format })).toThrow(`expected ${low} to ${high} for`);
      }
    }
  });

  test('whole numbers however they are written', () => {
    const texts = [
      '1e3',
      '1E+3',
      '1000.0',
      '100000e-2',
      '0.001e6',
      '1000.00000000000000000000000',
      `${'1'}${'0'.repeat(1000)}e-997`,
      `0.${'0'.repeat(1000)}1e1004`,
    ];
    for (const format of Object.keys(types).filter((code) => !/b/i.test(code))) {
      expect([...decodeJson(`[${texts}]`, { format }).data].map(Number)).toEqual(texts.map(() => 1000));
    }
    for (const text of ['1e-1', '0.5', '1000.0000000000000000000000001', '1e-999999999', '123456789012345678.5']) {
      expect(() => decodeJson(`[${text}]`, { format: 'q' })).toThrow('expected an integer for int64');
    }
    expect([...decodeJson('[0e999999999,-0.0,0e-5]', { format: 'q' }).data]).toEqual([0n, 0n, 0n]);
    expect(() => decodeJson('[1e999999999]', { format: 'q' })).toThrow(JsonDecodeError);
  });

  test('no text makes it slow', () => {
    const zeros = '0'.repeat(1_000_000);
    expect(() => decodeJson(`[1${zeros}1]`, { format: 'q' })).toThrow(JsonDecodeError);
    expect(() => decodeJson(`[1${zeros}1e-1]`, { format: 'i' })).toThrow(JsonDecodeError);
    expect(decodeJson(`[0.${zeros}1]`, { format: 'f' }).data[0]).toBe(0);
    expect(decodeJson(`[1.00000005960464477539062500${zeros}1]`, { format: 'f' }).data[0]).toBe(1 + 2 ** -23);
    expect(decodeJson(`[${'1,'.repeat(1_000_000)}1]`, { format: 'B' }).data.length).toBe(1_000_001);
    expect(decodeJson(`[${'null,'.repeat(100_000)}1]`).data.length).toBe(100_001);
    expect(decodeJson(`[${'"NaN",'.repeat(100_000)}1]`, { nonFinite: 'string' }).data.length).toBe(100_001);
  });
});

describe('rows', () => {
  test.each([1, 2, 3, 7, 16, 33, 100, 5000, 70_000])('of %i, whatever their type', (width) => {
    const count = Math.max(2, Math.floor(100_000 / width));
    const bits = randomBits(width * count, width);
    const nested = (all: readonly unknown[], join: string, between: string): string => {
      const rows = Array.from({ length: count }, (_, i) => `[${all.slice(i * width, (i + 1) * width).join(join)}]`);
      return `[${rows.join(between)}]`;
    };
    const integers = Array.from(bits, (each) => each | 0);
    const doubles = integers.map((each) => each / 1024);
    const bools = integers.map((each) => each % 2 === 0);
    for (const [join, between] of [
      [',', ','],
      [', ', ',\n '],
    ] as const) {
      expect(decodeJson(nested(integers, join, between), { format: 'i' })).toMatchObject({
        shape: [count, width],
        data: Int32Array.from(integers),
      });
      expect(decodeJson(nested(doubles, join, between))).toMatchObject({
        shape: [count, width],
        data: Float64Array.from(doubles),
      });
      expect(decodeJson(nested(bools, join, between))).toMatchObject({
        shape: [count, width],
        data: Uint8Array.from(bools, Number),
      });
    }
  });
});
