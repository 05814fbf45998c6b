/** What a daemon answers of home agents: a home agent has its list, a mobile node those that it knows. */
import type { Instant } from '../base/time.js';
import type { Result } from '../control/api.js';
import { Refusal } from '../control/server.js';
import { homeAgentsEntry, listedAgent } from '../control/view.js';
import type { ListedHomeAgent } from '../core/ha/home-agents-list.js';
import type { Role } from '../core/role.js';
import type { DiscoveryVerdict, HomeAgentsView } from '../core/view.js';

export function listHomeAgents(role: Role, now: Instant): Result<'agents.list'> {
  if (canAsk(role)) {
    return { links: [], homes: role.homeAgents().map((home) => homeAgentsEntry(home, now)) };
  }
  if (!hasList(role)) return { links: [], homes: [] };
  return { links: role.homeAgents().map((agent) => listedAgent(agent, now)), homes: [] };
}

/** Throws `Refusal` where there is nobody to ask. */
export function discoverHomeAgents(
  role: Role,
  homeAddress: string | null,
  now: Instant,
): DiscoveryVerdict {
  if (canAsk(role)) return role.discoverHomeAgents(homeAddress, now);
  throw new Refusal('This is a home agent: it is asked. `mip6 hal` shows whom it names.');
}

interface Asker extends Role {
  homeAgents(): readonly HomeAgentsView[];
  discoverHomeAgents(homeAddress: string | null, now: Instant): DiscoveryVerdict;
}
interface Lister extends Role {
  homeAgents(): readonly ListedHomeAgent[];
}
const canAsk = (role: Role): role is Asker => 'discoverHomeAgents' in role;
const hasList = (role: Role): role is Lister => 'homeAgents' in role;
