import type { HandoverParams, Status } from '../control/api.js';

/** Asks at the terminal. `inquirer` takes longer to load than the whole rest. */
export async function chooseTarget(status: Status): Promise<HandoverParams> {
  const { default: inquirer } = await import('inquirer');
  const { target } = await inquirer.prompt<{ target: HandoverParams }>([
    { type: 'select', name: 'target', message: 'Hand over to', choices: targets(status) },
  ]);
  return target;
}

/** What can be named, with what is known of it. */
export function targets(status: Status): { name: string; value: HandoverParams }[] {
  return [
    ...status.links.map((l) => ({
      name: `${l.name}  ${[l.up ? 'up' : 'down', l.home ? 'home' : '', ...l.addresses].filter(Boolean).join(' ')}`,
      value: { kind: 'link', link: l.name } as const,
    })),
    { name: 'any link with IPv6', value: { kind: 'family', family: 6 } },
    { name: 'any link with IPv4', value: { kind: 'family', family: 4 } },
    { name: 'home', value: { kind: 'home' } },
    { name: 'let the node choose again', value: { kind: 'auto' } },
  ];
}
