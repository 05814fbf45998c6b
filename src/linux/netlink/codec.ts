/** What every object of rtnetlink is read with. */
import * as rt from 'netlink/dist/rt/structs.js';
import { parseAttributes, type NetlinkMessage } from 'netlink/dist/structs.js';

/** Undefined for a message that the package's codec does not understand. */
export function tryParse(message: NetlinkMessage): rt.Message | undefined {
  try {
    return rt.parseMessage(message.type, message.data);
  } catch {
    return undefined; // a message of a newer kernel that the codec does not know
  }
}

/** The last attribute of that type; undefined too where the attributes are malformed. */
export function rawAttribute(attributes: Buffer, wanted: number): Buffer | undefined {
  let found: Buffer | undefined;
  try {
    parseAttributes(attributes, (a) => {
      if (a.type === wanted) found = a.data;
    });
  } catch {
    return undefined; // malformed: as if it were not there
  }
  return found;
}

export const ANY4 = Buffer.alloc(4);
export const ANY6 = Buffer.alloc(16);
