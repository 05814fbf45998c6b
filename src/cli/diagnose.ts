/** What stands in the way of running here: capabilities by trying, the configuration's interfaces, and the datapath. */
import { networkInterfaces } from 'node:os';
import type { Capability, CapabilityName } from '../linux/capabilities.js';
import type { DatapathChoice } from '../linux/datapath/choose-datapath.js';
import type { KernelCapability } from '../linux/kernel-capabilities.js';

export interface DiagnosisFinding {
  readonly name: string;
  /** `hint`: not needed for this role and datapath, or not always. */
  readonly state: 'ok' | 'missing' | 'hint';
  /** What was tried and what came of it; empty where `purpose` says all. */
  readonly reason: string;
  /** The way out; empty where nothing is to be done. */
  readonly remedy: string;
  /** Of the kernel's capabilities: what it is, and what it is for. */
  readonly purpose?: string;
  /** Of the kernel's capabilities: what is otherwise without it; empty: nothing. */
  readonly cost?: string;
}

/** What a daemon of this role would forward packets by. */
export interface DatapathForecast {
  readonly role: 'mn' | 'ha';
  /** Null: the configuration asks for what cannot be. */
  readonly datapath: 'kernel' | 'userspace' | null;
  /** As `mip6 status` would say it. */
  readonly words: string;
  readonly why: string;
  /** What each missing capability costs, a sentence for each thing that is otherwise. */
  readonly costs: readonly string[];
}

export interface Diagnosis {
  readonly role: 'mn' | 'ha';
  readonly ok: boolean;
  readonly findings: readonly DiagnosisFinding[];
  /** Of the role that was asked for or is configured; else of both. */
  readonly datapath: readonly DatapathForecast[];
}

export interface DiagnosisRequest {
  readonly role?: 'mn' | 'ha' | undefined;
  /** Configuration file. */
  readonly config?: string | undefined;
}

export async function diagnose(request: DiagnosisRequest): Promise<Diagnosis> {
  const findings: DiagnosisFinding[] = [];
  let role = request.role;
  let choice: DatapathChoice = 'auto';
  if (request.config !== undefined) {
    const configured = await judgeConfig(request.config);
    findings.push(...configured.findings);
    role ??= configured.role;
    choice = configured.datapath ?? choice;
  }
  const judged = role ?? 'mn';
  const { capabilities } = await import('../linux/capabilities.js');
  const host = await capabilities();
  const kernel = await kernelFindings();
  const way = await datapathOf(choice);
  findings.push(
    ...host.map((capability) => judgeCapability(capability, judged, way.datapath, kernel.rows)),
    ...kernel.failures,
    ...kernel.rows.map((row) => kernelFinding(row, judged, choice)),
  );
  if (way.datapath === null) {
    const { why: reason, remedy } = way;
    findings.push({ name: 'datapath', state: 'missing', reason, remedy });
  }
  const roles = role ? [role] : (['mn', 'ha'] as const);
  return {
    role: judged,
    ok: findings.every((f) => f.state !== 'missing'),
    findings,
    datapath: roles.map((of) => forecast(of, way, kernel.rows)),
  };
}

/** A mobile node need not forward; some findings are advice; nftables has a stand-in. */
export function judgeCapability(
  capability: Capability,
  role: 'mn' | 'ha',
  datapath: DatapathForecast['datapath'] = null,
  kernel: readonly KernelCapability[] = [],
): DiagnosisFinding {
  const { name, ok, reason, remedy } = capability;
  if (ok) return { name, state: 'ok', reason, remedy: '' };
  if (name === 'forwarding' && role === 'ha') {
    return {
      name,
      state: 'hint',
      reason,
      remedy: 'The daemon switches it on, and back when it ends.',
    };
  }
  const iptables = kernel.some((row) => row.name === 'iptables' && row.ok);
  const spared = name === 'nft' && (datapath === 'kernel' || iptables);
  const advice = spared || ADVICE[name]?.includes(role);
  return { name, state: advice ? 'hint' : 'missing', reason, remedy };
}

/** The kernel need not forward unless it is told to: this program can. */
export function kernelFinding(
  row: KernelCapability,
  role: 'mn' | 'ha',
  choice: DatapathChoice,
): DiagnosisFinding {
  const { name, ok, purpose, reason, remedy, cost } = row;
  if (ok) return { name, state: 'ok', purpose, reason, remedy, cost };
  const idle = row.role !== undefined && row.role !== role;
  const needed = choice === 'kernel' && row.forwarding && !idle;
  return { name, state: needed ? 'missing' : 'hint', purpose, reason, remedy, cost };
}

/** Costs once each, those that this role would not notice left out. */
export function forecast(
  role: 'mn' | 'ha',
  way: Omit<DatapathForecast, 'role' | 'costs'>,
  kernel: readonly KernelCapability[],
): DatapathForecast {
  const { datapath, words, why } = way;
  const felt = kernel.filter((row) => !row.ok && (row.role ?? role) === role);
  const costs = new Set(felt.map((row) => row.cost).filter(Boolean));
  return { role, datapath, words, why, costs: [...costs] };
}

interface Configured {
  readonly findings: readonly DiagnosisFinding[];
  readonly role: 'mn' | 'ha' | undefined;
  readonly datapath: DatapathChoice | undefined;
}

async function judgeConfig(file: string): Promise<Configured> {
  const { loadConfig } = await import('../daemon/config/compile.js');
  const { fileSources } = await import('../daemon/config/sources.js');
  const { formatFinding } = await import('../daemon/config/finding.js');
  const { config, findings: said } = loadConfig(file, fileSources);
  if (!config) {
    const errors = said.filter((f) => f.severity === 'error').map(formatFinding);
    const remedy = `See "mip6 config check ${file}".`;
    const bad = { name: 'config', state: 'missing', reason: errors.join('\n'), remedy } as const;
    return { findings: [bad], role: undefined, datapath: undefined };
  }
  const good = { name: 'config', state: 'ok', reason: `${file} can be honoured.`, remedy: '' };
  const interfaces =
    config.role === 'mn'
      ? config.options.links.map(({ name }) => interfaceFinding(name, 'hint'))
      : config.plan.interfaces.map(({ link }) => interfaceFinding(link, 'missing'));
  return {
    findings: [good as DiagnosisFinding, ...interfaces],
    role: config.role,
    datapath: config.settings.datapath,
  };
}

/** What could be tried, or why nothing could. */
async function kernelFindings(): Promise<{
  readonly rows: readonly KernelCapability[];
  readonly failures: readonly DiagnosisFinding[];
}> {
  const { LinuxError, sentenceOf } = await import('../linux/error.js');
  try {
    const { kernelCapabilities } = await import('../linux/kernel-capabilities.js');
    return { rows: await kernelCapabilities(), failures: [] };
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    const { way = '' } = error;
    const reason = `What the kernel can do cannot be tried: ${sentenceOf(error)}`;
    return { rows: [], failures: [{ name: 'kernel', state: 'hint', reason, remedy: way }] };
  }
}

async function datapathOf(
  choice: DatapathChoice,
): Promise<Omit<DatapathForecast, 'role' | 'costs'> & { readonly remedy: string }> {
  const { LinuxError, sentenceOf } = await import('../linux/error.js');
  const { chooseDatapath } = await import('../linux/datapath/choose-datapath.js');
  const { canForward } = await import('../linux/datapath/abilities.js');
  try {
    const { abilities, words, why } = await chooseDatapath(choice);
    return { datapath: canForward(abilities) ? 'kernel' : 'userspace', words, why, remedy: '' };
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    const { way = '' } = error;
    return { datapath: null, words: 'none', why: sentenceOf(error), remedy: way };
  }
}

function interfaceFinding(name: string, absent: 'missing' | 'hint'): DiagnosisFinding {
  // Of an interface that is down Node tells nothing.
  if (Object.hasOwn(networkInterfaces(), name))
    return { name: 'config', state: 'ok', reason: `Interface ${name} is up.`, remedy: '' };
  const reason = `Interface ${name} is not there, or down.`;
  const remedy =
    absent === 'hint' ? 'It is used once it appears.' : `Create it, or \`ip link set ${name} up\`.`;
  return { name: 'config', state: absent, reason, remedy };
}

/** Not in the way of these roles. */
const ADVICE: { readonly [N in CapabilityName]?: readonly ('mn' | 'ha')[] } = {
  forwarding: ['mn'],
  'reverse-path-filter': ['mn', 'ha'],
};
