// `portable` needs no Python; `native` runs against every interpreter found, each in a process of its own.
import { availableParallelism } from 'node:os';

const shared = {
  roots: ['<rootDir>/src', '<rootDir>/tests'],
  testEnvironment: '<rootDir>/tests/support/environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tests/tsconfig.json' }] },
};

export default {
  // One more than jest takes of two cores: much of the native tests is waiting for processes.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testTimeout: 180_000,
  projects: [
    {
      ...shared,
      displayName: 'portable',
      testMatch: ['<rootDir>/tests/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/tests/native/'],
    },
    { ...shared, displayName: 'native', testMatch: ['<rootDir>/tests/native/**/*.test.ts'] },
  ],
};
