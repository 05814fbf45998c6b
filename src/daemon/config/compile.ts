/** The translator from the configuration's vocabulary to the core's. */
import {
  inPrefix,
  isRoutableUnicast,
  prefixOf,
  UNSPECIFIED4,
  UNSPECIFIED6,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import { seconds } from '../../base/time.js';
import {
  HOME_AGENT_DEFAULTS,
  type BindingAcl,
  type HomeAgentOptions,
} from '../../core/ha/options.js';
import type { LinkName } from '../../core/input.js';
import type { AddressGeneration } from '../../core/mn/interface-identifier.js';
import {
  MOBILE_NODE_DEFAULTS,
  type HomeOptions,
  type MobileNodeOptions,
} from '../../core/mn/options.js';
import type { Ownership } from '../../linux/link-owners.js';
import { Block, type LabelledBlock } from './block.js';
import { Findings, type Finding, type Position } from './finding.js';
import { lint } from './lint.js';
import { parseFile, type AddressAndLength, type Sources, type Statement } from './parser.js';

/** What the daemon itself is told. */
export interface DaemonSettings {
  readonly file: string;
  /** Signalling under IPsec. */
  readonly protected: boolean;
  /** What forwards packets. */
  readonly datapath: 'auto' | 'kernel' | 'userspace';
  /** Above 0 the journal shows debug events. */
  readonly debugLevel: number;
  /** null: standard error */
  readonly logFile: string | null;
  /** Programs run at each stage of a move; `timeout` in ms. */
  readonly hooks: { readonly directory: string; readonly timeout: number } | null;
}

/** A home agent, but for what only its interfaces can tell. `resolve.ts` completes it. */
export type HomeAgentPlan = Omit<
  HomeAgentOptions,
  'address' | 'homeLinks' | 'prefixesOfAddresses'
> & {
  /** null: the first global address of the first interface. */
  readonly address: Ipv6 | null;
  /** Without prefixes: those of the link's own global addresses. */
  readonly interfaces: readonly {
    readonly link: LinkName;
    readonly prefixes: readonly Prefix<Ipv6>[];
  }[];
  readonly servedPrefixes: readonly Prefix<Ipv6>[];
};

export type DaemonConfig =
  | {
      readonly role: 'mn';
      readonly options: MobileNodeOptions;
      readonly settings: DaemonSettings;
      /** Who configures each interface. */
      readonly ownership: ReadonlyMap<LinkName, Ownership>;
    }
  | { readonly role: 'ha'; readonly plan: HomeAgentPlan; readonly settings: DaemonSettings };

export interface LoadedConfig {
  /** Undefined when any finding is an error. */
  readonly config: DaemonConfig | undefined;
  readonly findings: readonly Finding[];
}

/** Reads `file` and all that it includes. Never throws for what stands in it. */
export function loadConfig(file: string, sources: Sources): LoadedConfig {
  const findings = new Findings();
  const statements = parseFile(file, sources, findings);
  if (findings.list.some((f) => f.code === 'CONFIG_FILE'))
    return { config: undefined, findings: findings.list };
  const config = new Compiler(file, statements, findings).config();
  return { config: findings.failed ? undefined : config, findings: findings.list };
}

class Compiler {
  readonly #top: Block;
  readonly #start: Position;
  readonly #findings: Findings;

  constructor(file: string, statements: readonly Statement[], findings: Findings) {
    this.#start = { file, line: 1, column: 1 };
    this.#top = new Block(statements);
    this.#findings = findings;
  }

  config(): DaemonConfig | undefined {
    const role = this.#top.text('NodeConfig') ?? 'CN';
    const at = this.#top.at('NodeConfig') ?? this.#start;
    if (role === 'CN') {
      const why = this.#top.at('NodeConfig')
        ? 'NodeConfig CN'
        : 'Without NodeConfig this is a correspondent node, which';
      this.#findings.error(
        'CONFIG_NOT_YET',
        at,
        `${why} is not supported yet. Say "NodeConfig MN;" or "NodeConfig HA;".`,
      );
      return undefined;
    }
    if (role === 'MAG') {
      this.#findings.error(
        'CONFIG_NOT_YET',
        at,
        'NodeConfig MAG is not supported (PMIPv6). Say "NodeConfig MN;" or "NodeConfig HA;".',
      );
      return undefined;
    }
    const settings = this.#settings();
    lint(role === 'HA' ? 'ha' : 'mn', this.#top, this.#start, this.#findings);
    if (role === 'HA') return { role: 'ha', plan: this.#homeAgent(), settings };
    this.#routeOptimization();
    return { role: 'mn', options: this.#mobileNode(), settings, ownership: this.#ownership() };
  }

  #settings(): DaemonSettings {
    const ipsec = this.#top.boolean('UseMnHaIPsec') ?? true;
    if (ipsec) {
      this.#findings.error(
        'CONFIG_UNPROTECTED',
        this.#top.at('UseMnHaIPsec') ?? this.#start,
        'IPsec protection of signalling is not available yet; "UseMnHaIPsec disabled;" lets it run unprotected.',
      );
    }
    return {
      file: this.#start.file,
      protected: false,
      datapath: (this.#top.text('Datapath') as DaemonSettings['datapath'] | undefined) ?? 'auto',
      debugLevel: this.#top.number('DebugLevel') ?? 0,
      logFile: this.#top.text('DebugLogFile') ?? null,
      hooks: this.#hooks(),
    };
  }

  #hooks(): DaemonSettings['hooks'] {
    const directory = this.#top.text('HookDirectory');
    if (directory === undefined) return null;
    if (!directory.startsWith('/')) {
      this.#findings.error(
        'CONFIG_VALUE',
        this.#top.valueAt('HookDirectory')!,
        `HookDirectory "${directory}" must be a whole path, such as "/etc/mip6/hooks.d".`,
      );
    }
    return { directory, timeout: millis(this.#top.number('HookTimeout')) ?? HOOK_TIMEOUT };
  }

  /** UMIP does it unless told not to; here it is not there yet, and whoever relied on it must hear so. */
  #routeOptimization(): void {
    const missing = ['DoRouteOptimizationCN', 'DoRouteOptimizationMN'].filter(
      (name) => !this.#top.has(name),
    );
    // One that is there and not `disabled` has been reported by the parser.
    if (missing.length < 2) return;
    this.#findings.warning(
      'CONFIG_NO_EFFECT',
      this.#start,
      'Route optimization is not there yet: traffic goes through the home agent. "DoRouteOptimizationMN disabled;" says that you know.',
    );
  }

  #mobileNode(): MobileNodeOptions {
    const top = this.#top;
    const d = MOBILE_NODE_DEFAULTS;
    const homes = top.blocks('MnHomeLink').map((block) => this.#home(block));
    if (homes.length === 0) {
      this.#findings.error(
        'CONFIG_MISSING',
        this.#start,
        'A mobile node needs a home: MnHomeLink "INTERFACE" { HomeAgentAddress …; HomeAddress …; }',
      );
    }
    const useAltCoa = homes.map((home) => home.useAltCoa).find((use) => use !== undefined);
    return {
      homes: homes.flatMap((home) => (home.options ? [home.options] : [])),
      links: this.#links(),
      bindingLifetime: top.number('MnMaxHaBindingLife') ?? d.bindingLifetime,
      initialBindAckTimeoutFirstReg:
        millis(top.number('InitialBindackTimeoutFirstReg')) ?? d.initialBindAckTimeoutFirstReg,
      initialBindAckTimeoutReReg:
        millis(top.number('InitialBindackTimeoutReReg')) ?? d.initialBindAckTimeoutReReg,
      dsmip: top.boolean('MnUseDsmip6') ?? d.dsmip,
      familyMemory: top.number('MnFamilyMemory') ?? d.familyMemory,
      ipv6HeadStart: millis(top.number('MnIpv6HeadStart')) ?? d.ipv6HeadStart,
      forceUdp: top.boolean('MnForceUdp') ?? d.forceUdp,
      useAlternateCareOf: useAltCoa ?? d.useAlternateCareOf,
      optimisticDad: top.boolean('MnOptimisticDad') ?? d.optimisticDad,
      addressGeneration:
        (top.text('MnAddressGeneration') as AddressGeneration | undefined) ?? d.addressGeneration,
      routerProbes: {
        count: top.number('MnRouterProbes') ?? d.routerProbes.count,
        interval: millis(top.number('MnRouterProbeTimeout')) ?? d.routerProbes.interval,
      },
      udpPort: top.number('MnUdpPort') ?? d.udpPort,
      natKeepalive: top.number('MnNatKeepalive') ?? d.natKeepalive,
      prefixDiscovery: top.boolean('SendMobPfxSols') ?? d.prefixDiscovery,
    };
  }

  /** As for `#links`, the last block of an interface wins. Who has made a tunnel device has configured it. */
  #ownership(): ReadonlyMap<LinkName, Ownership> {
    return new Map(
      this.#top.blocks('Interface').map(({ label, inner }) => {
        const asked = inner.text('RouterAdvertisements') as Ownership | undefined;
        return [label, asked ?? (inner.boolean('Tunnel') ? 'adopt' : 'auto')];
      }),
    );
  }

  #links(): MobileNodeOptions['links'] {
    const links = this.#top
      .blocks('Interface')
      .filter((block) => (block.inner.text('IfType') ?? 'MN') === 'MN')
      .map((block) => ({
        name: block.label,
        preference: block.inner.number('MnIfPreference') ?? DEFAULT_PREFERENCE,
        dhcp: block.inner.boolean('UseDhcp') ?? false,
      }));
    const byName = new Map(links.map((link) => [link.name, link])); // the last one wins
    if (byName.size === 0) {
      this.#findings.error(
        'CONFIG_MISSING',
        this.#start,
        'A mobile node needs an interface: Interface "NAME";',
      );
    }
    return [...byName.values()];
  }

  #home(block: LabelledBlock): {
    options: HomeOptions | undefined;
    useAltCoa: boolean | undefined;
  } {
    const { inner, at, label } = block;
    const useAltCoa = inner.boolean('UseAltCoa');
    const none = { options: undefined, useAltCoa };
    const home = inner.prefix('HomeAddress');
    if (!home) {
      this.#findings.error(
        'CONFIG_MISSING',
        at,
        `MnHomeLink "${label}" needs a HomeAddress, such as "HomeAddress 2001:db8::100/64;".`,
      );
      return none;
    }
    const agent = (inner.address('HomeAgentAddress') as Ipv6 | undefined) ?? UNSPECIFIED6;
    const discovery = inner.boolean('UseDhaad') ?? agent === UNSPECIFIED6;
    if (agent === UNSPECIFIED6 && !discovery) {
      this.#findings.error(
        'CONFIG_MISSING',
        inner.at('HomeAgentAddress') ?? at,
        `MnHomeLink "${label}" has no HomeAgentAddress, and "UseDhaad disabled;" forbids looking for one.`,
      );
      return none;
    }
    const homeAddress = home.address as Ipv6;
    this.#unicast(homeAddress, inner.valueAt('HomeAddress')!);
    if (agent !== UNSPECIFIED6) this.#unicast(agent, inner.valueAt('HomeAgentAddress')!);
    this.#noNetworks(inner, 'HomeAddress');
    this.#noNetworks(inner, 'HomeV4Address');
    const explicit = inner.prefix('HomePrefix');
    const homePrefix = toPrefix<Ipv6>(explicit ?? home);
    if (explicit && !inPrefix(homeAddress, homePrefix)) {
      this.#findings.error(
        'CONFIG_VALUE',
        inner.valueAt('HomePrefix')!,
        `HomeAddress ${homeAddress} is not in HomePrefix ${homePrefix.address}/${homePrefix.length}.`,
      );
    }
    return {
      useAltCoa,
      options: {
        homeAddress,
        homePrefix,
        homeAgent: agent,
        discovery,
        homeAgent4: (inner.address('HomeAgentV4Address') as Ipv4 | undefined) ?? null,
        homeAddress4: this.#homeAddress4(inner),
        ...this.#ipv4PrefixLength(inner),
        ...(inner.boolean('HomeRenumbering') === false && { renumber: false }),
        homeLink: label,
      },
    };
  }

  #ipv4PrefixLength(inner: Block): Pick<HomeOptions, 'ipv4PrefixLength'> {
    const ipv4PrefixLength = inner.number('HomeV4PrefixRequest');
    return ipv4PrefixLength === undefined ? {} : { ipv4PrefixLength };
  }

  #homeAddress4(inner: Block): HomeOptions['homeAddress4'] {
    if (!inner.has('HomeV4Address')) {
      if (inner.has('HomeV4PrefixRequest')) {
        this.#findings.error(
          'CONFIG_MISSING',
          inner.at('HomeV4PrefixRequest')!,
          'HomeV4PrefixRequest needs a HomeV4Address: "HomeV4Address dynamic;" takes one of the prefix.',
        );
      }
      return null;
    }
    if (!(this.#top.boolean('MnSupportIPv4Traffic') ?? false)) {
      this.#findings.warning(
        'CONFIG_NO_EFFECT',
        inner.at('HomeV4Address')!,
        'HomeV4Address has no effect without "MnSupportIPv4Traffic enabled;".',
      );
      return null;
    }
    const given = inner.prefix('HomeV4Address');
    if (!given) return 'dynamic';
    if (given.address === UNSPECIFIED4) {
      this.#findings.error(
        'CONFIG_VALUE',
        inner.valueAt('HomeV4Address')!,
        'To have the home agent choose the address, say "HomeV4Address dynamic;".',
      );
      return null;
    }
    this.#unicast(given.address as Ipv4, inner.valueAt('HomeV4Address')!);
    return { address: given.address as Ipv4, prefixLength: given.length };
  }

  #homeAgent(): HomeAgentPlan {
    const top = this.#top;
    const d = HOME_AGENT_DEFAULTS;
    const interfaces = top
      .blocks('Interface')
      .filter((block) => (block.inner.text('IfType') ?? 'HA') === 'HA')
      .map((block) => ({
        link: block.label,
        prefixes: block.inner.prefixes('HomePrefix').map((p) => toPrefix<Ipv6>(p)),
      }));
    if (interfaces.length === 0) {
      this.#findings.error(
        'CONFIG_MISSING',
        this.#start,
        'A home agent needs the interface of its home link: Interface "NAME";',
      );
    }
    const dsmip = top.boolean('HaAcceptDsmip6') ?? d.dsmip;
    const address4 = (top.address('HomeAgentV4Address') as Ipv4 | undefined) ?? null;
    if (dsmip && address4 === null) {
      this.#findings.warning(
        'CONFIG_NO_EFFECT',
        top.at('HaAcceptDsmip6')!,
        'HaAcceptDsmip6 has no effect without the HomeAgentV4Address that mobile nodes register at.',
      );
    }
    const acl = this.#acl();
    const address = (top.address('HomeAgentAddress') as Ipv6 | undefined) ?? null;
    if (address !== null) this.#unicast(address, top.valueAt('HomeAgentAddress')!);
    if (address4 !== null) this.#unicast(address4, top.valueAt('HomeAgentV4Address')!);
    return {
      address,
      address4,
      preference: top.number('HaPreference') ?? d.preference,
      interfaces,
      servedPrefixes: top.prefixes('HaServedPrefix').map((p) => toPrefix<Ipv6>(p)),
      acl,
      defaultStatus: top.number('DefaultBindingAclPolicy') ?? d.defaultStatus,
      maxBindingLifetime: top.number('HaMaxBindingLife') ?? d.maxBindingLifetime,
      dsmip,
      acceptIpv4: this.#acceptIpv4(acl),
      ...this.#ipv4Pools(),
      acceptForceUdp: top.boolean('HaAcceptForceUdp') ?? d.acceptForceUdp,
      forceUdp: top.boolean('HaForceUdp') ?? d.forceUdp,
      natRefresh: top.number('HaNatRefresh') ?? d.natRefresh,
      natAdaptive: top.text('HaNatRefresh') === 'adaptive',
      dadMode: (top.text('HaDadMode') as HomeAgentOptions['dadMode'] | undefined) ?? d.dadMode,
      maxBindings: top.number('HaMaxBindings') ?? d.maxBindings,
      refreshAdvice: top.number('HaRefreshAdvice') ?? d.refreshAdvice,
      prefixAdvertisements: top.boolean('SendMobPfxAdvs') ?? d.prefixAdvertisements,
      unsolicitedPrefixAdvertisements:
        top.boolean('SendUnsolMobPfxAdvs') ?? d.unsolicitedPrefixAdvertisements,
      ...this.#prefixIntervals(),
    };
  }

  #ipv4Pools(): Pick<
    HomeAgentOptions,
    'ipv4Pool' | 'ipv4PrefixPool' | 'ipv4PrefixLength' | 'ipv4Hold'
  > {
    const top = this.#top;
    const d = HOME_AGENT_DEFAULTS;
    const pool = top.prefixes('HaHomeV4Pool').map((p) => toPrefix<Ipv4>(p));
    const prefixPool = top.prefixes('HaHomeV4PrefixPool').map((p) => toPrefix<Ipv4>(p));
    const ipv4PrefixLength = top.number('HaHomeV4PrefixLength') ?? d.ipv4PrefixLength;
    for (const { value, valueAt } of top.all('HaHomeV4PrefixPool')) {
      if (value.kind !== 'prefix') continue;
      const { address, length } = value.value;
      const both = pool.find(
        (p) => inPrefix(address, p) || inPrefix(p.address, toPrefix(value.value)),
      );
      if (both) {
        this.#findings.error(
          'CONFIG_VALUE',
          valueAt,
          `${address}/${length} is in HaHomeV4Pool ${both.address}/${both.length} too: an address would be given twice.`,
        );
      }
      if (length > ipv4PrefixLength) {
        this.#findings.error(
          'CONFIG_VALUE',
          valueAt,
          `${address}/${length} has no room for a prefix of ${ipv4PrefixLength} (HaHomeV4PrefixLength).`,
        );
      }
    }
    const ipv4Hold = top.number('HaHomeV4Hold') ?? d.ipv4Hold;
    return { ipv4Pool: pool, ipv4PrefixPool: prefixPool, ipv4PrefixLength, ipv4Hold };
  }

  #prefixIntervals(): Pick<
    HomeAgentOptions,
    'minPrefixAdvertisementInterval' | 'maxPrefixAdvertisementInterval'
  > {
    const top = this.#top;
    const d = HOME_AGENT_DEFAULTS;
    const least = top.number('MinMobPfxAdvInterval') ?? d.minPrefixAdvertisementInterval;
    const most = top.number('MaxMobPfxAdvInterval') ?? d.maxPrefixAdvertisementInterval;
    if (least > most) {
      this.#findings.error(
        'CONFIG_VALUE',
        top.valueAt('MinMobPfxAdvInterval') ?? top.valueAt('MaxMobPfxAdvInterval')!,
        `MinMobPfxAdvInterval ${least} is more than MaxMobPfxAdvInterval ${most}.`,
      );
    }
    return { minPrefixAdvertisementInterval: least, maxPrefixAdvertisementInterval: most };
  }

  #acl(): BindingAcl[] {
    const acl = new Map<string, BindingAcl>();
    for (const { value, at } of this.#top.all('BindingAclPolicy')) {
      if (value.kind !== 'acl') continue;
      const { homeAddress, homeAddress4, status } = value;
      if (value.prefixes.length > 0) {
        this.#findings.error(
          'CONFIG_NOT_YET',
          at,
          'Mobile networks in BindingAclPolicy are not supported yet.',
        );
      }
      const other =
        homeAddress4 === null
          ? undefined
          : [...acl.values()].find((e) => e.homeAddress4 === homeAddress4);
      if (other && other.homeAddress !== homeAddress) {
        this.#findings.error(
          'CONFIG_VALUE',
          at,
          `${homeAddress4} already belongs to ${other.homeAddress}.`,
        );
      }
      acl.set(homeAddress, { homeAddress, homeAddress4, status });
    }
    return [...acl.values()];
  }

  /** An IPv4 home address that an ACL entry gives away is accepted by that. */
  #acceptIpv4(acl: readonly BindingAcl[]): Prefix<Ipv4>[] {
    const accept: Prefix<Ipv4>[] = [];
    for (const { value, at } of this.#top.all('HaAcceptIPv4Traffic')) {
      if (value.kind !== 'prefix') continue;
      if (value.more.length > 0) {
        this.#findings.error(
          'CONFIG_NOT_YET',
          at,
          'Mobile networks in HaAcceptIPv4Traffic are not supported yet.',
        );
      }
      accept.push(toPrefix<Ipv4>(value.value));
    }
    for (const { homeAddress4, status } of acl) {
      if (homeAddress4 === null || status !== 0) continue;
      if (!accept.some((p) => inPrefix(homeAddress4, p))) accept.push(prefixOf(homeAddress4, 32));
    }
    return accept;
  }

  #noNetworks(inner: Block, name: string): void {
    const value = inner.last(name)?.value;
    if (value?.kind === 'prefix' && value.more.length > 0) {
      this.#findings.error(
        'CONFIG_NOT_YET',
        inner.at(name)!,
        `Mobile networks in ${name} are not supported yet: this node cannot be a mobile router.`,
      );
    }
  }

  #unicast(address: Ipv6 | Ipv4, at: Position): void {
    if (isRoutableUnicast(address)) return;
    this.#findings.error(
      'CONFIG_VALUE',
      at,
      `${address} cannot be the address of a node that others reach (RFC 6275 §6.3).`,
    );
  }
}

const toPrefix = <A extends Ipv6 | Ipv4>(p: AddressAndLength): Prefix<A> =>
  prefixOf(p.address as A, p.length);
const millis = (n: number | undefined): number | undefined =>
  n === undefined ? undefined : seconds(n);

const HOOK_TIMEOUT = 10_000; // ms
/** UMIP's code; its manual page says 5. */
const DEFAULT_PREFERENCE = 10;
