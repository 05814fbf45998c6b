import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { Control } from '../src/control/lease.js';
import { ControlCommand } from '../src/cli/control-command.js';
import type { Named } from '../src/cli/send/place.js';
import {
  ANSWER_TIMEOUT,
  DEFAULT_INTERVAL,
  ERROR_TIMEOUT,
  MAX_COUNT,
  MAX_INTERVAL,
  MAX_TIMEOUT,
  MIN_INTERVAL,
} from '../src/cli/send/limits.js';
import type { Plan, SendFlags } from '../src/cli/send/plan.js';
import type { NodeState } from '../src/cli/send/state.js';
import { messageEntries, type MessageEntry } from '../src/diagnostics/craft/catalogue.js';
import { FAULTS, FAULT_TEXTS } from '../src/diagnostics/craft/faults.js';

/** Repeated, one value each. */
const MANY = { multiple: true, multipleNonGreedy: true } as const;

export default class Send extends ControlCommand {
  static override summary = 'craft a message, send it, show what answers';
  static override description = `Any Mobility Header or ICMPv6 mobility message with any field, option and fault. What is not named comes from a daemon of this host, where one runs (addresses, sequence number), and is zero or usual otherwise. The exit code is 1 when the answer does not come, is an error, or is not as expected. Needs a raw socket: root or CAP_NET_RAW.

MESSAGE is ${messageEntries()
    .map(({ word }) => word)
    .join(
      ', ',
    )}, a name, a Mobility Header type such as 99 or mh144, or an ICMPv6 type from 144 to 147. "send --fields" lists them, "send bu --fields" what can be set.

What --break does:
${FAULTS.map((fault) => `- ${fault}: ${FAULT_TEXTS[fault].does}`).join('\n')}`;
  static override examples = [
    '<%= config.bin %> send bu',
    `<%= config.bin %> send bu --destination 2001:db8:a::1 --home-address 2001:db8:a::100 --field lifetime=600 --flag AH --option alternateCareOf=2001:db8:b::5 --expect 'status=0'`,
    `<%= config.bin %> send bu --break sequence --expect status=135 --json | jq .rttMs`,
    '<%= config.bin %> send hoti --destination 2001:db8:f::c --count 10 --interval 200',
  ];
  static override args = {
    message: Args.string({ ignoreStdin: true, description: 'what to send' }),
  };
  static override flags = {
    fields: Flags.boolean({ description: 'list the messages, or what can be set in one' }),
    field: Flags.string({
      char: 'f',
      ...MANY,
      helpValue: 'NAME=VALUE',
      description: 'a field of the message; octets as 0x…, lists with commas',
    }),
    flag: Flags.string({
      char: 'F',
      ...MANY,
      helpValue: 'LETTERS',
      description: 'flags that are set; the usual ones are then not',
    }),
    option: Flags.string({
      char: 'o',
      ...MANY,
      helpValue: 'NAME[=VALUE]',
      description:
        'an option: NAME=VALUE, NAME:FIELD=VALUE,…, NUMBER:data=0x…, JSON; "none" leaves out those that are added by themselves',
    }),
    'json-message': Flags.string({
      helpValue: 'FILE',
      description:
        'the message, or a whole packet, as "decode --json" prints it; - for standard input',
    }),
    source: Flags.string({
      helpValue: 'ADDRESS',
      description:
        'source of the IPv6 header, anyone’s [default: the care-of address, or what the kernel chooses]',
    }),
    destination: Flags.string({
      char: 'd',
      helpValue: 'ADDRESS',
      description: 'destination of the IPv6 header [default: the other end of the binding]',
    }),
    'home-address': Flags.string({
      helpValue: 'ADDRESS',
      description:
        'in a Home Address option, or "none" [default: as the RFC has it for this message]',
    }),
    route: Flags.string({
      helpValue: 'ADDRESS',
      description: 'home address in a type 2 routing header, or "none" [default: likewise]',
    }),
    'hop-limit': Flags.integer({ min: 0, max: 255, helpValue: 'N', description: '[default: 64]' }),
    interface: Flags.string({
      char: 'i',
      helpValue: 'NAME',
      description: 'leave by this interface: link-local destinations need it',
    }),
    udp: Flags.string({
      helpValue: '[ADDRESS[:PORT]]',
      description:
        'in UDP over IPv4, as RFC 5555 has it [default: where the binding is; port 4191]',
    }),
    'udp-source': Flags.string({
      helpValue: 'ADDRESS[:PORT]',
      description: 'source around it [default: what the kernel chooses; port 4191]',
    }),
    break: Flags.option({
      options: FAULTS,
      multiple: true,
      multipleNonGreedy: true,
      description: 'send it with this fault',
    })(),
    expect: Flags.string({
      char: 'e',
      ...MANY,
      helpValue: 'WHAT',
      description:
        'what the answer must be: status=0, lifetime>=60, natDetection.refresh=110, !natDetection, answer=ba, silence',
    }),
    count: Flags.integer({
      char: 'c',
      min: 1,
      max: MAX_COUNT,
      default: 1,
      helpValue: 'N',
      description: `so many, one after the other; at most ${MAX_COUNT}`,
    }),
    interval: Flags.integer({
      min: MIN_INTERVAL,
      max: MAX_INTERVAL,
      default: DEFAULT_INTERVAL,
      helpValue: 'MS',
      description: `from one to the next, ${MIN_INTERVAL} to ${MAX_INTERVAL} ms`,
    }),
    timeout: Flags.integer({
      min: 1,
      max: MAX_TIMEOUT,
      helpValue: 'MS',
      description: `wait so long for an answer, at most ${MAX_TIMEOUT} [default: ${ANSWER_TIMEOUT}; ${ERROR_TIMEOUT} where none is due, for errors]`,
    }),
    'dry-run': Flags.boolean({
      description: 'show the packet and do not send it: needs no privilege',
    }),
    verbose: Flags.boolean({
      char: 'v',
      description: 'every packet as a tree, also where there are many',
    }),
  };

  override async run(): Promise<object | undefined> {
    const { withUdpValue } = await import('../src/cli/send/plan.js');
    this.argv = withUdpValue(this.argv);
    const { args, flags } = await this.parse(Send);
    if (flags.fields) return this.#list(args.message);
    const { readExpectation } = await import('../src/cli/send/expect.js');
    const expectations = (flags.expect ?? []).map(readExpectation);
    const plan = await this.#plan(args.message, flags);
    if (flags['dry-run']) return this.#show(plan);
    const { openLinuxWire } = await import('../src/cli/send/linux-wire.js');
    const { addTotals, isGood, NO_TOTALS, sendAll } = await import('../src/cli/send/session.js');
    const { reportLines, reportTree, totalsLine } = await import('../src/cli/render/send.js');
    const { writeOut } = await import('../src/cli/write-out.js');
    const wire = openLinuxWire({ link: flags.interface, ...plan });
    const stop = new AbortController();
    const abort = () => stop.abort();
    process.once('SIGINT', abort);
    process.once('SIGTERM', abort);
    this.whenReaderLeaves(abort);
    const { count, interval, timeout } = flags;
    const tree = flags.verbose || count === 1;
    let totals = NO_TOTALS;
    try {
      const session = { count, interval, timeout, expectations, signal: stop.signal };
      for await (const report of sendAll(plan, wire, session)) {
        totals = addTotals(totals, report);
        if (!isGood(report, plan)) process.exitCode = 1;
        const text = tree ? reportTree(report, this.style) : reportLines(report, this.style);
        if (this.jsonEnabled()) this.logJsonLine(report);
        else await writeOut(`${text}\n`);
      }
    } finally {
      process.off('SIGINT', abort);
      process.off('SIGTERM', abort);
      wire.close();
    }
    if (count > 1) this.log(totalsLine(totals));
    if (totals.sent === 0) process.exitCode = 1; // interrupted before an answer came
    return undefined;
  }

  protected override reportJson(json: unknown): void {
    this.logJsonLine(json);
  }

  async #plan(message: string | undefined, flags: PlanFlags): Promise<Plan> {
    const { planMessages } = await import('../src/cli/send/plan.js');
    const { kernelChoice } = await import('../src/cli/send/source-choice.js');
    const file = flags['json-message'];
    let json: string | undefined;
    if (file !== undefined) {
      const { readText } = await import('../src/diagnostics/decode-input.js');
      json = await readText([file], this.standardInput);
    }
    return planMessages({
      message,
      json,
      flags: {
        ...flags,
        field: flags.field ?? [],
        flag: flags.flag ?? [],
        option: flags.option ?? [],
        break: flags.break ?? [],
      },
      state: (entry, named) => this.#state(flags, entry, named),
      choose: kernelChoice(flags.interface),
    });
  }

  /** Undefined where no daemon says anything, unless one was asked for by name. */
  async #state(
    flags: PlanFlags,
    entry: MessageEntry,
    named: Named,
  ): Promise<NodeState | undefined> {
    const { ControlError } = await import('../src/control/error.js');
    const { readState } = await import('../src/cli/send/state.js');
    let control: Control;
    try {
      control = await this.control(flags);
    } catch (error) {
      const asked = flags.socket !== undefined || flags.name !== undefined;
      const none = error instanceof ControlError && error.code === 'NO_DAEMON';
      if (asked || (!none && named.destination === undefined)) throw error;
      return undefined;
    }
    const updates = entry.kind === 'bindingUpdate' && !flags['dry-run'];
    return readState(control, named, updates ? flags.count : 0);
  }

  async #list(message: string | undefined): Promise<object> {
    const list = await import('../src/cli/send/field-list.js');
    if (message === undefined) {
      const messages = list.listMessages();
      this.log(await list.messagesText(messages, this.style));
      return messages;
    }
    const { findMessage } = await import('../src/cli/send/names.js');
    const fields = list.listFields(findMessage(message));
    this.log(await list.fieldsText(fields, this.style));
    return fields;
  }

  async #show(plan: Plan): Promise<object> {
    const { showPacket } = await import('../src/cli/send/report.js');
    const { packetTree } = await import('../src/cli/render/send.js');
    const request = showPacket(plan.nth(0).octets);
    this.log(packetTree('not sent', request, this.style));
    if (request.hex !== undefined) this.log(`\n${request.hex}`);
    return { message: plan.name, request };
  }
}

/** As parsed: what was not given is not there. */
type PlanFlags = { readonly [F in keyof SendFlags]?: SendFlags[F] | undefined } & {
  readonly 'json-message'?: string | undefined;
  readonly interface?: string | undefined;
  readonly count: number;
  readonly 'dry-run'?: boolean | undefined;
  readonly socket?: string | undefined;
  readonly name?: string | undefined;
};
