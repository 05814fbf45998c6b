// All benchmarks, or those named: `npm run bench -- codec startup`. Needs `npm run build`. Prints ratios: a peer or a floor of
// the same run stands beside every figure, so that a busy machine changes both. `--name=value` goes to every one that is run.
const ALL = [
  'codec',
  'decode',
  'startup',
  'tunnel',
  'handover',
  'handover-datapath',
  'forward',
  'bindings',
];
const given = process.argv.slice(2);
const flags = given.filter((text) => text.startsWith('--'));
const named = given.filter((text) => !text.startsWith('--'));
const unknown = named.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark named ${unknown.join(', ')}; there are: ${ALL.join(', ')}`);
  process.exit(2);
}
const options = Object.fromEntries(
  flags.map((flag) => {
    const [name, value = ''] = flag.slice(2).split('=');
    return [name, value];
  }),
);
for (const name of named.length > 0 ? named : ALL) {
  console.log(`\n# ${name}`);
  await (await import(`./${name}.js`)).default(options);
}
