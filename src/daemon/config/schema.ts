/**
 * Every directive of every `mip6d` in one row each, and ours. Parser, compiler, error messages and documentation
 * read this table.
 */
import { LARGEST_IPV4_PREFIX } from '../../core/ha/options.js';

/** Where a directive may stand: at top level, or in the block of that name. */
export type Scope = 'top' | 'Interface' | 'MnHomeLink';
export type ConfigRole = 'CN' | 'HA' | 'MN' | 'MAG';

export type Form =
  | { readonly kind: 'boolean' }
  /** Whole numbers within the bounds; `step`: multiples of it. */
  | {
      readonly kind: 'number';
      readonly min: number;
      readonly max: number;
      readonly step?: number;
      /** May stand instead of a number. */
      readonly word?: string;
    }
  /** Whole or decimal. */
  | { readonly kind: 'decimal'; readonly min: number; readonly max: number }
  | { readonly kind: 'string' }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'address'; readonly family: 4 | 6 }
  /** `ADDR/LEN`, with `( prefix, … )` after it where `more`; `bare`: a missing length means the whole address. */
  | {
      readonly kind: 'prefix';
      readonly family: 4 | 6;
      readonly more?: boolean;
      readonly bare?: boolean;
      /** A word that may stand in its place. */
      readonly word?: string;
    }
  /** `ADDR [ ( prefix, … ) ] [ HomeV4Address ADDR4 ] ( BOOL | STATUS )` */
  | { readonly kind: 'acl' }
  /** `BOOL | STATUS` */
  | { readonly kind: 'policy' }
  /** `"label" ( ";" | { … } )` */
  | { readonly kind: 'block'; readonly scope: Exclude<Scope, 'top'>; readonly required: boolean }
  /** Taken as it stands, up to `;` or over a block: this program does nothing with it. */
  | { readonly kind: 'anything' };

export interface Directive {
  readonly name: string;
  readonly scope: Scope;
  readonly form: Form;
  readonly unit?: 's';
  /** As it would be written; absent: none. */
  readonly default?: string;
  /** Each one counts; of another directive the last one alone. */
  readonly repeats?: true;
  readonly roles: readonly ConfigRole[];
  readonly status: 'supported' | 'not yet' | 'dead';
  /**
   * Values of a `not yet` directive that ask for nothing we lack; `any`: it only tunes something that is not there,
   * so a warning is enough.
   */
  readonly inert?: readonly string[] | 'any';
  /** Not in any UMIP. */
  readonly ours?: true;
  readonly sentence: string;
}

type Row = Omit<Directive, 'name' | 'scope'>;

const BOOLEAN = { kind: 'boolean' } as const;
const STRING = { kind: 'string' } as const;
const ANYTHING = { kind: 'anything' } as const;
const ADDRESS6 = { kind: 'address', family: 6 } as const;
const ADDRESS4 = { kind: 'address', family: 4 } as const;
const PREFIX6 = { kind: 'prefix', family: 6 } as const;
const PREFIX4 = { kind: 'prefix', family: 4 } as const;
/** RFC 6275 §6.1.7: 16 bits of 4 s */
const LIFETIME = { kind: 'number', min: 4, max: 262140, step: 4 } as const;
const TIMEOUT = { kind: 'decimal', min: 0.01, max: 32 } as const; // RFC 6275 §12: MAX_BINDACK_TIMEOUT
const count = (min: number, max: number) => ({ kind: 'number', min, max }) as const;
const duration = (max: number) => ({ kind: 'decimal', min: 0, max }) as const;

const ALL = ['CN', 'HA', 'MN'] as const;
const BOTH = ['HA', 'MN'] as const;
const MN = ['MN'] as const;
const HA = ['HA'] as const;
const OFF = ['disabled'] as const;

const TOP: Readonly<Record<string, Row>> = {
  NodeConfig: {
    form: { kind: 'word', words: ['CN', 'HA', 'MN', 'MAG'] },
    default: 'CN',
    roles: ALL,
    status: 'supported',
    sentence: 'what this node is: HA or MN; CN and MAG are not supported yet',
  },
  DebugLevel: {
    form: count(0, 99),
    default: '0',
    roles: ALL,
    status: 'supported',
    sentence: 'above 0, the journal shows every event',
  },
  DebugLogFile: {
    form: STRING,
    roles: ALL,
    status: 'supported',
    sentence: 'the journal goes to this file; default is standard error',
  },
  Interface: {
    form: { kind: 'block', scope: 'Interface', required: false },
    repeats: true,
    roles: BOTH,
    status: 'supported',
    sentence: 'an interface to use; a mobile node may name one that appears later',
  },
  UseMnHaIPsec: {
    form: BOOLEAN,
    default: 'enabled',
    roles: BOTH,
    status: 'supported',
    sentence: 'protect signalling by IPsec; only disabled can be honoured so far',
  },
  MnMaxHaBindingLife: {
    form: LIFETIME,
    unit: 's',
    default: '262140',
    roles: MN,
    status: 'supported',
    sentence: 'binding lifetime to ask for',
  },
  InitialBindackTimeoutFirstReg: {
    form: TIMEOUT,
    unit: 's',
    default: '1.5',
    roles: MN,
    status: 'supported',
    sentence: 'wait for the answer to the first registration (RFC 6275 §13)',
  },
  InitialBindackTimeoutReReg: {
    form: TIMEOUT,
    unit: 's',
    default: '1.0',
    roles: MN,
    status: 'supported',
    sentence: 'wait for the answer to a later registration (RFC 6275 §12)',
  },
  MnHomeLink: {
    form: { kind: 'block', scope: 'MnHomeLink', required: true },
    repeats: true,
    roles: MN,
    status: 'supported',
    sentence: 'a home: where it is, its addresses and its home agent',
  },
  MnUseDsmip6: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'supported',
    sentence: 'visit IPv4 networks (RFC 5555)',
  },
  MnSupportIPv4Traffic: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'supported',
    sentence: 'register the IPv4 home address and carry its traffic (RFC 5555)',
  },
  HaMaxBindingLife: {
    form: LIFETIME,
    unit: 's',
    default: '262140',
    roles: HA,
    status: 'supported',
    sentence: 'longest binding lifetime to grant',
  },
  HaAcceptDsmip6: {
    form: BOOLEAN,
    default: 'disabled',
    roles: HA,
    status: 'supported',
    sentence: 'serve mobile nodes in IPv4 networks (RFC 5555)',
  },
  HomeAgentV4Address: {
    form: ADDRESS4,
    roles: HA,
    status: 'supported',
    sentence: 'IPv4 address that mobile nodes reach this home agent by',
  },
  HaAcceptIPv4Traffic: {
    form: { kind: 'prefix', family: 4, more: true, bare: true },
    repeats: true,
    roles: HA,
    status: 'supported',
    sentence: 'IPv4 home addresses that may be bound: one, or a prefix of them; may repeat',
  },
  HaHomeV4Pool: {
    form: { ...PREFIX4, bare: true },
    roles: HA,
    status: 'supported',
    ours: true,
    repeats: true,
    sentence:
      'IPv4 home addresses to give to mobile nodes that ask for any (RFC 5555 §4.5); may repeat',
  },
  HaHomeV4PrefixPool: {
    form: PREFIX4,
    roles: HA,
    status: 'supported',
    ours: true,
    repeats: true,
    sentence:
      'IPv4 prefixes to give to mobile nodes are of this one, which must be routed to this host; may repeat',
  },
  HaHomeV4PrefixLength: {
    form: count(LARGEST_IPV4_PREFIX, 30),
    default: '28',
    roles: HA,
    status: 'supported',
    ours: true,
    sentence: 'length of the largest IPv4 prefix to give; who asks for a larger one gets this',
  },
  HaHomeV4Hold: {
    form: count(0, 31_536_000),
    unit: 's',
    default: '3600',
    roles: HA,
    status: 'supported',
    ours: true,
    sentence: 'how long a given IPv4 home address or prefix is kept for who is not bound any more',
  },
  BindingAclPolicy: {
    form: { kind: 'acl' },
    repeats: true,
    roles: HA,
    status: 'supported',
    sentence:
      'who may register: a home address, the IPv4 home address that is its own, and allow, deny or a status; may repeat',
  },
  DefaultBindingAclPolicy: {
    form: { kind: 'policy' },
    default: 'allow',
    roles: HA,
    status: 'supported',
    sentence:
      'what home addresses that no BindingAclPolicy names get: allow, deny (129) or a status',
  },
  HaServedPrefix: {
    form: PREFIX6,
    repeats: true,
    roles: HA,
    status: 'supported',
    sentence: 'one more home prefix, served on the first interface; may repeat',
  },

  HookDirectory: {
    form: STRING,
    roles: BOTH,
    status: 'supported',
    ours: true,
    sentence:
      'programs of this folder run at each stage of a move, with the facts in MIP6_ variables',
  },
  HookTimeout: {
    form: { kind: 'decimal', min: 0.1, max: 600 },
    unit: 's',
    default: '10.0',
    roles: BOTH,
    status: 'supported',
    ours: true,
    sentence: 'how long one program of HookDirectory may take',
  },
  Datapath: {
    form: { kind: 'word', words: ['auto', 'kernel', 'userspace'] },
    default: 'auto',
    roles: BOTH,
    status: 'supported',
    ours: true,
    sentence:
      'what forwards packets: the kernel, this program in user space, or for each binding the kernel where it can',
  },
  HomeAgentAddress: {
    form: ADDRESS6,
    roles: HA,
    status: 'supported',
    ours: true,
    sentence:
      "the home agent's own address; default is the first global address of its first interface",
  },
  HaPreference: {
    form: count(0, 65535),
    default: '0',
    roles: HA,
    status: 'supported',
    ours: true,
    sentence:
      'how mobile nodes are told to choose among the home agents of this link: greater is better (RFC 6275 §8.4)',
  },
  HaDadMode: {
    form: { kind: 'word', words: ['strict', 'optimistic', 'off'] },
    default: 'strict',
    roles: HA,
    status: 'supported',
    ours: true,
    sentence:
      'duplicate address detection before (strict) or while (optimistic) answering a first registration (RFC 6275 §10.3.1)',
  },
  HaAcceptForceUdp: {
    form: BOOLEAN,
    default: 'enabled',
    roles: HA,
    status: 'supported',
    ours: true,
    sentence: 'grant the F flag of a Binding Update (RFC 5555 §4.5)',
  },
  HaForceUdp: {
    form: BOOLEAN,
    default: 'disabled',
    roles: HA,
    status: 'supported',
    ours: true,
    sentence: 'UDP encapsulation even where there is no NAT (RFC 5555 §4.2)',
  },
  HaNatRefresh: {
    form: { ...count(1, 65535), word: 'adaptive' },
    unit: 's',
    default: '110',
    roles: HA,
    status: 'supported',
    ours: true,
    sentence:
      'keep-alive interval for mobile nodes behind a NAT (RFC 5555 §3.2.2); adaptive: learned for each NAT',
  },
  HaMaxBindings: {
    form: count(1, 10_000_000),
    default: '100000',
    roles: HA,
    status: 'supported',
    ours: true,
    sentence: 'bindings at most; beyond, status 130',
  },
  HaRefreshAdvice: {
    form: count(0, 262140),
    unit: 's',
    default: '0',
    roles: HA,
    status: 'supported',
    ours: true,
    sentence: 'Binding Refresh Advice interval (RFC 6275 §6.2.4); 0 sends none',
  },
  MnForceUdp: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'supported',
    ours: true,
    sentence: 'ask for UDP encapsulation always: the F flag (RFC 5555 §3.1.2)',
  },
  MnIpv6HeadStart: {
    form: duration(60),
    unit: 's',
    default: '0.1',
    roles: MN,
    status: 'supported',
    ours: true,
    sentence: 'how long an IPv4 address waits for IPv6 to turn up',
  },
  MnFamilyMemory: {
    form: count(0, 31_536_000),
    unit: 's',
    default: '3600',
    roles: MN,
    status: 'supported',
    ours: true,
    sentence:
      'how long a visited network is remembered by which of IPv6, IPv4 and UDP worked there; 0: not at all',
  },
  MnOptimisticDad: {
    form: BOOLEAN,
    default: 'enabled',
    roles: MN,
    status: 'supported',
    ours: true,
    sentence: 'use a care-of address while its DAD runs (RFC 4429)',
  },
  MnAddressGeneration: {
    form: { kind: 'word', words: ['stable', 'eui64'] },
    default: 'stable',
    roles: MN,
    status: 'supported',
    ours: true,
    sentence:
      'interface identifiers of care-of addresses: opaque and the same on every visit (RFC 7217), or made of the link-layer address',
  },
  MnRouterProbes: {
    form: count(0, 100),
    default: '3',
    roles: MN,
    status: 'supported',
    sentence:
      'questions without an answer until a router in doubt is left (RFC 4861 §7.3); 0 leaves it at once',
  },
  MnRouterProbeTimeout: {
    form: duration(3600),
    unit: 's',
    default: '0.3',
    roles: MN,
    status: 'supported',
    sentence: 'from one such question to the next; 0: the RetransTimer of the router, or 1 s',
  },
  MnUdpPort: {
    form: count(1, 65535),
    default: '4191',
    roles: MN,
    status: 'supported',
    ours: true,
    sentence: 'UDP source port (RFC 5555 §4.1)',
  },
  MnNatKeepalive: {
    form: count(1, 65535),
    unit: 's',
    default: '110',
    roles: MN,
    status: 'supported',
    ours: true,
    sentence: 'keep-alive interval when the home agent names none (RFC 5555 §6)',
  },

  DoRouteOptimizationCN: {
    form: BOOLEAN,
    default: 'disabled',
    roles: ALL,
    status: 'not yet',
    inert: OFF,
    sentence: 'be a correspondent node that optimizes routes',
  },
  DoRouteOptimizationMN: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'not yet',
    inert: OFF,
    sentence: 'optimize routes to correspondent nodes',
  },
  CnBindingPolicySet: {
    form: ANYTHING,
    roles: ALL,
    status: 'not yet',
    inert: 'any',
    sentence: 'it tunes route optimization, which is not there yet',
  },
  UseCnBuAck: {
    form: BOOLEAN,
    roles: MN,
    status: 'not yet',
    inert: 'any',
    sentence: 'it tunes route optimization, which is not there yet',
  },
  MnMaxCnBindingLife: {
    form: count(0, 420),
    unit: 's',
    roles: MN,
    status: 'not yet',
    inert: 'any',
    sentence: 'it tunes route optimization, which is not there yet',
  },
  MnMaxCnConsecutiveResends: {
    form: count(0, 1000),
    roles: MN,
    status: 'not yet',
    inert: 'any',
    sentence: 'it tunes route optimization, which is not there yet',
  },
  NonVolatileBindingCache: {
    form: BOOLEAN,
    roles: HA,
    status: 'not yet',
    inert: OFF,
    sentence: 'no UMIP ever did it',
  },
  KeyMngMobCapability: {
    form: BOOLEAN,
    default: 'disabled',
    roles: BOTH,
    status: 'not yet',
    inert: OFF,
    sentence: 'move IKE with the mobile node: the K flag',
  },
  TunnelPayloadForceSANego: {
    form: BOOLEAN,
    roles: MN,
    status: 'not yet',
    inert: 'any',
    sentence: 'it tunes IPsec, which is not there yet',
  },
  IPsecPolicySet: {
    form: ANYTHING,
    roles: BOTH,
    status: 'not yet',
    inert: 'any',
    sentence: 'it tunes IPsec, which is not there yet',
  },
  SendMobPfxSols: {
    form: BOOLEAN,
    default: 'enabled',
    roles: MN,
    status: 'supported',
    sentence: 'ask the home agent for the home prefixes, RFC 6275 §11.4.2',
  },
  InitialSolicitTimer: {
    form: duration(3600),
    unit: 's',
    roles: MN,
    status: 'not yet',
    inert: 'any',
    sentence: 'no delay is needed here',
  },
  MnUseAllInterfaces: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'not yet',
    inert: OFF,
    sentence: 'use interfaces that no Interface names',
  },
  MnDiscardHaParamProb: {
    form: BOOLEAN,
    default: 'enabled',
    roles: MN,
    status: 'not yet',
    inert: ['enabled'],
    sentence: 'heed Parameter Problems that the home agent sends unprotected',
  },
  OptimisticHandoff: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'not yet',
    inert: OFF,
    sentence: 'send by the new care-of address before the home agent has answered',
  },
  MobRtrUseExplicitMode: {
    form: BOOLEAN,
    roles: MN,
    status: 'not yet',
    inert: 'any',
    sentence: 'it tunes the mobile router, which is not there yet',
  },
  UseMovementModule: {
    form: ANYTHING,
    roles: MN,
    status: 'not yet',
    inert: ['internal'],
    sentence: 'movement detection by a plug-in',
  },
  UsePolicyModule: {
    form: ANYTHING,
    roles: ALL,
    status: 'not yet',
    sentence: 'admission by a plug-in',
  },
  SendMobPfxAdvs: {
    form: BOOLEAN,
    default: 'enabled',
    roles: HA,
    status: 'supported',
    sentence: 'answer mobile nodes that ask for the home prefixes, RFC 6275 §10.6',
  },
  SendUnsolMobPfxAdvs: {
    form: BOOLEAN,
    default: 'enabled',
    roles: HA,
    status: 'supported',
    sentence: 'tell mobile nodes of the home prefixes unasked; off with SendMobPfxAdvs',
  },
  MaxMobPfxAdvInterval: {
    form: count(4, 31536000),
    unit: 's',
    default: '86400',
    roles: HA,
    status: 'supported',
    sentence: 'a mobile node hears of the home prefixes at least this often',
  },
  MinMobPfxAdvInterval: {
    form: count(1, 31536000),
    unit: 's',
    default: '600',
    roles: HA,
    status: 'supported',
    sentence: 'a change of the home prefixes is told after at least this long',
  },
  HaAcceptMobRtr: {
    form: BOOLEAN,
    default: 'disabled',
    roles: HA,
    status: 'not yet',
    inert: OFF,
    sentence: 'serve mobile routers (RFC 3963)',
  },
  MnMaxHaConsecutiveResends: {
    form: count(0, 1000),
    roles: MN,
    status: 'not yet',
    sentence: 'give a home agent up after so many resends',
  },
  MnResetDhaadAtHome: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'not yet',
    inert: OFF,
    sentence: 'ask for home agents again at home',
  },
  MnFlushAllAtHome: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'not yet',
    inert: OFF,
    sentence: 'forget every correspondent at home',
  },
  NoHomeReturn: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'not yet',
    inert: OFF,
    sentence: 'stay registered at home',
  },
  InterfaceInitialInitDelay: {
    form: duration(3600),
    unit: 's',
    roles: MN,
    status: 'not yet',
    inert: 'any',
    sentence: 'no delay is needed here',
  },
  VTHostname: {
    form: STRING,
    roles: ALL,
    status: 'not yet',
    inert: 'any',
    sentence: 'there is no console here; see "mip6 status"',
  },
  VTService: {
    form: ANYTHING,
    roles: ALL,
    status: 'not yet',
    inert: 'any',
    sentence: 'there is no console here; see "mip6 status"',
  },
  ProxyMipLma: {
    form: ANYTHING,
    roles: ['MAG'],
    status: 'not yet',
    inert: 'any',
    sentence: 'PMIPv6 is ignored',
  },
  ProxyMipMag: {
    form: ANYTHING,
    roles: ['MAG'],
    status: 'not yet',
    inert: 'any',
    sentence: 'PMIPv6 is ignored',
  },

  LinkName: { form: ANYTHING, roles: ALL, status: 'dead', sentence: 'no mip6d ever used it' },
  IfName: { form: ANYTHING, roles: ALL, status: 'dead', sentence: 'no mip6d ever used it' },
  IPsecType: { form: ANYTHING, roles: ALL, status: 'dead', sentence: 'no mip6d ever used it' },
  DoRouteOptimization: {
    form: ANYTHING,
    roles: ALL,
    status: 'dead',
    sentence: 'no mip6d ever used it; there are DoRouteOptimizationCN and DoRouteOptimizationMN',
  },
};

const INTERFACE: Readonly<Record<string, Row>> = {
  IfType: {
    form: { kind: 'word', words: ['CN', 'HA', 'MN', 'MAG'] },
    roles: BOTH,
    status: 'supported',
    sentence: 'role of this interface; default is NodeConfig',
  },
  MnIfPreference: {
    form: count(0, 10),
    default: '10',
    roles: MN,
    status: 'supported',
    sentence: '1 best, 10 last, 0 unused',
  },
  UseDhcp: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'supported',
    sentence: 'obtain IPv4 addresses by DHCP',
  },
  Tunnel: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'supported',
    sentence:
      'a tunnel device as access link: its addresses are adopted, as RouterAdvertisements adopt',
  },
  RouterAdvertisements: {
    form: { kind: 'word', words: ['auto', 'own', 'adopt'] },
    default: 'auto',
    roles: MN,
    status: 'supported',
    ours: true,
    sentence:
      'who processes router advertisements and configures the interface: this program (own), another whose addresses and routers are taken (adopt), or another where one is found (auto)',
  },
  HomePrefix: {
    form: PREFIX6,
    repeats: true,
    roles: HA,
    status: 'supported',
    ours: true,
    sentence: "home prefix on this link; default is each global address's own; may repeat",
  },
};

const HOME_LINK: Readonly<Record<string, Row>> = {
  HomeAgentAddress: {
    form: ADDRESS6,
    roles: MN,
    status: 'supported',
    sentence: 'the home agent; "::", or none: it is looked for (UseDhaad)',
  },
  UseDhaad: {
    form: BOOLEAN,
    roles: MN,
    status: 'supported',
    ours: true,
    sentence:
      'look for home agents when none is configured, or none that is known answers (RFC 6275 §11.4.1); default is enabled without a HomeAgentAddress, else disabled',
  },
  HomeAgentV4Address: {
    form: ADDRESS4,
    roles: MN,
    status: 'supported',
    sentence: 'its IPv4 address, to register from IPv4 networks',
  },
  HomeAddress: {
    form: { ...PREFIX6, more: true },
    roles: MN,
    status: 'supported',
    sentence: 'the home address with the length of its prefix',
  },
  HomeV4Address: {
    form: { ...PREFIX4, more: true, word: 'dynamic' },
    roles: MN,
    status: 'supported',
    sentence:
      'the IPv4 home address with the length of its prefix; dynamic: one that the home agent gives (RFC 5555 §3.1.1)',
  },
  HomeV4PrefixRequest: {
    form: count(1, 30),
    roles: MN,
    status: 'supported',
    ours: true,
    sentence:
      'length of an IPv4 prefix to ask the home agent for: a network of our own, also while away (RFC 5555 §3.1.1)',
  },
  HomePrefix: {
    form: PREFIX6,
    roles: MN,
    status: 'supported',
    sentence: 'what tells that we are at home; default is from HomeAddress',
  },
  HomeRenumbering: {
    form: BOOLEAN,
    default: 'enabled',
    roles: MN,
    status: 'supported',
    ours: true,
    sentence: 'have a home address in every prefix of the home network, RFC 6275 §11.4.3',
  },
  UseAltCoa: {
    form: BOOLEAN,
    default: 'enabled',
    roles: MN,
    status: 'supported',
    sentence: 'send the Alternate Care-of Address option (RFC 6275 §11.7.1)',
  },
  HomeAgentName: {
    form: STRING,
    roles: MN,
    status: 'not yet',
    sentence: 'the home agent by its name',
  },
  HomeV4Prefix: {
    form: PREFIX4,
    roles: MN,
    status: 'not yet',
    inert: 'any',
    sentence: 'home is recognised by its IPv6 prefix here',
  },
  IsMobRtr: {
    form: BOOLEAN,
    default: 'disabled',
    roles: MN,
    status: 'not yet',
    inert: OFF,
    sentence: 'be a mobile router (RFC 3963)',
  },
  MnRoPolicy: {
    form: ANYTHING,
    roles: MN,
    status: 'not yet',
    inert: 'any',
    sentence: 'it tunes route optimization, which is not there yet',
  },
};

export const DIRECTIVES: readonly Directive[] = [
  ...rows('top', TOP),
  ...rows('Interface', INTERFACE),
  ...rows('MnHomeLink', HOME_LINK),
];

export const directive = (scope: Scope, name: string): Directive | undefined =>
  BY_NAME.get(`${scope} ${name}`);
export const directiveNames = (scope: Scope): string[] =>
  DIRECTIVES.filter((d) => d.scope === scope).map((d) => d.name);

/** Where else a name is known: a directive in the wrong block is a common slip. */
export const otherScopes = (scope: Scope, name: string): Scope[] =>
  DIRECTIVES.filter((d) => d.name === name && d.scope !== scope).map((d) => d.scope);

export const TRUE_WORDS = ['enabled', 'allow', 'true'] as const;
export const FALSE_WORDS = ['disabled', 'deny', 'block', 'false'] as const;

function rows(scope: Scope, table: Readonly<Record<string, Row>>): Directive[] {
  return Object.entries(table).map(([name, row]) => ({ name, scope, ...row }));
}

const BY_NAME: ReadonlyMap<string, Directive> = new Map(
  DIRECTIVES.map((d) => [`${d.scope} ${d.name}`, d]),
);
