import { describe, expect, it } from 'vitest';
import { moveOffload, OFFLOAD_HEADER } from '../../src/linux/datapath/offload.js';
import { LITTLE } from '../../src/linux/sockaddr.js';

describe('an offload header that moves from a frame to the packet inside', () => {
  // Frame at 10: Ethernet 14, outer IPv6 40, inner IPv6 at 64, its TCP at 104 = 94 into the frame.
  const INNER = 64;

  it('counts from the packet', () => {
    expect(moved({ flags: 1, type: 4, header: 114, size: 1388, start: 94, offset: 16 })).toEqual({
      flags: 1,
      type: 4,
      header: 60,
      size: 1388,
      start: 40,
      offset: 16,
    });
  });

  it('drops what was about the outer header, and flags that only a receiver sets', () => {
    expect(moved({ flags: 1, type: 0, header: 54, size: 0, start: 34, offset: 6 })).toEqual(
      NOTHING,
    );
    expect(moved({ flags: 2, type: 0, header: 0, size: 0, start: 0, offset: 0 })).toEqual(NOTHING);
  });

  it('clears what stood there before an ordinary packet', () => {
    expect(moved(NOTHING)).toEqual(NOTHING);
  });

  function moved(header: typeof NOTHING): typeof NOTHING {
    const view = new DataView(new Uint8Array(256).fill(0xee).buffer);
    view.setUint8(0, header.flags);
    view.setUint8(1, header.type);
    [header.header, header.size, header.start, header.offset].forEach((v, i) =>
      view.setUint16(2 + 2 * i, v, LITTLE),
    );
    moveOffload(view, 0, INNER);
    const at = INNER - OFFLOAD_HEADER;
    const [length, size, start, offset] = [2, 4, 6, 8].map((o) => view.getUint16(at + o, LITTLE));
    expect([view.getUint8(at - 1), view.getUint8(INNER)]).toEqual([0xee, 0xee]);
    return {
      flags: view.getUint8(at),
      type: view.getUint8(at + 1),
      header: length!,
      size: size!,
      start: start!,
      offset: offset!,
    };
  }
});

const NOTHING = { flags: 0, type: 0, header: 0, size: 0, start: 0, offset: 0 };
