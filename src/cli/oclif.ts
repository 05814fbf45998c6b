/** Behind one `import()`: a bundler finds the names of a CommonJS package only in static imports. */
export { Plugin } from '@oclif/core/config';
export { execute } from '@oclif/core/execute';
export { settings } from '@oclif/core/settings';
