/** What the monitor makes of octets, good and bad, without a kernel. */
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { formatMessage } from 'netlink/dist/structs.js';
import { describe, expect, it } from 'vitest';
import type { NetlinkTransport } from '../../src/linux/netlink/transport.js';
import type { XfrmMessage } from '../../src/linux/netlink/xfrm/message.js';
import { XfrmMonitor } from '../../src/linux/netlink/xfrm/xfrm-monitor.js';
import { GOLDEN_XFRM } from './fixtures/xfrm-messages.js';

describe('the monitor', () => {
  it.each(GOLDEN_XFRM)('tells it by its kind, and as a notice: $what', (row) => {
    const { wire, monitor, heard, counters } = bench();
    const byKind: XfrmMessage[] = [];
    monitor.on(row.message.kind, (notice: XfrmMessage) => byKind.push(notice));
    wire.receive(datagram(row.type, row.octets));
    expect(byKind).toEqual([row.message]);
    expect(heard).toEqual([row.message]);
    expect(counters).toEqual({});
  });

  it('tells all that stand in one datagram', () => {
    const { wire, heard } = bench();
    const rows = GOLDEN_XFRM.slice(0, 5);
    wire.receive(Buffer.concat(rows.map((row) => datagram(row.type, row.octets))));
    expect(heard).toEqual(rows.map((row) => row.message));
  });

  it('leaves out types that it does not know', () => {
    const { wire, heard, counters } = bench();
    wire.receive(datagram(30, '00'.repeat(48)));
    wire.receive(datagram(2, '00'.repeat(20)));
    expect(heard).toEqual([]);
    expect(counters).toEqual({});
  });

  it('counts octets that do not obey their header, and goes on', () => {
    const { wire, heard, counters } = bench();
    const [row] = GOLDEN_XFRM;
    wire.receive(datagram(row!.type, row!.octets.slice(0, 40)));
    wire.receive(datagram(row!.type, row!.octets.slice(0, -8)));
    wire.receive(Buffer.from('ffff', 'hex'));
    wire.receive(datagram(row!.type, row!.octets));
    expect(counters).toEqual({ 'xfrm-invalid': 3 });
    expect(heard).toEqual([row!.message]);
  });

  it('octets at random never throw out of it', () => {
    const { wire } = bench();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 0, max: 45 }),
        (data, type) => {
          wire.receive(Buffer.from(data));
          wire.receive(datagram(type, Buffer.from(data).toString('hex')));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('tells of an overrun, counts it, and survives an error of the socket', () => {
    const { wire, monitor, counters } = bench();
    let overruns = 0;
    monitor.on('overrun', () => overruns++);
    wire.emit('overrun');
    wire.emit('error', new Error('gone'));
    expect(overruns).toBe(1);
    expect(counters).toEqual({ 'xfrm-overrun': 1, 'xfrm-error': 1 });
  });

  it('closes its socket', () => {
    const { wire, monitor } = bench();
    monitor.close();
    expect(wire.closed).toBe(true);
  });
});

/** A socket that receives what the test says. */
class Wire extends EventEmitter {
  closed = false;

  asRawSocket(): this {
    return this;
  }

  ref(): void {}

  unref(): void {}

  close(): void {
    this.closed = true;
  }

  receive(octets: Buffer): void {
    this.emit('message', octets, { port: 0, groups: 0 });
  }
}

function bench() {
  const wire = new Wire();
  const counters: Record<string, number> = {};
  const monitor = new XfrmMonitor(wire as unknown as NetlinkTransport, counters);
  const heard: XfrmMessage[] = [];
  monitor.on('notice', (notice) => heard.push(notice));
  return { wire, monitor, counters, heard };
}

function datagram(type: number, octets: string): Buffer {
  const data = Buffer.from(octets, 'hex');
  const padding = Buffer.alloc(-data.length & 3);
  const parts = formatMessage({ type, flags: 0, seq: 0, port: 0, data: [data] });
  return Buffer.concat([...parts, padding]);
}
