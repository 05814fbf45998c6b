/**
 * The first process of a virtual machine, as scripts for a static busybox in its initramfs: this machine's root comes
 * by virtiofs and is read only, with an overlay in memory above it.
 */
import { quote } from './command-script.js';

export interface VmInit {
  readonly release: string;
  /** Folder with its modules, as this machine has it. */
  readonly modules: string;
  /** Each is shared under the tag `rw0`, `rw1` … */
  readonly writable: readonly string[];
}

/** Loads `/first`, mounts the root, loads `/later`, and goes on there as `vmSecondInit`. */
export function vmInit({ release, modules, writable }: VmInit): string {
  return `#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
fail() { echo "init: $*" >/dev/console; echo b >/proc/sysrq-trigger; $b sleep 60; }
load() { while read module; do $b insmod "/modules/$module" || fail "insmod $module"; done <"$1"; }
load /first
$b mount -t virtiofs -o ro root /lower || fail "the root is not shared"
$b mount -t tmpfs -o mode=755 tmpfs /upper
$b mkdir /upper/upper /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/upper,workdir=/upper/work overlay /new || fail "no overlay"
cd /new
$b mount -t tmpfs -o mode=755 tmpfs run
$b mkdir -p run/guest run/netns run/lock
${writable
  .map(
    (folder, i) => `$b mkdir -p ${quote(`.${folder}`)}
$b mount -t virtiofs rw${i} ${quote(`.${folder}`)} || fail ${quote(`cannot mount ${folder}`)}
`,
  )
  .join('')}$b mkdir -p lib/modules
$b ln -sfn ${quote(modules)} lib/modules/${release}
load /later
$b cp /bin/busybox /command /init2 run/guest/
$b ln -s busybox run/guest/modprobe
cd /
$b mount --move /proc /new/proc
$b mount --move /sys /new/sys
$b mount --move /dev /new/dev
exec $b switch_root /new /run/guest/init2
`;
}

/** In the final root: runs `/run/guest/command`. Its streams and our reports go by virtio ports, told apart by name. */
export const VM_SECOND_INIT = `#!/run/guest/busybox sh
b=/run/guest/busybox
fail() { echo "init: $*" >/dev/console; echo b >/proc/sysrq-trigger; $b sleep 60; }
$b mkdir -p /dev/pts /dev/shm
$b mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
$b mount -t tmpfs tmpfs /dev/shm
$b mount -t cgroup2 cgroup /sys/fs/cgroup
$b ln -sf /proc/self/fd /dev/fd
for name in 0:stdin 1:stdout 2:stderr; do $b ln -sf "/proc/self/fd/\${name%:*}" "/dev/\${name#*:}"; done
echo /run/guest/modprobe >/proc/sys/kernel/modprobe
echo 1 >/proc/sys/kernel/printk
$b ip link set lo up
$b hostname guest
for port in /dev/vport*; do
  read name <"/sys/class/virtio-ports/\${port#/dev/}/name"
  case $name in out) out=$port ;; err) err=$port ;; control) control=$port ;; esac
done
[ -n "$out" ] && [ -n "$err" ] && [ -n "$control" ] || fail "no virtio ports"
exec 9>"$control"
$b mkfifo /run/guest/out /run/guest/err
$b cat /run/guest/out >"$out" 9>&- &
out=$!
$b cat /run/guest/err >"$err" 9>&- &
err=$!
echo up >&9
/bin/bash /run/guest/command </dev/null >/run/guest/out 2>/run/guest/err 9>&-
code=$?
# What the command left running may hold a pipe open: it is heard a moment longer, no more.
n=0
while [ $n -lt 50 ] && { $b kill -0 $out || $b kill -0 $err; } 2>/dev/null; do $b usleep 20000; n=$((n + 1)); done
$b sync
echo "rc $code" >&9
exec 9>&-
echo b >/proc/sysrq-trigger
$b sleep 60
`;

/** What the root comes by. */
export const FIRST_MODULES: readonly string[] = [
  ...['virtio_pci', 'virtio_mmio', 'virtio_console', 'virtiofs', 'overlay'],
];

/** Loaded while it boots, from the initramfs: from the shared root each would take an emulated machine long. */
export const LATER_MODULES: readonly string[] = [
  ...['crc32c_generic', 'crc32c_intel'], // what libcrc32c, below nf_tables, asks for while it loads
  ...['ip6_tunnel', 'tunnel6', 'tunnel4', 'sit', 'ipip', 'fou', 'fou6'],
  ...['xfrm_user', 'xfrm_algo', 'esp4', 'esp6', 'ah4', 'ah6', 'af_key', 'mip6'],
  ...['authenc', 'echainiv', 'seqiv', 'gcm', 'ctr', 'ccm', 'cmac', 'xcbc'],
  ...['veth', 'tun', 'dummy', 'bridge', 'af_packet'],
  ...['sch_netem', 'sch_ingress', 'act_mirred', 'cls_flower'],
  ...['nf_tables', 'nft_chain_nat', 'nft_nat', 'nft_masq', 'nft_ct', 'nft_compat'],
];
