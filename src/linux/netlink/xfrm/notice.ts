/** What the kernel says unasked: acquire, report, mapping. */
import { addressOctets } from '../../../base/address.js';
import { AF_INET6 } from '../../sockaddr.js';
import { familyOf } from '../family.js';
import { addressOf } from './address.js';
import { get, XFRMA, type Attributes } from './attribute.js';
import type { ReadOf } from './layout.js';
import type { XfrmAcquire, XfrmMapping, XfrmPolicy, XfrmReport } from './model.js';
import { PROTOCOLS } from './names.js';
import { readMasks, readPolicy, writeMasks, writePolicy } from './policy.js';
import { present } from './present.js';
import { readSelector, readWholeSelector, writeSelector } from './selector.js';
import { readStateId, writeStateId } from './state.js';
import type { XFRM_USER_ACQUIRE, XFRM_USER_MAPPING, XFRM_USER_REPORT } from './structs.js';

type RawAcquire = ReadOf<typeof XFRM_USER_ACQUIRE>;
type RawReport = ReadOf<typeof XFRM_USER_REPORT>;
type RawMapping = ReadOf<typeof XFRM_USER_MAPPING>;

/** Throws `WireError`. */
export function readAcquire(raw: RawAcquire, attributes: Attributes): XfrmAcquire {
  const policy = readPolicy(raw.policy, attributes);
  const protocol = PROTOCOLS.name(raw.id.proto);
  const family = templateFamily(policy, protocol);
  return {
    id: {
      source: addressOf(family, raw.saddr),
      destination: addressOf(family, raw.id.daddr),
      protocol,
      spi: raw.id.spi,
    },
    policy,
    algorithms: readMasks(raw),
    sequence: raw.seq,
    ...present({ selector: readSelector(raw.sel, raw.policy.sel.family) }),
  };
}

/** Throws `UsageError` `XFRM_FAMILY`. */
export function writeAcquire(acquire: XfrmAcquire): Partial<RawAcquire> {
  const { id } = acquire;
  return present({
    id: {
      daddr: addressOctets(id.destination),
      spi: id.spi,
      proto: PROTOCOLS.number(id.protocol),
    },
    saddr: addressOctets(id.source),
    sel: writeSelector(acquire.selector),
    policy: writePolicy(acquire.policy),
    ...writeMasks(acquire.algorithms),
    seq: acquire.sequence,
  });
}

/** Throws `WireError`. */
export function readReport(raw: RawReport, attributes: Attributes): XfrmReport {
  const careOf = get(attributes, XFRMA.COADDR);
  return {
    protocol: PROTOCOLS.name(raw.proto),
    selector: readWholeSelector(raw.sel),
    // Only the headers of Mobile IPv6 have one.
    ...present({ careOf: careOf && addressOf(AF_INET6, careOf) }),
  };
}

/** Throws `UsageError` `XFRM_FAMILY`. */
export const writeReport = (report: XfrmReport): RawReport => ({
  proto: PROTOCOLS.number(report.protocol),
  sel: writeSelector(report.selector),
});

/** Throws `WireError`. */
export function readMapping(raw: RawMapping, attributes: Attributes): XfrmMapping {
  const { family } = raw.id;
  return {
    id: readStateId(raw.id, attributes),
    reqid: raw.reqid,
    from: { address: addressOf(family, raw.old_saddr), port: raw.old_sport },
    to: { address: addressOf(family, raw.new_saddr), port: raw.new_sport },
  };
}

/** Throws `UsageError` `XFRM_FAMILY`. */
export const writeMapping = ({ id, reqid, from, to }: XfrmMapping): RawMapping => ({
  id: writeStateId(id),
  reqid,
  old_saddr: addressOctets(from.address),
  new_saddr: addressOctets(to.address),
  old_sport: from.port,
  new_sport: to.port,
});

/** The structure has none: a tunnel's may differ from that of the packets inside. */
function templateFamily(policy: XfrmPolicy, protocol: XfrmAcquire['id']['protocol']): number {
  const template = policy.templates.find((t) => t.protocol === protocol);
  return familyOf(template?.destination ?? policy.selector.destination.address);
}
