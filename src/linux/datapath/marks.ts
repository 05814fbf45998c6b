/** How all that is ours is told from what is not, also after a crash, with no memory of having made it. */
import type { TableName } from '../../core/datapath/model.js';

/** rtm_protocol, FRA_PROTOCOL and IFA_PROTO: 109, `m`. */
export const PROTOCOL_MIP6 = 0x6d;

/** IFLA_GROUP of tunnel devices. */
export const LINK_GROUP = 0x6d;

/** Of XFRM states and policy templates: `mip6`. */
export const REQID = 0x6d697036;

/** First of the interface indices that we give to tunnel devices: far above what the kernel counts up to. */
export const FIRST_INDEX = 0x6d0000;

/** Interface indices that are ours at most. */
export const MAX_INDICES = 0x40000;

export const isOurs = (index: number): boolean =>
  index >= FIRST_INDEX && index < FIRST_INDEX + MAX_INDICES;

/** Routing tables of ours in the kernel's numbers. */
export function tableNumber(name: TableName): number {
  switch (name) {
    case 'main':
      return 254;
    case 'home':
      return 7001;
    case 'careOf4':
      return 7004;
    case 'careOf6':
      return 7006;
    default:
      return 7100 + Number(name.slice('home'.length));
  }
}
