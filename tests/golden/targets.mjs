// The targets to measure: releases × builds × data models. They are listed here once more, and not taken from memview,
// so that the tables depend on nothing that they are to test.

export const versions = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14', '3.15'];

/** The data models, with the byte order of each: the only thing about them that a compiler is not asked. */
export const byteOrders = {
  lp64: 'little',
  lp64be: 'big',
  llp64: 'little',
  ilp32: 'little',
  armhf: 'little',
  wasm32: 'little',
  win32: 'little',
};

export const models = Object.keys(byteOrders);

const builds = {
  '': [],
  '-debug': ['Py_DEBUG'],
  '-tracerefs': ['Py_TRACE_REFS'],
  '-debug-tracerefs': ['Py_DEBUG', 'Py_TRACE_REFS'],
};
const freeThreadedBuilds = { t: ['Py_GIL_DISABLED'], 't-debug': ['Py_GIL_DISABLED', 'Py_DEBUG'] };

/** A release's builds, by what a tag has between the version and the model, with what each defines in pyconfig.h. */
export function buildsOf(version) {
  return Number(version.split('.')[1]) >= 13 ? { ...builds, ...freeThreadedBuilds } : builds;
}

/** The compiler's options that make a plain pyconfig.h that of a build. */
export function buildOptions(version, build) {
  return buildsOf(version)[build].map((name) => `-D${name}=1`);
}

/** The structs that numpy's headers declare; all others are CPython's. */
export function isNumpys(name) {
  return /^_?PyArray/.test(name);
}

/** All targets. */
export const targets = versions.flatMap((version) =>
  models.flatMap((model) =>
    Object.keys(buildsOf(version)).map((build) => ({ tag: `${version}${build}-${model}`, version, build, model })),
  ),
);
