/** The middle one of some numbers, which it sorts. */
export const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
