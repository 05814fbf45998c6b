/** The way out of a refusal, where errno and request together tell it. */
import type { XfrmMessage, XfrmMessageKind } from './message.js';
import type { XfrmProtocol } from './model.js';

/** Undefined where the kernel's own words are all that is known. */
export const wayOut = (message: XfrmMessage, errno: string): string | undefined =>
  ROWS.find(({ of, errno: e, when }) => e === errno && of.includes(message.kind) && when(message))
    ?.way;

interface Row {
  readonly errno: string;
  readonly of: readonly XfrmMessageKind[];
  readonly when: (message: XfrmMessage) => boolean;
  readonly way: string;
}

const ADD_STATE = ['newState', 'updateState'] as const;
const always = (): boolean => true;
const isFor =
  (...protocols: XfrmProtocol[]) =>
  (message: XfrmMessage): boolean =>
    'state' in message && message.state !== undefined && protocols.includes(message.state.protocol);

const ROWS: readonly Row[] = [
  {
    errno: 'EPROTONOSUPPORT',
    of: ADD_STATE,
    when: isFor('hao', 'route2'),
    way: 'This kernel has no Mobile IPv6 (CONFIG_IPV6_MIP6): load the module mip6 or use a kernel that has it.',
  },
  {
    errno: 'EPROTONOSUPPORT',
    of: ADD_STATE,
    when: isFor('esp'),
    way: 'This kernel has no ESP (CONFIG_INET6_ESP, CONFIG_INET_ESP): load esp6 or esp4 or use a kernel that has it.',
  },
  {
    errno: 'EPROTONOSUPPORT',
    of: ADD_STATE,
    when: isFor('ah'),
    way: 'This kernel has no AH (CONFIG_INET6_AH, CONFIG_INET_AH): load ah6 or ah4 or use a kernel that has it.',
  },
  {
    errno: 'ENOSYS',
    of: ADD_STATE,
    when: always,
    way: 'This kernel does not know one of the algorithms: see /proc/crypto, and load its module.',
  },
  {
    errno: 'EEXIST',
    of: ['newState', 'newPolicy'],
    when: always,
    way: 'It is there already: update it, or remove it first.',
  },
  {
    errno: 'ESRCH',
    of: ['updateState', 'deleteState', 'getState'],
    when: always,
    way: 'There is no such state: it was removed or has expired.',
  },
  {
    errno: 'ENOENT',
    of: ['updatePolicy', 'deletePolicy', 'getPolicy'],
    when: always,
    way: 'There is no such policy: it was removed, or its selector differs.',
  },
  {
    errno: 'ENOPROTOOPT',
    of: ['migrate'],
    when: always,
    way: 'This kernel cannot migrate (CONFIG_XFRM_MIGRATE).',
  },
  {
    errno: 'ENOENT',
    of: ['migrate'],
    when: always,
    way: 'There is no policy with that selector, direction and type.',
  },
  {
    errno: 'ENODATA',
    of: ['migrate'],
    when: always,
    way: 'No template of the policy has those ends, protocol, mode and reqid.',
  },
];
