import type { Status } from '../../control/api.js';
import type { Style } from '../style.js';
import { duration } from './duration.js';
import { pairs } from './pairs.js';

/** One screen: who it is, where it is, what it has, what comes next, what to worry about. */
export function statusText(s: Status, style: Style): string {
  return pairs(
    [
      [
        'daemon',
        `${style.strong(s.name)}, ${ROLES[s.role]}, mip6 ${s.version}, pid ${s.pid}, up ${duration(s.uptime)}`,
      ],
      ['datapath', [s.datapath, tunnelsText(s.tunnels)].filter(Boolean)],
      [
        'signalling',
        s.protected ? style.good('protected by IPsec') : style.warning('not protected'),
      ],
      ['home', s.homes.map((h) => homeText(h, style))],
      ['links', s.links.map((l) => linkText(l, style))],
      ['bindings', String(s.bindings)],
      ['next', s.next ? `${s.next.why} in ${duration(s.next.in)}` : 'nothing to do'],
      ['counters', counters(s.counters)],
      ['warnings', s.warnings.map(style.warning)],
    ],
    style,
  );
}

function tunnelsText({ kernel, userSpace }: Status['tunnels']): string {
  const parts = [
    kernel > 0 ? `${kernel} by the kernel` : '',
    userSpace > 0 ? `${userSpace} in user space` : '',
  ];
  const said = parts.filter(Boolean).join(', ');
  return said === '' ? '' : `tunnels: ${said}`;
}

function homeText(home: Status['homes'][number], style: Style): string {
  const { homeAddress, homeAddress4, homePrefix4, dynamic4 } = home;
  const given = dynamic4 ? (homeAddress4 ? ' (given)' : 'no IPv4 address given') : '';
  const four = `${homeAddress4 ?? ''}${given}`;
  const addresses = [homeAddress, four, homePrefix4].filter(Boolean).join(' ');
  const where =
    home.where === 'home' ? 'at home' : home.where === 'nowhere' ? 'without a link' : home.where;
  return `${addresses} ${home.where === 'nowhere' ? style.error(where) : style.good(where)}`;
}

function linkText(link: Status['links'][number], style: Style): string {
  const parts = [
    link.up ? style.good('up') : style.warning('down'),
    link.home ? 'home' : '',
    ...link.addresses,
    link.routers.length > 0 ? `by ${link.routers.join(', ')}` : '',
    link.dhcp ? `DHCP ${link.dhcp}` : '',
    link.adopted ? `configured by ${link.adopted.from} (${link.adopted.why})` : '',
  ];
  return `${style.strong(link.name)} ${parts.filter(Boolean).join(' ')}`;
}

/** Zeros say nothing. */
function counters(all: Status['counters']): string[] {
  return Object.entries(all)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
}

const ROLES: Readonly<Record<Status['role'], string>> = {
  mn: 'mobile node',
  ha: 'home agent',
  cn: 'correspondent node',
  router: 'router',
};
