/**
 * XFRM in plain values, with the words of iproute2: policies (SPD), states (SAD), and what moves or counts them.
 * Numbers stand where a kernel has more than these words.
 *
 * Two addresses of one value are of one family: where a packet between them may be of either, say so with `::` or
 * `0.0.0.0` of that family.
 */
import type { IpAddress, Prefix } from '../../../base/address.js';
import type { XfrmKey } from './key.js';

/** `hao` (60) is the Home Address option, `route2` (43) the type 2 routing header. */
export type XfrmProtocol = 'esp' | 'ah' | 'comp' | 'hao' | 'route2' | number;
/** `ro` is for `hao` and `route2`; `in_trigger` asks for a state by an acquire, and puts nothing on the packet. */
export type XfrmMode = 'transport' | 'tunnel' | 'ro' | 'in_trigger' | 'beet' | number;
/** Those of sockets are read only: a program made them with a socket option. */
export type XfrmDirection = 'in' | 'out' | 'fwd' | 'socket in' | 'socket out' | 'socket fwd';
/** A packet is looked up among both, and what both ask for is applied. */
export type XfrmPolicyType = 'main' | 'sub';
export type XfrmShare = 'any' | 'session' | 'user' | 'unique' | number;

/** Which packets. The kernel compares whole selectors: removal needs the same one, octet for octet. */
export interface XfrmSelector {
  readonly source: Prefix;
  readonly destination: Prefix;
  /** Upper-layer protocol, 0 any. */
  readonly protocol: number;
  /** Type and code of ICMP and ICMPv6; type of a Mobility Header. Where the ports of others stand. */
  readonly type?: number;
  readonly code?: number;
  readonly sourcePort?: XfrmPort;
  readonly destinationPort?: XfrmPort;
  /** Index of the interface. */
  readonly link?: number;
  readonly user?: number;
}

export interface XfrmPort {
  readonly value: number;
  /** Bits that count. */
  readonly mask: number;
}

/** Bits that count, and how they are to be. */
export interface XfrmMark {
  readonly value: number;
  readonly mask: number;
}

/** What a packet is to have gone through (`in`, `fwd`), or is to go through (`out`). */
export interface XfrmTemplate {
  readonly protocol: XfrmProtocol;
  readonly mode: XfrmMode;
  /** Of tunnels their ends. `::` or `0.0.0.0`: any, and the family of the template. */
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** 0: any. */
  readonly spi: number;
  /** 0: any. */
  readonly reqid: number;
  /** `use`: only where there is a state. */
  readonly level: 'required' | 'use';
  readonly share?: XfrmShare;
  /** Absent: all. */
  readonly algorithms?: XfrmAlgorithmMasks;
}

/** Algorithms that will do, bit by bit as PF_KEY numbers them. */
export interface XfrmAlgorithmMasks {
  readonly authentication: number;
  readonly encryption: number;
  readonly compression: number;
}

/** Absent: no limit. Soft ones draw an expire notice, hard ones end the object too. */
export interface XfrmLimits {
  readonly softBytes?: number;
  readonly hardBytes?: number;
  readonly softPackets?: number;
  readonly hardPackets?: number;
  /** Since it was added. */
  readonly softAddSeconds?: number;
  readonly hardAddSeconds?: number;
  /** Since it was first used. */
  readonly softUseSeconds?: number;
  readonly hardUseSeconds?: number;
}

/** Times are seconds since 1970. */
export interface XfrmUsage {
  readonly bytes: number;
  readonly packets: number;
  readonly addTime: number;
  /** First use; 0 never. */
  readonly useTime: number;
}

export type XfrmPolicyFlag = 'localok' | 'icmp' | number;

export interface XfrmPolicy {
  readonly selector: XfrmSelector;
  readonly direction: XfrmDirection;
  readonly ptype: XfrmPolicyType;
  readonly action: 'allow' | 'block';
  /** Lower first. */
  readonly priority: number;
  /** Six at most, the outermost last. */
  readonly templates: readonly XfrmTemplate[];
  /** The kernel's own number; absent lets it choose. */
  readonly index?: number;
  readonly flags?: readonly XfrmPolicyFlag[];
  readonly share?: XfrmShare;
  readonly mark?: XfrmMark;
  readonly ifId?: number;
  readonly limits?: XfrmLimits;
  /** Of a security module, as the kernel has it. */
  readonly securityContext?: Uint8Array;
  /** Read only. */
  readonly usage?: XfrmUsage;
}

/** Which policy: `index`, or else the selector. */
export interface XfrmPolicyId {
  readonly direction: XfrmDirection;
  readonly ptype: XfrmPolicyType;
  readonly selector?: XfrmSelector;
  readonly index?: number;
  readonly mark?: XfrmMark;
  readonly ifId?: number;
  readonly securityContext?: Uint8Array;
}

/** `wildrecv`: takes in headers from any source (of `hao`, `route2`). */
export type XfrmStateFlag =
  'noecn' | 'decap-dscp' | 'nopmtudisc' | 'wildrecv' | 'icmp' | 'af-unspec' | 'align4' | 'esn';
export type XfrmExtraFlag = 'dont-encap-dscp' | 'oseq-may-wrap' | number;

export interface XfrmAlgorithm {
  /** As the kernel's crypto layer has it: `cbc(aes)`. */
  readonly name: string;
  readonly keyBits: number;
  /** Given to the kernel, never read from it. */
  readonly key?: XfrmKey;
}

export interface XfrmAuthentication extends XfrmAlgorithm {
  /** Of the check value on the wire; absent: the algorithm's own. */
  readonly truncationBits?: number;
}

/** Encryption and authentication in one. */
export interface XfrmAead extends XfrmAlgorithm {
  readonly icvBits: number;
}

/** ESP within UDP (RFC 3948) or TCP (RFC 8229). */
export interface XfrmEncapsulation {
  readonly type: 'espinudp-nonike' | 'espinudp' | 'espintcp' | number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly originalAddress: IpAddress;
}

/** Sequence numbers: the last sent, the highest seen, and which below it. */
export interface XfrmReplay {
  readonly outbound: number;
  readonly inbound: number;
  readonly bitmap: number;
}

/** RFC 4304: 64 bits each. */
export interface XfrmExtendedReplay {
  readonly window: number;
  readonly outbound: number;
  readonly outboundHigh: number;
  readonly inbound: number;
  readonly inboundHigh: number;
  /** 32 bits a word; as many words as the window needs. */
  readonly bitmap: readonly number[];
}

export interface XfrmOffload {
  readonly link: number;
  readonly flags: number;
}

/** Failures counted by a state. */
export interface XfrmStatistics {
  readonly replayWindow: number;
  readonly replay: number;
  readonly integrityFailed: number;
}

export interface XfrmState {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: XfrmProtocol;
  readonly mode: XfrmMode;
  /** 0 for `hao` and `route2`. */
  readonly spi: number;
  readonly reqid: number;
  /** Packets it may be applied to; absent: all of the addresses' family. */
  readonly selector?: XfrmSelector;
  /** Of `hao` and `route2`: what stands in the header instead. */
  readonly careOf?: IpAddress;
  readonly flags: readonly XfrmStateFlag[];
  readonly extraFlags?: readonly XfrmExtraFlag[];
  readonly replayWindow: number;
  readonly encapsulation?: XfrmEncapsulation;
  readonly aead?: XfrmAead;
  readonly authentication?: XfrmAuthentication;
  readonly encryption?: XfrmAlgorithm;
  readonly compression?: XfrmAlgorithm;
  readonly mark?: XfrmMark;
  /** Given to packets that leave. */
  readonly outputMark?: XfrmMark;
  readonly ifId?: number;
  /** RFC 4303 §2.7: pads packets to this many octets. */
  readonly trafficPadding?: number;
  readonly limits?: XfrmLimits;
  readonly replay?: XfrmReplay;
  readonly extendedReplay?: XfrmExtendedReplay;
  readonly offload?: XfrmOffload;
  readonly securityContext?: Uint8Array;
  /** At most one mapping notice in so many seconds. */
  readonly mappingSeconds?: number;
  /** Linux 6.10 and later. */
  readonly direction?: 'in' | 'out';
  /** Of the acquire that this answers. */
  readonly sequence?: number;
  /** Read only. */
  readonly usage?: XfrmUsage;
  /** Read only. */
  readonly statistics?: XfrmStatistics;
  /** Read only: last use, seconds since 1970. */
  readonly lastUsed?: number;
}

/** Which state: by its SPI, or, for `hao` and `route2`, by both addresses. */
export interface XfrmStateId {
  readonly source?: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: XfrmProtocol;
  readonly spi: number;
  readonly mark?: XfrmMark;
}

/** An SPI is wanted for a state that is yet to be added. */
export interface XfrmSpiRequest {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: XfrmProtocol;
  readonly mode: XfrmMode;
  readonly reqid: number;
  readonly min: number;
  readonly max: number;
  readonly mark?: XfrmMark;
  readonly ifId?: number;
  readonly sequence?: number;
}

export interface XfrmEnds {
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/** States and templates between the ends `from`, which are to be between the ends `to`. */
export interface XfrmMove {
  readonly protocol: XfrmProtocol;
  readonly mode: XfrmMode;
  /** 0: any. */
  readonly reqid: number;
  readonly from: XfrmEnds;
  readonly to: XfrmEnds;
}

/** All states and templates of one policy that `moves` name. */
export interface XfrmMigration {
  readonly selector: XfrmSelector;
  readonly direction: XfrmDirection;
  readonly ptype: XfrmPolicyType;
  /** Six at most. */
  readonly moves: readonly XfrmMove[];
  /** Between which addresses the key exchange runs from now on. */
  readonly keyManagement?: { readonly local: IpAddress; readonly remote: IpAddress };
  readonly encapsulation?: XfrmEncapsulation;
  readonly ifId?: number;
}

/** A packet met a policy and there is no state for one of its templates. */
export interface XfrmAcquire {
  readonly id: XfrmStateId & { readonly source: IpAddress };
  /** The packet. */
  readonly selector?: XfrmSelector;
  readonly policy: XfrmPolicy;
  readonly algorithms: XfrmAlgorithmMasks;
  /** For the state that answers it. */
  readonly sequence: number;
}

/** A packet was refused, such as one whose Home Address option no state allows. */
export interface XfrmReport {
  readonly protocol: XfrmProtocol;
  readonly selector: XfrmSelector;
  /** What stood in the header. */
  readonly careOf?: IpAddress;
}

/** The peer of an ESP in UDP state sends from another address or port. */
export interface XfrmMapping {
  readonly id: XfrmStateId;
  readonly reqid: number;
  readonly from: XfrmEndpoint;
  readonly to: XfrmEndpoint;
}

export interface XfrmEndpoint {
  readonly address: IpAddress;
  readonly port: number;
}

export interface XfrmPolicyCounts {
  readonly in: number;
  readonly out: number;
  readonly fwd: number;
}

export interface XfrmBuckets {
  readonly now: number;
  readonly max: number;
}

/** Prefix lengths from which on a policy is hashed. */
export interface XfrmThresholds {
  readonly local: number;
  readonly remote: number;
}

export interface XfrmSpdInfo {
  readonly policies: XfrmPolicyCounts;
  readonly socketPolicies: XfrmPolicyCounts;
  readonly buckets: XfrmBuckets;
  readonly thresholds4?: XfrmThresholds;
  readonly thresholds6?: XfrmThresholds;
}

export interface XfrmSadInfo {
  readonly states: number;
  readonly buckets: XfrmBuckets;
}
