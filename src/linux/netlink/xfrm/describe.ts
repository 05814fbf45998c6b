/**
 * Policies and states as `ip xfrm` prints them: the same words in the same lines, without keys. With `statistics`
 * as `ip -s xfrm` does.
 */
import { formatPrefix, type IpAddress } from '../../../base/address.js';
import { textOf } from '../attributes.js';
import type {
  XfrmAlgorithm,
  XfrmLimits,
  XfrmPolicy,
  XfrmPolicyId,
  XfrmSelector,
  XfrmState,
  XfrmStateId,
  XfrmTemplate,
  XfrmUsage,
} from './model.js';
import { POLICY_FLAGS, STATE_FLAGS } from './names.js';

export interface DescribeOptions {
  /** Lifetimes, counters and what else `ip -s` adds. */
  readonly statistics?: boolean;
  /** Of interfaces; without it `dev 3`. */
  readonly linkName?: (index: number) => string;
}

/** Some lines, the first not indented, none ended. */
export function describePolicy(policy: XfrmPolicy, options: DescribeOptions = {}): string {
  const { statistics } = options;
  const { flags = [], mark, ifId, templates, securityContext } = policy;
  return lines([
    describeSelector(policy.selector, options),
    securityContext && `\tsecurity context ${contextText(securityContext)}`,
    words([
      `\t${directionText(policy.direction)}`,
      (statistics || policy.action === 'block') && `action ${policy.action}`,
      statistics && `index ${policy.index ?? 0}`,
      `priority ${policy.priority}`,
      `ptype ${policy.ptype}`,
      statistics && `share ${policy.share ?? 'any'}`,
      (statistics || flags.length > 0) && words(['flag', ...flags.map(hexUnlessName)]),
      statistics && binary(POLICY_FLAGS.bits(flags)),
    ]),
    statistics && lifetimeText(policy.limits, policy.usage),
    mark && `\tmark ${hex(mark.value)}/${hex(mark.mask)}`,
    ...templates.map((template) => templateText(template, statistics)),
    ifId !== undefined && `\tif_id ${hex(ifId)}`,
  ]);
}

/** Some lines, the first not indented, none ended. */
export function describeState(state: XfrmState, options: DescribeOptions = {}): string {
  const { statistics } = options;
  const { mark, outputMark, flags, extraFlags, encapsulation, replay, extendedReplay } = state;
  const spi = state.spi !== 0 || typeof state.protocol === 'number' || WITH_SPI.has(state.protocol);
  return lines([
    identityText('', state, spi, statistics),
    words([
      `\treplay-window ${state.replayWindow}`,
      statistics && `seq 0x${pad8(state.sequence ?? 0)}`,
      (statistics || flags.length > 0) && words(['flag', ...flags]),
      statistics && extraFlags && words(['extra_flag', ...extraFlags.map(hexUnlessName)]),
      statistics && binary(STATE_FLAGS.bits(flags)),
    ]),
    (mark || outputMark) &&
      `\t${words([
        mark && `mark ${hex(mark.value)}/${hex(mark.mask)}`,
        outputMark && `output-mark ${hex(outputMark.value)}/${hex(outputMark.mask)}`,
      ])}`,
    state.authentication &&
      algorithmText(
        state.authentication.truncationBits === undefined ? 'auth' : 'auth-trunc',
        state.authentication,
        state.authentication.truncationBits,
      ),
    state.aead && algorithmText('aead', state.aead, state.aead.icvBits),
    state.encryption && algorithmText('enc', state.encryption),
    state.compression && algorithmText('comp', state.compression),
    encapsulation &&
      words([
        `\tencap type ${encapsulation.type}`,
        `sport ${encapsulation.sourcePort}`,
        `dport ${encapsulation.destinationPort}`,
        `addr ${encapsulation.originalAddress}`,
      ]),
    state.careOf !== undefined && `\tcoa ${state.careOf}`,
    state.lastUsed !== undefined && `\tlastused ${timeText(state.lastUsed)}`,
    extendedReplay &&
      lines([
        '\tanti-replay esn context:',
        `\t seq-hi ${hex(extendedReplay.inboundHigh)}, seq ${hex(extendedReplay.inbound)}, ` +
          `oseq-hi ${hex(extendedReplay.outboundHigh)}, oseq ${hex(extendedReplay.outbound)}`,
        `\t replay_window ${extendedReplay.window}, bitmap-length ${extendedReplay.bitmap.length}`,
        extendedReplay.bitmap.length > 0 && `\t ${extendedReplay.bitmap.map(pad8).join(' ')}`,
      ]),
    replay &&
      `\tanti-replay context: seq ${hex(replay.inbound)}, oseq ${hex(replay.outbound)}, ` +
        `bitmap 0x${pad8(replay.bitmap)}`,
    state.ifId !== undefined && `\tif_id ${hex(state.ifId)}`,
    state.trafficPadding !== undefined && `\ttfcpad ${state.trafficPadding}`,
    state.selector && `\tsel ${describeSelector(state.selector, options)}`,
    statistics && lifetimeText(state.limits, state.usage),
    statistics &&
      state.statistics &&
      `\tstats:\n\t  replay-window ${state.statistics.replayWindow} ` +
        `replay ${state.statistics.replay} failed ${state.statistics.integrityFailed}`,
    state.securityContext && `\tsecurity context ${contextText(state.securityContext)}`,
  ]);
}

/** `src 2001:db8::/64 dst ::/0 proto mobility-header type 5` */
export function describeSelector(selector: XfrmSelector, options: DescribeOptions = {}): string {
  const { source, destination, protocol, link } = selector;
  return words([
    `src ${formatPrefix(source)} dst ${formatPrefix(destination)}`,
    protocol !== 0 && `proto ${PROTOCOL_NAMES[protocol] ?? protocol}`,
    upperLayerText(selector),
    link !== undefined && `dev ${options.linkName?.(link) ?? link}`,
    options.statistics && `uid ${selector.user ?? 0}`,
  ]);
}

/** One line, enough to tell it from others: for sentences. */
export const summarizePolicy = ({ direction, ptype, selector, index }: XfrmPolicyId): string =>
  words([
    directionText(direction),
    `ptype ${ptype}`,
    index ? `index ${index}` : selector && describeSelector(selector),
  ]);

/** One line, enough to tell it from others: for sentences. */
export const summarizeState = ({ source, destination, protocol, spi }: XfrmStateId): string =>
  words([
    source !== undefined && `src ${source}`,
    `dst ${destination} proto ${protocol}`,
    spi !== 0 && `spi 0x${pad8(spi)}`,
  ]);

const directionText = (direction: XfrmPolicy['direction']): string =>
  direction.startsWith('socket') ? direction : `dir ${direction}`;

function upperLayerText(selector: XfrmSelector): string {
  const { type, code, sourcePort, destinationPort } = selector;
  if (selector.protocol === GRE && (sourcePort || destinationPort)) {
    return `key ${(sourcePort?.value ?? 0) * 0x10000 + (destinationPort?.value ?? 0)}`;
  }
  return words([
    type !== undefined && `type ${type}`,
    code !== undefined && selector.protocol !== MOBILITY_HEADER && `code ${code}`,
    sourcePort && `sport ${sourcePort.value}`,
    destinationPort && `dport ${destinationPort.value}`,
  ]);
}

function templateText(template: XfrmTemplate, statistics: boolean | undefined): string {
  const { level, share = 'any', algorithms } = template;
  const mask = (bits: number | undefined): string => pad8(bits ?? 0xffffffff);
  return lines([
    identityText('\ttmpl ', template, template.spi !== 0, statistics),
    (statistics || level === 'use') &&
      words([`\t\tlevel ${level}`, statistics && `share ${share}`]),
    statistics &&
      `\t\tenc-mask ${mask(algorithms?.encryption)} auth-mask ${mask(algorithms?.authentication)} ` +
        `comp-mask ${mask(algorithms?.compression)}`,
  ]);
}

/** Addresses in one line, protocol, SPI, reqid and mode in the next. */
function identityText(
  title: string,
  of: { source: IpAddress; destination: IpAddress } & Pick<
    XfrmTemplate,
    'protocol' | 'spi' | 'reqid' | 'mode'
  >,
  spi: boolean,
  statistics: boolean | undefined,
): string {
  const indent = title === '' ? '\t' : '\t\t';
  return lines([
    `${title}src ${of.source} dst ${of.destination}`,
    words([
      `${indent}proto ${of.protocol}`,
      (spi || statistics) && `spi 0x${pad8(of.spi)}${statistics ? `(${of.spi})` : ''}`,
      `reqid ${of.reqid}${statistics ? `(0x${pad8(of.reqid)})` : ''}`,
      `mode ${of.mode}`,
    ]),
  ]);
}

const hexUnlessName = (flag: string | number): string =>
  typeof flag === 'number' ? flag.toString(16) : flag;

/** As iproute2 has it: the digits are bits. */
const binary = (bits: number): string => `(0x${bits.toString(2).padStart(8, '0')})`;

const algorithmText = (word: string, { name }: XfrmAlgorithm, bits?: number): string =>
  words([`\t${word} ${printable(name)} <<Keys hidden>>`, bits !== undefined && `${bits}`]);

function lifetimeText(limits: XfrmLimits = {}, usage: XfrmUsage = NEVER): string {
  const limit = (of: number | undefined): string => (of === undefined ? '(INF)' : `${of}`);
  const { softBytes, hardBytes, softPackets, hardPackets } = limits;
  const { softAddSeconds = 0, hardAddSeconds = 0, softUseSeconds = 0, hardUseSeconds = 0 } = limits;
  return lines([
    '\tlifetime config:',
    `\t  limit: soft ${limit(softBytes)}(bytes), hard ${limit(hardBytes)}(bytes)`,
    `\t  limit: soft ${limit(softPackets)}(packets), hard ${limit(hardPackets)}(packets)`,
    `\t  expire add: soft ${softAddSeconds}(sec), hard ${hardAddSeconds}(sec)`,
    `\t  expire use: soft ${softUseSeconds}(sec), hard ${hardUseSeconds}(sec)`,
    '\tlifetime current:',
    `\t  ${usage.bytes}(bytes), ${usage.packets}(packets)`,
    `\t  add ${timeText(usage.addTime)} use ${timeText(usage.useTime)}`,
  ]);
}

/** Local time, as iproute2 has it; seconds where no calendar reaches. */
function timeText(seconds: number): string {
  if (seconds === 0) return '-';
  const t = new Date(seconds * 1000);
  if (Number.isNaN(t.getTime())) return `${seconds}`;
  const two = (n: number): string => `${n}`.padStart(2, '0');
  const day = `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
  return `${day} ${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

const contextText = (context: Uint8Array): string =>
  printable(textOf(context.subarray(SECURITY_CONTEXT_HEAD)) ?? '');

/** The kernel's text is not to move a cursor. */
/** Text of the kernel's that others chose, without control characters. */
export const printable = (text: string): string => text.replace(/[^ -~]/g, '?');

type Part = string | false | undefined | null | 0;

const lines = (parts: readonly Part[]): string => parts.filter(Boolean).join('\n');
const words = (parts: readonly Part[]): string => parts.filter(Boolean).join(' ');
const hex = (number: number): string => `0x${number.toString(16)}`;
const pad8 = (number: number): string => number.toString(16).padStart(8, '0');

const NEVER: XfrmUsage = { bytes: 0, packets: 0, addTime: 0, useTime: 0 };
const WITH_SPI: ReadonlySet<string> = new Set(['esp', 'ah', 'comp']);
const GRE = 47;
const MOBILITY_HEADER = 135;
const SECURITY_CONTEXT_HEAD = 8; // struct xfrm_user_sec_ctx

/** Of /etc/protocols, those that policies are about. */
const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  4: 'ipencap',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  43: 'ipv6-route',
  44: 'ipv6-frag',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  59: 'ipv6-nonxt',
  60: 'ipv6-opts',
  132: 'sctp',
  135: 'mobility-header',
};
