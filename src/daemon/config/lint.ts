/** What a configuration that can be honoured hardly means: one row a doubt. Warnings, never errors. */
import { inPrefix, prefixOf, type Ipv6, type Prefix } from '../../base/address.js';
import type { Block } from './block.js';
import type { Findings, Position } from './finding.js';

/** `start`: where to point when the doubt is about what is missing. */
export function lint(role: 'mn' | 'ha', top: Block, start: Position, findings: Findings): void {
  const rows = role === 'mn' ? MOBILE_NODE : HOME_AGENT;
  for (const row of rows) {
    for (const { at, message } of row(top)) {
      findings.warning('CONFIG_DOUBTFUL', at ?? start, message);
    }
  }
}

interface Doubt {
  /** Undefined: about what is missing. */
  readonly at: Position | undefined;
  readonly message: string;
}
type Row = (top: Block) => Doubt[];

const MOBILE_NODE: readonly Row[] = [
  (top) => {
    const lifetime = top.number('MnMaxHaBindingLife');
    return when(lifetime !== undefined && lifetime < SHORT_LIFETIME, {
      at: top.valueAt('MnMaxHaBindingLife'),
      message: `A binding that lives ${lifetime} s is refreshed all the time: with the losses of a handover it runs out. Ask for ${SHORT_LIFETIME} s or more.`,
    });
  },
  (top) => {
    const lifetime = top.number('MnMaxHaBindingLife') ?? MAX_LIFETIME;
    const names = ['InitialBindackTimeoutFirstReg', 'InitialBindackTimeoutReReg'];
    return names.flatMap((name) => {
      const timeout = top.number(name);
      return when(timeout !== undefined && timeout >= lifetime, {
        at: top.valueAt(name),
        message: `${name} ${timeout} s is not less than the binding's lifetime, ${lifetime} s: the binding runs out before anything is sent again.`,
      });
    });
  },
  (top) => {
    const keepalive = top.number('MnNatKeepalive');
    return when(keepalive !== undefined && keepalive > LONGEST_KEEPALIVE, {
      at: top.valueAt('MnNatKeepalive'),
      message: `A keep-alive every ${keepalive} s comes too late for most NATs: RFC 4787 §4.3 lets them forget after 120 s.`,
    });
  },
  (top) => {
    const interfaces = top.blocks('Interface');
    const unused = interfaces.every(({ inner }) => inner.number('MnIfPreference') === 0);
    return when(interfaces.length > 0 && unused, {
      at: interfaces[0]?.at,
      message: 'Every interface has MnIfPreference 0: none is used. 1 is best, 10 last.',
    });
  },
  (top) => {
    if (top.boolean('MnUseDsmip6') === true) return [];
    return top.blocks('Interface').flatMap(({ label, inner }) =>
      when(inner.boolean('UseDhcp') === true, {
        at: inner.at('UseDhcp'),
        message: `UseDhcp on "${label}" does nothing without "MnUseDsmip6 enabled;": IPv4 networks are not visited.`,
      }),
    );
  },
  (top) => {
    if (top.boolean('MnUseDsmip6') !== true) return [];
    return top.blocks('MnHomeLink').flatMap(({ label, at, inner }) =>
      when(!inner.has('HomeAgentV4Address') && !inner.has('HomeAgentName'), {
        at,
        message: `MnHomeLink "${label}" has no HomeAgentV4Address: IPv4 networks cannot be visited in spite of MnUseDsmip6.`,
      }),
    );
  },
  (top) =>
    top.blocks('MnHomeLink').flatMap(({ inner }) => {
      const agent = inner.address('HomeAgentAddress');
      const home = inner.prefix('HomeAddress');
      return when(agent !== undefined && agent === home?.address, {
        at: inner.valueAt('HomeAddress'),
        message: `HomeAddress ${agent} is the home agent's own address.`,
      });
    }),
  (top) => {
    const seen = new Set<string>();
    return top.blocks('MnHomeLink').flatMap(({ inner }) => {
      const home = inner.prefix('HomeAddress')?.address;
      if (home === undefined) return [];
      const again = seen.has(home);
      seen.add(home);
      const message = `HomeAddress ${home} stands in more than one MnHomeLink: each registers it.`;
      return when(again, { at: inner.valueAt('HomeAddress'), message });
    });
  },
  (top) => {
    if (top.boolean('MnUseDsmip6') === true || top.boolean('MnSupportIPv4Traffic') !== true) {
      return [];
    }
    return top.blocks('MnHomeLink').flatMap(({ inner }) =>
      when(inner.has('HomeV4Address'), {
        at: inner.at('HomeV4Address'),
        message:
          'HomeV4Address does nothing without "MnUseDsmip6 enabled;": no IPv4 home address is asked for.',
      }),
    );
  },
];

const HOME_AGENT: readonly Row[] = [
  (top) => {
    const status = top.number('DefaultBindingAclPolicy') ?? 0;
    const admits = acls(top).some((entry) => entry.status === 0);
    return when(status !== 0 && !admits, {
      at: top.at('DefaultBindingAclPolicy'),
      message:
        'Nobody may register: the default refuses, and no BindingAclPolicy allows a home address. Add "BindingAclPolicy HOME-ADDRESS allow;".',
    });
  },
  (top) => {
    const prefixes = homePrefixes(top);
    if (prefixes.length === 0) return []; // those of the interface: known at a start only
    return acls(top).flatMap(({ homeAddress, status, at }) =>
      when(status === 0 && !prefixes.some((prefix) => inPrefix(homeAddress, prefix)), {
        at,
        message: `${homeAddress} is in no home prefix of this home agent: its Binding Updates are refused with 132 (RFC 6275 §10.3.1).`,
      }),
    );
  },
  (top) => {
    const lifetime = top.number('HaMaxBindingLife');
    return when(lifetime !== undefined && lifetime < SHORT_LIFETIME, {
      at: top.valueAt('HaMaxBindingLife'),
      message: `Bindings that live ${lifetime} s are refreshed all the time: with the losses of a handover they run out. Grant ${SHORT_LIFETIME} s or more.`,
    });
  },
  (top) => {
    const advice = top.number('HaRefreshAdvice') ?? 0;
    const lifetime = top.number('HaMaxBindingLife') ?? MAX_LIFETIME;
    return when(advice >= lifetime, {
      at: top.valueAt('HaRefreshAdvice'),
      message: `HaRefreshAdvice ${advice} s is not less than the lifetime of bindings, ${lifetime} s: no acknowledgement may carry it (RFC 6275 §10.3.1).`,
    });
  },
  (top) => {
    const refresh = top.number('HaNatRefresh');
    return when(refresh !== undefined && refresh > LONGEST_KEEPALIVE, {
      at: top.valueAt('HaNatRefresh'),
      message: `A keep-alive every ${refresh} s comes too late for most NATs: RFC 4787 §4.3 lets them forget after 120 s.`,
    });
  },
  (top) => {
    const asked = [
      'HaForceUdp',
      'HaNatRefresh',
      'HaAcceptIPv4Traffic',
      'HomeAgentV4Address',
      'HaHomeV4Pool',
      'HaHomeV4PrefixPool',
    ];
    if (top.boolean('HaAcceptDsmip6') === true) return [];
    const name = asked.find((each) => top.has(each));
    return when(name !== undefined, {
      at: name === undefined ? undefined : top.at(name),
      message: `${name} does nothing without "HaAcceptDsmip6 enabled;".`,
    });
  },
  (top) =>
    when(top.has('HaHomeV4PrefixLength') && !top.has('HaHomeV4PrefixPool'), {
      at: top.at('HaHomeV4PrefixLength'),
      message:
        'HaHomeV4PrefixLength does nothing without a HaHomeV4PrefixPool: no prefix is given.',
    }),
  (top) =>
    when(top.has('HaHomeV4Hold') && !top.has('HaHomeV4Pool') && !top.has('HaHomeV4PrefixPool'), {
      at: top.at('HaHomeV4Hold'),
      message:
        'HaHomeV4Hold does nothing without a HaHomeV4Pool or HaHomeV4PrefixPool: nothing is given.',
    }),
];

interface AclEntry {
  readonly homeAddress: Ipv6;
  readonly status: number;
  readonly at: Position;
}

/** Of a home address that is named twice, the last word. */
function acls(top: Block): AclEntry[] {
  const entries = top.all('BindingAclPolicy').flatMap(({ value, at }): AclEntry[] => {
    if (value.kind !== 'acl') return [];
    return [{ homeAddress: value.homeAddress, status: value.status, at }];
  });
  return [...new Map(entries.map((entry) => [entry.homeAddress, entry])).values()];
}

function homePrefixes(top: Block): Prefix<Ipv6>[] {
  const interfaces = top.blocks('Interface');
  const own = interfaces.map(({ inner }) => inner.prefixes('HomePrefix'));
  if (own.some((prefixes) => prefixes.length === 0)) return [];
  return [...own.flat(), ...top.prefixes('HaServedPrefix')].map(({ address, length }) =>
    prefixOf(address as Ipv6, length),
  );
}

const when = (doubtful: boolean, doubt: Doubt): Doubt[] => (doubtful ? [doubt] : []);

const SHORT_LIFETIME = 30; // s; ours
const MAX_LIFETIME = 262_140; // s; RFC 6275 §6.1.7
const LONGEST_KEEPALIVE = 120; // s; RFC 4787 §4.3: the shortest life that a mapping must have
