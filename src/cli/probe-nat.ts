/**
 * Is there a NAT between this host and a home agent? Asked so that nothing is bound and no binding is touched.
 *
 * The question is a Binding Update in UDP (RFC 5555 §4.1) for a home address that is nobody's: a fresh unique local
 * address (RFC 4193), which a home agent refuses with status 132, not home subnet (RFC 6275 §10.3.1). The refusal goes
 * back the way it came, and its NAT Detection option says what the home agent has found (RFC 5555 §4.2). A port of its
 * own keeps the mapping of a mobile node on this host out of it.
 */
import { ipv6FromOctets, type Ipv4, type Ipv6 } from '../base/address.js';
import type { Millis } from '../base/time.js';
import { nextSequence } from '../core/binding/sequence.js';
import type { Random } from '../core/random.js';
import { saidIn } from '../diagnostics/craft/asked.js';
import { mobilityEntry, messageParts } from '../diagnostics/craft/catalogue.js';
import { craft, type Crafted } from '../diagnostics/craft/packet.js';
import { decodePacket } from '../diagnostics/decode-packet.js';
import { LinuxError } from '../linux/error.js';
import { SYSTEM_RANDOM } from '../linux/random.js';
import type { BindingAck } from '../wire/mobility/message.js';
import { findOption } from '../wire/mobility/option.js';
import { OPTION_ROWS } from '../wire/mobility/option-table.js';
import { isRefusal } from '../wire/mobility/status.js';
import { UDP_PORT } from '../wire/protocol.js';
import { exchange, type Wire } from './send/exchange.js';
import { openLinuxWire, type LinuxWireOptions } from './send/linux-wire.js';
import { showPacket } from './send/report.js';
import { kernelChoice } from './send/source-choice.js';

export interface NatQuestion {
  readonly homeAgent: Ipv6;
  readonly homeAgent4: Ipv4;
  /** Absent: the kernel chooses. */
  readonly source: Ipv4 | undefined;
  readonly link: string | undefined;
  /** Of all tries together. */
  readonly patience: Millis;
  readonly signal: AbortSignal;
}

export interface NatAnswer {
  readonly homeAgent: Ipv6;
  readonly homeAgent4: Ipv4;
  readonly source: Ipv4;
  readonly sourcePort: number;
  /** `untold`: it answers without a NAT Detection option. `error`: somebody says that this does not get there. */
  readonly outcome: 'nat' | 'none' | 'untold' | 'error' | 'silence';
  /** Data is to go in UDP; null where that was not told. */
  readonly udp: boolean | null;
  /** Keep-alive that the home agent suggests, seconds; null where it suggests none. */
  readonly refresh: number | null;
  /** Of the Binding Acknowledgement. */
  readonly status: number | null;
  /** The packet that was an error, in words. */
  readonly error: string | null;
  readonly tries: number;
  /** Null without an answer, or when it may be that to an earlier try. */
  readonly rttMs: number | null;
}

/** Throws `LinuxError`: no route, no privilege. */
export async function probeNat(
  { homeAgent, homeAgent4, source, link, patience, signal }: NatQuestion,
  open: (options: LinuxWireOptions) => Wire = openLinuxWire,
  random: Random = SYSTEM_RANDOM,
): Promise<NatAnswer> {
  const from = source ?? (await kernelChoice(link).four(homeAgent4));
  if (from === undefined) {
    throw new LinuxError('SOCKET', `There is no route to ${homeAgent4}.`, {
      errno: 'ENETUNREACH',
      way: 'Name a source with --source, or bring an interface up.',
    });
  }
  const sourcePort = FIRST_EPHEMERAL + Math.floor(random.fraction() * EPHEMERAL);
  const ask = questions({ homeAgent, homeAgent4, from, sourcePort }, random);
  const ports = [sourcePort, UDP_PORT.dsmip];
  const wire = open({ link, ports, ownPorts: [sourcePort] });
  try {
    const known = { homeAgent, homeAgent4, source: from, sourcePort };
    const question = ask(LIFETIME);
    for (let tries = 1; ; tries++) {
      const left = patience - (tries - 1) * RETRY;
      const { answer } = await exchange(wire, question, Math.min(left, RETRY), signal);
      signal.throwIfAborted();
      if (!answer && left > RETRY) continue; // the same octets again: a late answer counts too
      const rttMs = tries === 1 ? (answer?.rttMs ?? null) : null;
      if (!answer) return { ...known, ...NOTHING, outcome: 'silence', tries, rttMs };
      const message = saidIn(decodePacket(answer.octets))?.message;
      if (answer.class === 'error' || message?.kind !== 'bindingAck') {
        const error = showPacket(answer.octets).text;
        return { ...known, ...NOTHING, outcome: 'error', error, tries, rttMs };
      }
      // Whoever binds even this is asked to forget it.
      if (!isRefusal(message.status)) await exchange(wire, ask(0), RETRY, signal);
      return { ...known, ...found(message), tries, rttMs };
    }
  } finally {
    wire.close();
  }
}

/** RFC 5555 §3.2.2. */
function found(message: BindingAck): Pick<NatAnswer, keyof typeof NOTHING | 'outcome'> {
  const { status } = message;
  const option = findOption(message.options, 'natDetection');
  if (!option) return { ...NOTHING, outcome: 'untold', status };
  const nat = option.refresh !== NO_KEEPALIVE;
  return {
    ...NOTHING,
    outcome: nat ? 'nat' : 'none',
    udp: nat || option.forceUdp,
    refresh: nat && option.refresh > 0 ? option.refresh : null,
    status,
  };
}

interface Ends {
  readonly homeAgent: Ipv6;
  readonly homeAgent4: Ipv4;
  readonly from: Ipv4;
  readonly sourcePort: number;
}

/** Of one home address, each with the next sequence number. */
function questions(
  { homeAgent, homeAgent4, from, sourcePort }: Ends,
  random: Random,
): (lifetime: number) => Crafted {
  const octets = random.octets(16);
  octets[0] = 0xfd; // RFC 4193 §3.1
  const path = {
    source: ipv6FromOctets(octets),
    destination: homeAgent,
    udp: {
      source: from,
      sourcePort,
      destination: homeAgent4,
      destinationPort: UDP_PORT.dsmip,
    },
  };
  let sequence = Math.floor(random.fraction() * 0x10000);
  return (lifetime) => {
    sequence = nextSequence(sequence);
    const entry = mobilityEntry(BINDING_UPDATE);
    const fields = { ...messageParts(entry).defaults, sequence, flags: 'AH', lifetime };
    const options = [{ type: OPTION_ROWS.ipv4CareOf.type, address: from }];
    return craft({ entry, fields, options }, path);
  };
}

const NOTHING = { udp: null, refresh: null, status: null, error: null } as const;
const BINDING_UPDATE = 5; // RFC 6275 §6.1.7
const NO_KEEPALIVE = 0xffffffff; // RFC 5555 §3.2.2
/** The shortest, for whoever takes it. Seconds. */
const LIFETIME = 4;
const FIRST_EPHEMERAL = 49152; // RFC 6335 §6
const EPHEMERAL = 0x10000 - FIRST_EPHEMERAL;
/** RFC 6275 §12, INITIAL_BINDACK_TIMEOUT. */
const RETRY: Millis = 1000;
