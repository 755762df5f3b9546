/** What a child says of one case. */
export interface Outcome {
  readonly name: string;
  readonly error: string | null;
  /** How many things were compared, or why the case does not apply here. */
  readonly counted: string | null;
  /** What it saw, row by row, the first of which names the columns. */
  readonly table?: readonly (readonly string[])[];
}

/** Marks a child's outcomes among what Python prints. */
export const MARK = 'memview-outcome:';
