/** Which modules to load and in what order, and each as the emulated kernel loads it fastest. */

/**
 * Paths as `modules.dep` (depmod(8)) has them: each of `names` after all that it stands on, none twice. A name that
 * is not there is built into the kernel.
 */
export function loadOrder(modulesDep: string, names: readonly string[]): string[] {
  const needs = new Map<string, readonly string[]>();
  const paths = new Map<string, string>();
  for (const line of modulesDep.split('\n')) {
    const [path, rest] = line.split(':');
    if (!path || rest === undefined) continue;
    needs.set(path, rest.split(' ').filter(Boolean));
    paths.set(moduleName(path), path);
  }
  const order = new Set<string>();
  const put = (path: string): void => {
    if (order.has(path)) return;
    // The nearest stand first in the file. They make no circles: depmod refuses those.
    for (const need of [...(needs.get(path) ?? [])].reverse()) put(need);
    order.add(path);
  };
  for (const name of names) {
    const path = paths.get(name.replaceAll('-', '_'));
    if (path !== undefined) put(path);
  }
  return [...order];
}

/** `nf_tables` of `kernel/net/netfilter/nf_tables.ko.xz`: the kernel takes - for _. */
export const moduleName = (path: string): string =>
  path
    .replace(/^.*\//, '')
    .replace(/\.ko(\.[a-z0-9]+)?$/, '')
    .replaceAll('-', '_');

/** Without its signature: to check that takes an emulated machine long. include/linux/module_signature.h */
export function withoutSignature(module: Uint8Array): Uint8Array {
  const magic = module.length - SIGNATURE_MAGIC.length;
  if (Buffer.from(module.subarray(Math.max(0, magic))).toString('latin1') !== SIGNATURE_MAGIC) {
    return module;
  }
  // struct module_signature ends with the length of what stands before it, big endian.
  const length = new DataView(module.buffer, module.byteOffset).getUint32(magic - 4);
  const end = magic - SIGNATURE_STRUCT - length;
  return end > 0 ? module.subarray(0, end) : module;
}

const SIGNATURE_MAGIC = '~Module signature appended~\n';
const SIGNATURE_STRUCT = 12; // octets
