/** From what was typed to packets: message, fields, path and faults, one packet a time. */
import { parseIpv4, parseIpv6, type Ipv4, type Ipv6 } from '../../base/address.js';
import { UsageError } from '../../base/error.js';
import { messageParts, type MessageEntry } from '../../diagnostics/craft/catalogue.js';
import type { Fault } from '../../diagnostics/craft/faults.js';
import { answerKind } from '../../diagnostics/craft/match.js';
import { craft, replay, type Crafted, type Path } from '../../diagnostics/craft/packet.js';
import { isObject, type JsonObject } from '../../diagnostics/layers/json.js';
import { EncodeError } from '../../diagnostics/layers/json.js';
import { UDP_PORT } from '../../wire/protocol.js';
import { OPTION_ROWS } from '../../wire/mobility/option-table.js';
import { freshFields } from './fresh.js';
import { NO_OPTION, readTyped, type Typed } from './grammar.js';
import { readJsonMessage } from './json-message.js';
import { findMessage } from './names.js';
import { placeMessage, type End4, type Named, type SourceChoice } from './place.js';
import type { NodeState } from './state.js';

/** The flags of `mip6 send` that say what is sent, as typed. */
export interface SendFlags extends Typed {
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  readonly 'home-address'?: string | undefined;
  readonly route?: string | undefined;
  readonly 'hop-limit'?: number | undefined;
  readonly interface?: string | undefined;
  readonly udp?: string | undefined;
  readonly 'udp-source'?: string | undefined;
  readonly break: readonly Fault[];
}

export interface PlanRequest {
  readonly message: string | undefined;
  /** Text of `--json-message`. */
  readonly json: string | undefined;
  readonly flags: SendFlags;
  /** Asks the daemon, where there is one. */
  readonly state: (entry: MessageEntry, named: Named) => Promise<NodeState | undefined>;
  readonly choose: SourceChoice;
}

export interface Plan {
  /** Name of the message. */
  readonly name: string;
  /** The `n`th packet, from 0. Throws as `craft` does. */
  readonly nth: (n: number) => Crafted;
  /** An answer is to be waited for. */
  readonly asks: boolean;
  /** UDP ports that it leaves by. */
  readonly ownPorts: readonly number[];
  /** Those, and where it goes. */
  readonly ports: readonly number[];
}

/** Throws `UsageError` for whatever does not fit together. */
export async function planMessages(request: PlanRequest): Promise<Plan> {
  const { message, json, flags, state, choose } = request;
  if ((message === undefined) === (json === undefined)) {
    throw new UsageError(
      'SEND_MESSAGE',
      'Which message?',
      'Name one, or give --json-message; "mip6 send --fields" lists them.',
    );
  }
  const given = json === undefined ? undefined : readJsonMessage(json);
  if (given?.kind === 'packet') return planReplay(given.octets, flags);
  const entry = given?.entry ?? findMessage(message!);
  const named = readNamed(flags);
  const known = await state(entry, named);
  const path = await placeMessage(entry, named, known, choose);
  const typed = readTyped(entry, flags);
  const { defaults } = messageParts(entry);
  const fresh = freshFields(entry, defaults, known);
  const options = [...(given?.options ?? []), ...typed.options];
  const more = flags.option.includes(NO_OPTION) ? [] : usualOptions(entry, path, options);
  const nth = (n: number): Crafted =>
    told(() =>
      craft(
        {
          entry,
          fields: { ...defaults, ...fresh(n), ...given?.fields, ...typed.fields },
          options: [...options, ...more],
        },
        path,
        flags.break,
      ),
    );
  return { name: entry.name, nth, asks: asksIn(nth(0)), ...portsOf(path) };
}

/** Nothing of it can be named otherwise: it is a packet already. */
function planReplay(octets: Uint8Array, flags: SendFlags): Plan {
  const extra = SAYING.find((name) => {
    const value = flags[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });
  if (extra) {
    throw new UsageError(
      'SEND_JSON',
      `The JSON is a whole packet, which is sent as it is: --${extra} has nothing to say.`,
      'Leave the IP header out of it, or the flag.',
    );
  }
  const crafted = replay(octets);
  const nth = () => crafted;
  const name = 'packet';
  return { name, nth, asks: asksIn(crafted), ...portsOf({}) };
}

const asksIn = ({ asked }: Crafted): boolean =>
  asked.said !== undefined && answerKind(asked.said.message) !== undefined;

/** RFC 5555 §4.2: a Binding Update in UDP names its IPv4 care-of address. */
function usualOptions(
  entry: MessageEntry,
  { udp }: Path,
  options: readonly JsonObject[],
): JsonObject[] {
  const { type, name } = OPTION_ROWS.ipv4CareOf;
  if (!udp || entry.kind !== 'bindingUpdate') return [];
  const there = options.some(({ type: t }) => {
    const value = isObject(t) ? (t['value'] ?? t['name']) : t;
    return value === type || value === name;
  });
  return there ? [] : [{ type, address: udp.source }];
}

const readNamed = (flags: SendFlags): Named => ({
  source: six('source', flags.source),
  destination: six('destination', flags.destination),
  homeAddress: sixOrNone('home-address', flags['home-address']),
  route: sixOrNone('route', flags.route),
  hopLimit: flags['hop-limit'],
  link: flags.interface,
  udp: flags.udp === UDP_AUTO ? UDP_AUTO : end4('udp', flags.udp),
  udpSource: end4('udp-source', flags['udp-source']),
});

/** `--udp` alone. */
export const UDP_AUTO = 'auto' as const;

/** `--udp` takes an address where one follows: the parser of flags knows only those that always or never do. */
export function withUdpValue(argv: readonly string[]): string[] {
  return argv.flatMap((word, i) => {
    if (word !== '--udp') return [word];
    const next = argv[i + 1];
    return next !== undefined && END4.test(next) ? [word] : [`--udp=${UDP_AUTO}`];
  });
}

function six(flag: string, text: string | undefined): Ipv6 | undefined {
  if (text === undefined) return undefined;
  const address = parseIpv6(text);
  if (address) return address;
  throw wrong(flag, 'an IPv6 address', text);
}

const sixOrNone = (flag: string, text: string | undefined): Ipv6 | null | undefined =>
  text === 'none' ? null : six(flag, text);

function end4(flag: string, text: string | undefined): End4 | undefined {
  if (text === undefined) return undefined;
  const [, host, port] = END4.exec(text) ?? [];
  const address: Ipv4 | undefined = host === undefined ? undefined : parseIpv4(host);
  const number = port === undefined ? undefined : Number(port);
  if (!address || (number !== undefined && (number === 0 || number > 0xffff))) {
    throw wrong(flag, 'an IPv4 address, or ADDRESS:PORT', text);
  }
  return number === undefined ? { address } : { address, port: number };
}

const wrong = (flag: string, expected: string, came: string): UsageError =>
  new UsageError('ADDRESS_SYNTAX', `--${flag}: expected ${expected}, came "${came}".`);

/** Other signalling in UDP is of interest too: an answer may come by a tunnel. */
function portsOf({ udp }: Pick<Path, 'udp'>): Pick<Plan, 'ports' | 'ownPorts'> {
  const ownPorts = udp ? [udp.sourcePort] : [];
  const remote = udp ? [udp.destinationPort] : [];
  return { ownPorts, ports: [...new Set([...ownPorts, ...remote, UDP_PORT.dsmip])] };
}

/** The encoder speaks of the layers that it was given; who typed knows of fields. */
function told<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    throw new UsageError(
      error.code,
      error.message.replace(/^layers\[\d+\]\.(fields\.?)?(: )?/, ''),
    );
  }
}

const END4 = /^(\d+\.\d+\.\d+\.\d+)(?::(\d{1,5}))?$/;
/** Flags that make a packet. */
const SAYING = [
  'field',
  'flag',
  'option',
  'break',
  'source',
  'destination',
  'home-address',
  'route',
  'hop-limit',
  'udp',
  'udp-source',
] as const satisfies readonly (keyof SendFlags)[];
