/**
 * A virtual machine with one of Debian's own kernels: QEMU, emulated where the processor does not help. It has
 * everything that user-mode-linux lacks, and is several times slower.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { find } from '../netns/command.js';
import { missingPrograms } from '../programs.js';
import type { WorldRefusal } from '../world.js';
import { guestName } from './around.js';
import { attend } from './attend.js';
import { commandScript } from './command-script.js';
import { cpio } from './cpio.js';
import { debianKernel, type KernelName, type KernelTree } from './debian-kernel.js';
import { GuestError, type Guest, type GuestEnd, type GuestRun } from './guest.js';
import { baseInitramfs } from './initramfs.js';
import { Processes } from './processes.js';
import { VM_SECOND_INIT, vmInit } from './vm-init.js';

/** Fetches the kernel where it is not there yet; `say` is told. Throws `GuestError` where that, or QEMU, cannot be had. */
export async function vmGuest(kernel: KernelName, say: (sentence: string) => void): Promise<Guest> {
  const refusal = vmRefusal();
  if (refusal) throw vmError(refusal);
  const tree = await debianKernel(kernel, say);
  const name = guestName('vm', tree.release);
  return {
    kind: 'vm',
    name,
    slowness: hasKvm() ? 1 : EMULATED_SLOWNESS,
    run: (command, options) => boot(name, tree, command, options),
  };
}

async function boot(
  name: string,
  kernel: KernelTree,
  command: readonly string[],
  options: GuestRun,
): Promise<GuestEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-vm-'));
  const processes = new Processes();
  try {
    for (const each of options.writable) mkdirSync(each, { recursive: true });
    const initrd = join(folder, 'initrd');
    writeFileSync(initrd, initramfs(kernel, command, options));
    const shares: Share[] = [
      { tag: 'root', source: '/', writable: false },
      ...options.writable.map((source, i) => ({ tag: `rw${i}`, source, writable: true })),
    ].map((share) => ({ ...share, socket: join(folder, share.tag) }));
    for (const share of shares) processes.start(virtiofsdCommand(share));
    for (const { socket } of shares) await appears(socket);
    const qemu = processes.start(
      qemuCommand({ image: kernel.image, initrd, memory: options.memory, shares, fast: hasKvm() }),
      {},
      WIRES.length,
    );
    const [stdout, stderr, control, serial] = qemu.stdio.slice(3) as Readable[];
    const machine = {
      name,
      stdout: stdout!,
      stderr: stderr!,
      control: control!,
      console: [serial!, qemu.stdout!, qemu.stderr!],
      gone: new Promise<void>((done) =>
        qemu.once('exit', () => done()).once('error', () => done()),
      ),
      kill: () => processes.kill(),
    };
    return await attend(machine, options);
  } finally {
    processes.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Its second archive is of this run. */
function initramfs(
  kernel: KernelTree,
  command: readonly string[],
  { cwd, environment, writable }: GuestRun,
): Uint8Array {
  const file = (path: string, text: string) =>
    ({ kind: 'file', path, data: Buffer.from(text), executable: true }) as const;
  const own = cpio([
    file('init', vmInit({ release: kernel.release, modules: kernel.modules, writable })),
    file('init2', VM_SECOND_INIT),
    file('command', commandScript(command, cwd, environment)),
  ]);
  return Buffer.concat([baseInitramfs(kernel, busybox()!), own]);
}

interface Share {
  readonly tag: string;
  readonly source: string;
  readonly writable: boolean;
  readonly socket: string;
}

/** Nothing of the root changes under a machine that only reads it; what it writes elsewhere is seen at once. */
export function virtiofsdCommand({ source, writable, socket }: Share): string[] {
  return [
    virtiofsd() ?? 'virtiofsd',
    `--socket-path=${socket}`,
    ...['-o', `source=${source}`, '-o', `cache=${writable ? 'none' : 'always'}`],
    ...['-o', 'sandbox=chroot', '--thread-pool-size=2'],
  ];
}

export interface QemuPlan {
  readonly image: string;
  readonly initrd: string;
  /** MiB */
  readonly memory: number;
  readonly shares: readonly Pick<Share, 'tag' | 'socket'>[];
  /** The processor runs the guest itself. */
  readonly fast: boolean;
}

export function qemuCommand({ image, initrd, memory, shares, fast }: QemuPlan): string[] {
  const port = (name: string, i: number) => [
    ...['-chardev', `socket,id=${name},fd=${WIRES[i]}`],
    ...(name === 'serial'
      ? ['-serial', 'chardev:serial']
      : ['-device', `virtserialport,chardev=${name},name=${name}`]),
  ];
  return [
    PROGRAM,
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...(fast
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', 'tcg,thread=multi', '-cpu', EMULATED]),
    ...['-smp', String(Math.min(cpus().length, MAX_PROCESSORS)), '-m', String(memory)],
    ...['-object', `memory-backend-memfd,id=memory,size=${memory}M,share=on`],
    ...['-machine', 'q35,memory-backend=memory'],
    ...['-kernel', image, '-initrd', initrd, '-append', KERNEL_LINE],
    ...['-object', 'rng-random,id=rng,filename=/dev/urandom', '-device', 'virtio-rng-pci,rng=rng'],
    ...['-device', 'virtio-serial-pci'],
    ...['out', 'err', 'control', 'serial'].flatMap(port),
    ...shares.flatMap(({ tag, socket }) => [
      ...['-chardev', `socket,id=${tag},path=${socket}`],
      ...['-device', `vhost-user-fs-pci,chardev=${tag},tag=${tag},queue-size=1024`],
    ]),
  ];
}

/** Why a virtual machine cannot run here; undefined when it can, as far as can be seen. */
export function vmRefusal(): WorldRefusal | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return {
      reason: `this is ${process.platform} on ${process.arch}, not Linux on x64`,
      way: null,
    };
  }
  const missing = missingPrograms(PROGRAMS, (program) => {
    if (program === 'busybox') return busybox();
    return program === 'virtiofsd' ? virtiofsd() : find(program);
  });
  if (missing) return missing;
  if (process.getuid?.() !== 0) {
    return {
      reason: 'virtiofsd shares the files of this machine as root only',
      way: 'run as root',
    };
  }
  return undefined;
}

export const vmError = ({ reason, way }: WorldRefusal): GuestError =>
  new GuestError(
    'NO_CAPABILITY',
    `A virtual machine cannot run here: ${reason}.`,
    way === null ? null : `To have it: ${way}`,
  );

/** One that needs no libraries: there are none in an initramfs. */
function busybox(): string | undefined {
  const file = find('busybox');
  if (file === undefined) return undefined;
  const head = Buffer.alloc(4096);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, head);
  closeSync(descriptor);
  return head.includes('ld-linux') ? undefined : file;
}

const virtiofsd = (): string | undefined => VIRTIOFSD.find((file) => existsSync(file));

/** The device alone does not say it: there are machines where it opens and runs no ordinary kernel. */
function hasKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return /^flags\s*:.*\b(vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

async function appears(file: string): Promise<void> {
  for (let waited = 0; !existsSync(file); waited += POLL) {
    if (waited >= SHARE_PATIENCE) {
      throw new GuestError('GUEST_DIED', 'virtiofsd did not start.', `Try ${virtiofsd()} by hand.`);
    }
    await new Promise((done) => setTimeout(done, POLL));
  }
}

const PROGRAM = 'qemu-system-x86_64';
/** Program → Debian package. */
const PROGRAMS = {
  [PROGRAM]: 'qemu-system-x86',
  virtiofsd: 'virtiofsd',
  busybox: 'busybox-static',
  depmod: 'kmod',
  xz: 'xz-utils',
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
};
/** Of Debian 12, which has it with QEMU, and of later ones. */
const VIRTIOFSD = ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd'];
/** Descriptors of standard output, standard error, reports and the serial console. */
const WIRES = [3, 4, 5, 6] as const;
/** As new as what is emulated fast. */
const EMULATED = 'Nehalem,+aes,+pclmulqdq,+rdrand';
const KERNEL_LINE = [
  ...['console=ttyS0', 'quiet', 'panic=-1', 'oops=panic', 'reboot=t', '8250.nr_uarts=1'],
  // What costs an emulated machine time and protects nobody here.
  ...['mitigations=off', 'nokaslr', 'audit=0', 'apparmor=0', 'nowatchdog', 'cryptomgr.notests'],
  ...['no_timer_check', 'tsc=reliable', 'rcupdate.rcu_expedited=1'],
  ...['random.trust_cpu=on', 'random.trust_bootloader=on', 'net.ifnames=0'],
].join(' ');
/** Of a program; one that computes much is slower still. */
const EMULATED_SLOWNESS = 4;
const MAX_PROCESSORS = 4;
const SHARE_PATIENCE = 10_000; // ms
const POLL = 20; // ms
