/** The first process of user-mode-linux, as a script of bash: it finds this machine's root as a host file system. */
import { quote } from './command-script.js';

export interface UmlInit {
  /** Of the kernel, such as `6.1.176`: its modules are in /usr/lib/uml/modules. */
  readonly release: string;
  readonly writable: readonly string[];
  /** File on this machine that `commandScript` has written. */
  readonly command: string;
}

/**
 * Serial lines carry what the command says: ttyS0 its standard output, ttyS1 its standard error, ttyS2 our reports.
 * The root becomes an overlay by pivot_root, so that the kernel loads modules from there by itself.
 */
export function umlInit({ release, writable, command }: UmlInit): string {
  return `#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
fail() { echo "init: $*" >/dev/console; echo o >/proc/sysrq-trigger; sleep 60; }
mount -t proc proc /proc
mount -t tmpfs tmpfs /mnt || fail "no tmpfs on /mnt"
mkdir -p /mnt/modules/lib/modules /mnt/upper /mnt/work /mnt/root
ln -s ${MODULES}/${release} /mnt/modules/lib/modules/${release}
modprobe -d /mnt/modules -qa overlay || fail "no overlay file system"
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root || fail "no overlay"
cd /mnt/root
umount -l /proc
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs devtmpfs dev
mkdir -p dev/pts dev/shm
mount -t devpts devpts dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p run/lock run/host
ln -sf /proc/self/fd dev/fd
ln -sf fd/0 dev/stdin; ln -sf fd/1 dev/stdout; ln -sf fd/2 dev/stderr
mkdir -p lib/modules
ln -sfn ${MODULES}/${release} lib/modules/${release}
${writable
  .map(
    (folder) => `mkdir -p ${quote(`.${folder}`)}
mount -t hostfs none ${quote(`.${folder}`)} -o ${quote(folder)} || fail ${quote(`cannot mount ${folder}`)}
`,
  )
  .join('')}pivot_root . run/host || fail "no new root"
modprobe -qa ${PRELOADED.join(' ')}
ip link set lo up
for line in 0 1 2; do stty -F /dev/ttyS$line raw -echo; done
mkfifo /run/out /run/err
# Through pipes, so that nothing takes these for the terminals that they are.
cat </run/out >/dev/ttyS0 & out=$!
cat </run/err >/dev/ttyS1 & err=$!
echo up >/dev/ttyS2
/bin/bash ${quote(`/run/host${command}`)} </dev/null >/run/out 2>/run/err
code=$?
# What the command left running may hold a pipe open: it is heard a moment longer, no more.
for wait in {1..50}; do kill -0 $out 2>/dev/null || kill -0 $err 2>/dev/null || break; sleep 0.02; done
sync
echo "rc $code" >/dev/ttyS2
echo o >/proc/sysrq-trigger
sleep 60
`;
}

/** Where Debian's package has the modules: not where modprobe looks. */
export const MODULES = '/usr/lib/uml/modules';

/**
 * What the kernel does not load by itself when it is first asked for, and what a lab needs anyway. Not
 * xfrm_interface: once it is loaded, policies are checked on what follows a home address option before decryption.
 */
const PRELOADED: readonly string[] = [
  ...['ipv6', 'af_packet', 'mip6', 'esp6', 'esp4', 'ah6', 'ah4', 'xfrm_user', 'af_key'],
  ...['sit', 'ip6_tunnel', 'ipip', 'fou', 'fou6', 'veth', 'tun', 'dummy', 'bridge'],
  ...['nf_tables', 'nft_compat', 'iptable_nat', 'iptable_filter', 'iptable_raw', 'iptable_mangle'],
  ...[
    'ip6table_filter',
    'ip6table_raw',
    'ip6table_mangle',
    'xt_MASQUERADE',
    'xt_tcpudp',
    'xt_mark',
  ],
  ...['nfnetlink_queue', 'xt_NFQUEUE', 'xt_TPROXY', 'sch_netem', 'nlmon', 'udp_diag'],
  // xfrm asks the crypto API by algorithm, and these come in under other names.
  ...['hmac', 'cbc', 'ctr', 'gcm', 'ghash-generic', 'xcbc', 'seqiv', 'echainiv', 'authenc'],
  ...['sha512_generic', 'drbg', 'ansi_cprng', 'chacha20poly1305'],
];
