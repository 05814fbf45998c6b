/** An archive for the kernel's initramfs: the "newc" format of Documentation/driver-api/early-userspace/buffer-format.rst. */
export type CpioEntry = Readonly<
  | { kind: 'file'; path: string; data: Uint8Array; executable?: boolean }
  | { kind: 'folder'; path: string }
>;

/** Folders must stand before what is in them. Archives may follow one another. */
export function cpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts = entries.flatMap((entry, i) => {
    const file = entry.kind === 'file';
    const mode = file ? 0o100644 | (entry.executable ? 0o111 : 0) : 0o040755;
    return record(entry.path, i + 1, mode, file ? entry.data : NOTHING);
  });
  return Buffer.concat([...parts, ...record('TRAILER!!!', 0, 0, NOTHING)]);
}

function record(path: string, inode: number, mode: number, data: Uint8Array): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const head = `070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}`;
  const start = Buffer.concat([Buffer.from(head), name]);
  return [start, padding(start.length), data, padding(data.length)];
}

const padding = (length: number): Uint8Array => new Uint8Array(-length & 3);
const NOTHING = new Uint8Array();
