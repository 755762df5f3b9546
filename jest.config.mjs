// `portable` runs anywhere; `native` runs against every interpreter found, each in a process of its own.
const shared = {
  roots: ['<rootDir>/src', '<rootDir>/tests'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tests/tsconfig.json' }] },
};

export default {
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
