/** What stands in the way of running here: capabilities by trying, and the configuration's interfaces. */
import { networkInterfaces } from 'node:os';
import type { Capability, CapabilityName } from '../linux/capabilities.js';

export interface DiagnosisFinding {
  readonly name: string;
  /** `hint`: not needed for this role, or not always. */
  readonly state: 'ok' | 'missing' | 'hint';
  /** What was tried and what came of it. */
  readonly reason: string;
  /** The way out; empty where nothing is to be done. */
  readonly remedy: string;
}

export interface Diagnosis {
  readonly role: 'mn' | 'ha';
  readonly ok: boolean;
  readonly findings: readonly DiagnosisFinding[];
}

export interface DiagnosisRequest {
  readonly role?: 'mn' | 'ha' | undefined;
  /** Configuration file. */
  readonly config?: string | undefined;
}

export async function diagnose(request: DiagnosisRequest): Promise<Diagnosis> {
  const findings: DiagnosisFinding[] = [];
  let role = request.role;
  if (request.config !== undefined) {
    const { loadConfig } = await import('../daemon/config/compile.js');
    const { fileSources } = await import('../daemon/config/sources.js');
    const { formatFinding } = await import('../daemon/config/finding.js');
    const { config, findings: said } = loadConfig(request.config, fileSources);
    const errors = said.filter((f) => f.severity === 'error').map(formatFinding);
    findings.push(
      config
        ? { name: 'config', state: 'ok', reason: `${request.config} can be honoured.`, remedy: '' }
        : {
            name: 'config',
            state: 'missing',
            reason: errors.join('\n'),
            remedy: `See "mip6 config check ${request.config}".`,
          },
    );
    role ??= config?.role;
    if (config?.role === 'mn')
      findings.push(...config.options.links.map(({ name }) => interfaceFinding(name, 'hint')));
    if (config?.role === 'ha')
      findings.push(...config.plan.interfaces.map(({ link }) => interfaceFinding(link, 'missing')));
  }
  const judged = role ?? 'mn';
  const { capabilities } = await import('../linux/capabilities.js');
  findings.push(
    ...(await capabilities()).map((capability) => capabilityFinding(capability, judged)),
  );
  return { role: judged, ok: findings.every((f) => f.state !== 'missing'), findings };
}

/** A mobile node need not forward; some findings are advice. */
export function capabilityFinding(capability: Capability, role: 'mn' | 'ha'): DiagnosisFinding {
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
  if (ADVICE[name]?.includes(role)) return { name, state: 'hint', reason, remedy };
  return { name, state: 'missing', reason, remedy };
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
