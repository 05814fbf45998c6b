/**
 * What a home registration does after a Binding Acknowledgement: one row a status, for `bul-entry.ts`, which obeys
 * it, and for people.
 *
 * Spec: RFC 6275 §11.7.3 (a refusal may be corrected and tried again, or is recorded), §11.4.1 (another home agent),
 * §11.7.1 (134, 1); RFC 5555 §4.4.2 (144). How long to wait before the next try is ours.
 */
import { seconds, type Millis } from '../../base/time.js';
import { BA_STATUS, FORCED_UDP_REFUSED, isRefusal } from '../../wire/mobility/status.js';

export interface Consequence {
  readonly then:
    /** The binding stands. */
    | 'bound'
    /** The binding stands; the prefixes of the home network are asked for. */
    | 'learnPrefixes'
    /** Sent again at once, numbered from the peer's number on. */
    | 'adoptSequence'
    /** Sent again at once, without F. */
    | 'withoutForceUdp'
    /** Refused: tried again when `wait` is over. */
    | 'wait'
    /** Refused: not tried again until a person insists. */
    | 'giveUp';
  /** Before the next try, doubled at each refusal; null where time alone leads to none. */
  readonly wait: Millis | null;
  /** A new care-of address is tried at once. */
  readonly moving: boolean;
  /** Another home agent of the home link may accept. */
  readonly anotherAgent: boolean;
  readonly clause: string;
  /** What the mobile node does, a full sentence. */
  readonly sentence: string;
}

/** `forceUdp`: F was set in the Binding Update that is answered. */
export function consequenceOf(
  status: number,
  context: { readonly forceUdp?: boolean } = {},
): Consequence {
  if (status === FORCED_UDP_REFUSED && context.forceUdp) return WITHOUT_FORCE_UDP;
  return ROW_BY_STATUS.get(status) ?? (isRefusal(status) ? OTHER_REFUSAL : OTHER_ACCEPTANCE);
}

const accepted = (sentence: string, clause = ACKNOWLEDGED): Consequence => ({
  then: 'bound',
  ...AT_ONCE,
  clause,
  sentence,
});

const refused = (
  wait: Millis,
  sentence: string,
  { moving = true, anotherAgent = false, clause = ACKNOWLEDGED } = {},
): Consequence => ({ then: 'wait', wait, moving, anotherAgent, clause, sentence });

const AT_ONCE = { wait: null, moving: false, anotherAgent: false } as const;
const ACKNOWLEDGED = 'RFC 6275 §11.7.3';
const OTHER_AGENT = 'RFC 6275 §11.4.1';
/** What passes by itself: a full cache, a home link without carrier. */
const PASSING = seconds(10);
/** What somebody must change first. */
const LASTING = seconds(60);

const OTHER_ACCEPTANCE = accepted('The binding stands: below 128 the peer accepted.');
const OTHER_REFUSAL = refused(
  LASTING,
  'Tries again after a minute, each time after twice as long, and at once with a new care-of address.',
);
const WITHOUT_FORCE_UDP: Consequence = {
  then: 'withoutForceUdp',
  ...AT_ONCE,
  clause: 'RFC 5555 §4.4.2',
  sentence: 'Sends the Binding Update again at once, without F.',
};

const NOT_ASKED_FOR = accepted('The binding stands; what it speaks of was not asked for.');
const CONFIGURED = { moving: false };
const NO_RETURN_ROUTABILITY = refused(
  LASTING,
  'Tries again after a minute: nonces are of correspondent nodes, no home agent has any.',
  { clause: 'RFC 6275 §9.5.1' },
);
const NO_SUCH_PREFIX = refused(
  LASTING,
  'Tries again after a minute, each time after twice as long: the mobile network prefixes must be corrected; another home agent may know them.',
  { ...CONFIGURED, anotherAgent: true, clause: 'RFC 3963 §5.4' },
);
const NO_AUTHENTICATION_OPTION = refused(
  LASTING,
  'Tries again after a minute, each time after twice as long: authentication options are not spoken here.',
  { ...CONFIGURED, clause: 'RFC 4285 §5' },
);
const NO_CGA = refused(
  LASTING,
  'Tries again after a minute: an answer of a correspondent node to enhanced route optimization.',
  { clause: 'RFC 4866 §5.7' },
);
const NO_PROXY = refused(
  LASTING,
  'Tries again after a minute: an answer to a proxy registration, which this is none of.',
  { clause: 'RFC 5213 §8.9' },
);
const NO_SECOND_CARE_OF = refused(
  LASTING,
  'Tries again after a minute, and at once with a new care-of address: only one is registered at a time here.',
  { clause: 'RFC 5648 §5.7' },
);

const ROWS: { readonly [Name in keyof typeof BA_STATUS]: Consequence } = {
  accepted: accepted('The binding stands, and is refreshed well before it ends.'),
  prefixDiscoveryNecessary: {
    ...accepted('The binding stands; the prefixes of the home network are to be asked for.'),
    then: 'learnPrefixes',
    clause: 'RFC 6275 §11.7.1',
  },
  greKeyNotRequired: NOT_ASKED_FOR,
  tlvHeaderNotSupported: NOT_ASKED_FOR,
  mcoaNotComplete: NOT_ASKED_FOR,
  mcoaReturnHomeWithoutNdp: NOT_ASKED_FOR,
  transientBindingIgnored: NOT_ASKED_FOR,
  reasonUnspecified: refused(
    PASSING,
    'Tries again after 10 s, each time after twice as long, and at once with a new care-of address; another home agent may accept.',
    { anotherAgent: true, clause: OTHER_AGENT },
  ),
  administrativelyProhibited: refused(
    LASTING,
    'Tries again after a minute, each time after twice as long; moving does not help, another home agent may.',
    { ...CONFIGURED, anotherAgent: true, clause: OTHER_AGENT },
  ),
  insufficientResources: refused(
    PASSING,
    'Tries again after 10 s, each time after twice as long, and at once with a new care-of address; another home agent may have room.',
    { anotherAgent: true, clause: OTHER_AGENT },
  ),
  homeRegistrationNotSupported: refused(
    LASTING,
    'Tries again after a minute, each time after twice as long; moving does not help, a home agent would.',
    { ...CONFIGURED, anotherAgent: true, clause: OTHER_AGENT },
  ),
  notHomeSubnet: refused(
    LASTING,
    'Tries again after a minute, each time after twice as long; moving does not help, a home agent of the home prefix may.',
    { ...CONFIGURED, anotherAgent: true, clause: OTHER_AGENT },
  ),
  notHomeAgent: refused(
    LASTING,
    'When deregistering, there is nothing more to take back. Else tries again after a minute; another home agent may accept.',
    { anotherAgent: true, clause: OTHER_AGENT },
  ),
  duplicateAddress: {
    then: 'giveUp',
    ...AT_ONCE,
    clause: 'RFC 6275 §11.7.1',
    sentence: 'Does not use this home address again, until a person insists (`mip6 handover`).',
  },
  sequenceOutOfWindow: {
    then: 'adoptSequence',
    ...AT_ONCE,
    clause: ACKNOWLEDGED,
    sentence: 'Takes the number of the answer over, and sends the next one at once.',
  },
  expiredHomeNonce: NO_RETURN_ROUTABILITY,
  expiredCareOfNonce: NO_RETURN_ROUTABILITY,
  expiredNonces: NO_RETURN_ROUTABILITY,
  registrationTypeChange: refused(
    LASTING,
    'Tries again after a minute, each time after twice as long: the other registration must end first.',
    { ...CONFIGURED, clause: 'RFC 6275 §9.5.1' },
  ),
  mobileRouterNotPermitted: refused(
    LASTING,
    'Tries again after a minute, each time after twice as long; another home agent may serve mobile routers.',
    { ...CONFIGURED, anotherAgent: true, clause: 'RFC 3963 §5.4' },
  ),
  invalidPrefix: NO_SUCH_PREFIX,
  notAuthorizedForPrefix: NO_SUCH_PREFIX,
  forwardingSetupFailed: NO_SUCH_PREFIX,
  identityMismatch: NO_AUTHENTICATION_OPTION,
  messageIdRequired: NO_AUTHENTICATION_OPTION,
  authenticationFailed: NO_AUTHENTICATION_OPTION,
  homeTokenUnavailable: NO_CGA,
  cgaFailed: NO_CGA,
  homeTokenExists: NO_CGA,
  homeNonceExpected: NO_CGA,
  serviceAuthorizationFailed: refused(
    LASTING,
    'Tries again after a minute, each time after twice as long; moving does not help, another home agent may.',
    { ...CONFIGURED, anotherAgent: true, clause: 'RFC 5149 §6' },
  ),
  proxyNotEnabled: NO_PROXY,
  notAnchorForMobileNode: NO_PROXY,
  gatewayNotAuthorized: NO_PROXY,
  notAuthorizedForHomePrefix: NO_PROXY,
  timestampMismatch: NO_PROXY,
  timestampTooLow: NO_PROXY,
  missingHomePrefix: NO_PROXY,
  prefixSetMismatch: NO_PROXY,
  missingIdentifier: NO_PROXY,
  missingHandoffIndicator: NO_PROXY,
  missingAccessTechnology: NO_PROXY,
  greKeyRequired: NO_PROXY,
  mcoaMalformed: NO_SECOND_CARE_OF,
  mcoaOtherBindingExists: NO_SECOND_CARE_OF,
  mcoaProhibited: NO_SECOND_CARE_OF,
  mcoaUnknownCareOf: NO_SECOND_CARE_OF,
  mcoaBulkProhibited: NO_SECOND_CARE_OF,
  mcoaHomeAndForeignProhibited: NO_SECOND_CARE_OF,
  notAuthorizedForIpv4: NO_PROXY,
  notAuthorizedForIpv4HomeAddress: NO_PROXY,
  notAuthorizedForIpv6: NO_PROXY,
  multipleIpv4HomeAddresses: NO_PROXY,
  invalidCareOf: refused(
    LASTING,
    'Tries again after a minute, and at once with a new care-of address: this one is not liked.',
    { clause: 'RFC 6275 §6.1.8' },
  ),
  invalidGroup: NO_PROXY,
  reinitSecurityAssociation: refused(
    LASTING,
    'Tries again after a minute: the security association must be made anew first.',
    { ...CONFIGURED, clause: 'RFC 6618 §8.2' },
  ),
  notAuthorizedForDelegatedPrefix: NO_PROXY,
  delegatedPrefixInUse: NO_PROXY,
  cannotMeetQos: NO_PROXY,
  cannotSupportMultipath: NO_PROXY,
};

const ROW_BY_STATUS: ReadonlyMap<number, Consequence> = new Map(
  Object.entries(ROWS).map(([name, row]) => [BA_STATUS[name as keyof typeof BA_STATUS], row]),
);
