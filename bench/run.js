// All benchmarks, or those named: `npm run bench -- codec startup`. Needs `npm run build`. Prints ratios: a peer or a floor of
// the same run stands beside every figure, so that a busy machine changes both.
const ALL = ['codec', 'decode', 'startup', 'tunnel', 'handover', 'forward', 'bindings'];
const named = process.argv.slice(2);
const unknown = named.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark named ${unknown.join(', ')}; there are: ${ALL.join(', ')}`);
  process.exit(2);
}
for (const name of named.length > 0 ? named : ALL) {
  console.log(`\n# ${name}`);
  await (await import(`./${name}.js`)).default();
}
