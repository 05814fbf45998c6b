import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cpio } from '../../../src/lab/guest/cpio.js';
import { kernelCache, realPackage } from '../../../src/lab/guest/debian-kernel.js';
import { loadOrder, moduleName, withoutSignature } from '../../../src/lab/guest/kernel-modules.js';
import { qemuCommand, virtiofsdCommand } from '../../../src/lab/guest/vm.js';
import { vmInit, VM_SECOND_INIT } from '../../../src/lab/guest/vm-init.js';

describe('an initramfs archive', () => {
  it('is read by another program as it was meant, one archive after the other', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
    try {
      const octets = Uint8Array.from({ length: 1001 }, (_, i) => i);
      const archive = Buffer.concat([
        cpio([
          { kind: 'folder', path: 'bin' },
          { kind: 'file', path: 'bin/tool', data: octets, executable: true },
          { kind: 'file', path: 'empty', data: new Uint8Array() },
        ]),
        cpio([{ kind: 'file', path: 'later', data: Buffer.from('x') }]),
      ]);
      expect(archive.length % 4).toBe(0);
      const busybox = ['cpio', '-i', '-H', 'newc'];
      execFileSync('busybox', busybox, { cwd: folder, input: archive, stdio: 'pipe' });
      expect(readFileSync(join(folder, 'bin', 'tool'))).toEqual(Buffer.from(octets));
      expect(statSync(join(folder, 'bin', 'tool')).mode & 0o777).toBe(0o755);
      expect(statSync(join(folder, 'empty'))).toMatchObject({ size: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('modules', () => {
  // depmod(8): a module, and all that it needs, the nearest first.
  const dep = `kernel/net/ipv6/sit.ko.xz: kernel/net/ipv4/ip_tunnel.ko.xz kernel/net/ipv4/tunnel4.ko.xz
kernel/net/ipv4/ip_tunnel.ko.xz:
kernel/net/ipv4/tunnel4.ko.xz:
kernel/net/ipv4/fou.ko.xz: kernel/net/ipv4/udp-tunnel.ko.xz kernel/net/ipv4/ip_tunnel.ko.xz
kernel/net/ipv4/udp-tunnel.ko.xz: kernel/net/ipv4/ip_tunnel.ko.xz
`;

  it.each([
    [['sit'], 'tunnel4 ip_tunnel sit'],
    [['fou', 'sit'], 'ip_tunnel udp_tunnel fou tunnel4 sit'],
    [['udp_tunnel'], 'ip_tunnel udp_tunnel'],
    [['built_in', 'tunnel4', 'tunnel4'], 'tunnel4'],
    [[], ''],
  ])('%j come after all that they need, none twice', (names, order) => {
    expect(loadOrder(dep, names).map(moduleName).join(' ')).toBe(order);
  });

  it('lose their signature, and nothing else', () => {
    const code = Buffer.from('\x7fELF and so on');
    const signature = Buffer.alloc(300, 7);
    const length = Buffer.alloc(12);
    length.writeUInt32BE(signature.length, 8);
    const signed = Buffer.concat([
      code,
      signature,
      length,
      Buffer.from('~Module signature appended~\n'),
    ]);
    expect(Buffer.from(withoutSignature(signed))).toEqual(code);
    expect(Buffer.from(withoutSignature(code))).toEqual(code);
    expect(withoutSignature(new Uint8Array(3))).toHaveLength(3);
  });
});

describe('the packages of Debian', () => {
  it('the one with the kernel in it is found behind the one that stands for it', () => {
    const depends = 'linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-56-cloud-amd64\n';
    expect(realPackage('linux-image-cloud-amd64', depends)).toBe(
      'linux-image-6.1.0-56-cloud-amd64',
    );
    const own =
      'linux-image-6.1.0-56-cloud-amd64\n  Depends: kmod\n |Depends: linux-initramfs-tool\n';
    expect(realPackage('linux-image-6.1.0-56-cloud-amd64', own)).toBe(
      'linux-image-6.1.0-56-cloud-amd64',
    );
  });

  it('are kept where the user keeps such things', () => {
    expect(kernelCache({ XDG_CACHE_HOME: '/cache' })).toBe('/cache/mip6/kernels');
    expect(kernelCache({})).toMatch(/\/\.cache\/mip6\/kernels$/);
  });
});

describe('a virtual machine', () => {
  const plan = {
    image: '/k/vmlinuz',
    initrd: '/t/initrd',
    memory: 512,
    shares: [
      { tag: 'root', socket: '/t/root' },
      { tag: 'rw0', socket: '/t/rw0' },
    ],
    fast: false,
  };

  it('is told its kernel, its memory, its lines and its shares', () => {
    const command = qemuCommand(plan).join(' ');
    for (const part of [
      'qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -accel tcg,thread=multi',
      '-m 512 -object memory-backend-memfd,id=memory,size=512M,share=on',
      '-kernel /k/vmlinuz -initrd /t/initrd -append console=ttyS0 ',
      '-chardev socket,id=out,fd=3 -device virtserialport,chardev=out,name=out',
      '-chardev socket,id=control,fd=5 -device virtserialport,chardev=control,name=control',
      '-chardev socket,id=serial,fd=6 -serial chardev:serial',
      '-chardev socket,id=rw0,path=/t/rw0 -device vhost-user-fs-pci,chardev=rw0,tag=rw0,queue-size=1024',
    ]) {
      expect(command).toContain(part);
    }
    // No network: what it has it makes itself.
    expect(command).not.toMatch(/-net|-nic/);
  });

  it('is emulated but where the processor runs it', () => {
    expect(qemuCommand({ ...plan, fast: true }).join(' ')).toContain('-accel kvm -cpu host');
  });

  it('gets a share that it writes to without a cache in between', () => {
    const share = { tag: 'root', source: '/', socket: '/t/root' };
    expect(virtiofsdCommand({ ...share, writable: false }).join(' ')).toMatch(
      /virtiofsd --socket-path=\/t\/root -o source=\/ -o cache=always -o sandbox=chroot/,
    );
    expect(virtiofsdCommand({ ...share, writable: true })).toContain('cache=none');
  });

  it('starts by scripts that a shell can read, whatever the folders are called', () => {
    const init = vmInit({ release: '6.1.0', modules: `/c/it's/6.1.0`, writable: ['/a b', '/c'] });
    for (const script of [init, VM_SECOND_INIT]) {
      expect(() => execFileSync('sh', ['-n'], { input: script })).not.toThrow();
    }
    expect(init).toContain(`$b mount -t virtiofs rw0 './a b' || fail 'cannot mount /a b'`);
    expect(init).toContain('$b mount -t virtiofs rw1 ./c || fail');
    expect(init).toContain(`$b ln -sfn '/c/it'\\''s/6.1.0' lib/modules/6.1.0`);
  });
});
