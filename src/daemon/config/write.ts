/** Statements as text of the configuration language. What is written here, the parser reads back the same. */
import type { Ipv4, Ipv6 } from '../../base/address.js';
import type { AddressAndLength, Value } from './parser.js';
import type { Form } from './schema.js';

/** A value as it would stand behind the name of its directive, without `;`. Of a block, its label alone. */
export function writeValue(value: Value, form: Form): string {
  switch (value.kind) {
    case 'boolean':
      return value.value ? 'enabled' : 'disabled';
    case 'number':
      return writeNumber(value.value, form);
    case 'text':
      return form.kind === 'string' ? `"${value.value}"` : value.value;
    case 'address':
      return value.value;
    case 'prefix':
      return writePrefix(value.value) + writeList(value.more);
    case 'acl':
      return writeAcl(value);
    case 'block':
      return `"${value.label}"`;
    case 'anything':
      return value.text;
    default:
      return value satisfies never;
  }
}

function writeNumber(value: number, form: Form): string {
  if (form.kind === 'policy') return writePolicy(value);
  // Other mip6d versions want the point.
  return form.kind === 'decimal' && Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function writeAcl(acl: {
  readonly homeAddress: Ipv6;
  readonly homeAddress4: Ipv4 | null;
  readonly prefixes: readonly AddressAndLength[];
  readonly status: number;
}): string {
  const own4 = acl.homeAddress4 === null ? '' : ` HomeV4Address ${acl.homeAddress4}`;
  return `${acl.homeAddress}${writeList(acl.prefixes)}${own4} ${writePolicy(acl.status)}`;
}

/** RFC 6275 §6.1.8: 0 accepts, 129 is administratively prohibited. */
const writePolicy = (status: number): string =>
  status === 0 ? 'allow' : status === 129 ? 'deny' : String(status);
const writePrefix = ({ address, length }: AddressAndLength): string => `${address}/${length}`;
const writeList = (list: readonly AddressAndLength[]): string =>
  list.length === 0 ? '' : ` ( ${list.map(writePrefix).join(', ')} )`;
