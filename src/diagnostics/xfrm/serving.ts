/** Which states serve a template of a policy: those that the kernel would take for a packet that meets it. */
import { bits, inPrefix, isUnspecified, type IpAddress, type Prefix } from '../../base/address.js';
import type { XfrmPolicy, XfrmState, XfrmTemplate } from '../../linux/netlink/xfrm/model.js';

/** States, found by their ends where a policy names them: tables of tens of thousands are read in one go. */
export class StateIndex {
  readonly #byProtocol = new Map<string, XfrmState[]>();
  readonly #byEnds = new Map<string, XfrmState[]>();
  /** For anyone. */
  readonly #loose = new Map<string, XfrmState[]>();

  constructor(states: readonly XfrmState[]) {
    for (const state of states) {
      const { protocol, source, destination } = state;
      push(this.#byProtocol, `${protocol}`, state);
      if (isUnspecified(source) || isUnspecified(destination)) {
        push(this.#loose, `${protocol}`, state);
      } else push(this.#byEnds, `${protocol} ${source} ${destination}`, state);
    }
  }

  serving(policy: XfrmPolicy, template: XfrmTemplate): XfrmState[] {
    const { protocol } = template;
    const source = endOf(template.source, policy.selector.source);
    const destination = endOf(template.destination, policy.selector.destination);
    const near =
      source === undefined || destination === undefined || template.mode === 'tunnel'
        ? (this.#byProtocol.get(`${protocol}`) ?? [])
        : [
            ...(this.#byEnds.get(`${protocol} ${source} ${destination}`) ?? []),
            ...(this.#loose.get(`${protocol}`) ?? []),
          ];
    return near.filter((state) => serves(state, template, policy));
  }
}

function serves(state: XfrmState, template: XfrmTemplate, policy: XfrmPolicy): boolean {
  const { direction, selector, ifId } = policy;
  if (state.protocol !== template.protocol || state.mode !== template.mode) return false;
  if (template.reqid !== 0 && template.reqid !== state.reqid) return false;
  if (template.spi !== 0 && template.spi !== state.spi) return false;
  if ((ifId ?? 0) !== (state.ifId ?? 0) || !marked(state, policy)) return false;
  if (state.flags.includes('wildrecv')) return !direction.endsWith('out');
  const tunnel = template.mode === 'tunnel';
  return (
    fits(state.source, template.source, selector.source, tunnel) &&
    fits(state.destination, template.destination, selector.destination, tunnel)
  );
}

/** The policy's mark goes on to the look-up of a state. */
function marked({ mark }: XfrmState, { mark: given }: XfrmPolicy): boolean {
  if (!mark) return true;
  return (((given?.value ?? 0) & (given?.mask ?? 0) & mark.mask) ^ mark.value) === 0;
}

/** Of a tunnel the ends have nothing to do with what is inside. */
function fits(end: IpAddress, wanted: IpAddress, of: Prefix, tunnel: boolean): boolean {
  if (isUnspecified(end)) return true;
  return isUnspecified(wanted) ? tunnel || inPrefix(end, of) : end === wanted;
}

/** Undefined where the policy is for more than one. */
function endOf(wanted: IpAddress, { address, length }: Prefix): IpAddress | undefined {
  if (!isUnspecified(wanted)) return wanted;
  return length === bits(address) ? address : undefined;
}

function push(map: Map<string, XfrmState[]>, key: string, state: XfrmState): void {
  const list = map.get(key);
  if (list) list.push(state);
  else map.set(key, [state]);
}
