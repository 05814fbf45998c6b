/**
 * Status codes, one row each: number, name, clause, what it means and what a person should do. Below 128 the
 * peer accepted, from 128 on it refused. `BA_STATUS.notHomeSubnet` for machines, `bindingAckStatus(132)` for
 * people.
 */

export interface StatusRow {
  readonly code: number;
  /** As IANA or the RFC writes it. */
  readonly name: string;
  readonly clause: string;
  /** What happened, a full sentence, where the name does not say it all. */
  readonly meaning?: string;
  /** What a person can do about it, full sentences. */
  readonly advice?: string;
}

/** What is known of the Binding Update that a status answers: 144 is read by it. */
export interface StatusContext {
  /** F was set, RFC 5555 §3.1.3. */
  readonly forceUdp?: boolean;
  /** A mobility message authentication option was sent, RFC 4285 §5. */
  readonly authenticationOption?: boolean;
}

const BA_ROWS = {
  accepted: {
    code: 0,
    name: 'Binding Update accepted',
    clause: 'RFC 6275 §6.1.8',
    meaning: 'The binding is in the cache of the peer.',
    advice: 'Nothing: all is well.',
  },
  prefixDiscoveryNecessary: {
    code: 1,
    name: 'Accepted but prefix discovery necessary',
    clause: 'RFC 6275 §6.1.8',
    meaning: 'The binding is made, but the prefixes of the home network changed.',
    advice:
      'Ask for the home prefixes (`mip6 mps`) and check that the home address is still in one.',
  },
  greKeyNotRequired: {
    code: 2,
    name: 'GRE_KEY_OPTION_NOT_REQUIRED',
    clause: 'RFC 5845',
  },
  tlvHeaderNotSupported: {
    code: 3,
    name: 'GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED',
    clause: 'RFC 5845',
  },
  mcoaNotComplete: {
    code: 4,
    name: 'MCOA NOTCOMPLETE',
    clause: 'RFC 5648 §4.4',
    meaning: 'Some of the care-of addresses of the Binding Update were refused.',
  },
  mcoaReturnHomeWithoutNdp: {
    code: 5,
    name: 'MCOA RETURNHOME WO/NDP',
    clause: 'RFC 5648 §4.4',
    meaning: 'The mobile node is home, but must not answer for its address by Neighbour Discovery.',
  },
  transientBindingIgnored: {
    code: 6,
    name: 'PBU_ACCEPTED_TB_IGNORED_SETTINGSMISMATCH',
    clause: 'RFC 6058',
  },
  reasonUnspecified: {
    code: 128,
    name: 'Reason unspecified',
    clause: 'RFC 6275 §6.1.8',
    meaning: 'The peer refused and does not say why.',
    advice: 'Read the log of the home agent. A security association that does not match is common.',
  },
  administrativelyProhibited: {
    code: 129,
    name: 'Administratively prohibited',
    clause: 'RFC 6275 §6.1.8',
    meaning: 'A rule of the peer forbids this binding.',
    advice: 'Let this home address register in the configuration of the home agent.',
  },
  insufficientResources: {
    code: 130,
    name: 'Insufficient resources',
    clause: 'RFC 6275 §9.5.2',
    meaning: 'The peer has no room for another binding.',
    advice: 'Raise the limit of bindings on the peer, or use another home agent (`mip6 dhaad`).',
  },
  homeRegistrationNotSupported: {
    code: 131,
    name: 'Home registration not supported',
    clause: 'RFC 6275 §10.3.1',
    meaning: 'The peer is not a home agent.',
    advice:
      'Check the home agent address of the mobile node, and the role of the node that has it.',
  },
  notHomeSubnet: {
    code: 132,
    name: 'Not home subnet',
    clause: 'RFC 6275 §10.3.1',
    meaning: 'The home address is in no prefix of the links that the home agent serves.',
    advice:
      'Compare the home address with the prefixes of the home agent, and see that it advertises them with H set.',
  },
  notHomeAgent: {
    code: 133,
    name: 'Not home agent for this mobile node',
    clause: 'RFC 6275 §10.3.2',
    meaning: 'The home agent holds no home registration of this mobile node to delete.',
    advice:
      'Harmless when returning home after the binding expired. Else the registration went to another home agent.',
  },
  duplicateAddress: {
    code: 134,
    name: 'Duplicate Address Detection failed',
    clause: 'RFC 6275 §11.7.1',
    meaning: 'Another node on the home link has the home address.',
    advice:
      'Find the node that answers for the home address on the home link, or take another home address.',
  },
  sequenceOutOfWindow: {
    code: 135,
    name: 'Sequence number out of window',
    clause: 'RFC 6275 §9.5.1',
    meaning: 'The peer has seen a higher sequence number; it is the one of the acknowledgement.',
    advice:
      'The mobile node goes on from there by itself. When it returns again and again, two nodes use one home address.',
  },
  expiredHomeNonce: {
    code: 136,
    name: 'Expired home nonce index',
    clause: 'RFC 6275 §9.5.1',
    meaning: 'The correspondent node no longer knows the nonce of the home keygen token.',
    advice:
      'The mobile node repeats the home test by itself; slow tests by way of home cause this.',
  },
  expiredCareOfNonce: {
    code: 137,
    name: 'Expired care-of nonce index',
    clause: 'RFC 6275 §9.5.1',
    meaning: 'The correspondent node no longer knows the nonce of the care-of keygen token.',
    advice: 'The mobile node repeats the care-of test by itself.',
  },
  expiredNonces: {
    code: 138,
    name: 'Expired nonces',
    clause: 'RFC 6275 §9.5.1',
    meaning: 'The correspondent node knows neither nonce any more; it may have been restarted.',
    advice: 'The mobile node repeats both tests by itself.',
  },
  registrationTypeChange: {
    code: 139,
    name: 'Registration type change disallowed',
    clause: 'RFC 6275 §9.5.1',
    meaning: 'The binding exists with the other value of the home registration bit H.',
    advice: 'Wait for the old binding to expire, or delete it on the peer (`mip6 bc del`).',
  },
  mobileRouterNotPermitted: {
    code: 140,
    name: 'Mobile Router Operation not permitted',
    clause: 'RFC 3963 §4.2',
    meaning: 'The home agent does not serve this node as a mobile router.',
    advice: 'Permit mobile routers on the home agent, or use another home agent of the link.',
  },
  invalidPrefix: {
    code: 141,
    name: 'Invalid Prefix',
    clause: 'RFC 3963 §4.2',
    meaning: 'A mobile network prefix of the Binding Update cannot be one.',
    advice: 'Correct the mobile network prefixes and their lengths in the mobile router.',
  },
  notAuthorizedForPrefix: {
    code: 142,
    name: 'Not Authorized for Prefix',
    clause: 'RFC 3963 §4.2',
    meaning: 'The home agent does not give this mobile router that mobile network prefix.',
    advice:
      'Make the prefixes that home agent and mobile router hold for this home address the same.',
  },
  forwardingSetupFailed: {
    code: 143,
    name: 'Forwarding Setup failed (prefixes missing)',
    clause: 'RFC 3963 §4.2',
    meaning: 'The Binding Update named no prefix (implicit mode) and the home agent knows none.',
    advice: 'Configure the prefixes of this mobile router on the home agent, or use explicit mode.',
  },
  identityMismatch: {
    code: 144,
    name: 'MIPV6-ID-MISMATCH',
    clause: 'RFC 4285 §6',
    meaning:
      'The identification (time stamp or nonce) is not in step with the home agent; or, when F was set in the Binding Update, UDP encapsulation is refused (RFC 5555 §4.5).',
    advice:
      'With authentication options: set the clocks of both right. Without: stop forcing UDP encapsulation.',
  },
  messageIdRequired: {
    code: 145,
    name: 'MIPV6-MESG-ID-REQD',
    clause: 'RFC 4285 §5.3',
    meaning: 'The home agent wants a mobility message replay protection option.',
    advice: 'Turn replay protection (message identification) on in the mobile node.',
  },
  authenticationFailed: { code: 146, name: 'MIPV6-AUTH-FAIL', clause: 'RFC 4285 §5.1' },
  homeTokenUnavailable: {
    code: 147,
    name: 'Permanent home keygen token unavailable',
    clause: 'RFC 4866 §5.7',
  },
  cgaFailed: {
    code: 148,
    name: 'CGA and signature verification failed',
    clause: 'RFC 4866 §5.7',
  },
  homeTokenExists: {
    code: 149,
    name: 'Permanent home keygen token exists',
    clause: 'RFC 4866 §5.7',
  },
  homeNonceExpected: {
    code: 150,
    name: 'Non-null home nonce index expected',
    clause: 'RFC 4866 §5.7',
  },
  serviceAuthorizationFailed: {
    code: 151,
    name: 'SERVICE_AUTHORIZATION_FAILED',
    clause: 'RFC 5149 §6',
  },
  proxyNotEnabled: { code: 152, name: 'PROXY_REG_NOT_ENABLED', clause: 'RFC 5213 §8.9' },
  notAnchorForMobileNode: {
    code: 153,
    name: 'NOT_LMA_FOR_THIS_MOBILE_NODE',
    clause: 'RFC 5213 §8.9',
  },
  gatewayNotAuthorized: {
    code: 154,
    name: 'MAG_NOT_AUTHORIZED_FOR_PROXY_REG',
    clause: 'RFC 5213 §8.9',
  },
  notAuthorizedForHomePrefix: {
    code: 155,
    name: 'NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX',
    clause: 'RFC 5213 §8.9',
  },
  timestampMismatch: { code: 156, name: 'TIMESTAMP_MISMATCH', clause: 'RFC 5213 §8.9' },
  timestampTooLow: {
    code: 157,
    name: 'TIMESTAMP_LOWER_THAN_PREV_ACCEPTED',
    clause: 'RFC 5213 §8.9',
  },
  missingHomePrefix: {
    code: 158,
    name: 'MISSING_HOME_NETWORK_PREFIX_OPTION',
    clause: 'RFC 5213 §8.9',
  },
  prefixSetMismatch: {
    code: 159,
    name: 'BCE_PBU_PREFIX_SET_DO_NOT_MATCH',
    clause: 'RFC 5213 §8.9',
  },
  missingIdentifier: {
    code: 160,
    name: 'MISSING_MN_IDENTIFIER_OPTION',
    clause: 'RFC 5213 §8.9',
  },
  missingHandoffIndicator: {
    code: 161,
    name: 'MISSING_HANDOFF_INDICATOR_OPTION',
    clause: 'RFC 5213 §8.9',
  },
  missingAccessTechnology: {
    code: 162,
    name: 'MISSING_ACCESS_TECH_TYPE_OPTION',
    clause: 'RFC 5213 §8.9',
  },
  greKeyRequired: { code: 163, name: 'GRE_KEY_OPTION_REQUIRED', clause: 'RFC 5845' },
  mcoaMalformed: { code: 164, name: 'MCOA MALFORMED', clause: 'RFC 5648 §4.4' },
  mcoaOtherBindingExists: {
    code: 165,
    name: 'MCOA NON-MCOA BINDING EXISTS',
    clause: 'RFC 5648 §4.4',
  },
  mcoaProhibited: { code: 166, name: 'MCOA PROHIBITED', clause: 'RFC 5648 §4.4' },
  mcoaUnknownCareOf: { code: 167, name: 'MCOA UNKNOWN COA', clause: 'RFC 5648 §4.4' },
  mcoaBulkProhibited: {
    code: 168,
    name: 'MCOA BULK REGISTRATION PROHIBITED',
    clause: 'RFC 5648 §4.4',
  },
  mcoaHomeAndForeignProhibited: {
    code: 169,
    name: 'MCOA SIMULTANEOUS HOME AND FOREIGN PROHIBITED',
    clause: 'RFC 5648 §4.4',
  },
  notAuthorizedForIpv4: {
    code: 170,
    name: 'NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE',
    clause: 'RFC 5844 §3.3.5',
  },
  notAuthorizedForIpv4HomeAddress: {
    code: 171,
    name: 'NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS',
    clause: 'RFC 5844 §3.3.5',
  },
  notAuthorizedForIpv6: {
    code: 172,
    name: 'NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE',
    clause: 'RFC 5844 §3.3.5',
  },
  multipleIpv4HomeAddresses: {
    code: 173,
    name: 'MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED',
    clause: 'RFC 5844 §3.3.5',
  },
  invalidCareOf: {
    code: 174,
    name: 'Invalid Care-of Address',
    clause: 'RFC 6275 §6.1.8',
    meaning: 'The care-of address cannot be one: not unicast, not routable, or not permitted.',
    advice:
      'Look at the care-of address and Alternate Care-of Address of the Binding Update (`mip6 trace`), and at a NAT or firewall that may have changed them.',
  },
  invalidGroup: {
    code: 175,
    name: 'INVALID_MOBILE_NODE_GROUP_IDENTIFIER',
    clause: 'RFC 6602',
  },
  reinitSecurityAssociation: { code: 176, name: 'REINIT_SA_WITH_HAC', clause: 'RFC 6618 §8.2' },
  notAuthorizedForDelegatedPrefix: {
    code: 177,
    name: 'NOT_AUTHORIZED_FOR_DELEGATED_MNP',
    clause: 'RFC 7148',
  },
  delegatedPrefixInUse: { code: 178, name: 'REQUESTED_DMNP_IN_USE', clause: 'RFC 7148' },
  cannotMeetQos: { code: 179, name: 'CANNOT_MEET_QOS_SERVICE_REQUEST', clause: 'RFC 7222' },
  cannotSupportMultipath: {
    code: 180,
    name: 'CANNOT_SUPPORT_MULTIPATH_BINDING',
    clause: 'RFC 8278',
  },
} as const satisfies Record<string, StatusRow>;

const IPV4_ACK_ROWS = {
  success: {
    code: 0,
    name: 'Success',
    clause: 'RFC 5555 §3.2.1',
    meaning: 'The IPv4 home address is bound.',
    advice: 'Nothing: all is well.',
  },
  reasonUnspecified: {
    code: 128,
    name: 'Failure, reason unspecified',
    clause: 'RFC 5555 §3.2.1',
    advice: 'Read the log of the home agent.',
  },
  administrativelyProhibited: {
    code: 129,
    name: 'Administratively prohibited',
    clause: 'RFC 5555 §3.2.1',
    advice: 'Permit IPv4 home addresses for this mobile node on the home agent.',
  },
  incorrectAddress: {
    code: 130,
    name: 'Incorrect IPv4 home address',
    clause: 'RFC 5555 §3.2.1',
    meaning: 'The address is not the one that the home agent holds for this mobile node.',
    advice: 'Make the IPv4 home address of mobile node and home agent the same, or ask for any.',
  },
  invalidAddress: {
    code: 131,
    name: 'Invalid IPv4 address',
    clause: 'RFC 5555 §3.2.1',
    meaning: 'The address or prefix length cannot be a home address.',
    advice: 'Correct the IPv4 home address in the mobile node: unicast, prefix length 1 to 32.',
  },
  dynamicNotAvailable: {
    code: 132,
    name: 'Dynamic IPv4 home address assignment not available',
    clause: 'RFC 5555 §3.2.1',
    meaning: 'The mobile node asked for any address and the home agent has none to give.',
    advice: 'Give the home agent a pool of IPv4 home addresses, or configure a static one.',
  },
  prefixUnauthorized: {
    code: 133,
    name: 'Prefix allocation unauthorized',
    clause: 'RFC 5555 §3.2.1',
    advice: 'Do not ask for a prefix, or permit it on the home agent.',
  },
} as const satisfies Record<string, StatusRow>;

const BINDING_ERROR_ROWS = {
  unknownBinding: {
    code: 1,
    name: 'Unknown binding for Home Address destination option',
    clause: 'RFC 6275 §6.1.9',
    meaning: 'The node got a Home Address option of a mobile node that it holds no binding of.',
    advice:
      'The mobile node deletes its entry and registers again by itself. A peer that lost its cache in a restart causes this.',
  },
  unrecognizedType: {
    code: 2,
    name: 'Unrecognized MH Type value',
    clause: 'RFC 6275 §6.1.9',
    meaning: 'The node does not know the type of Mobility Header that it was sent.',
    advice: 'The peer lacks that extension: turn it off, or use a peer that has it.',
  },
} as const satisfies Record<string, StatusRow>;

type Codes<R extends Record<string, StatusRow>> = { readonly [K in keyof R]: R[K]['code'] };

/** Binding Acknowledgement status by name. */
export const BA_STATUS = codesOf(BA_ROWS);
/** RFC 5555 §4.5: the home agent refuses F. The number is RFC 4285's `identityMismatch` as well. */
export const FORCED_UDP_REFUSED = 144;
/** IPv4 Address Acknowledgement status by name, RFC 5555 §3.2.1. */
export const IPV4_ACK_STATUS = codesOf(IPV4_ACK_ROWS);
/** Binding Error status by name, RFC 6275 §6.1.9. */
export const BINDING_ERROR_STATUS = codesOf(BINDING_ERROR_ROWS);

/** Statuses from here on refuse, RFC 6275 §6.1.8. */
export const FIRST_REFUSAL = 128;
export const isRefusal = (status: number): boolean => status >= FIRST_REFUSAL;

/** Undefined when nobody assigned it. */
export function bindingAckStatus(code: number, context?: StatusContext): StatusRow | undefined {
  if (code === FORCED_UDP_REFUSED && context?.forceUdp && !context.authenticationOption) {
    return FORCED_UDP_ROW;
  }
  return BA_BY_CODE.get(code);
}

export const ipv4AckStatus = (code: number): StatusRow | undefined => IPV4_ACK_BY_CODE.get(code);
export const bindingErrorStatus = (code: number): StatusRow | undefined =>
  BINDING_ERROR_BY_CODE.get(code);

/** Name of a Binding Acknowledgement status, in a form that always says something. */
export function statusText(code: number, context?: StatusContext): string {
  const row = bindingAckStatus(code, context);
  return row?.name ?? `unassigned status ${code} (${isRefusal(code) ? 'refused' : 'accepted'})`;
}

/** All rows, in the order of their code. */
export const bindingAckStatuses = (): StatusRow[] => [...BA_BY_CODE.values()];
export const ipv4AckStatuses = (): StatusRow[] => [...IPV4_ACK_BY_CODE.values()];
export const bindingErrorStatuses = (): StatusRow[] => [...BINDING_ERROR_BY_CODE.values()];

const FORCED_UDP_ROW: StatusRow = {
  code: FORCED_UDP_REFUSED,
  name: 'Forced UDP encapsulation refused',
  clause: 'RFC 5555 §4.5',
  meaning: 'F was set in the Binding Update and the home agent does not force UDP encapsulation.',
  advice:
    'Stop forcing UDP encapsulation in the mobile node: it is used by itself when a NAT is found. Or permit it on the home agent.',
};

const BA_BY_CODE = byCode(BA_ROWS);
const IPV4_ACK_BY_CODE = byCode(IPV4_ACK_ROWS);
const BINDING_ERROR_BY_CODE = byCode(BINDING_ERROR_ROWS);

function codesOf<R extends Record<string, StatusRow>>(rows: R): Codes<R> {
  return Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [name, row.code]),
  ) as Codes<R>;
}

function byCode(rows: Readonly<Record<string, StatusRow>>): ReadonlyMap<number, StatusRow> {
  return new Map(Object.values(rows).map((row) => [row.code, row]));
}
