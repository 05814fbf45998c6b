/**
 * May this Binding Update be served? One row per rule, in the order in which they are asked; the first that
 * refuses answers. Duplicate Address Detection comes after all of them, in `DUPLICATE_ADDRESS`.
 *
 * Spec: RFC 6275 §6.1.7, §9.5.1, §10.3.1, §10.3.2; RFC 3963 §6.2; RFC 5555 §4.5.
 */
import { isIpv6, isRoutableUnicast, type IpAddress } from '../../base/address.js';
import { BU_FLAG } from '../../wire/mobility/flag.js';
import { findOption } from '../../wire/mobility/option.js';
import { BA_STATUS, FORCED_UDP_REFUSED, isRefusal } from '../../wire/mobility/status.js';
import { sequenceAdvances } from '../binding/sequence.js';
import type { HomeBinding } from './home-binding.js';
import type { HomeAgentOptions } from './options.js';
import type { HomeLink, RegistrationRequest } from './registration.js';

/** What the rules look at besides the request. */
export interface AdmissionContext {
  readonly options: HomeAgentOptions;
  readonly binding: HomeBinding | undefined;
  /** Of the last valid Binding Update: of the binding, or of one deregistered moments ago. */
  readonly lastSequence: number | undefined;
  /** The link whose prefix the home address is in. */
  readonly home: HomeLink | undefined;
  readonly homeLinkUp: boolean;
  /** What the access list says: 0 or a status. */
  readonly aclStatus: number;
  /** There is a place for one more binding. */
  readonly room: boolean;
  readonly isHomeAddressHere: (address: IpAddress) => boolean;
}

export interface AdmissionRule {
  /** Counter key. */
  readonly name: string;
  readonly clause: string;
  /** Which requests it is asked of. `new`: registrations without a binding so far. */
  readonly of: 'all' | 'registration' | 'new' | 'deregistration';
  refuses(request: RegistrationRequest, context: AdmissionContext): boolean;
  /** Of the Binding Acknowledgement, or silence. */
  readonly status: number | 'silence' | ((context: AdmissionContext) => number);
}

export interface Refused {
  readonly rule: AdmissionRule;
  readonly status: number | 'silence';
  /** For the Sequence Number field. */
  readonly sequence: number;
}

/** Undefined: admitted. */
export function refusalOf(
  request: RegistrationRequest,
  context: AdmissionContext,
): Refused | undefined {
  const rule = ADMISSION.find(
    (row) => asked(row, request, context) && row.refuses(request, context),
  );
  if (!rule) return undefined;
  const status = typeof rule.status === 'function' ? rule.status(context) : rule.status;
  // RFC 6275 §9.5.1: status 135 carries the last accepted number, all else the number refused.
  const adopt = status === BA_STATUS.sequenceOutOfWindow ? context.lastSequence : undefined;
  return { rule, status, sequence: adopt ?? request.sequence };
}

function asked(
  { of }: AdmissionRule,
  { deregistration }: RegistrationRequest,
  { binding }: AdmissionContext,
): boolean {
  switch (of) {
    case 'all':
      return true;
    case 'registration':
      return !deregistration;
    case 'new':
      return !deregistration && !binding;
    case 'deregistration':
      return deregistration;
    default:
      return of satisfies never;
  }
}

const has = (request: RegistrationRequest, flag: number): boolean => (request.flags & flag) !== 0;

export const ADMISSION: readonly AdmissionRule[] = [
  {
    name: 'bu-dsmip-off',
    clause: 'RFC 5555 §4.2', // ours: what came in UDP is then not for us
    of: 'all',
    refuses: ({ arrival }, { options }) => arrival.kind === 'udp' && !options.dsmip,
    status: 'silence',
  },
  {
    name: 'bu-home-address',
    clause: 'RFC 6275 §9.5.1', // ingress has refused sources that are no unicast addresses, RFC 6275 §9.5.4
    of: 'all',
    refuses: ({ homeAddress }) => !isRoutableUnicast(homeAddress),
    status: 'silence',
  },
  {
    name: 'bu-care-of-not-routable',
    clause: 'RFC 6275 §6.1.7',
    of: 'registration',
    refuses: ({ careOf }) => careOf !== null && isIpv6(careOf) && !isRoutableUnicast(careOf),
    status: 'silence',
  },
  {
    name: 'bu-nonce-indices',
    clause: 'RFC 6275 §9.5.1', // MUST NOT be there when H is set
    of: 'all',
    refuses: (request) =>
      has(request, BU_FLAG.home) && findOption(request.options, 'nonceIndices') !== undefined,
    status: 'silence',
  },
  {
    name: 'sequence',
    clause: 'RFC 6275 §9.5.1',
    of: 'all',
    refuses: ({ sequence }, { lastSequence }) =>
      lastSequence !== undefined && !sequenceAdvances(sequence, lastSequence),
    status: BA_STATUS.sequenceOutOfWindow,
  },
  {
    name: 'type-change',
    clause: 'RFC 6275 §9.5.1',
    of: 'all',
    refuses: (request, { binding }) => binding !== undefined && !has(request, BU_FLAG.home),
    status: BA_STATUS.registrationTypeChange,
  },
  {
    name: 'mobile-router-change',
    clause: 'RFC 3963 §6.2', // deregistrations excepted
    of: 'registration',
    refuses: (request, { binding }) =>
      binding !== undefined && ((request.flags ^ binding.flags) & BU_FLAG.mobileRouter) !== 0,
    status: BA_STATUS.registrationTypeChange,
  },
  {
    name: 'mobile-router',
    clause: 'RFC 3963 §6.2, §6.5', // with H or without
    of: 'registration',
    refuses: (request) => has(request, BU_FLAG.mobileRouter),
    status: BA_STATUS.mobileRouterNotPermitted,
  },
  {
    name: 'bu-unauthorized',
    clause: 'RFC 6275 §9.5.1', // without H, return routability authorizes; a home agent alone offers none
    of: 'all',
    refuses: (request) => !has(request, BU_FLAG.home),
    status: 'silence',
  },
  {
    name: 'bu-no-home-address-option',
    clause: 'RFC 6275 §10.3.1', // in UDP the inner source is the home address, RFC 5555 §4.2
    of: 'registration',
    refuses: ({ homeAddressOption, arrival }) => !homeAddressOption && arrival.kind !== 'udp',
    status: 'silence',
  },
  {
    name: 'no-home-link',
    clause: 'RFC 6275 §10.3.1',
    of: 'registration',
    refuses: (_, { options }) => options.homeLinks.length === 0,
    status: BA_STATUS.homeRegistrationNotSupported,
  },
  {
    name: 'not-home-subnet',
    clause: 'RFC 6275 §10.3.1',
    of: 'registration',
    refuses: ({ homeAddress }, { home, options }) => !home || homeAddress === options.address,
    status: BA_STATUS.notHomeSubnet,
  },
  {
    name: 'access-list',
    clause: 'RFC 6275 §10.3.1',
    of: 'registration',
    refuses: (_, { aclStatus }) => isRefusal(aclStatus),
    status: ({ aclStatus }) => aclStatus,
  },
  {
    name: 'invalid-care-of',
    clause: 'RFC 6275 §6.1.8',
    of: 'registration',
    refuses: ({ careOf }, { options, isHomeAddressHere }) =>
      // None, or an IPv4 one that cannot be: RFC 5555 §3.1.2.
      careOf === null ||
      !isRoutableUnicast(careOf) ||
      // Ours: a tunnel to ourselves, or to an address that we tunnel to ourselves, is a loop.
      careOf === options.address ||
      careOf === options.address4 ||
      isHomeAddressHere(careOf),
    status: BA_STATUS.invalidCareOf,
  },
  {
    name: 'force-udp',
    clause: 'RFC 5555 §4.5', // also where there is no UDP to keep to, RFC 5555 §3.1.3
    of: 'registration',
    refuses: (request, { options }) =>
      options.dsmip &&
      has(request, BU_FLAG.forceUdp) &&
      (!options.acceptForceUdp || request.arrival.kind !== 'udp'),
    status: FORCED_UDP_REFUSED,
  },
  {
    name: 'home-link-down',
    clause: 'RFC 6275 §10.3.1', // "any other reason": nobody can be asked, nothing intercepted
    of: 'new',
    refuses: (_, { homeLinkUp }) => !homeLinkUp,
    status: BA_STATUS.reasonUnspecified,
  },
  {
    name: 'cache-full',
    clause: 'RFC 6275 §10.3.1',
    of: 'new',
    refuses: (_, { room }) => !room,
    status: BA_STATUS.insufficientResources,
  },
  {
    name: 'no-binding',
    clause: 'RFC 6275 §10.3.2',
    of: 'deregistration',
    // A number remembered without a binding is of one deregistered moments ago: its answer may have been lost.
    refuses: (_, { binding, lastSequence }) => !binding && lastSequence === undefined,
    status: BA_STATUS.notHomeAgent,
  },
];

/** RFC 6275 §10.3.1: the one rule that takes time. */
export const DUPLICATE_ADDRESS = {
  name: 'duplicate-address',
  clause: 'RFC 6275 §10.3.1',
  status: BA_STATUS.duplicateAddress,
} as const;
