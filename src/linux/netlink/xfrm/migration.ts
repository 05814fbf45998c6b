/** `XFRM_MSG_MIGRATE`: where states and templates go. */
import { addressOctets } from '../../../base/address.js';
import { UsageError } from '../../../base/error.js';
import type { AttributeWriter } from '../attributes.js';
import { addressOf, commonFamily } from './address.js';
import { get, getAll, put, putAll, XFRMA, type Attributes } from './attribute.js';
import type { ReadOf } from './layout.js';
import type { XfrmMigration, XfrmMove } from './model.js';
import { MODES, PROTOCOLS } from './names.js';
import { readDirection, readPolicyType, writePolicyType } from './policy.js';
import { present } from './present.js';
import { readWholeSelector } from './selector.js';
import { readEncapsulation, writeEncapsulation } from './state.js';
import type { XFRM_USERPOLICY_ID, XFRM_USER_MIGRATE } from './structs.js';

type RawMove = ReadOf<typeof XFRM_USER_MIGRATE>;

/** Throws `WireError`. */
export function readMigration(
  raw: ReadOf<typeof XFRM_USERPOLICY_ID>,
  attributes: Attributes,
): XfrmMigration {
  const exchange = get(attributes, XFRMA.KMADDRESS);
  return {
    selector: readWholeSelector(raw.sel),
    direction: readDirection(raw.dir),
    ptype: readPolicyType(attributes),
    moves: getAll(attributes, XFRMA.MIGRATE).map(readMove),
    ...present({
      keyManagement: exchange && {
        local: addressOf(exchange.family, exchange.local),
        remote: addressOf(exchange.family, exchange.remote),
      },
      encapsulation: readEncapsulation(attributes, raw.sel.family),
      ifId: get(attributes, XFRMA.IF_ID),
    }),
  };
}

/** Throws `UsageError` `XFRM_FAMILY` or `XFRM_MOVES`. */
export function writeMigrationAttributes(migration: XfrmMigration, out: AttributeWriter): void {
  const { moves, keyManagement } = migration;
  if (moves.length === 0 || moves.length > MAX_MOVES) {
    const sentence = `Expected 1 to ${MAX_MOVES} moves in one migration, came ${moves.length}.`;
    throw new UsageError('XFRM_MOVES', sentence);
  }
  if (keyManagement) {
    const { local, remote } = keyManagement;
    put(out, XFRMA.KMADDRESS, {
      local: addressOctets(local),
      remote: addressOctets(remote),
      family: commonFamily(local, remote),
    });
  }
  put(out, XFRMA.ENCAP, writeEncapsulation(migration.encapsulation));
  writePolicyType(migration.ptype, out);
  putAll(out, XFRMA.MIGRATE, moves.map(writeMove));
  put(out, XFRMA.IF_ID, migration.ifId);
}

const readMove = (raw: RawMove): XfrmMove => ({
  protocol: PROTOCOLS.name(raw.proto),
  mode: MODES.name(raw.mode),
  reqid: raw.reqid,
  from: {
    source: addressOf(raw.old_family, raw.old_saddr),
    destination: addressOf(raw.old_family, raw.old_daddr),
  },
  to: {
    source: addressOf(raw.new_family, raw.new_saddr),
    destination: addressOf(raw.new_family, raw.new_daddr),
  },
});

const writeMove = ({ from, to, ...move }: XfrmMove): RawMove => ({
  old_daddr: addressOctets(from.destination),
  old_saddr: addressOctets(from.source),
  new_daddr: addressOctets(to.destination),
  new_saddr: addressOctets(to.source),
  proto: PROTOCOLS.number(move.protocol),
  mode: MODES.number(move.mode),
  reqid: move.reqid,
  old_family: commonFamily(from.source, from.destination),
  new_family: commonFamily(to.source, to.destination),
});

const MAX_MOVES = 6; // XFRM_MAX_DEPTH
