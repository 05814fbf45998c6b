/**
 * What a person may do to a registration, and why not: the same rules that hold on the wire.
 *
 * Spec: RFC 6275 §11.7.1 (registering, deregistering), §11.4.2 (soliciting prefixes), §6.1.7 (lifetimes in steps of 4 s).
 */
import type { IpAddress, Ipv6 } from '../../base/address.js';
import type { BindingCommand } from '../role.js';
import type { BindingVerdict } from '../view.js';
import type { BulEntry } from './bul-entry.js';

export interface Commanded {
  readonly homeAddress: Ipv6;
  readonly homeAgent: Ipv6;
  readonly homeAgentKnown: boolean;
  readonly entry: Pick<BulEntry, 'state' | 'binding' | 'attachment' | 'mayBeBound' | 'lifetime'>;
  readonly stopping: boolean;
  readonly atHome: boolean;
  /** Deleted by a person before. */
  readonly held: boolean;
  /** The care-of address that would be registered. */
  readonly careOf: IpAddress | null;
}

export type Following = 'nothing' | 'register' | 'update' | 'deregister' | 'solicit';

export function judgeCommand(
  command: BindingCommand,
  home: Commanded,
): { readonly verdict: BindingVerdict; readonly then: Following } {
  const { homeAddress, homeAgent, entry, careOf } = home;
  const { lifetime: before } = entry;
  const answer = (reason: string, then: Following, lifetime = before) => ({
    verdict: {
      accepted: then !== 'nothing',
      reason,
      homeAddress,
      homeAgent,
      careOf: entry.attachment?.careOf ?? careOf,
      before,
      lifetime,
    },
    then,
  });
  const no = (reason: string) => answer(reason, 'nothing');
  if (home.stopping) return no('it is being taken back already');
  if (!home.homeAgentKnown) return no('no home agent is known');
  if (home.atHome) return no('at home nothing is registered');
  const state = entry.state;
  switch (command.kind) {
    case 'refresh':
      if (careOf === null) return no('there is no care-of address to register');
      if (state === 'pending') return no('a Binding Update waits for its answer');
      if (state === 'deregistering') return no('it is being deregistered');
      return state === 'bound'
        ? answer(`registers ${careOf} anew`, 'update')
        : answer(`registers ${careOf}`, 'register');
    case 'set': {
      const { lifetime } = command;
      if (!isLifetime(lifetime)) {
        return no(`${lifetime} s cannot be asked for: 4 to ${MAX_LIFETIME} in steps of 4`);
      }
      if (state !== 'bound') return no(`it is ${home.held ? 'deleted' : state}, not bound`);
      return answer(`asks for ${lifetime} s instead of ${before} s`, 'update', lifetime);
    }
    case 'delete':
      if (state === 'deregistering') return no('it is being deregistered already');
      if (!entry.attachment || !entry.mayBeBound) return no('there is no binding');
      return answer('deregisters, and stays so until it is refreshed', 'deregister', 0);
    case 'solicit':
      if (!entry.binding) return no('it is not bound: the home agent would not answer');
      return answer(`asks ${homeAgent} for its prefixes`, 'solicit');
    default:
      return command satisfies never;
  }
}

/** For a home address that is none. */
export function noSuchHome(homes: readonly Ipv6[], asked: string | null): BindingVerdict {
  const which = homes.length === 0 ? 'there is none' : `these are: ${homes.join(', ')}`;
  const reason =
    asked === null ? `name the home address; ${which}` : `${asked} is no home address; ${which}`;
  const nothing = {
    homeAddress: null,
    homeAgent: null,
    careOf: null,
    before: null,
    lifetime: null,
  };
  return { accepted: false, reason, ...nothing };
}

const isLifetime = (n: number): boolean =>
  Number.isInteger(n) && n >= LIFETIME_STEP && n <= MAX_LIFETIME && n % LIFETIME_STEP === 0;

const LIFETIME_STEP = 4; // seconds, RFC 6275 §6.1.7
const MAX_LIFETIME = 262_140; // 0xffff steps
